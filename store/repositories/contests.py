"""Contested scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, false, func, select, update

from store.columns import new_id
from store.data_contests import ContestData, ContestPage, ContestState, ContestVerdict
from store.errors_contests import ContestClosed, ContestUnknown
from store.errors_identity import CustomerUnknown
from store.models import ScoreContest
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.entries import decode_cursor, encode_cursor
from store.repositories.families import Families

_COLUMNS = tuple(name for name in ContestData.__struct_fields__)


class ContestRepository(Repository):
    """They go where the customer goes whom they were raised for. Their ids rise with time."""

    async def open(self, customer_id: str, *, reason: str, by: str) -> ContestData:
        """Put a customer's score before a person.

        Args:
            customer_id: whose; the survivor has it where the customer was merged.
            reason: why.
            by: who contests it.

        Raises:
            CustomerUnknown: no customer answers for the id.
        """
        held = await Families(self._scope).hold([customer_id], shared=True)
        present = held.get(customer_id)
        if present is None:
            raise CustomerUnknown(customer_id)
        contest = ContestData(
            id=new_id(),
            customer_id=present,
            reason=reason,
            raised_at=self._scope.clock(),
            raised_by=by,
        )
        row = {name: getattr(contest, name) for name in _COLUMNS}
        await self._scope.insert_many(ScoreContest, [{**row, "home_id": present}])
        return contest

    async def decide(
        self, contest_id: str, verdict: ContestVerdict, *, note: str | None, by: str
    ) -> ContestData:
        """Say whether the score stands.

        Raises:
            ContestUnknown: there is none of that id.
            ContestClosed: somebody has said so already.
        """
        touched = await self._scope.change(
            update(ScoreContest)
            .where(
                ScoreContest.tenant == self._tenant,
                ScoreContest.id == contest_id,
                ScoreContest.verdict.is_(None),
            )
            .values(verdict=verdict.value, note=note, decided_at=self._scope.clock(), decided_by=by)
        )
        found = (await self.get([contest_id])).get(contest_id)
        if found is None:
            raise ContestUnknown(contest_id)
        if not touched:
            raise ContestClosed(contest_id)
        return found

    async def get(self, ids: Iterable[str]) -> Mapping[str, ContestData]:
        """Contests by id; unknown ones are left out."""
        found = await self._read(self._scope.among(ScoreContest.id, ids), *self._shown())
        return {each.id: each for each in found}

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[ContestData, ...]]:
        """The contests of each customer, the latest first."""
        found: dict[str, tuple[ContestData, ...]] = {}
        for each in await self._read(self._scope.among(ScoreContest.customer_id, customer_ids)):
            found[each.customer_id] = (each, *found.get(each.customer_id, ()))
        return found

    async def page(
        self,
        *,
        state: ContestState = ContestState.OPEN,
        first: int = 20,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ContestPage:
        """A page of the contests, the oldest first.

        Args:
            state: how they stand.
            first: so many from the start or from behind ``after``.
            after: a cursor.
            last: so many up to the end or up to ``before``, in place of ``first``.
            before: a cursor.

        Raises:
            CursorError: a cursor is damaged.
        """
        forward, size = last is None, first if last is None else last
        conditions = [self._stands(state), *self._shown()]
        start = None if after is None else ScoreContest.id > decode_cursor(after)
        end = None if before is None else ScoreContest.id < decode_cursor(before)
        bounds = [bound for bound in (start, end) if bound is not None]
        rows = await self._read(*conditions, *bounds, limit=size + 1, forward=forward)
        more, rows = len(rows) > size, rows[:size]
        if not forward:
            rows = rows[::-1]
        return ContestPage(
            contests=tuple(rows),
            cursors=tuple(encode_cursor(each.id) for each in rows),
            has_next=(forward and more) or (end is not None and await self._any(*conditions, ~end)),
            has_previous=(not forward and more)
            or (start is not None and await self._any(*conditions, ~start)),
        )

    async def count(self, *, state: ContestState = ContestState.OPEN) -> int:
        """How many contests stand so."""
        statement = (
            select(func.count())
            .select_from(ScoreContest)
            .where(
                ScoreContest.tenant == self._tenant,
                self._stands(state),
                *self._shown(),
            )
        )
        return (await self._session.execute(statement)).scalar_one()

    def _shown(self) -> list[ColumnElement[bool]]:
        """Contests in sight. Scores are reckoned over all partners, so that none is a single one's."""
        return [false()] if self._scope.sight.partial else self._scope.seen(ScoreContest.customer_id)

    @staticmethod
    def _stands(state: ContestState) -> ColumnElement[bool]:
        return (
            ScoreContest.verdict.is_(None) if state is ContestState.OPEN else ~ScoreContest.verdict.is_(None)
        )

    async def _any(self, *conditions: ColumnElement[bool]) -> bool:
        return bool(await self._read(*conditions, limit=1))

    async def _read(
        self, *conditions: ColumnElement[bool], limit: int | None = None, forward: bool = True
    ) -> list[ContestData]:
        columns = table(ScoreContest).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _COLUMNS))
            .where(columns.tenant == self._tenant, *conditions)
            .order_by(columns.id.asc() if forward else columns.id.desc())
            .limit(limit)
        )
        return [_contest(row) for row in rows.mappings()]


def _contest(row: Any) -> ContestData:
    verdict = row["verdict"]
    return ContestData(**{**row, "verdict": None if verdict is None else ContestVerdict(verdict)})
