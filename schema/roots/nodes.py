"""``node`` and ``nodes``: objects by their global ids; and ``connectors``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar, NamedTuple, Self

from c360.contract import Need
from connectors.breaking import BreakerInfo
from connectors.infos import InstanceInfo
from resolvers.references import Reference, Referrer
from schema import ids
from schema.actions.answers import partner_action
from schema.actions.reading import read_actions
from schema.actions.shapes import PARTNER_ACTION
from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.identity import answers
from schema.identity.answers import CUSTOMER, ENTRY, REVIEW
from schema.inputs import LONGEST_WINDOW, MAX_NODES, Arguments, NodeArguments, NodesArguments
from schema.permissions.refusing import Forbidden, forbidden
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.permissions.types import ANYBODY
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from schema.roots.decisions import read_decisions, sides
from schema.shapes import Connector, ConnectorBreaker, ConnectorHealth
from store.data import CustomerData

_CONNECTOR = "Connector"
_NO_CUSTOMERS = frozenset({"", _CONNECTOR, ENTRY, REVIEW, PARTNER_ACTION})


class Asked(NamedTuple):
    """What a global id asks for."""

    type_name: str
    local_id: str
    """Of the object itself; of a record, its customer's."""
    reference: Reference | None = None
    """Of a partner's record."""


_NOTHING = Asked("", "")
"""In place of what the caller may not see: nothing is looked up for it."""


class NodesRoot(RootField):
    """Finds several objects."""

    name = "nodes"
    tells_instances = True
    rule = ANYBODY
    description = (
        f"Objects by their global ids, at most {MAX_NODES}, in their order; null where there is none. A "
        "partner's record is fetched for it, and is null too where its source did not answer."
    )
    arguments_type: ClassVar[type[Arguments] | None] = NodesArguments
    references: ClassVar[Mapping[str, Referrer]] = {}
    """The records that are nodes, by the names of their types."""

    @classmethod
    def over(cls, references: Mapping[str, Referrer]) -> type[Self]:
        """The root field over a graph in which these records are nodes."""
        return type(cls.__name__, (cls,), {"references": references})

    def given(self) -> Sequence[tuple[str, str]]:
        """The global ids, each with the argument it came in.

        Raises:
            InputError: ``LIMIT_EXCEEDED``, there are too many.
        """
        if len(self.arguments.ids) > MAX_NODES:
            message = f"At most {MAX_NODES} ids can be asked for at once."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="ids")
        return [(text, f"ids.{place}") for place, text in enumerate(self.arguments.ids)]

    def check(self) -> None:
        """Read the ids.

        Raises:
            InputError: One is no id, or records of one customer lie too far apart to be fetched together.
        """
        asked = [self._decoded(text, argument) for text, argument in self.given()]
        self._refused = [self._refusal(one) for one in asked]
        self._asked = [
            _NOTHING if refused else one for one, refused in zip(asked, self._refused, strict=True)
        ]
        days: dict[tuple[str, str], list[date]] = {}
        for one in self._asked:
            if one.reference is not None and one.reference.day is not None:
                days.setdefault((one.type_name, one.local_id), []).append(one.reference.day)
        if any(max(mine) - min(mine) > LONGEST_WINDOW for mine in days.values()):
            message = f"Records of one kind may lie {LONGEST_WINDOW.days} days apart at the most."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="ids")

    def _decoded(self, text: str, argument: str) -> Asked:
        found = ids.decode(text, argument=argument)
        if found.type_name == CUSTOMER or found.type_name in _NO_CUSTOMERS:
            return Asked(found.type_name, found.local_id)
        referrer = self.references.get(found.type_name)
        reference = None if referrer is None else referrer.read(found.local_id)
        if reference is None:
            message = "No object of the graph has such an id."
            raise InputError(message, code=ErrorCode.INVALID_ID, argument=argument)
        return Asked(found.type_name, reference.customer_id, reference)

    def _refusal(self, asked: Asked) -> Forbidden | None:
        """Why the caller may not see such an object, whether there is one or not."""
        refused = None if self.permit is None else self.permit.of(asked.type_name, "id")
        return None if refused is None else forbidden(refused)

    def _customers(self) -> Sequence[str]:
        return [one.local_id for one in self._asked if one.type_name not in _NO_CUSTOMERS]

    def _ids(self, type_name: str) -> Sequence[str]:
        return [one.local_id for one in self._asked if one.type_name == type_name]

    def want(self, lookups: Lookups, searched: object) -> None:  # nothing is searched
        """The customers, asked for themselves or for a record."""
        lookups.ids.update(dict.fromkeys(self._customers()))

    async def read(self, unit: Unit) -> None:
        """Read the entries of the ledger, the reviews and the actions."""
        self._entries, self._reviews = await read_decisions(unit, self._ids(ENTRY), self._ids(REVIEW))
        wanted = self._ids(PARTNER_ACTION)
        self._actions = await read_actions(unit, (await unit.actions.get(wanted)).values()) if wanted else {}

    def candidates(self, lookups: Lookups) -> Sequence[str]:
        """Those that exist, an old id's survivor in its place, and those on both sides of a review."""
        self._known = {one: lookups.known[one] for one in self._customers() if one in lookups.known}
        acted = (each.data.customer_id for each in self._actions.values())
        return tuple(dict.fromkeys((*self._known.values(), *sides(self._reviews.values()), *acted)))

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def needs(self, customer_id: str, today: date) -> Collection[Need]:
        """The kinds of the customer's records that are asked for."""
        return [
            self.references[one.type_name].need(one.reference, today)
            for one in self._asked
            if one.reference is not None and self._known.get(one.local_id) == customer_id
        ]

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The objects."""
        connectors = {info.id: info for info in self.infos}

        def one(asked: Asked) -> Any:
            if asked.type_name == _CONNECTOR:
                info = connectors.get(asked.local_id)
                return None if info is None else connector(info)
            if asked.type_name == ENTRY:
                entry = self._entries.get(asked.local_id)
                return None if entry is None else answers.ledger_entry(entry)
            if asked.type_name == REVIEW:
                review = self._reviews.get(asked.local_id)
                return None if review is None else answers.review(review, customers)
            if asked.type_name == PARTNER_ACTION:
                kept = self._actions.get(asked.local_id)
                told = kept is not None and kept.data.customer_id in customers
                return partner_action(kept) if kept is not None and told else None
            customer = customers.get(self._known.get(asked.local_id, ""))
            if customer is None or asked.reference is None:
                return customer
            referrer = self.references[asked.type_name]
            return referrer.find(asked.reference, customer.view.joined(referrer.kind))

        return [refused or one(asked) for asked, refused in zip(self._asked, self._refused, strict=True)]


class NodeRoot(NodesRoot):
    """Finds one object."""

    name = "node"
    description = (
        "An object by its global id; null where there is none. A partner's record is fetched for it, and "
        "is null too where its source did not answer."
    )
    arguments_type = NodeArguments

    def given(self) -> Sequence[tuple[str, str]]:
        """The global id."""
        return [(self.arguments.id, "id")]

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The object."""
        return super().answer(customers)[0]


class ConnectorsRoot(RootField):
    """Lists the connector instances."""

    name = "connectors"
    tells_instances = True
    rule = needs(Scope.CATALOGUE_READ)
    description = "The configured connector instances: what each can do and how it is doing."

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # no customers
        """None."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:  # no customers
        """None."""
        return ()

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:  # no customers
        """The instances, in the order of the settings."""
        return [connector(info) for info in self.infos]


def _breaker(info: BreakerInfo) -> ConnectorBreaker:
    return ConnectorBreaker(
        operation=info.operation,
        state=info.state,
        failures=info.failures,
        calls=info.calls,
        retry_in=None if info.retry_in is None else timedelta(seconds=info.retry_in),
    )


def connector(info: InstanceInfo) -> Connector:
    """A connector instance as the graph shows it."""
    return Connector(
        id=ids.encode("Connector", info.id),
        instance=info.id,
        plugin=info.plugin,
        title=info.title,
        domain=info.domain or None,
        state=info.state,
        lookup=info.lookup,
        records=info.kinds,
        searchable_by=info.identifies,
        feeds=info.feeds,
        documentation=info.documentation or None,
        problem=info.problem,
        health=ConnectorHealth(
            calls=info.calls,
            errors=info.errors,
            latency_p50=info.latency_p50,
            latency_p95=info.latency_p95,
            last_success_at=info.last_success_at,
            last_problem_at=info.last_problem_at,
            last_problem=info.last_problem,
            blocked=info.blocked,
            longest_block=info.longest_block,
        ),
        tier=info.tier,
        tier_note=info.tier_note or None,
        breaker=info.breaker,
        left_alone=tuple(_breaker(each) for each in info.left_alone),
    )
