"""How far change feeds have been read."""

from __future__ import annotations

from sqlalchemy import select

from store.data import FeedData
from store.models import FeedCursor
from store.repositories.base import Repository


class FeedRepository(Repository):
    """One cursor per connector instance and kind."""

    async def get(self, connector: str, kind: str) -> FeedData | None:
        """Where the feed stands; ``None`` where it was never read."""
        row = await self._scope.first(
            select(FeedCursor).where(
                FeedCursor.tenant == self._tenant,
                FeedCursor.connector == connector,
                FeedCursor.kind == kind,
            )
        )
        return None if row is None else _data(row)

    async def all(self) -> tuple[FeedData, ...]:
        """All feeds, by instance and kind."""
        rows = await self._scope.every(
            select(FeedCursor)
            .where(FeedCursor.tenant == self._tenant)
            .order_by(FeedCursor.connector, FeedCursor.kind)
        )
        return tuple(_data(row) for row in rows)

    async def save(self, connector: str, kind: str, cursor: str, *, finished: bool = False) -> None:
        """Note a checkpoint, in the same unit of work as what was delivered up to it."""
        await self._scope.replace_many(
            FeedCursor,
            [
                {
                    "connector": connector,
                    "kind": kind,
                    "cursor": cursor,
                    "updated_at": self._scope.clock(),
                    "finished": finished,
                }
            ],
        )


def _data(row: FeedCursor) -> FeedData:
    return FeedData(
        connector=row.connector,
        kind=row.kind,
        cursor=row.cursor,
        updated_at=row.updated_at,
        finished=row.finished,
    )
