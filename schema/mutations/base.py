"""What every mutation does: check its input, take effect in one transaction, answer what became of it.

``check`` (no I/O) → ``effect`` (the transaction) → ``concerns`` (customers to gather for) → ``payload``.
The first two may raise :class:`~schema.mutations.problems.Refusal` or an
:class:`~schema.errors.InputError`: then nothing is changed and the payload holds the problems.

What a mutation did is its *outcome*, a struct of ids and figures that is kept under the idempotency key.
The payload is made from it anew for every caller, with the customers as they are then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from c360.access import Access, IdempotencyKey
from connectors.host import InstanceInfo
from schema.answers import CustomerAnswer
from schema.derive import GraphName
from schema.errors import ErrorCode, InputError
from schema.inputs import Arguments, NodeId
from schema.mutations.problems import AnyProblem, Problem
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from schema.shapes import Shape
from store.data import CustomerData

LONGEST_KEY = 200
"""Characters of an idempotency key."""

CustomerNode = Annotated[Any, GraphName("Customer")]
"""A customer in a payload; see :class:`schema.answers.CustomerAnswer`."""


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


class Mutation:
    """One mutation of one operation. A subclass says what it changes and how it answers."""

    name: ClassVar[str]
    """Verb and noun, as in the graph."""
    description: ClassVar[str]
    input_type: ClassVar[type[MutationInput]]
    outcome_type: ClassVar[type[Outcome]]
    payload_type: ClassVar[type[Payload]]

    def __init__(self, asked: Any, *, access: Access, at: datetime) -> None:
        """Take a mutation as it was asked for.

        Args:
            asked: An ``input_type``.
            access: Who asks, for what.
            at: The present, in UTC.

        Raises:
            Refusal: The input cannot be used.
            InputError: The same, from what queries and mutations share.
        """
        self.asked = asked
        self.access = access
        self.at = at
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

    async def effect(self, unit: Unit) -> Any:
        """Change what is to be changed; commits when it returns, and changes nothing when it raises.

        May be called again in a new transaction where another one came in between.

        Returns:
            An ``outcome_type``.

        Raises:
            Refusal: The state of the hub does not allow it.
        """
        raise NotImplementedError

    def concerns(self, outcome: Any) -> Iterable[str]:
        """Ids of the customers whom the payload shows."""
        raise NotImplementedError

    def payload(self, outcome: Any, customers: Mapping[str, CustomerAnswer]) -> Payload:
        """What is answered.

        Args:
            outcome: What ``effect`` returned, now or when the idempotency key was first used.
            customers: Those of ``concerns`` who exist, by id.
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
        self._ids = tuple(dict.fromkeys(self._mutation.concerns(self._outcome)))
        lookups.ids.update(dict.fromkeys(self._ids))

    def candidates(self, lookups: Lookups) -> Sequence[str]:
        """Those that exist."""
        return tuple(one for one in self._ids if one in lookups.known)

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The payload."""
        return self._mutation.payload(self._outcome, customers)


def _checked_key(key: str | None) -> IdempotencyKey | None:
    if key is None:
        return None
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = f"An idempotency key has 1 to {LONGEST_KEY} printable ASCII characters."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.idempotencyKey")
    return IdempotencyKey(key)
