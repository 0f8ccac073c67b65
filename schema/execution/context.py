"""What one operation carries from its plan to its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues

from c360.access import Access
from c360.addresses import AddressPolicy
from connectors.infos import InstanceInfo
from resolvers.actions.performing import Performer
from resolvers.identity.recognition import Recogniser
from resolvers.service.rules import AS_SHIPPED, ServiceRules
from resolvers.serving import Models
from resolvers.survivorship import AS_EVER, ProfileRules
from resolvers.view import CustomerView
from schema.answers import Answer, CustomerAnswer, customer_answers
from schema.execution.auditing import AuditSink, Selected, selected
from schema.execution.plan import Planner, Root
from schema.execution.planned import RememberedPlans
from schema.permissions.permit import Permit, Permits
from schema.permissions.reaching import sight_of
from schema.permissions.refusing import Forbidden, as_withheld
from schema.permissions.settings import AccessSettings
from schema.permissions.veiling import CUSTOMER, VeiledCustomer
from schema.permissions.withholding import Coordinate, Hold, Holder, Withheld, WithheldReason
from schema.ports import Database, Host
from schema.subscriptions.base import NOTHING, REFRESHED, SubscriptionField, Told
from store.sight import Sight

MadeT = TypeVar("MadeT")


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What execution can be told."""

    deadline: timedelta = timedelta(seconds=2)
    """From the start of the operation to the answer, unless the operation says otherwise."""
    profile: ProfileRules = AS_EVER
    """By which values of the golden profile win."""
    searches: int = 50
    """Searches at the partners in one operation at the most."""
    records: int = 5_000
    """Kinds of record to fetch in one operation at the most, counted for each customer: everything of
    two pages of customers."""
    service: ServiceRules = AS_SHIPPED
    """By which rules people note things of customers."""
    gathering: timedelta = timedelta(milliseconds=50)
    """For how long events of one customer are gathered into one answer of a subscription."""
    access: AccessSettings = AccessSettings()
    """Who has to verify callers, and how long single doors stay open."""
    endpoint_addresses: AddressPolicy = AddressPolicy()
    """Where events may be delivered."""
    region: str = ""
    """Country of phone numbers that partners write without one, as ISO 3166-1 alpha-2."""
    compiled_from: int = 2
    """At which use of a document its operations are compiled: for one that comes once it is not worth it."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """What execution works with; the same for all operations."""

    database: Database
    host: Host
    clock: Callable[[], datetime]
    settings: EngineSettings
    groups: Mapping[str, Answer]
    """How the groups of a customer are answered."""
    recogniser: Recogniser
    """Says who partner records that belong to nobody probably are."""
    models: Models
    """What value, risk and offers are reckoned by."""
    schema: GraphQLSchema
    permits: Permits
    """Says what callers may select."""
    holders: Sequence[Holder]
    """Keep fields of single customers back."""
    masked: Hold
    """What is told of the fields that show masked."""
    apart: Executor
    """Where answers are made that take long to compute, one at a time."""
    audit: AuditSink
    """Is told who read what of whom, and who changed what."""
    performer: Performer
    """Has partners do what they are asked to."""
    made: dict[str, Any] = field(default_factory=dict)
    """What was made once and is the same for many operations."""


_AT_ONCE: AbstractAsyncContextManager[Any] = nullcontext()
_VERIFY = (
    "Make sure that the caller is the customer, and record how with `verifyCaller`; or look at a single "
    "value with `revealValue`."
)


def _topmost(found: Iterable[Withheld]) -> Iterator[Withheld]:
    """What is held back, by path; without what lies below another one and so is not there to be held back."""
    shut: set[tuple[str, ...]] = set()
    for one in sorted(found, key=lambda one: one.path):
        if any(one.path[:length] in shut for length in range(1, len(one.path))):
            continue
        if not one.masked:
            shut.add(one.path)
        yield one


def _refers(coordinate: str) -> bool:
    return coordinate == f"{CUSTOMER}.timeline" or (
        coordinate.endswith(".id") and coordinate != f"{CUSTOMER}.id"
    )


@dataclass(kw_only=True)
class OperationContext:
    """One operation."""

    services: Services
    access: Access
    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues
    at: datetime
    permit: Permit
    """What of the document the caller may select."""
    verified: Mapping[str, datetime] = field(default_factory=dict)
    """Where customers are masked: those who are not, and until when."""
    refused_nodes: dict[int, Forbidden] = field(default_factory=dict)
    """Fields whose arguments the caller may not give, by the identity of their place in the document."""
    is_guarded: bool = False
    """Whether the executor that answers leaves out what is held back."""
    holds: dict[str, Mapping[Coordinate, Hold]] = field(default_factory=dict)
    """What holders keep back of each customer, by the customer's local id."""
    held_somewhere: set[Coordinate] = field(default_factory=set)
    """Every field that is kept back of some customer."""
    values: int = 0
    """Values of the answer at the most, as estimated."""
    answered: str = ""
    """How the answer was made: ``compiled``, or why not."""
    memo: dict[Any, Any] = field(default_factory=dict)
    """What was worked out of the document alone; shared by all operations over it."""
    infos: Sequence[InstanceInfo] = ()
    answers: dict[str, Any] = field(default_factory=dict)
    """What each root field answers, or the error it raises, by its place in the answer."""
    customers: list[dict[str, CustomerAnswer]] = field(default_factory=list)
    """All that were gathered for, by id, as they know each other; see :meth:`release`."""
    horizons: set[int] = field(default_factory=set)
    """Numbers of months that lifetime values were asked for, of which an operation has few."""
    told: Told = NOTHING
    """What an answer of a subscription is for."""
    turn: AbstractAsyncContextManager[Any] = _AT_ONCE
    """Held while the store is read."""
    following: SubscriptionField | None = None
    """The field of a subscription that answered."""
    mutations: dict[str, Callable[[], Awaitable[Any]]] = field(default_factory=dict)
    """What makes each root field of a mutation take effect and answer, by its place in the answer."""

    @property
    def refreshes(self) -> bool:
        """Whether partners are asked behind an answer that does not wait for them.

        What follows such asking does not cause another: else it would never come to an end.
        """
        events = self.told.events
        return not events or any(event.kind != REFRESHED for event in events)

    def __post_init__(self) -> None:
        """Note what is asked for again and again."""
        principal = self.access.principal
        self.today: date = self.at.astimezone(UTC).date()
        """The day of the operation, in UTC."""
        self.veils: bool = not principal.roles.isdisjoint(self.services.settings.access.verified_roles)
        """Whether customers are masked for the caller until somebody verified who is calling."""
        self.sight: Sight = sight_of(principal, veiled=self.veils)
        """What the store shows to the caller."""

    @property
    def selected(self) -> Selected:
        """The fields that the operation asks for."""
        name = self.operation.name.value if self.operation.name else ""
        known: Selected | None = self.memo.get(f"selected {name}")
        if known is None:
            known = selected(self.services.schema, self.operation, self.fragments)
            self.memo[f"selected {name}"] = known
        return known

    @property
    def refers(self) -> bool:
        """Whether a partner's record may be shown with what refers to it, or is looked for by that."""
        name = self.operation.name.value if self.operation.name else ""
        known: bool | None = self.memo.get(f"refers {name}")
        if known is None:
            known = self.memo[f"refers {name}"] = any(map(_refers, self.selected.fields))
        return known or self.veils  # what is masked is told apart by whose it is

    def planned(self, planner: Planner) -> Sequence[Root]:
        """The root fields, planned for what the caller may select."""
        plans = self.memo.get("plans")
        if plans is None:
            plans = self.memo["plans"] = RememberedPlans()
        plan = plans.plan(
            planner, self.operation, self.fragments, self.variables, today=self.today, permit=self.permit
        )
        self.refused_nodes = dict(plan.refused)
        return plan.roots

    @property
    def guarded(self) -> bool:
        """Whether anything may have to be held back while the operation is answered."""
        if self.permit.refused or self.refused_nodes or self.holds:
            return True
        # What a mutation shows is gathered field by field: whom it shows is not known yet.
        return self.operation.operation is not OperationType.QUERY and bool(self._holders())

    def release(self) -> None:
        """Let the customers forget each other once the answer is made.

        A circle of all that was gathered would wait for the garbage collector.
        """
        for customers in self.customers:
            customers.clear()

    def hold(self, customers: Iterable[CustomerAnswer]) -> None:
        """Ask the holders what they keep back of some customers, and note who is masked."""
        for customer in customers:
            if type(customer) is VeiledCustomer:
                found = dict.fromkeys(self.services.masked.fields, self.services.masked)
                self.holds[customer.view.customer.id] = found
                self.held_somewhere.update(found)
        for holder in self._holders():
            for customer in customers:
                found = dict(self.holds.get(customer.view.customer.id, {}))
                for hold in holder.holds(customer.view, self.access):
                    # What is masked is shut where something else shuts it.
                    open_ = {one for one in hold.fields if one not in found or found[one].masked}
                    found |= dict.fromkeys(open_, hold)
                if found:
                    self.holds[customer.view.customer.id] = found
                    self.held_somewhere.update(found)

    def _holders(self) -> Sequence[Holder]:
        """Those who may keep back anything that the document selects: others are not asked."""
        known: tuple[Sequence[Holder], Sequence[Holder]] | None = self.memo.get("holders")
        if known is not None and known[0] is self.services.holders:
            return known[1]
        selected = self.services.permits.selections.of(self.document).fields
        mine = tuple(one for one in self.services.holders if not one.fields.isdisjoint(selected))
        self.memo["holders"] = (self.services.holders, mine)
        return mine

    def hold_of(self, customer: CustomerAnswer, coordinate: Coordinate) -> Hold | None:
        """What keeps a field of a customer back; none where nothing does."""
        return self.holds.get(customer.view.customer.id, {}).get(coordinate)

    def withheld(self, customer: CustomerAnswer, at: Sequence[str | int]) -> tuple[Withheld, ...]:
        """What was asked for of a customer and is held back.

        Args:
            customer: The customer.
            at: Where in the answer it stands.
        """
        held = {**self._masked(customer), **self.holds.get(customer.view.customer.id, {})}
        quiet = self.permit.quiet
        if not held and not quiet:
            return ()
        place = tuple(key for key in at if isinstance(key, str))
        paths = self._below_customers.get(place, {})
        shut = (as_withheld(path, quiet[one]) for one in quiet for path in paths.get(one, ()))
        kept = (
            Withheld(path=path, reason=hold.reason, remedy=hold.remedy, masked=hold.masked)
            for one, hold in held.items()
            if one not in quiet
            for path in paths.get(one, ())
        )
        return tuple(_topmost((*shut, *kept)))

    def _masked(self, customer: CustomerAnswer) -> Mapping[Coordinate, Hold]:
        """What of a customer shows a part alone until the caller was verified."""
        if not isinstance(customer, VeiledCustomer):
            return {}
        personal = self.services.permits.table.personal
        return dict.fromkeys(
            (one for one in personal if self.permit.of(*one) is None),
            Hold(reason=WithheldReason.NOT_VERIFIED, remedy=_VERIFY, fields=personal, masked=True),
        )

    @cached_property
    def _below_customers(self) -> Mapping[tuple[str, ...], Mapping[Coordinate, Sequence[tuple[str, ...]]]]:
        wanted = self.permit.quiet.keys() | self.held_somewhere | self.services.permits.table.personal
        return self.services.permits.selections.below_customers(
            self.operation, self.fragments, self.variables, wanted
        )

    def ready(self, key: str) -> Any:
        """The answer of a root field.

        Raises:
            GraphQLError: What is wrong with its arguments.
        """
        answer = self.answers[key]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def require_guard(self) -> None:
        """Make sure that the executor leaves out what the caller may not select.

        Raises:
            RuntimeError: It does not: better no answer than everything.
        """
        if self.guarded and not self.is_guarded:
            raise RuntimeError("an operation with something to hold back is executed by another executor")

    def _answers(self) -> Mapping[str, Answer]:
        """How the fields of a customer are answered, made once for all who see the same instances."""
        return self._of_instances("answers", self._made_answers)

    def _made_answers(self) -> Mapping[str, Answer]:
        domain_of = {info.id: info.domain for info in self.infos if info.domain}
        return {**customer_answers(domain_of), **self.services.groups}

    @property
    def order(self) -> tuple[str, ...]:
        """The ids of the instances, the most trusted first; the same object for all who see the same."""
        return self._of_instances("order", lambda: tuple(info.id for info in self.infos))

    def _of_instances(self, name: str, make: Callable[[], MadeT]) -> MadeT:
        made: tuple[Sequence[InstanceInfo], MadeT] | None = self.services.made.get(name)
        if made is not None and made[0] is self.infos:
            return made[1]
        found = make()
        self.services.made[name] = (self.infos, found)
        return found

    def answer_maker(self) -> Callable[[CustomerView, Mapping[str, CustomerAnswer]], CustomerAnswer]:
        """What makes a customer's view an object of the graph, among the operation's customers."""
        answers = self._answers()

        def make(view: CustomerView, customers: Mapping[str, CustomerAnswer]) -> CustomerAnswer:
            masked = self.veils and view.customer.id not in self.verified
            return (VeiledCustomer if masked else CustomerAnswer)(view, answers, customers)

        return make
