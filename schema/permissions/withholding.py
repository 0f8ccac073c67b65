"""What is held back of a customer without being an error: the reasons, and how others add theirs.

A field that is held back is null, and ``Customer.withheld`` names it with the reason. Two things hold
fields back. The purpose does it for every customer alike, by the field's printed ``@purpose``. A *holder*
does it for one customer: it looks at the customer's view and the caller, and says which fields stay shut.
Holders stand in :data:`schema.permissions.holders.HOLDERS`; they are asked once for each customer, before
anything is answered.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from c360.access import Access, Purpose
from resolvers.view import CustomerView

Coordinate = tuple[str, str]
"""A field of the graph: its type's name and its own, as printed: ``("Customer", "risk")``."""


class WithheldReason(enum.Enum):
    """Why a field is held back."""

    PURPOSE = "PURPOSE"
    """It may not be used for the purpose of this request."""
    CONSENT = "CONSENT"
    """The customer did not agree, or no longer agrees."""
    NOT_VERIFIED = "NOT_VERIFIED"
    """Nobody has made sure yet that the caller is the customer."""
    NOT_YOURS = "NOT_YOURS"
    """It comes from others than those whose data the token reaches."""


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a customer that was asked for and is held back."""

    path: Annotated[
        tuple[str, ...],
        Meta(description="Names of the fields that lead to it from the customer: `profile`, `birthDate`."),
    ]
    reason: Annotated[WithheldReason, Meta(description="Why.")]
    remedy: Annotated[str, Meta(description="What would open it; may be shown to an agent.")]
    purposes: Annotated[
        tuple[Purpose, ...],
        Meta(description="Where the reason is `PURPOSE`: for which it may be used."),
    ] = ()
    masked: Annotated[
        bool, Meta(description="Whether a part of the value is shown in place of null: `m…@example.org`.")
    ] = False


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that one customer's answer must not show."""

    reason: WithheldReason
    remedy: str
    """What would open them, in a sentence that may be shown to an agent; names no value."""
    fields: frozenset[Coordinate]
    """Fields of the customer, or of anything below it up to the next customer; nullable ones alone."""
    masked: bool = False
    """Whether the answer itself sees to it that they show only a part; they are then named, not made null."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Keeps fields of single customers back."""

    fields: frozenset[Coordinate]
    """All that it may ever keep back: it is not asked where an operation selects none of them."""
    holds: Callable[[CustomerView, Access], Iterable[Hold]]
    """Says what is held back of a customer from a caller; pure, and called once for each customer."""
