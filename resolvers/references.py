"""How a partner's record is found again: a reference that names its customer and hides its number.

A reference is ``customer.digest`` or, for what happened on a day and stays there, ``customer.digest.day``,
so that one day is fetched and not a whole window. The partner's own id is digested, since references
end up in addresses, logs and browsers, where no account number belongs.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from c360.contract import Need
from c360.kinds import kinds
from c360.records.base import Kind, Record
from resolvers.timeline import Timeline, content_digest

_DIGEST_BYTES = 12
_BACK = timedelta(days=2 * 366)
_AHEAD = timedelta(days=366)
"""Where a record is looked for whose day may have moved."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What a reference says."""

    customer_id: str
    digest: str
    day: date | None = None

    def __str__(self) -> str:
        parts = (self.customer_id, self.digest, *(() if self.day is None else (self.day.isoformat(),)))
        return ".".join(parts)


class Referrer:
    """Makes and reads the references of one kind of record.

    Args:
        kind: A kind with an identity.
        timeline: How it lies in time, where it is windowed.
    """

    def __init__(self, kind: Kind, timeline: Timeline | None = None) -> None:
        self.kind = kind.name
        self.record = kind.record
        self._timeline = timeline

    def of(self, record: Any) -> Reference:
        """The reference of a record that :func:`owned` gave its customer."""
        return Reference(
            customer_id=record.hub_customer_id,
            digest=self._digest(record, record.hub_customer_id),
            day=self._timeline.day(record) if self._timeline and not self._timeline.moves else None,
        )

    def read(self, text: str) -> Reference | None:
        """What a reference says; none where the text cannot be one."""
        customer_id, _, rest = text.partition(".")
        digest, _, day = rest.partition(".")
        try:
            found = Reference(
                customer_id=customer_id, digest=digest, day=date.fromisoformat(day) if day else None
            )
        except ValueError:
            return None
        return found if customer_id and digest and str(found) == text else None

    def need(self, reference: Reference, today: date) -> Need:
        """What is to be gathered to find the record."""
        if self._timeline is None:
            return Need(kind=self.kind)
        if reference.day is not None:
            return Need(kind=self.kind, since=reference.day, until=reference.day)
        if self._timeline.moves:
            return Need(kind=self.kind, since=today - _BACK, until=today + _AHEAD)
        return self._timeline.window(today)

    def find(self, reference: Reference, records: Iterable[Record]) -> Record | None:
        """The record that a reference means, among its customer's.

        A reference made before its customer was merged into another means what it meant then.
        """
        customer = reference.customer_id
        return next((one for one in records if self._digest(one, customer) == reference.digest), None)

    def _digest(self, record: Any, customer_id: str) -> str:
        text = f"{customer_id}\0{record.connector}\0{identity_of(record)}"
        digest = hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()
        return base64.urlsafe_b64encode(digest).decode("ascii")


def identity_of(record: Any) -> str:
    """The partner's own id of a record, or what stands in for it; of a masked one that of the true one."""
    kind: type[Record] = type(record)
    found = getattr(record, "hub_identity", None) or getattr(record, _identity(kind))
    return found or content_digest(record)


@functools.cache
def _identity(record: type[Record]) -> str:
    return next(one.identity or "" for one in kinds().values() if issubclass(record, one.record))


def with_identity(record: Any, changes: Mapping[str, Any]) -> Any:
    """A record with some fields changed that is referred to as it was before."""
    kind: type[Record] = type(record)
    values = {**msgspec.structs.asdict(record), **changes, "hub_identity": identity_of(record)}
    return _identified_type(kind)(**values)


@functools.cache
def _identified_type(record: type[Record]) -> Any:
    return msgspec.defstruct(
        record.__name__, [("hub_identity", str)], bases=(record,), frozen=True, kw_only=True
    )


def referrers(timelines: Mapping[str, Timeline]) -> dict[str, Referrer]:
    """A referrer for each kind whose records have an id of their own, by the name of the record."""
    return {
        one.record.__name__: Referrer(one, timelines.get(one.name))
        for one in kinds().values()
        if one.identity is not None and (not one.windowed or one.name in timelines)
    }


def owned(records: Iterable[Record], customer_id: str) -> tuple[Record, ...]:
    """The records with their customer's id, without which they cannot be referred to."""
    asdict = msgspec.structs.asdict
    return tuple(owned_type(type(one))(hub_customer_id=customer_id, **asdict(one)) for one in records)


@functools.cache
def owned_type(record: type[Record]) -> Any:
    """The record's type with a field for its customer: partners' records themselves know nothing of it."""
    return msgspec.defstruct(
        record.__name__, [("hub_customer_id", str)], bases=(record,), frozen=True, kw_only=True
    )
