"""The entries of the ledger: added, read, and blanked when a person is erased."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update

from store.columns import new_id, storable
from store.data_identity import EntryKind, EvidenceData, LedgerEntry, LedgerPage, LinkDecision, PartyRef
from store.errors import CursorError
from store.errors_identity import EntryUnknown
from store.mapping import aliased
from store.models import EntryCustomer, EntryParty, Evidence, IdentityEntry, Redirect
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.survivors import merged

Moved = Mapping[PartyRef, tuple[str | None, str | None]]
"""Parties with the node that each hung on before and hangs on now."""


class Entries(Repository):
    """Appends and reads entries."""

    async def add(
        self,
        kind: EntryKind,
        decision: LinkDecision,
        customers: Sequence[str],
        *,
        moved: Moved | None = None,
        review_id: str | None = None,
        reverses: str | None = None,
        entry_id: str | None = None,
    ) -> LedgerEntry:
        """Add an entry; see :meth:`add_many`."""
        entry = LedgerEntry(
            id=entry_id or new_id(),
            kind=kind,
            at=self._scope.clock(),
            decision=decision,
            customer_id=customers[0],
            others=tuple(customers[1:]),
            parties=tuple(sorted(moved or {})),
            review_id=review_id,
            reverses=reverses,
        )
        await self.add_many([(entry, moved or {})])
        return entry

    async def add_many(self, entries: Sequence[tuple[LedgerEntry, Moved]]) -> None:
        """Add entries, each with where its parties hung before and hang now. Four statements."""
        await self._scope.insert_many(
            IdentityEntry,
            [
                {
                    "id": entry.id,
                    "kind": entry.kind.value,
                    "at": entry.at,
                    "actor": entry.decision.actor,
                    "rule": entry.decision.rule,
                    "probability": entry.decision.probability,
                    "model_version": entry.decision.model_version,
                    "reason": entry.decision.reason,
                    "review_id": entry.review_id,
                    "reverses": entry.reverses,
                }
                for entry, _ in entries
            ],
        )
        await self._scope.insert_many(
            EntryCustomer,
            [
                {"entry_id": entry.id, "place": place, "node_id": node}
                for entry, _ in entries
                for place, node in enumerate((entry.customer_id, *entry.others))
            ],
        )
        await self._scope.insert_many(
            EntryParty,
            [
                {
                    "entry_id": entry.id,
                    "connector": party.connector,
                    "party_id": party.party_id,
                    "from_id": before,
                    "to_id": after,
                }
                for entry, moved in entries
                for party, (before, after) in sorted(moved.items())
            ],
        )
        await self._scope.insert_many(
            Evidence,
            [
                {
                    "entry_id": entry.id,
                    "place": place,
                    "field": each.field,
                    "agreement": each.agreement,
                    "weight": each.weight,
                }
                for entry, _ in entries
                for place, each in enumerate(entry.decision.evidence)
            ],
        )

    async def get(self, ids: Iterable[str]) -> dict[str, LedgerEntry]:
        """Entries by id; unknown ones are left out. Four queries."""
        wanted = set(ids)
        if not wanted:
            return {}
        reversal = aliased(IdentityEntry)
        rows = (
            await self._session.execute(
                select(table(IdentityEntry), reversal.id.label("reversed_by"))
                .outerjoin(
                    reversal,
                    (reversal.tenant == IdentityEntry.tenant) & (reversal.reverses == IdentityEntry.id),
                )
                .where(IdentityEntry.tenant == self._tenant, self._scope.among(IdentityEntry.id, wanted))
            )
        ).all()
        customers = await self._of(EntryCustomer, wanted, "place", lambda row: row.node_id)
        parties = await self._of(
            EntryParty, wanted, "party_id", lambda row: PartyRef(row.connector, row.party_id)
        )
        evidence = await self._of(
            Evidence,
            wanted,
            "place",
            lambda row: EvidenceData(field=row.field, agreement=row.agreement, weight=row.weight),
        )
        return {
            row.id: LedgerEntry(
                id=row.id,
                kind=EntryKind(row.kind),
                at=row.at,
                decision=LinkDecision(
                    actor=row.actor,
                    rule=row.rule,
                    probability=row.probability,
                    model_version=row.model_version,
                    evidence=tuple(evidence.get(row.id, ())),
                    reason=row.reason,
                ),
                customer_id=customers[row.id][0],
                others=tuple(customers[row.id][1:]),
                parties=tuple(sorted(parties.get(row.id, ()))),
                review_id=row.review_id,
                reverses=row.reverses,
                reversed_by=row.reversed_by,
            )
            for row in rows
        }

    async def one(self, entry_id: str) -> LedgerEntry:
        """One entry.

        Raises:
            EntryUnknown: there is none of this id.
        """
        found = await self.get([entry_id])
        if entry_id not in found:
            raise EntryUnknown(entry_id)
        return found[entry_id]

    async def moved(self, entry_id: str) -> dict[PartyRef, tuple[str | None, str | None]]:
        """The parties of an entry with the node each hung on before and after it."""
        rows = await self._session.execute(
            select(EntryParty.connector, EntryParty.party_id, EntryParty.from_id, EntryParty.to_id).where(
                EntryParty.tenant == self._tenant, EntryParty.entry_id == entry_id
            )
        )
        return {PartyRef(connector, party_id): (before, after) for connector, party_id, before, after in rows}

    async def placing(self, parties: Collection[PartyRef]) -> dict[PartyRef, str]:
        """The newest entry that linked or moved each party; imported ones that never moved have none."""
        if not parties:
            return {}
        rows = await self._session.execute(
            select(EntryParty.connector, EntryParty.party_id, func.max(EntryParty.entry_id))
            .where(
                EntryParty.tenant == self._tenant,
                self._scope.among(EntryParty.connector, {party.connector for party in parties}),
                self._scope.among(EntryParty.party_id, {party.party_id for party in parties}),
            )
            .group_by(EntryParty.connector, EntryParty.party_id)
        )
        found = {PartyRef(connector, party_id): entry_id for connector, party_id, entry_id in rows}
        return {party: entry_id for party, entry_id in found.items() if party in parties}

    async def merges_of_review(self, review_id: str) -> list[str]:
        """The merges that decisions of a review led to, newest first."""
        return list(
            await self._session.scalars(
                select(IdentityEntry.id)
                .where(
                    IdentityEntry.tenant == self._tenant,
                    IdentityEntry.review_id == review_id,
                    IdentityEntry.kind == EntryKind.MERGE.value,
                )
                .order_by(IdentityEntry.id.desc())
            )
        )

    async def pages(
        self, customers: Mapping[str, str], first: int, after: str | None
    ) -> dict[str, LedgerPage]:
        """Entries about each customer and everybody merged into it, newest first. Five queries for all.

        Args:
            customers: nodes, each with the customer that answers for it.
            first: entries of a page.
            after: cursor of a page of the same customer.

        Raises:
            CursorError: the cursor is damaged.
        """
        beyond = [] if after is None else [EntryCustomer.entry_id < decode_cursor(after)]
        whose = func.coalesce(Redirect.survivor_id, EntryCustomer.node_id).label("whose")
        about = (
            select(whose, EntryCustomer.entry_id)
            .distinct()
            .outerjoin(Redirect, merged(EntryCustomer.tenant, EntryCustomer.node_id))
            .where(
                EntryCustomer.tenant == self._tenant,
                self._scope.among(EntryCustomer.node_id, customers),
                *beyond,
            )
            .subquery()
        )
        place = func.row_number().over(partition_by=about.c.whose, order_by=about.c.entry_id.desc())
        placed = select(about.c.whose, about.c.entry_id, place.label("place")).subquery()
        rows = await self._session.execute(
            select(placed.c.whose, placed.c.entry_id)
            .where(placed.c.place <= first + 1)
            .order_by(placed.c.whose, placed.c.place)
        )
        ids: dict[str, list[str]] = {customer: [] for customer in customers.values()}
        for customer, entry_id in rows:
            ids[customer].append(entry_id)
        found = await self.get({each for mine in ids.values() for each in mine[:first]})
        return {
            customer: LedgerPage(
                entries=tuple(found[each] for each in mine[:first]),
                cursors=tuple(encode_cursor(each) for each in mine[:first]),
                has_next=len(mine) > first,
                has_previous=after is not None,
            )
            for customer, mine in ids.items()
        }

    async def blank(self, nodes: Collection[str], parties: Collection[PartyRef]) -> None:
        """Leave of the entries about erased customers that they were, when, and who decided."""
        ids = select(EntryCustomer.entry_id).where(
            EntryCustomer.tenant == self._tenant, self._scope.among(EntryCustomer.node_id, nodes)
        )
        await self._scope.change(
            update(IdentityEntry)
            .where(IdentityEntry.tenant == self._tenant, IdentityEntry.id.in_(ids))
            .values(reason="")
        )
        await self._scope.change(
            delete(Evidence).where(Evidence.tenant == self._tenant, Evidence.entry_id.in_(ids))
        )
        for party in sorted(parties):
            await self._scope.change(
                delete(EntryParty).where(
                    EntryParty.tenant == self._tenant,
                    EntryParty.connector == party.connector,
                    EntryParty.party_id == party.party_id,
                )
            )

    async def _of(self, model: Any, ids: Iterable[str], order: str, read: Any) -> dict[str, list[Any]]:
        columns = table(model).c
        rows = await self._session.execute(
            select(table(model))
            .where(columns.tenant == self._tenant, self._scope.among(model.entry_id, ids))
            .order_by(columns.entry_id, columns[order])
        )
        found: dict[str, list[Any]] = {}
        for row in rows:
            found.setdefault(row.entry_id, []).append(read(row))
        return found


def encode_cursor(position: str) -> str:
    """The cursor of an entry or a review: both are listed by their ids."""
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The id that a cursor names.

    Raises:
        CursorError: it is damaged.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error):
        raise CursorError("is damaged") from None
    if not storable(text):
        raise CursorError("is damaged")
    return text
