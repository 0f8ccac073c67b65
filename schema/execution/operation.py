"""Gathers once for a whole operation: searches, look-ups, lists, partner data, in that order.

Ends with an answer, or the error of its arguments, for every root field. Nothing below it awaits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from c360.contract import Need
from connectors.infos import InstanceInfo
from connectors.results import Gathered, GatherRequest, Link, SourceResult, SourceState, Target
from resolvers.needs import merge
from resolvers.view import CustomerView
from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.execution import consents
from schema.execution.auditing import reading
from schema.execution.context import OperationContext
from schema.execution.expand import Found, Known, Stop, beyond_folders, expand, parts_of
from schema.execution.plan import Planner, Root
from schema.inputs import LONGEST_DEADLINE, LONGEST_WINDOW, SHORTEST_DEADLINE, Gather, GatherMode
from schema.permissions.reaching import own, own_only, own_sources, parties_in_sight
from schema.permissions.veiling import veiled
from schema.reading import read_input
from schema.roots.base import Lookups, RootField, Searched
from store.data import CustomerData
from store.data_folders import Folder, Part

ResultT = TypeVar("ResultT")

_LEAST = timedelta(milliseconds=50)
"""Time that gathering gets even where searching and looking up took all of it."""
_ANSWERING = timedelta(milliseconds=10)
"""Time kept back for answering, at most a twentieth of the deadline."""


async def prepare(context: OperationContext, planner: Planner, fields: Mapping[str, type[RootField]]) -> None:
    """Plan a query and gather for it; fills ``context.answers``.

    Args:
        context: The operation.
        planner: Plans over its schema.
        fields: The root fields by name.
    """
    roots = context.planned(planner)
    if roots:
        host = context.services.host
        tells = any(fields[root.field].tells_instances for root in roots)
        context.infos = own(host.infos() if tells else host.outlines(), context.access.principal)
        await gather(context, [(root, partial(_made, context, root, fields[root.field])) for root in roots])


async def gather(context: OperationContext, planned: Iterable[tuple[Root, Callable[[], RootField]]]) -> None:
    """Gather for root fields together; fills ``context.answers``.

    Args:
        context: The operation, with its ``infos``.
        planned: Each root field as planned, and what makes it ready to answer.
    """
    await _Operation(context, planned).run()


def _made(context: OperationContext, root: Root, kind: type[RootField]) -> RootField:
    arguments = read_input(kind.arguments_type, root.arguments) if kind.arguments_type else None
    return kind(
        arguments,
        count=root.count,
        infos=context.infos,
        recogniser=context.services.recogniser,
        principal=context.access.principal,
        service=context.services.settings.service,
        permit=context.permit,
    )


class _Operation:
    def __init__(
        self, context: OperationContext, planned: Iterable[tuple[Root, Callable[[], RootField]]]
    ) -> None:
        self._context = context
        self._fields: dict[str, tuple[Root, RootField]] = {}
        self._chosen: dict[str, Sequence[str]] = {}
        self._stops: Sequence[Stop] = ()
        self._known: Known = {}
        self._decisions: consents.Decisions | None = None
        self._closed: dict[str, frozenset[str]] = {}
        self._folders: Mapping[str, Folder] = {}
        for root, make in planned:
            self._open(root, make)
        self._max_age, self._deadline = _tightest(
            (field.gather for _, field in self._fields.values()), context.services.settings.deadline
        )
        modes = {field.gather.mode for _, field in self._fields.values() if field.gather is not None}
        # One that waits keeps the others waiting anyway.
        self._known_only = GatherMode.KNOWN in modes and GatherMode.LIVE not in modes

    def _open(self, root: Root, make: Callable[[], RootField]) -> None:
        def checked() -> RootField:
            field = make()
            _check_gather(field.gather)
            return field

        if root.error is not None:
            self._context.answers[root.key] = root.error
            return
        field = self._attempt(root.key, checked)
        if field is not None:
            self._fields[root.key] = (root, field)

    def _attempt(self, key: str, step: Callable[[], ResultT]) -> ResultT | None:
        """Take a step of a root field; a mistake in its arguments becomes its answer."""
        try:
            return step()
        except InputError as error:
            self._refuse(key, error)
            return None

    def _refuse(self, key: str, error: InputError) -> None:
        self._context.answers[key] = error
        self._fields.pop(key, None)

    def _refuse_all(self, keys: Iterable[str], message: str) -> None:
        for key in tuple(keys):
            self._refuse(key, InputError(message, code=ErrorCode.LIMIT_EXCEEDED))

    async def run(self) -> None:
        """All steps, each for all root fields at once."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._context.services.audit.check()
        searched = await self._search()
        async with self._context.turn:
            if searched or self._reads_more():
                # Ends even where the caller has gone: a statement given up half-way costs the store its
                # connection. Folders are read with those of others, who do not give up.
                loaded = await asyncio.shield(self._look_up(searched))
            else:
                loaded = await self._look_up(searched)
        needs = self._needs(loaded)
        spent = timedelta(seconds=loop.time() - started) + min(_ANSWERING, self._deadline / 20)
        gathered = await self._gather(loaded, needs, max(self._deadline - spent, _LEAST))
        self._answer(loaded, gathered)

    async def _search(self) -> Searched:
        """Search the partners for what the root fields want searched, the same search once."""
        asked = {key: field.queries() for key, (_, field) in self._fields.items()}
        wanted = dict.fromkeys(search for mine in asked.values() for search in mine)
        most = self._context.services.settings.searches
        if len(wanted) > most:
            message = f"At most {most} searches at the partners can be made at once; send several operations."
            self._refuse_all((key for key, mine in asked.items() if mine), message)
            return {}
        if not wanted:
            return {}
        context = self._context

        # Half of the time: what is found still has to be gathered for.
        found = await asyncio.gather(
            *(
                context.services.host.identify(
                    search.query,
                    access=context.access,
                    deadline=self._deadline / 2,
                    only=own_only(search.only, context.access.principal),
                )
                for search in wanted
            )
        )
        return dict(zip(wanted, found, strict=True))

    async def _look_up(self, searched: Searched) -> Mapping[str, CustomerData]:
        """Everything that comes from the store, in one unit of work."""
        lookups = Lookups()
        context = self._context
        subject = context.access.principal.subject
        async with context.services.database.read(context.access.tenant, context.sight) as unit:
            found = Found(unit, self._parts(), subject)
            seen = await parties_in_sight(unit, searched, context.access)
            for key, (_, field) in list(self._fields.items()):
                self._attempt(key, partial(field.want, lookups, seen))
            if lookups:
                await found.look_up(lookups)
            for key, (_, field) in list(self._fields.items()):
                try:
                    await field.read(unit)
                except InputError as error:
                    self._refuse(key, error)
            candidates = {key: field.candidates(lookups) for key, (_, field) in self._fields.items()}
            wanted = dict.fromkeys(one for mine in candidates.values() for one in mine)
            await found.load(wanted)
            loaded = {one: found.folders[one].customer for one in wanted if one in found.folders}
            for key, mine in candidates.items():
                here = {one: loaded[one] for one in mine if one in loaded}
                self._chosen[key] = self._attempt(key, partial(self._fields[key][1].choose, here)) or ()
            stops = [
                Stop(key=key, selection=root.selection, ids=self._chosen[key])
                for key, (root, _) in self._fields.items()
            ]
            own = context.sight.partial
            self._stops = await expand(unit, stops, loaded, found, self._known, own=own)
        self._folders = found.folders
        self._decide(loaded, found)
        if context.veils:
            context.verified = {
                customer.id: verified
                for one, customer in loaded.items()
                if (verified := found.folders[one].verified) is not None
            }
        return loaded

    def _reads_more(self) -> bool:
        """Whether anything is read of the store beside the folders of customers who are looked up."""
        return any(
            type(field).read is not RootField.read or beyond_folders([root.selection])
            for root, field in self._fields.values()
        )

    def _parts(self) -> frozenset[Part]:
        """What is read of every customer."""
        context = self._context
        parts = parts_of(root.selection for root, _ in self._fields.values())
        if any(map(self._asks, self._fields)) or consents.always(context.access.purpose):
            parts |= {Part.DECISIONS}
        return parts | {Part.VERIFIED} if context.veils else parts

    def _asks(self, key: str) -> bool:
        """Whether a root field, or anything below it, is what decisions of customers may forbid."""
        root, field = self._fields[key]
        left = [root.selection]
        while left:
            selection = left.pop()
            if selection.needs or selection.hub:
                return True
            left += selection.edges.values()
        return type(field).needs is not RootField.needs

    def _decide(self, loaded: Mapping[str, CustomerData], found: Found) -> None:
        """Note what the customers decided, where partners are asked or the purpose depends on it."""
        asks = any(self._asks(key) for key in self._fields)
        if loaded and (asks or consents.always(self._context.access.purpose)):
            # A caller who is not told of decisions is held to them all the same.
            self._decisions = {
                one: found.folders[one].decisions for one in loaded if found.folders[one].decisions
            }
            for one, mine in self._decisions.items():
                self._closed[one] = consents.closed(self._context, loaded[one], mine)

    def _shut(self, customer_id: str) -> frozenset[str]:
        """Partners that the customer does not want asked for this purpose."""
        return self._closed.get(customer_id, frozenset())

    def _needs(self, loaded: Mapping[str, CustomerData]) -> dict[str, frozenset[Need]]:
        """What each customer's root fields need of the partners, together."""
        needs: dict[str, set[Need]] = {}
        kinds: dict[str, set[str]] = {}
        for stop in self._answered():
            root, field = self._fields[stop.key]
            for customer_id in stop.ids:
                mine = set(stop.selection.needs)
                if stop.selection is root.selection:
                    mine.update(field.needs(customer_id, self._context.today))
                if mine and loaded[customer_id].links:
                    needs.setdefault(customer_id, set()).update(mine)
                    kinds.setdefault(stop.key, set()).update(need.kind for need in mine)
        merged = {customer_id: merge(mine) for customer_id, mine in needs.items()}
        wide = {need.kind for mine in merged.values() for need in mine if _too_wide(need)}
        if wide:
            message = (
                f"The windows of one operation together span at most {LONGEST_WINDOW.days:,} days of a kind "
                "of record; ask for those far apart in operations of their own."
            )
            self._refuse_all((key for key, mine in kinds.items() if wide & mine), message)
            return self._needs(loaded)
        most = self._context.services.settings.records
        if sum(map(len, merged.values())) > most:
            message = (
                f"At most {most:,} kinds of record, counted for each customer, can be fetched at once; "
                "ask for fewer customers."
            )
            self._refuse_all(kinds, message)
            return {}
        return merged

    def _answered(self) -> Iterator[Stop]:
        """The stops of the root fields that were not refused."""
        return (stop for stop in self._stops if stop.key in self._fields)

    async def _gather(
        self, loaded: Mapping[str, CustomerData], needs: Mapping[str, frozenset[Need]], deadline: timedelta
    ) -> Gathered:
        context = self._context
        if not needs:
            return Gathered(at=context.at, sources={})
        return await context.services.host.gather(
            GatherRequest(
                targets=[_target(loaded[customer_id], self._shut(customer_id)) for customer_id in needs],
                needs=needs,
                access=context.access,
                deadline=deadline,
                max_age=self._max_age,
                all_known_only=self._known_only,
                refresh=context.refreshes,
            )
        )

    def _answer(self, loaded: Mapping[str, CustomerData], gathered: Gathered) -> None:
        context = self._context
        make = context.answer_maker()
        order = [info.id for info in context.infos]
        customers: dict[str, CustomerAnswer] = {}
        for customer_id in dict.fromkeys(one for stop in self._answered() for one in stop.ids):
            shut = self._shut(customer_id)
            customer = consents.without(loaded[customer_id], shut)
            sources = own_sources(gathered.of(customer_id), context.access.principal) or _unasked(
                customer, context.infos
            )
            view = CustomerView(
                customer,
                consents.withheld(sources, shut),
                today=context.today,
                at=gathered.at,
                order=order,
                rules=context.services.settings.profile,
                known=self._known.get(customer_id),
                models=context.services.models,
                decisions=None if self._decisions is None else self._decisions.get(customer_id, ()),
                closed=shut,
                purpose=context.access.purpose,
                remembered=None if shut else self._folders[customer_id].remembered,
                refers=context.refers,
            )
            customers[customer_id] = make(view, customers)
        if customers:
            found = [gathered.of(customer_id) for customer_id in customers]
            entry = reading(context.access, customers, context.selected, found, gathered.at)
            context.services.audit.read(context.access.tenant, entry, context.selected)
        context.hold(customers.values())
        for key, (_, field) in self._fields.items():
            answer = field.answer({one: customers[one] for one in self._chosen[key]})
            context.answers[key] = veiled(answer, context.verified) if context.veils else answer


def _too_wide(need: Need) -> bool:
    return need.since is not None and need.until is not None and need.until - need.since > LONGEST_WINDOW


def _target(customer: CustomerData, shut: frozenset[str]) -> Target:
    links = tuple(
        Link(connector=link.connector, party_id=link.party_id, objects=link.objects)
        for link in customer.links
        if link.connector not in shut
    )
    return Target(customer_id=customer.id, links=links)


def _unasked(customer: CustomerData, infos: Sequence[InstanceInfo]) -> tuple[SourceResult, ...]:
    """The sources of a customer of whom nothing was needed."""
    linked = {link.connector for link in customer.links}
    return tuple(
        SourceResult(
            connector=info.id,
            domain=info.domain,
            state=SourceState.NOT_REQUESTED if info.id in linked else SourceState.NOT_LINKED,
        )
        for info in infos
    )


def _tightest(asked: Iterable[Gather | None], deadline: timedelta) -> tuple[timedelta | None, timedelta]:
    """The tightest freshness and deadline of all root fields that set one."""
    given = [gather for gather in asked if gather is not None]
    ages = [gather.max_age for gather in given if gather.max_age is not None]
    deadlines = [gather.deadline for gather in given if gather.deadline is not None]
    return min(ages, default=None), min(deadlines, default=deadline)


def _check_gather(gather: Gather | None) -> None:
    if gather is None or gather.deadline is None:
        return
    if not SHORTEST_DEADLINE <= gather.deadline <= LONGEST_DEADLINE:
        message = "A deadline lies between PT0.05S and PT30S."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="gather.deadline")
