"""Deletes what was kept for as long as its rule says, a bounded batch at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import and_, delete, exists, or_, select, tuple_

from store.data_privacy import RetentionRuleData, RetentionRunData
from store.models import LegalHold
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.holds import HoldRepository
from store.retention import KINDS

BATCH = 500
"""Rows of one transaction."""
EVERY = timedelta(hours=20)
"""From the start of a pass over a kind to the next: about one a day."""


class ExpiryRepository(Repository):
    """Passes over each kind that has a rule, in the order of the rows' keys."""

    async def begin(self, rule: RetentionRuleData) -> RetentionRunData | None:
        """The pass that is under way, or a new one where the last is long ago; none where it is not."""
        run = (await HoldRepository(self._scope).runs()).get(rule.kind)
        now = self._scope.clock()
        if run is not None and run.finished_at is None:
            return run
        if run is not None and now - run.started_at < EVERY:
            return None
        return RetentionRunData(
            kind=rule.kind, started_at=now, finished_at=None, position="", deleted=0, held=0
        )

    async def batch(self, rule: RetentionRuleData, run: RetentionRunData) -> RetentionRunData:
        """Delete a batch of what is too old, and note how far the pass is, in one transaction.

        Rows of customers under a legal hold stay, and are counted.
        """
        kind = KINDS[rule.kind]
        columns = table(kind.model).c
        keys = [columns[column.name] for column in table(kind.model).primary_key if column.name != "tenant"]
        assert rule.days is not None  # noqa: S101  # only rules that name a time are begun
        over = columns[kind.over]
        old = over < run.started_at - timedelta(days=rule.days)
        after: list[Any] = msgspec.json.decode(run.position) if run.position else []
        start = (tuple_(*keys) > tuple_(*_bound(after)),) if after else ()
        under = exists().where(
            LegalHold.tenant == columns.tenant,
            LegalHold.customer_id == columns.customer_id,
            or_(LegalHold.kind.is_(None), LegalHold.kind == rule.kind),
            HoldRepository(self._scope).standing(),
        )
        rows = (
            await self._session.execute(
                select(*keys, under.label("held"))
                .where(columns.tenant == self._tenant, over.is_not(None), old, *start)
                .order_by(*keys)
                .limit(BATCH)
            )
        ).all()
        gone = [row[:-1] for row in rows if not row.held]
        await self._delete(rule.kind, keys, gone)
        done = len(rows) < BATCH
        made = msgspec.structs.replace(
            run,
            position="" if done else msgspec.json.encode([_plain(one) for one in rows[-1][:-1]]).decode(),
            deleted=run.deleted + len(gone),
            held=run.held + len(rows) - len(gone),
            finished_at=self._scope.clock() if done else None,
        )
        await HoldRepository(self._scope).keep_run(made)
        return made

    async def _delete(self, name: str, keys: list[Any], gone: list[Any]) -> None:
        if not gone:
            return
        kind = KINDS[name]
        here = or_(*(and_(*(key == value for key, value in zip(keys, one, strict=True))) for one in gone))
        whole = table(kind.model)
        for model, column, of in kind.parts:
            theirs = select(whole.c[of]).where(whole.c.tenant == self._tenant, here)
            await self._scope.change(
                delete(model).where(table(model).c.tenant == self._tenant, getattr(model, column).in_(theirs))
            )
        await self._scope.change(delete(kind.model).where(whole.c.tenant == self._tenant, here))


def _plain(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def _bound(after: list[Any]) -> list[Any]:
    return [bytes.fromhex(one["hex"]) if isinstance(one, dict) else one for one in after]
