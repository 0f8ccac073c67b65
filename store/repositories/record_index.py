"""Which of a partner's records belong to a party."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, or_, select

from store.data import RecordRef
from store.models import FeedCursor, RecordIndex
from store.repositories.base import Repository


class RecordIndexRepository(Repository):
    """Filled from change feeds, for APIs that cannot list one customer's records."""

    async def add(self, refs: Sequence[RecordRef], *, seen_at: datetime | None = None) -> None:
        """Note records; those known already are noted as seen again."""
        now = seen_at or self._scope.clock()
        unique = sorted({(ref.connector, ref.party_id, ref.kind, ref.object_id) for ref in refs})
        await self._scope.replace_many(
            RecordIndex,
            [
                {"connector": connector, "party_id": party, "kind": kind, "object_id": item, "seen_at": now}
                for connector, party, kind, item in unique
            ],
        )

    async def remove(self, connector: str, kind: str, object_ids: Iterable[str]) -> int:
        """Forget records that are gone at the partner, whosever they were; how many notes that were."""
        return await self._scope.change(
            delete(RecordIndex).where(
                RecordIndex.tenant == self._tenant,
                RecordIndex.connector == connector,
                RecordIndex.kind == kind,
                self._scope.among(RecordIndex.object_id, object_ids),
            )
        )

    async def of(
        self, parties: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], dict[str, tuple[str, ...]]]:
        """Record ids by kind, by (instance id, party id), sorted. Two queries.

        A kind is there, if only empty, once its feed was read to its end; until then part of it would
        pass for all.
        """
        by_connector: dict[str, set[str]] = {}
        for connector, party_id in parties:
            by_connector.setdefault(connector, set()).add(party_id)
        if not by_connector:
            return {}
        rows = await self._session.execute(
            select(RecordIndex.connector, RecordIndex.party_id, RecordIndex.kind, RecordIndex.object_id)
            .where(
                RecordIndex.tenant == self._tenant,
                or_(
                    *(
                        and_(
                            RecordIndex.connector == connector,
                            self._scope.among(RecordIndex.party_id, party_ids),
                        )
                        for connector, party_ids in sorted(by_connector.items())
                    )
                ),
            )
            .order_by(RecordIndex.object_id)
        )
        read_through = await self._read_through(by_connector)
        found: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
            (connector, party_id): dict.fromkeys(read_through[connector], ())
            for connector in read_through
            for party_id in by_connector[connector]
        }
        for connector, party_id, kind, object_id in rows:
            if kind in read_through.get(connector, ()):
                kinds = found[connector, party_id]
                kinds[kind] = (*kinds[kind], object_id)
        return found

    async def _read_through(self, connectors: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The kinds whose feed was read to its end once, by instance."""
        rows = await self._session.execute(
            select(FeedCursor.connector, FeedCursor.kind).where(
                FeedCursor.tenant == self._tenant,
                self._scope.among(FeedCursor.connector, connectors),
                FeedCursor.finished.is_(True),
            )
        )
        found: dict[str, tuple[str, ...]] = {}
        for connector, kind in rows:
            found[connector] = (*found.get(connector, ()), kind)
        return found
