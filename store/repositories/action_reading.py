"""Actions at partners as they are kept: read by id, by page and by customer, with their steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from store.data_actions import (
    ActionFilter,
    ActionRejection,
    PartnerActionData,
    PartnerActionPage,
    PartnerActionState,
    PartnerActionStep,
    StepReason,
)
from store.models import PartnerAction
from store.models import PartnerActionStep as StepRow
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.entries import decode_cursor, encode_cursor
from store.repositories.vault import Vault

_COLUMNS = PartnerActionData.__struct_fields__
_STEP_COLUMNS = ("action_id", "seq", "home_id", "before", "after", "at", "by", "reason", "note")
CONTENT, NOTE = "partner_action", "partner_action_note"
"""What contents and notes are bound to, beside whose and which action's they are."""


class ActionReading(Repository):
    """What is known of actions. Their ids rise with time."""

    async def get(self, ids: Iterable[str]) -> dict[str, PartnerActionData]:
        """Actions by id; unknown ones are left out."""
        found = await self._read(self._scope.among(PartnerAction.id, ids), *self._in_sight())
        return {each.id: each for each in found}

    async def contents(self, actions: Iterable[PartnerActionData]) -> dict[str, bytes]:
        """What was asked for in each action, by its id; left out where the customer was erased.

        Raises:
            KeyringError: it was sealed under another master key, or is damaged.
        """
        homes = {each.id: each.home_id for each in actions}
        keys = await Vault(self._scope).keys(homes.values())
        rows = await self._session.execute(
            select(PartnerAction.id, PartnerAction.content).where(
                PartnerAction.tenant == self._tenant, self._scope.among(PartnerAction.id, homes)
            )
        )
        return {
            action_id: keys[homes[action_id]].open(
                content, self._tenant, homes[action_id], action_id, CONTENT
            )
            for action_id, content in rows
            if homes[action_id] in keys
        }

    async def steps(self, ids: Iterable[str]) -> dict[str, tuple[PartnerActionStep, ...]]:
        """The steps of actions, the first one first."""
        columns = table(StepRow).c
        rows = (
            await self._session.execute(
                select(*(columns[name] for name in _STEP_COLUMNS))
                .where(columns.tenant == self._tenant, self._scope.among(StepRow.action_id, ids))
                .order_by(columns.action_id, columns.seq)
            )
        ).all()
        keys = await Vault(self._scope).keys({row.home_id for row in rows if row.note is not None})
        found: dict[str, tuple[PartnerActionStep, ...]] = {}
        for row in rows:
            note = None
            if row.note is not None and row.home_id in keys:
                about = (self._tenant, row.home_id, row.action_id, NOTE)
                note = keys[row.home_id].open(row.note, *about).decode()
            found[row.action_id] = (*found.get(row.action_id, ()), _step(row, note))
        return found

    async def next_due(self) -> datetime | None:
        """When something is to be done about an action next; none where about none."""
        return await self._session.scalar(
            select(func.min(PartnerAction.next_at)).where(
                PartnerAction.tenant == self._tenant, PartnerAction.next_at.is_not(None)
            )
        )

    async def lasting(
        self, customer_id: str, kinds: Iterable[str], *, connector: str | None = None
    ) -> tuple[PartnerActionData, ...]:
        """Actions of a customer that have an effect, or may have: all but those that were refused.

        Args:
            customer_id: whose.
            kinds: of these kinds alone.
            connector: at this partner alone; at any unless told.
        """
        where = [] if connector is None else [PartnerAction.connector == connector]
        return tuple(
            await self._read(
                PartnerAction.customer_id == customer_id,
                PartnerAction.kind.in_(sorted(kinds)),
                PartnerAction.state != PartnerActionState.REJECTED.value,
                *where,
            )
        )

    async def of(
        self, customer_ids: Iterable[str], *, first: int = 20, after: str | None = None
    ) -> dict[str, PartnerActionPage]:
        """A page of the actions of each customer, the latest first.

        Raises:
            CursorError: the cursor is damaged.
        """
        # One statement for each: a page of a window over all would read every action of all customers.
        return {
            each: await self._page([PartnerAction.customer_id == each], first=first, after=after)
            for each in customer_ids
        }

    async def page(
        self,
        which: ActionFilter,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> PartnerActionPage:
        """A page of all actions that meet a filter, the latest first.

        Raises:
            CursorError: a cursor is damaged.
        """
        return await self._page(_conditions(which), first=first, after=after, last=last, before=before)

    async def count(self, which: ActionFilter) -> int:
        """How many actions meet a filter."""
        statement = (
            select(func.count())
            .select_from(PartnerAction)
            .where(PartnerAction.tenant == self._tenant, *_conditions(which), *self._in_sight())
        )
        return (await self._session.execute(statement)).scalar_one()

    async def _page(
        self,
        conditions: Sequence[ColumnElement[bool]],
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> PartnerActionPage:
        forward, size = last is None, (first or 20) if last is None else last
        conditions = [*conditions, *self._in_sight()]
        start = None if after is None else PartnerAction.id < decode_cursor(after)
        end = None if before is None else PartnerAction.id > decode_cursor(before)
        bounds = [bound for bound in (start, end) if bound is not None]
        rows = await self._read(*conditions, *bounds, limit=size + 1, forward=forward)
        more, rows = len(rows) > size, rows[:size]
        if not forward:
            rows = rows[::-1]
        return PartnerActionPage(
            actions=tuple(rows),
            cursors=tuple(encode_cursor(each.id) for each in rows),
            has_next=(forward and more) or (end is not None and await self._any(*conditions, ~end)),
            has_previous=(not forward and more)
            or (start is not None and await self._any(*conditions, ~start)),
        )

    def _in_sight(self) -> list[ColumnElement[bool]]:
        """Of a customer in sight, and of a partner's own where only those are."""
        return [*self._scope.seen(PartnerAction.customer_id), *self._scope.told_by(PartnerAction.connector)]

    async def _one(self, action_id: str) -> PartnerActionData:
        (found,) = await self._read(PartnerAction.id == action_id)
        return found

    async def _any(self, *conditions: ColumnElement[bool]) -> bool:
        return bool(await self._read(*conditions, limit=1))

    async def _read(
        self, *conditions: ColumnElement[bool], limit: int | None = None, forward: bool = True
    ) -> list[PartnerActionData]:
        columns = table(PartnerAction).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _COLUMNS))
            .where(columns.tenant == self._tenant, *conditions)
            .order_by(columns.id.desc() if forward else columns.id.asc())
            .limit(limit)
        )
        return [_action(row) for row in rows.mappings()]


def _conditions(which: ActionFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.states:
        conditions.append(PartnerAction.state.in_([each.value for each in which.states]))
    if which.connector is not None:
        conditions.append(PartnerAction.connector == which.connector)
    if which.for_human is not None:
        asked = PartnerAction.human_at.is_not(None)
        conditions.append(asked if which.for_human else ~asked)
    return conditions


def _action(row: Mapping[Any, Any]) -> PartnerActionData:
    rejection = row["rejection"]
    return PartnerActionData(
        **{
            **row,
            "state": PartnerActionState(row["state"]),
            "rejection": None if rejection is None else ActionRejection(rejection),
        }
    )


def _step(row: Row[Any], note: str | None) -> PartnerActionStep:
    return PartnerActionStep(
        action_id=row.action_id,
        seq=row.seq,
        before=None if row.before is None else PartnerActionState(row.before),
        after=PartnerActionState(row.after),
        at=row.at,
        by=row.by,
        reason=StepReason(row.reason),
        note=note,
    )
