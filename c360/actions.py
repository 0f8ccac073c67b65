"""Changes at a partner: what is asked for, and what became of it.

A domain declares the actions it knows beside its records, in ``ACTIONS`` of its module; see
:func:`c360.kinds.actions`. A connector declares those that its partner's API has.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from c360.access import IdempotencyKey
from c360.needs import Ref
from c360.values import Value


class Unfit(msgspec.Struct, frozen=True, kw_only=True):
    """What about an action cannot be, as it shows before the partner is asked."""

    field: str
    """Of the input, by its name in Python."""
    message: str
    """What would do, without the value itself. An agent reads it."""


def _fits(_asked: Any, _at: datetime) -> None:
    """Nothing: what its fields say suffices."""


class ActionKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of action, such as ``loyalty.adjust_points``."""

    name: str
    """``domain.verb_object``."""
    input: type[Value]
    """What it takes."""
    summary: str
    """What it does, in one sentence."""
    concerns: str = ""
    """The domain whose records it is about, where that is not its own: a work order that stops a cheque
    concerns ``banking``. Nobody may have it done who may not see those."""

    names: tuple[tuple[str, str], ...] = ()
    """Fields of the input that hold a partner's own id of a record, each with the kind of that record: the
    hub asks for nothing about one that the customer does not have. For what another partner than the
    record's own performs, which could not tell; a connector makes sure of its own partner's."""

    undone_by: str = ""
    """Name of the kind that takes it back and is asked for when the customer withdraws what the hub may do
    at the partner. Its input is the partner's own id of the effect alone."""

    unfit: Callable[[Any, datetime], Unfit | None] = _fits
    """Says of an input and the moment at which it is asked for what no single field shows. What fits once has
    to fit ever after, since the same request may be sent again at any time."""

    @property
    def domain(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]

    @property
    def concerned(self) -> str:
        """The domain whose records it is about."""
        return self.concerns or self.domain


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One action for one customer at one partner."""

    kind: str
    ref: Ref
    input: Value
    """An instance of the kind's :attr:`ActionKind.input`."""
    idempotency_key: IdempotencyKey
    """The same for every attempt at the same action, and for no other."""
    requested_at: datetime
    """When it was asked for, in UTC: where :meth:`Connector.trace` begins to look."""
    reference: str | None = None
    """The partner's own id of the effect, where it was told already; for :meth:`Connector.trace`."""


class ActionState(enum.Enum):
    """What the partner made of an action."""

    CONFIRMED = "CONFIRMED"
    """It took effect."""
    PENDING = "PENDING"
    """The partner has it and will decide; ask again with :meth:`Connector.trace`, or wait for its call."""
    REJECTED = "REJECTED"
    """The partner refused it: it has no effect and never will."""


class RejectionCode(enum.Enum):
    """Why a partner refused an action. A closed list; front ends may switch on it."""

    INSUFFICIENT = "INSUFFICIENT"
    """Not enough points, money or room."""
    CONFLICT = "CONFLICT"
    """What it concerns has changed meanwhile, or the same was done already."""
    INVALID = "INVALID"
    """The partner does not take one of the values."""
    NOT_ALLOWED = "NOT_ALLOWED"
    """The partner's rules forbid it for this customer."""
    NOT_FOUND = "NOT_FOUND"
    """What it concerns does not exist at the partner."""
    OTHER = "OTHER"


class ActionOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an action."""

    state: ActionState
    reference: str | None = None
    """The partner's own id of the effect, where it gives one."""
    rejection: RejectionCode | None = None
    """Why, where it was rejected."""
