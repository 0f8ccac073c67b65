"""Customers who came by a rule, in the order in which they came."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import and_, func, select

from store.data_identity import EntryKind, PartyRef
from store.models import EntryParty, IdentityEntry
from store.repositories.base import Repository


class Arrivals(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of them."""

    parties: tuple[PartyRef, ...]
    """What they were made of."""
    upto: str | None
    """The last entry of the ledger that was looked at; none where there was none to look at."""


class ArrivalRepository(Repository):
    """Reads the ledger once, entry after entry."""

    async def after(self, entry: str | None, *, rule: str, before: datetime, limit: int) -> Arrivals:
        """Who came next.

        Args:
            entry: the last one that was looked at.
            rule: by which they came.
            before: only what was noted before that: entries of transactions that go on are yet to be seen.
            limit: so many at the most.
        """
        behind = [
            IdentityEntry.tenant == self._tenant,
            IdentityEntry.at < before,
            *([] if entry is None else [IdentityEntry.id > entry]),
        ]
        rows = (
            await self._session.execute(
                select(IdentityEntry.id, EntryParty.connector, EntryParty.party_id)
                .join(
                    EntryParty,
                    and_(EntryParty.tenant == IdentityEntry.tenant, EntryParty.entry_id == IdentityEntry.id),
                )
                .where(*behind, IdentityEntry.kind == EntryKind.CREATE.value, IdentityEntry.rule == rule)
                .order_by(IdentityEntry.id)
                .limit(limit)
            )
        ).all()
        if len(rows) == limit:
            upto: str | None = rows[-1].id
        else:
            # What came by other rules is not looked at again either.
            upto = await self._session.scalar(select(func.max(IdentityEntry.id)).where(*behind))
        return Arrivals(parties=tuple(PartyRef(row.connector, row.party_id) for row in rows), upto=upto)
