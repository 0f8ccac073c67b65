"""What every root field does, step by step, together with the others of its operation.

``queries`` (searches at the partners) → ``want`` (look-ups in the hub's indexes) → ``read`` (lists) →
``candidates`` (customers to load) → ``choose`` (customers to gather for) → ``answer``.
A step may raise an :class:`~schema.errors.InputError`, which becomes the field's answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import msgspec

from c360.access import Principal
from c360.contract import KeyKind, Need, PartyQuery
from connectors.identify import IdentifyResult
from connectors.infos import InstanceInfo
from resolvers.identity.recognition import Recogniser
from resolvers.service.rules import AS_SHIPPED, ServiceRules
from schema.answers import CustomerAnswer
from schema.inputs import Arguments, Gather
from schema.permissions.permit import Permit
from schema.permissions.rules import Rule
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.data import CustomerData
from store.data_folders import WHOLE, Part

NOBODY = Principal(subject="")


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A search at the partners."""

    query: PartyQuery
    only: frozenset[str] | None = None
    """Instances to ask; all by default."""

    def __hash__(self) -> int:
        return hash((self.query.key, self.query.value, self.only))


Searched = Mapping[Search, Sequence[IdentifyResult]]


class Lookups:
    """What the root fields of an operation look up in the hub's indexes, all at once."""

    def __init__(self) -> None:
        self.ids: dict[str, None] = {}
        self.keys: dict[tuple[KeyKind, str], None] = {}
        self.refs: dict[tuple[str, str], None] = {}
        self.known: Mapping[str, str] = {}
        """The customer that answers for each id: another one where the customer was merged."""
        self.by_key: Mapping[tuple[KeyKind, str], Sequence[str]] = {}
        self.by_ref: Mapping[tuple[str, str], str] = {}

    def __bool__(self) -> bool:
        return bool(self.ids or self.keys or self.refs)


class RootField:
    """A root field of one operation. A subclass says what it looks up and how it answers."""

    name: ClassVar[str]
    description: ClassVar[str]
    arguments_type: ClassVar[type[Arguments] | None] = None
    weight: ClassVar[int] = 1
    """What it costs beside the values of its answer, in values."""
    takes: ClassVar[frozenset[Part]] = WHOLE
    """What it takes of customers' folders itself, whatever is selected of them."""
    tells_instances: ClassVar[bool] = False
    """Whether it shows how connector instances are doing at this moment."""
    rule: ClassVar[Rule | None] = None
    """Who may select it; without one: nobody."""

    def __init__(
        self,
        arguments: Any,
        *,
        count: bool,
        infos: Sequence[InstanceInfo],
        recogniser: Recogniser | None = None,
        principal: Principal = NOBODY,
        service: ServiceRules = AS_SHIPPED,
        permit: Permit | None = None,
    ) -> None:
        """Take a root field as planned.

        Args:
            arguments: An ``arguments_type``.
            count: Whether the number of all customers is selected.
            infos: The configured connector instances.
            principal: Who asks.
            recogniser: Says who partner records probably are; without it nobody does.
            service: By which rules people note things of customers.
            permit: What the caller may select, for fields to which different callers may ask different
                things; without it everything.

        Raises:
            InputError: An argument cannot be used.
        """
        self.arguments = arguments
        self.count = count
        self.infos = infos
        self.recogniser = recogniser
        self.principal = principal
        self.service = service
        self.permit = permit
        self.check()

    def may(self, scope: Scope) -> bool:
        """Whether the caller has a scope."""
        return self.permit is None or self.permit.has(scope)

    @property
    def gather(self) -> Gather | None:
        """How fresh and how long, as the field was told."""
        return getattr(self.arguments, "gather", None)

    def check(self) -> None:
        """Check and normalise the arguments."""

    def queries(self) -> Sequence[Search]:
        """Searches at the partners that come before everything else."""
        return ()

    def want(self, lookups: Lookups, searched: Searched) -> None:
        """Say what is to be looked up in the hub's indexes."""

    async def read(self, unit: Unit) -> None:
        """Read what has a query of its own."""

    def candidates(self, lookups: Lookups) -> Sequence[str]:
        """Ids of the customers to load."""
        raise NotImplementedError

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """Those of the loaded customers that are answered and so gathered for."""
        raise NotImplementedError

    def needs(self, customer_id: str, today: date) -> Collection[Need]:
        """What the field itself needs of a chosen customer's partners, beside what is selected below it."""
        return ()

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The value of the field."""
        raise NotImplementedError
