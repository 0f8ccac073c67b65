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
from connectors.results import Gathered, GatherRequest
from resolvers.needs import merge
from resolvers.view import CustomerView
from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.execution import consents
from schema.execution.auditing import reading
from schema.execution.context import OperationContext
from schema.execution.expand import Found, Known, Stop, expand
from schema.execution.gathering import check_gather, target, tightest, too_wide, unasked
from schema.execution.plan import Planner, Root
from schema.inputs import LONGEST_WINDOW, GatherMode
from schema.permissions.reaching import own, own_only, own_sources, parties_in_sight
from schema.permissions.veiling import veiled
from schema.ports import Unit
from schema.reading import read_input
from schema.roots.base import Lookups, RootField, Search, Searched
from store.data import CustomerData
from store.data_folders import Folder, Part
from store.repositories.folders import FolderRepository

ResultT = TypeVar("ResultT")

_LEAST = timedelta(milliseconds=50)
"""Time that gathering gets even where searching and looking up took all of it."""
_ANSWERING = timedelta(milliseconds=10)
"""Time kept back for answering, at most a twentieth of the deadline."""
_NOTHING: Searched = {}
_NO_PARTS: frozenset[Part] = frozenset()
_DECISIONS, _GRANTS, _VERIFIED = map(frozenset, ({Part.DECISIONS}, {Part.GRANTS}, {Part.VERIFIED}))


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
        fields = self._fields.values()
        gathers = [gather for _, field in fields if (gather := field.gather) is not None]
        self._max_age, self._deadline = tightest(gathers, context.services.settings.deadline)
        modes = [gather.mode for gather in gathers]
        # One that waits keeps the others waiting anyway.
        self._known_only = GatherMode.KNOWN in modes and GatherMode.LIVE not in modes
        self._asks = any(root.selection.asks or _needs(field) for root, field in fields)
        """Whether anything is wanted that decisions of customers may forbid."""
        self._expands = any(root.selection.hub or root.selection.edges for root, _ in fields)
        """Whether anything is wanted of the hub beside the customers who are looked up."""

    def _open(self, root: Root, make: Callable[[], RootField]) -> None:
        if root.error is not None:
            self._context.answers[root.key] = root.error
            return
        try:
            field = make()
            check_gather(field.gather)
        except InputError as error:
            self._refuse(root.key, error)
        else:
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
        asked = {key: queries for key, (_, field) in self._fields.items() if (queries := field.queries())}
        searched = await self._search(asked) if asked else {}
        async with self._context.turn:
            if searched or self._reads_more():
                # Ends even where the caller has gone: a statement given up half-way costs the store its
                # connection. Folders are read with those of others, who do not give up.
                loaded = await asyncio.shield(self._from_unit(searched))
            else:
                loaded = await self._from_folders()
        self._decide(loaded)
        needs = self._needs(loaded) if self._asks else {}
        if needs:
            spent = timedelta(seconds=loop.time() - started) + min(_ANSWERING, self._deadline / 20)
            gathered = await self._gather(loaded, needs, max(self._deadline - spent, _LEAST))
        else:
            gathered = Gathered(at=self._context.at, sources={})
        self._answer(loaded, gathered)

    async def _search(self, asked: Mapping[str, Sequence[Search]]) -> Searched:
        """Search the partners for what the root fields want searched, the same search once."""
        wanted = dict.fromkeys(search for mine in asked.values() for search in mine)
        most = self._context.services.settings.searches
        if len(wanted) > most:
            message = f"At most {most} searches at the partners can be made at once; send several operations."
            self._refuse_all(asked, message)
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

    async def _from_unit(self, searched: Searched) -> dict[str, CustomerData]:
        """Everything that comes from the store, in one unit of work."""
        context = self._context
        async with context.services.database.read(context.access.tenant, context.sight) as unit:
            seen = await parties_in_sight(unit, searched, context.access)
            return await self._look_up(unit.folders, seen, unit)

    async def _from_folders(self) -> dict[str, CustomerData]:
        """The same where it is customers who are looked up and nothing else."""
        context = self._context
        return await self._look_up(context.services.database.folders(context.access.tenant, context.sight))

    async def _look_up(
        self, folders: FolderRepository, seen: Searched = _NOTHING, unit: Unit | None = None
    ) -> dict[str, CustomerData]:
        found = Found(folders, self._parts(), self._context.access.principal.subject)
        lookups = Lookups()
        for key, (_, field) in list(self._fields.items()):
            self._attempt(key, partial(field.want, lookups, seen))
        if lookups:
            await found.look_up(lookups)
        if unit is not None:
            await self._read(unit)
        candidates = {key: field.candidates(lookups) for key, (_, field) in self._fields.items()}
        wanted = dict.fromkeys([one for mine in candidates.values() for one in mine])
        if not wanted.keys() <= found.folders.keys():
            await found.load(wanted)
        loaded = {one: found.folders[one].customer for one in wanted if one in found.folders}
        for key, mine in candidates.items():
            here = {one: loaded[one] for one in mine if one in loaded}
            self._chosen[key] = self._attempt(key, partial(self._fields[key][1].choose, here)) or ()
        self._stops = [
            Stop(key=key, selection=root.selection, ids=self._chosen[key])
            for key, (root, _) in self._fields.items()
        ]
        if self._expands:
            own = self._context.sight.partial
            self._stops = await expand(unit, self._stops, loaded, found, self._known, own=own)
        self._folders = found.folders
        return loaded

    async def _read(self, unit: Unit) -> None:
        for key, (_, field) in list(self._fields.items()):
            try:
                await field.read(unit)
            except InputError as error:
                self._refuse(key, error)

    def _reads_more(self) -> bool:
        """Whether anything is read of the store beside the folders of customers who are looked up."""
        return any(
            root.selection.beyond or type(field).read is not RootField.read
            for root, field in self._fields.values()
        )

    def _parts(self) -> frozenset[Part]:
        """What is read of every customer."""
        context = self._context
        parts = _NO_PARTS
        for root, field in self._fields.values():
            parts |= root.selection.parts | field.takes
        if self._asks or consents.always(context.access.purpose):
            parts |= _DECISIONS
        if self._asks and context.services.host.asks_by_grant:
            parts |= _GRANTS
        return parts | _VERIFIED if context.veils else parts

    def _decide(self, loaded: Mapping[str, CustomerData]) -> None:
        """Note what the customers decided, where partners are asked or the purpose depends on it."""
        context, folders = self._context, self._folders
        if context.veils:
            context.verified = {
                customer.id: verified
                for one, customer in loaded.items()
                if (verified := folders[one].verified) is not None
            }
        if loaded and (self._asks or consents.always(context.access.purpose)):
            # A caller who is not told of decisions is held to them all the same.
            self._decisions = {one: mine for one in loaded if (mine := folders[one].decisions)}
            for one, mine in self._decisions.items():
                self._closed[one] = consents.closed(context, loaded[one], mine)

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
        wide = {need.kind for mine in merged.values() for need in mine if too_wide(need)}
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
        return await context.services.host.gather(
            GatherRequest(
                targets=[target(loaded[one], self._shut(one), self._folders[one].grants) for one in needs],
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
        customers: dict[str, CustomerAnswer] = {}
        context.customers.append(customers)
        for customer_id in dict.fromkeys([one for stop in self._answered() for one in stop.ids]):
            customers[customer_id] = make(self._view(loaded[customer_id], customer_id, gathered), customers)
        if customers:
            found = [gathered.of(customer_id) for customer_id in customers]
            selected = context.selected
            entry = reading(context.access, customers, selected, found, gathered.at)
            context.services.audit.read(context.access.tenant, entry, selected)
            context.hold(customers.values())
        for key, (_, field) in self._fields.items():
            answer = field.answer({one: customers[one] for one in self._chosen[key]})
            context.answers[key] = veiled(answer, context.verified) if context.veils else answer

    def _view(self, customer: CustomerData, asked: str, gathered: Gathered) -> CustomerView:
        """A customer as the operation sees them.

        Args:
            customer: What the hub knows.
            asked: The id by which the operation knows them.
            gathered: What partners said.
        """
        context, shut, folder = self._context, self._shut(asked), self._folders[asked]
        sources = own_sources(gathered.of(asked), context.access.principal)
        if not sources:
            sources = unasked(folder, context.infos)
        if shut:
            customer, sources = consents.without(customer, shut), consents.withheld(sources, shut)
        return CustomerView(
            customer,
            sources,
            today=context.today,
            at=gathered.at,
            order=context.order,
            rules=context.services.settings.profile,
            known=self._known.get(asked),
            models=context.services.models,
            decisions=None if self._decisions is None else self._decisions.get(asked, ()),
            closed=shut,
            purpose=context.access.purpose,
            remembered=None if shut else folder.remembered,
            refers=context.refers,
        )


def _needs(field: RootField) -> bool:
    """Whether a root field itself may need something of partners."""
    return type(field).needs is not RootField.needs
