"""Pairs that a human should look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, or_, select, update

from store.columns import new_id
from store.data_identity import (
    EntryKind,
    LedgerEntry,
    PartyRef,
    ReviewData,
    ReviewPage,
    ReviewRequest,
    ReviewState,
    ReviewVerdict,
)
from store.mapping import aliased
from store.models import Review
from store.models.base import table
from store.repositories.apart import ApartRepository
from store.repositories.base import Repository
from store.repositories.entries import Entries, decode_cursor, encode_cursor
from store.repositories.families import Families
from store.repositories.relocation import Relocation


class ReviewQueue(Repository):
    """Reads and keeps the queue; :class:`store.repositories.decisions.ReviewRepository` decides.

    A review knows its two parties for good, and whose they are by now. It is moot while that is one customer,
    so that a merge closes it and an unmerge opens it again without a word. Of several undecided reviews of
    the same two customers the oldest is in the queue.
    """

    async def open(self, requests: Sequence[ReviewRequest]) -> tuple[str | None, ...]:
        """Put pairs before a human.

        Returns:
            the id of each pair's review, an earlier one where the pair is open already; ``None`` where
            there is nothing to ask: the parties are one customer, are kept apart, or belong to nobody.
        """
        parties = {party for request in requests for party in (request.left, request.right)}
        first = await Relocation(self._scope).links_of(parties)
        held = await Families(self._scope).hold({link.customer_id for link in first.values()}, shared=True)
        links = await Relocation(self._scope).links_of(parties)
        owners = {
            party: link.customer_id
            for party, link in links.items()
            if held.get(link.customer_id) == link.customer_id
        }
        apart = set(await ApartRepository(self._scope).between(owners))
        known = await self._undecided(set(owners.values()))
        found: list[str | None] = []
        rows: list[dict[str, Any]] = []
        entries: list[tuple[LedgerEntry, dict[Any, Any]]] = []
        for request in requests:
            left, right = owners.get(request.left), owners.get(request.right)
            pair = (min(request.left, request.right), max(request.left, request.right))
            if left is None or right is None or left == right or pair in apart:
                found.append(None)
                continue
            both = (min(left, right), max(left, right))
            if both not in known:
                known[both] = new_id()
                entry = LedgerEntry(
                    id=new_id(),
                    kind=EntryKind.REVIEW,
                    at=self._scope.clock(),
                    decision=request.decision,
                    customer_id=left,
                    others=(right,),
                    review_id=known[both],
                )
                entries.append((entry, {}))
                rows.append(
                    {
                        "id": known[both],
                        "entry_id": entry.id,
                        "left_connector": request.left.connector,
                        "left_party": request.left.party_id,
                        "right_connector": request.right.connector,
                        "right_party": request.right.party_id,
                        **_sides(left, right),
                        "verdict": None,
                        "decided_id": None,
                    }
                )
            found.append(known[both])
        await Entries(self._scope).add_many(entries)
        await self._scope.insert_many(Review, rows)
        return tuple(found)

    async def get(self, ids: Iterable[str]) -> Mapping[str, ReviewData]:
        """Reviews by id, whatever their state; unknown ones are left out."""
        rows = (
            await self._session.execute(
                select(table(Review)).where(
                    Review.tenant == self._tenant, self._scope.among(Review.id, ids), *self._shown()
                )
            )
        ).all()
        entries = await Entries(self._scope).get(
            each for row in rows for each in (row.entry_id, row.decided_id) if each
        )
        return {
            row.id: ReviewData(
                id=row.id,
                state=_state(row),
                left=PartyRef(row.left_connector, row.left_party),
                right=PartyRef(row.right_connector, row.right_party),
                left_customer=row.left_id,
                right_customer=row.right_id,
                raised=entries[row.entry_id],
                verdict=ReviewVerdict(row.verdict) if row.verdict else None,
                decided=entries.get(row.decided_id),
            )
            for row in rows
        }

    async def page(
        self,
        *,
        state: ReviewState = ReviewState.OPEN,
        customer_id: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ReviewPage:
        """A page of the queue, oldest first.

        Args:
            state: how they stand.
            customer_id: only reviews of this customer; an old id stands for the present customer.
            first: so many from the start or from behind ``after``; 20 where neither it nor ``last``
                is given.
            last: so many up to the end or up to ``before``; not together with ``first``.

        Raises:
            CursorError: a cursor is damaged.
            ValueError: both or negative numbers were given.
        """
        forward = last is None
        size = (20 if first is None else first) if last is None else last
        if size < 0 or (first is not None and last is not None):
            raise ValueError("a page takes either `first` or `last`, not negative")
        conditions = await self._conditions(state, customer_id)
        start = None if after is None else Review.id > decode_cursor(after)
        end = None if before is None else Review.id < decode_cursor(before)
        bounds = [bound for bound in (start, end) if bound is not None]
        ids = list(
            await self._session.scalars(
                select(Review.id)
                .where(*conditions, *bounds)
                .order_by(Review.id.asc() if forward else Review.id.desc())
                .limit(size + 1)
            )
        )
        more, ids = len(ids) > size, ids[:size]
        if not forward:
            ids = ids[::-1]
        found = await self.get(ids)
        return ReviewPage(
            reviews=tuple(found[each] for each in ids),
            cursors=tuple(encode_cursor(each) for each in ids),
            has_next=(forward and more) or (end is not None and await self._any(conditions, ~end)),
            has_previous=(not forward and more)
            or (start is not None and await self._any(conditions, ~start)),
        )

    async def count(self, *, state: ReviewState = ReviewState.OPEN, customer_id: str | None = None) -> int:
        """How many reviews stand so."""
        conditions = await self._conditions(state, customer_id)
        statement = select(func.count()).select_from(Review).where(*conditions)
        return (await self._session.execute(statement)).scalar_one()

    async def among(self, customer_ids: Collection[str]) -> tuple[str, ...]:
        """Undecided reviews both of whose sides are among these customers, sorted."""
        return tuple(
            sorted(
                await self._session.scalars(
                    select(Review.id).where(
                        Review.tenant == self._tenant,
                        Review.verdict.is_(None),
                        self._scope.among(Review.low_id, customer_ids),
                        self._scope.among(Review.high_id, customer_ids),
                        Review.low_id != Review.high_id,
                    )
                )
            )
        )

    async def settle(self, customer_ids: Iterable[str]) -> None:
        """Note whose the parties of these customers' reviews are by now."""
        ids = set(customer_ids)
        rows = (
            await self._session.execute(
                select(table(Review)).where(
                    Review.tenant == self._tenant,
                    or_(
                        self._scope.among(Review.left_id, ids),
                        self._scope.among(Review.right_id, ids),
                    ),
                )
            )
        ).all()
        if not rows:
            return
        sides = {
            row.id: (
                PartyRef(row.left_connector, row.left_party),
                PartyRef(row.right_connector, row.right_party),
            )
            for row in rows
        }
        links = await Relocation(self._scope).links_of({side for both in sides.values() for side in both})
        changes = []
        for row in rows:
            left, right = (links[side].customer_id if side in links else None for side in sides[row.id])
            if (left, right) != (row.left_id, row.right_id):
                changes.append(
                    {"of_review": row.id}
                    | {f"new_{name}": value for name, value in _sides(left, right).items()}
                )
        if changes:
            reviews = table(Review)
            await self._session.execute(
                update(reviews)
                .where(reviews.c.tenant == self._tenant, reviews.c.id == bindparam("of_review"))
                .values({name: bindparam(f"new_{name}") for name in _sides("", "")}),
                changes,
            )

    async def decided(self, pair: tuple[str, str], verdict: ReviewVerdict, entry_id: str) -> None:
        """Note how a pair was decided, in every undecided review of it."""
        same = (Review.low_id == pair[0]) & (Review.high_id == pair[1]) & Review.verdict.is_(None)
        await self._scope.change(
            update(Review)
            .where(Review.tenant == self._tenant, same)
            .values(verdict=verdict.value, decided_id=entry_id)
        )

    async def reopen(self, entry_id: str) -> None:
        """Note that a decision was taken back."""
        await self._scope.change(
            update(Review)
            .where(Review.tenant == self._tenant, Review.decided_id == entry_id)
            .values(verdict=None, decided_id=None)
        )

    async def forget(self, customer_ids: Iterable[str], parties: Collection[PartyRef]) -> None:
        """Delete the reviews of erased customers and of parties that were theirs."""
        ids = set(customer_ids)
        conditions: list[ColumnElement[bool]] = [
            self._scope.among(Review.left_id, ids),
            self._scope.among(Review.right_id, ids),
        ]
        conditions += [
            and_(connector == party.connector, party_id == party.party_id)
            for party in sorted(parties)
            for connector, party_id in (
                (Review.left_connector, Review.left_party),
                (Review.right_connector, Review.right_party),
            )
        ]
        await self._scope.change(delete(Review).where(Review.tenant == self._tenant, or_(*conditions)))

    async def _conditions(self, state: ReviewState, customer_id: str | None) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = [Review.tenant == self._tenant, *self._shown()]
        one = or_(Review.low_id == Review.high_id, Review.low_id.is_(None))
        if state is ReviewState.DECIDED:
            conditions.append(Review.verdict.is_not(None))
        elif state is ReviewState.MOOT:
            conditions += [Review.verdict.is_(None), one]
        else:
            conditions += [Review.verdict.is_(None), Review.low_id != Review.high_id, ~self._repeated()]
        if customer_id is not None:
            present = (await Families(self._scope).resolve([customer_id])).get(customer_id, customer_id)
            conditions.append(or_(Review.low_id == present, Review.high_id == present))
        return conditions

    def _shown(self) -> list[ColumnElement[bool]]:
        """Reviews in sight: with both sides, which for a partner are both records of its own."""
        return [
            *self._scope.seen(Review.low_id, Review.high_id),
            *self._scope.told_by(Review.left_connector),
            *self._scope.told_by(Review.right_connector),
        ]

    def _repeated(self) -> ColumnElement[bool]:
        """Whether an older undecided review asks the same of the same two customers."""
        older = aliased(Review)
        return exists().where(
            older.tenant == self._tenant,
            older.low_id == Review.low_id,
            older.high_id == Review.high_id,
            older.id < Review.id,
            older.verdict.is_(None),
        )

    async def _undecided(self, customer_ids: Collection[str]) -> dict[tuple[str, str], str]:
        rows = await self._session.execute(
            select(Review.low_id, Review.high_id, Review.id)
            .where(
                Review.tenant == self._tenant,
                Review.verdict.is_(None),
                self._scope.among(Review.low_id, customer_ids),
                self._scope.among(Review.high_id, customer_ids),
            )
            .order_by(Review.id.desc())
        )
        return {(low, high): review for low, high, review in rows if low is not None and high is not None}

    async def _any(self, conditions: Sequence[ColumnElement[bool]], bound: ColumnElement[bool]) -> bool:
        return (
            await self._session.execute(select(Review.id).where(*conditions, bound).limit(1))
        ).first() is not None


def _state(row: Any) -> ReviewState:
    if row.verdict is not None:
        return ReviewState.DECIDED
    return ReviewState.MOOT if row.left_id == row.right_id or row.low_id is None else ReviewState.OPEN


def _sides(left: str | None, right: str | None) -> dict[str, str | None]:
    low, high = (None, None) if left is None or right is None else (min(left, right), max(left, right))
    return {"left_id": left, "right_id": right, "low_id": low, "high_id": high}
