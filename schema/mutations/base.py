"""What every mutation does: check its input, take effect in one transaction, answer what became of it.

``check`` (no I/O) → ``before`` (what partners hold of the customer) → ``ask`` (the partners) → ``effect``
(the transaction) → ``follow`` (what goes on outside then) → ``concerns`` (what the payload shows, to be
read and gathered for) → ``payload``. All up to ``effect`` may raise
:class:`~schema.mutations.problems.Refusal` or an :class:`~schema.errors.InputError`: then nothing is changed
and the payload holds the problems.

What a mutation did is its *outcome*, a struct of ids and figures that is kept under the idempotency key.
The payload is made from it anew for every caller, with the customers as they are then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from c360.access import Access, IdempotencyKey
from c360.addresses import AddressPolicy
from c360.contract import Need
from connectors.infos import InstanceInfo
from resolvers.events.catalogue import drafted
from resolvers.events.customers import CustomerChanged
from resolvers.identity.recognition import Recogniser
from resolvers.service.rules import AS_SHIPPED, ServiceRules
from resolvers.serving import Models
from resolvers.survivorship import AS_EVER, ProfileRules
from schema.actions.reading import Kept, read_actions
from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.execution.context import Services
from schema.inputs import Arguments, NodeId
from schema.mutations.problems import AnyProblem, Problem
from schema.permissions.rules import Rule
from schema.permissions.settings import AccessSettings
from schema.permissions.withholding import Coordinate
from schema.ports import Host, Unit
from schema.roots.base import Lookups, RootField
from schema.roots.decisions import read_decisions, sides
from schema.service.rows import read_rows
from schema.shapes import Shape
from store.data import CustomerData
from store.data_access import EmergencyData
from store.data_consents import DecisionData
from store.data_contests import ContestData
from store.data_events import EventDraft
from store.data_identity import LedgerEntry, ReviewData
from store.data_privacy import ExportData

LONGEST_KEY = 200
"""Characters of an idempotency key."""


_INTERNET = AddressPolicy()


class MutationInput(Arguments, frozen=True, kw_only=True):
    """Base of the inputs."""

    idempotency_key: Annotated[
        NodeId | None,
        Meta(
            description="Chosen by the caller, best a UUID, to send the same request again without a second "
            f"effect: for a day it answers what the first one did. Up to {LONGEST_KEY} characters. A request "
            "that ended in problems did not use the key up."
        ),
    ] = None


class Payload(Shape, frozen=True, kw_only=True):
    """Base of the payloads. Every field has a default: what a payload says where there are problems."""

    problems: Annotated[
        tuple[AnyProblem, ...], Meta(description="Why nothing was changed; empty where it was.")
    ] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what a mutation did: ids and figures, no personal data."""


class Concerns(msgspec.Struct, frozen=True, kw_only=True):
    """Local ids of what a payload shows."""

    customers: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    """Of the ledger."""
    reviews: tuple[str, ...] = ()
    """With the customers on both sides."""
    contests: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    """Decisions of customers about the use of their data."""
    actions: tuple[str, ...] = ()
    """At partners."""
    rows: tuple[tuple[str, str], ...] = ()
    """Type and local id of what people keep of customers."""
    emergencies: tuple[str, ...] = ()
    """Emergency accesses."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The same as it is now, by those ids; what is not there any more is left out."""

    customers: Mapping[str, CustomerAnswer]
    """An old id has the customer who answers for it now."""
    entries: Mapping[str, LedgerEntry] = {}
    reviews: Mapping[str, ReviewData] = {}
    contests: Mapping[str, ContestData] = {}
    consents: Mapping[str, DecisionData] = {}
    exports: Mapping[str, ExportData] = {}
    actions: Mapping[str, Kept] = {}
    rows: Mapping[tuple[str, str], Any] = {}
    """As the graph shows it."""
    emergencies: Mapping[str, EmergencyData] = {}


class Mutation:
    """One mutation of one operation. A subclass says what it changes and how it answers."""

    name: ClassVar[str]
    """Verb and noun, as in the graph."""
    description: ClassVar[str]
    input_type: ClassVar[type[MutationInput]]
    outcome_type: ClassVar[type[Outcome]]
    payload_type: ClassVar[type[Payload]]
    weight: ClassVar[int] = 10
    """What it costs beside the values of its payload, in values: a transaction of its own."""
    rule: ClassVar[Rule | None] = None
    """Who may have it take effect; without one: nobody."""
    beyond_reach: ClassVar[bool] = False
    """Whether it is about customers whom the caller does not come to: only what opens them to the caller."""

    def __init__(
        self,
        asked: Any,
        *,
        access: Access,
        infos: Sequence[InstanceInfo],
        region: str,
        rules: ProfileRules = AS_EVER,
        models: Models,
        at: datetime,
        addresses: AddressPolicy = _INTERNET,
        service: ServiceRules = AS_SHIPPED,
        recogniser: Recogniser | None = None,
        doors: AccessSettings = AccessSettings(),  # noqa: B008  # frozen
    ) -> None:
        """Take a mutation as it was asked for.

        Args:
            asked: An ``input_type``.
            access: Who asks, for what.
            infos: The configured connector instances.
            region: Country of phone numbers written without one.
            rules: By which values of the golden profile win.
            models: What is reckoned by.
            at: When the operation began.
            addresses: Where events may be delivered.
            service: By which rules people note things of customers.
            recogniser: Says who partner records probably are; without it nobody does.
            doors: How callers are verified and customers opened.

        Raises:
            Refusal: The input cannot be used.
            InputError: The same, from what queries and mutations share.
        """
        self.asked = asked
        self.access = access
        self.infos = infos
        self.order = tuple(info.id for info in infos)
        self.region = region
        self.rules = rules
        self.models = models
        self.at = at
        self.addresses = addresses
        self.service = service
        self.recogniser = recogniser
        self.doors = doors
        self.domains_of = {info.id: info.domain or "" for info in infos}
        self.key = _checked_key(asked.idempotency_key)
        self.check()

    @property
    def actor(self) -> str:
        """Who is said to have done it."""
        return self.access.principal.subject

    @property
    def changes(self) -> bool:
        """Whether it takes effect; otherwise it only tells what it would do."""
        return not getattr(self.asked, "dry_run", False)

    @property
    def fingerprint(self) -> bytes:
        """What the idempotency key stands for: a hash of the mutation and its input without the key."""
        body = msgspec.structs.replace(self.asked, idempotency_key=None)
        content = msgspec.json.encode((self.name, body), order="deterministic")
        return hashlib.sha256(content).digest()

    def check(self) -> None:
        """Check and normalise the input."""

    def reads(self) -> Iterable[Coordinate]:
        """Fields of the graph that it shows by another way than the selection of its payload.

        It has no effect where the caller may not select them.
        """
        return ()

    def before(self) -> RootField | None:
        """What is gathered of partners before the effect; its answer refuses what they do not allow."""
        return None

    async def is_repeated(self, unit: Unit) -> bool:
        """Whether the same was asked for before, so that nothing has to be found out for it any more."""
        return False

    async def ask(self, host: Host) -> None:
        """Ask the partners what the effect depends on; before the transaction, which waits for nobody."""

    async def effect(self, unit: Unit) -> Any:
        """Change what is to be changed; commits when it returns, and changes nothing when it raises.

        May be called again in a new transaction where another one came in between.

        Returns:
            An ``outcome_type``.

        Raises:
            Refusal: The state of the hub does not allow it.
        """
        raise NotImplementedError

    def audit_detail(self, outcome: Any) -> Mapping[str, str]:
        """What else an auditor needs to know of it: ids and names of closed lists, nothing personal."""
        return {}

    async def follow(self, outcome: Any, services: Services) -> None:
        """What goes on outside of the hub once the effect is committed, such as a partner doing something.

        What it learns is in the store when it ends, and the payload shows it. May be called again for the
        same outcome where the same request is sent again.
        """

    def concerns(self, outcome: Any) -> Concerns:
        """Whom and what it changed."""
        raise NotImplementedError

    def shows(self, outcome: Any) -> Concerns:
        """What the payload shows of what it concerns; all of it by default."""
        return self.concerns(outcome)

    def needs(self, customer_id: str, today: date) -> Collection[Need]:
        """What the payload itself needs of a customer's partners, beside what is selected below it."""
        return ()

    def made(self, outcome: Any) -> Sequence[str]:
        """Customers whom it made: an agent who made them has them in the own book of business."""
        return ()

    def events(self, outcome: Any) -> Sequence[EventDraft]:
        """What those who follow the hub are told, in the transaction of the effect.

        By default that the customers whom the payload shows have changed. A mutation that has more to say
        drafts events of the catalogue; see :mod:`resolvers.events.catalogue`.

        Args:
            outcome: What ``effect`` returned.
        """
        concerned = self.concerns(outcome).customers
        return (drafted(CustomerChanged(), concerned),) if concerned else ()

    def payload(self, outcome: Any, shown: Shown) -> Payload:
        """What is answered.

        Args:
            outcome: What ``effect`` returned, now or when the idempotency key was first used.
            shown: What it ``concerns``.
        """
        raise NotImplementedError

    @classmethod
    def refused(cls, problems: Sequence[Problem]) -> Payload:
        """The payload of a mutation that changed nothing."""
        return cls.payload_type(problems=tuple(problems))


class PayloadField(RootField):
    """Gathers for a mutation that has taken effect, as a root field of a query does."""

    def __init__(self, mutation: Mutation, outcome: Any, infos: Sequence[InstanceInfo]) -> None:
        """Answer for a mutation."""
        self._mutation = mutation
        self._outcome = outcome
        super().__init__(None, count=False, infos=infos)

    def want(self, lookups: Lookups, searched: object) -> None:  # nothing is searched
        """The customers whom the payload shows."""
        self._concerns = self._mutation.shows(self._outcome)
        lookups.ids.update(dict.fromkeys(self._concerns.customers))

    async def read(self, unit: Unit) -> None:
        """Read the entries, the reviews, the contests, the consents, the actions, the emergencies."""
        concerns = self._concerns
        self._entries, self._reviews = await read_decisions(unit, concerns.entries, concerns.reviews)
        self._contests = await unit.contests.get(concerns.contests) if concerns.contests else {}
        self._consents = await unit.consents.get(concerns.consents) if concerns.consents else {}
        self._exports = await unit.exports.get(concerns.exports) if concerns.exports else {}
        found = await unit.actions.get(concerns.actions) if concerns.actions else {}
        self._actions = await read_actions(unit, found.values())
        self._rows = await read_rows(unit, concerns.rows, self._mutation.at) if concerns.rows else {}
        self._emergencies = await unit.emergencies.get(concerns.emergencies) if concerns.emergencies else {}

    def candidates(self, lookups: Lookups) -> Sequence[str]:
        """Those that exist, or who answer for them now, and those on both sides of a review."""
        self._known = {one: lookups.known[one] for one in self._concerns.customers if one in lookups.known}
        return tuple(dict.fromkeys((*self._known.values(), *sides(self._reviews.values()))))

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def needs(self, customer_id: str, today: date) -> Collection[Need]:
        """What the payload itself needs."""
        return self._mutation.needs(customer_id, today)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The payload."""
        named = {old: customers[now] for old, now in self._known.items() if now in customers}
        shown = Shown(
            customers={**customers, **named},
            entries=self._entries,
            reviews=self._reviews,
            contests=self._contests,
            consents=self._consents,
            exports=self._exports,
            actions=self._actions,
            rows=self._rows,
            emergencies=self._emergencies,
        )
        return self._mutation.payload(self._outcome, shown)


def _checked_key(key: str | None) -> IdempotencyKey | None:
    if key is None:
        return None
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = f"An idempotency key has 1 to {LONGEST_KEY} printable ASCII characters."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.idempotencyKey")
    return IdempotencyKey(key)
