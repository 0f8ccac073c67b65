"""Grounds on which data is not deleted for now, and rules of how long each kind is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, or_, select, true, update

from store.columns import new_id
from store.data_privacy import HeldPart, HoldData, RetentionRuleData, RetentionRunData
from store.errors_identity import CustomerUnknown
from store.errors_privacy import HoldUnknown
from store.models import LegalHold, RetentionRule, RetentionRun
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.erasure import Keep
from store.repositories.families import Families
from store.repositories.vault import Vault
from store.retention import ALL, KINDS

_HOLD = tuple(HoldData.__struct_fields__)
_RULE = tuple(RetentionRuleData.__struct_fields__)
_RUN = tuple(RetentionRunData.__struct_fields__)


class HoldRepository(Repository):
    """Holds of customers, and rules for all of them."""

    async def place(
        self, customer_id: str, *, kind: str | None, basis: str, reason: str | None, until: Any, by: str
    ) -> HoldData:
        """Keep a customer's data, or one kind of it, from being deleted.

        Args:
            customer_id: whose.
            kind: one of :data:`store.retention.KINDS`; none: everything.
            basis: on what ground, a word of a closed list.
            reason: the same in words; sealed with the customer's key.
            until: a moment at which it ends by itself; none: until it is lifted.
            by: who places it.

        Raises:
            CustomerUnknown: no customer answers for the id.
        """
        present = (await Families(self._scope).hold([customer_id], shared=True)).get(customer_id)
        if present is None:
            raise CustomerUnknown(customer_id)
        made = HoldData(
            id=new_id(),
            customer_id=present,
            kind=kind,
            basis=basis,
            until=until,
            placed_at=self._scope.clock(),
            placed_by=by,
        )
        sealed = None
        if reason:
            key = (await Vault(self._scope).ensure([present]))[present]
            sealed = key.seal(reason.encode(), self._tenant, present, "legal hold", made.id)
        row = {name: getattr(made, name) for name in _HOLD}
        await self._scope.insert_many(LegalHold, [{**row, "home_id": present, "reason": sealed}])
        return made

    async def lift(self, hold_id: str, *, by: str) -> HoldData:
        """End a hold.

        Raises:
            HoldUnknown: there is none that stands.
        """
        touched = await self._scope.change(
            update(LegalHold)
            .where(LegalHold.tenant == self._tenant, LegalHold.id == hold_id, LegalHold.lifted_at.is_(None))
            .values(lifted_at=self._scope.clock(), lifted_by=by)
        )
        if not touched:
            raise HoldUnknown
        return (await self.get([hold_id]))[hold_id]

    async def get(self, ids: Iterable[str]) -> Mapping[str, HoldData]:
        """Holds by id."""
        return {each.id: each for each in await self._holds(self._scope.among(LegalHold.id, ids))}

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[HoldData, ...]]:
        """The holds of each customer that stand, the earliest first."""
        found: dict[str, tuple[HoldData, ...]] = {}
        for each in await self._holds(
            self._scope.among(LegalHold.customer_id, customer_ids), self.standing()
        ):
            found[each.customer_id] = (*found.get(each.customer_id, ()), each)
        return found

    def standing(self) -> ColumnElement[bool]:
        """What holds of a hold that stands now."""
        return and_(
            LegalHold.lifted_at.is_(None),
            or_(LegalHold.until.is_(None), LegalHold.until > self._scope.clock()),
        )

    async def held(self, customer_id: str) -> tuple[list[HeldPart], Keep]:
        """What of a customer may not be deleted now: the parts, and the rows by table.

        Args:
            customer_id: the present customer, or one that was erased.
        """
        parts: list[HeldPart] = []
        keep: dict[str, ColumnElement[bool]] = {}
        for hold in (await self.of([customer_id])).get(customer_id, ()):
            parts.append(HeldPart(kind=hold.kind or ALL, basis=hold.basis, until=hold.until, hold_id=hold.id))
            if hold.kind is not None and hold.kind in KINDS:
                _add(keep, hold.kind, true())
        now = self._scope.clock()
        for rule in await self.rules():
            if rule.duty_days is not None and rule.basis is not None and rule.kind in KINDS:
                kind = KINDS[rule.kind]
                since = now - timedelta(days=rule.duty_days)
                over = getattr(kind.model, kind.over)
                _add(keep, rule.kind, or_(over.is_(None), over > since))
                parts.append(HeldPart(kind=rule.kind, basis=rule.basis))
        if keep:
            # A hold that is why something stays says so as long as it does.
            keep.setdefault("legal_hold", true())
        return parts, keep

    async def rules(self) -> tuple[RetentionRuleData, ...]:
        """The rules, by kind."""
        columns = table(RetentionRule).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _RULE))
            .where(columns.tenant == self._tenant)
            .order_by(columns.kind)
        )
        return tuple(RetentionRuleData(**row) for row in rows.mappings())

    async def rule(
        self, kind: str, *, days: int | None, duty_days: int | None, basis: str | None, by: str
    ) -> RetentionRuleData:
        """Say how long a kind of record is kept."""
        made = RetentionRuleData(
            kind=kind,
            days=days,
            duty_days=duty_days,
            basis=basis,
            changed_at=self._scope.clock(),
            changed_by=by,
        )
        await self._scope.replace_many(RetentionRule, [msgspec.structs.asdict(made)])
        return made

    async def runs(self) -> Mapping[str, RetentionRunData]:
        """What the last pass over each kind did."""
        columns = table(RetentionRun).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _RUN)).where(columns.tenant == self._tenant)
        )
        return {row["kind"]: RetentionRunData(**row) for row in rows.mappings()}

    async def keep_run(self, run: RetentionRunData) -> None:
        """Note how far a pass is."""
        await self._scope.replace_many(RetentionRun, [msgspec.structs.asdict(run)])

    async def _holds(self, *conditions: ColumnElement[bool]) -> Collection[HoldData]:
        columns = table(LegalHold).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _HOLD))
            .where(columns.tenant == self._tenant, *conditions)
            .order_by(columns.id)
        )
        return [HoldData(**row) for row in rows.mappings()]


def _add(keep: dict[str, ColumnElement[bool]], name: str, rows: ColumnElement[bool]) -> None:
    """Let rows of a kind stay, and what is part of them."""
    kind = KINDS[name]
    whole = table(kind.model)
    _widen(keep, str(whole.name), rows)
    for model, column, of in kind.parts:
        theirs = select(whole.c[of]).where(rows)
        _widen(keep, str(table(model).name), getattr(model, column).in_(theirs))


def _widen(keep: dict[str, ColumnElement[bool]], name: str, rows: ColumnElement[bool]) -> None:
    keep[name] = rows if name not in keep else or_(keep[name], rows)
