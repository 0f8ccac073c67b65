"""What every record has in common, and how a domain declares the kinds it brings."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Record(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Something a partner holds about a customer, in the hub's own terms.

    Every field is taken from the partner's published API or left empty; nothing is invented.
    """

    connector: Annotated[
        str,
        Meta(
            description="Id of the connector instance this record came from.",
            extra={"host": True},
        ),
    ] = ""
    """Filled in by the host; a plugin leaves it empty."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of record that can be needed, fetched, kept and fed by changes."""

    name: str
    """``domain.plural``, such as ``banking.accounts``; the unit of planning and of snapshots."""
    record: type[Record]
    """The record it consists of."""
    identity: str | None = None
    """The field with the partner's own id of a record, where it has one: by it the graph finds the same
    record again (its global id), and clients keep it in their caches."""
    windowed: bool = False
    """True where records pile up over time, so that a need carries a window of dates."""
    ttl: float = 0.0
    """Time to live in seconds: for how long an answer counts as current where nobody asks for a fresher one.
    0 for what moves (balances, bookings, points); minutes at the most for what hardly does."""

    @property
    def domain(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]
