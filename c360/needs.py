"""What a connector is asked for, of whom, and what it yields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from c360.auth import Auth, Bearer
from c360.description import KeyKind
from c360.errors import ConnectorError, ProblemCode, Reauthorise, RetryLater
from c360.records.base import Record
from c360.values import Secret


class Need(msgspec.Struct, frozen=True, gc=False, kw_only=True, order=True):
    """A kind of record that an operation needs, for windowed kinds with its window."""

    kind: str
    since: date | None = None
    """First day of the window; ``None`` for kinds without one."""
    until: date | None = None
    """Last day of the window, included."""
    fields: frozenset[str] | None = None
    """Fields of the record that are wanted; ``None``: all. A connector may leave out others that the record
    does not require, and need not heed it. Given only where nothing that is fetched is kept or shared."""


class Ref(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A customer at one partner."""

    party_id: str
    """The partner's own id of the customer."""
    grant: Secret | None = None
    """The customer's access token, for connectors by grant."""
    objects: Mapping[str, tuple[str, ...]] = {}
    """Ids that the change feed has seen for this customer, by kind: what an API without a
    customer filter needs (``{"rental.bookings": ("B1", "B2")}``)."""

    def __hash__(self) -> int:
        return hash(self.party_id)

    def indexed(self, kind: str) -> tuple[str, ...]:
        """Ids of the customer's records of a kind whose feed is :attr:`Feed.indexed`.

        Raises:
            RetryLater: the feed was never read to its end, so that nothing can be said yet.
        """
        ids = self.objects.get(kind)
        if ids is None:
            raise RetryLater(f"the feed of {kind} was not read yet", code=ProblemCode.NOT_INDEXED)
        return ids

    def auth(self) -> Auth:
        """The grant as a bearer token.

        Raises:
            Reauthorise: the hub holds no grant of this customer.
        """
        if self.grant is None:
            message = "no grant is held"
            raise Reauthorise(message)
        return Bearer(self.grant)


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """All records of one kind for one customer, or the reason why there are none."""

    ref: Ref
    kind: str
    records: tuple[Record, ...] = ()
    error: ConnectorError | None = None


class PartyQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A key to search a partner by. Exactly one of the kinds the connector declared."""

    key: KeyKind
    value: str
    """Normalised: e-mail in lower case, phone in E.164, a name with single spaces."""
    limit: int = 20
