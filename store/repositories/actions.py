"""Actions at partners: kept before they are sent, and step by step after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select, update

from store.columns import new_id
from store.data_actions import (
    BECOMES,
    FINAL,
    ActionChange,
    ActionDraft,
    ActionRejection,
    PartnerActionData,
    PartnerActionState,
    StepReason,
)
from store.errors_actions import ActionMoved, ActionNotAllowed, ActionUnknown
from store.errors_identity import CustomerUnknown, KeyReused
from store.models import PartnerAction
from store.models import PartnerActionStep as StepRow
from store.models.base import table
from store.repositories.action_reading import CONTENT, NOTE, ActionReading
from store.repositories.families import Families
from store.repositories.vault import Vault


class ActionRepository(ActionReading):
    """They go where the customer goes for whom they were asked. Their ids rise with time.

    An action changes by steps alone, each of which follows on the one before: of two that want to take the
    same step, one does and the other is told.
    """

    async def request(self, draft: ActionDraft) -> tuple[PartnerActionData, bool]:
        """Keep an action that is to be sent, once under the caller's key.

        Returns:
            the action, and whether it is new; otherwise it is the one that the key stands for.

        Raises:
            CustomerUnknown: no customer answers for the id.
            KeyReused: the key stands for another request of this caller.
        """
        key_hash = self._hash(draft.caller, draft.key)
        before = await self._under(key_hash)
        if before is not None:
            if before[1] != draft.fingerprint:
                raise KeyReused
            return before[0], False
        held = await Families(self._scope).hold([draft.customer_id], shared=True)
        present = held.get(draft.customer_id)
        if present is None:
            raise CustomerUnknown(draft.customer_id)
        key = (await Vault(self._scope).ensure([present]))[present]
        now, action_id = self._scope.clock(), new_id()
        whose = {"customer_id": present, "home_id": present}
        await self._scope.insert_many(
            StepRow,
            [
                {
                    **whose,
                    "action_id": action_id,
                    "seq": 1,
                    "previous": None,
                    "before": None,
                    "after": PartnerActionState.REQUESTED.value,
                    "at": now,
                    "by": draft.caller,
                    "reason": StepReason.ASKED.value,
                    "note": None,
                }
            ],
        )
        await self._scope.insert_many(
            PartnerAction,
            [
                {
                    **whose,
                    "id": action_id,
                    "connector": draft.connector,
                    "kind": draft.kind,
                    "party_id": draft.party_id,
                    "content": key.seal(draft.content, self._tenant, present, action_id, CONTENT),
                    "key_hash": key_hash,
                    "fingerprint": draft.fingerprint,
                    "state": PartnerActionState.REQUESTED.value,
                    "seq": 1,
                    "attempts": 0,
                    "purpose": draft.purpose,
                    "requested_at": now,
                    "requested_by": draft.caller,
                    "valid_until": draft.valid_until,
                    "next_at": draft.due_at,
                }
            ],
        )
        return await self._one(action_id), True

    async def move(
        self, action: PartnerActionData, change: ActionChange, *, by: str, note: str | None = None
    ) -> PartnerActionData:
        """Let an action take its next step.

        Args:
            action: as it was read.
            change: what the step makes of it.
            by: who asks for it or decides it.
            note: what they wrote; kept under the customer's key.

        Raises:
            ActionNotAllowed: nothing leads there from where it stands.
            ActionMoved: it took another step meanwhile, or is gone.
        """
        if change.after not in BECOMES[action.state]:
            raise ActionNotAllowed(action.id)
        # Whoever comes second finds the row changed: it waits here for the first one's end.
        columns = table(PartnerAction).c
        present = await self._session.scalar(
            select(columns.customer_id)
            .where(
                columns.tenant == self._tenant,
                columns.id == action.id,
                columns.seq == action.seq,
                columns.state == action.state.value,
            )
            .with_for_update()
        )
        if present is None:
            raise ActionMoved(action.id)
        now, seq = self._scope.clock(), action.seq + 1
        await self._scope.insert_many(
            StepRow,
            [
                {
                    "customer_id": present,
                    "home_id": action.home_id,
                    "action_id": action.id,
                    "seq": seq,
                    "previous": action.seq,
                    "before": action.state.value,
                    "after": change.after.value,
                    "at": now,
                    "by": by,
                    "reason": change.reason.value,
                    "note": await self._sealed(action, note),
                }
            ],
        )
        await self._scope.change(
            update(PartnerAction)
            .where(PartnerAction.tenant == self._tenant, PartnerAction.id == action.id)
            .values(seq=seq, **_values(action, change, now))
        )
        return await self._one(action.id)

    async def put_off(
        self,
        action: PartnerActionData,
        next_at: datetime | None,
        *,
        holder: str | None = None,
        problem: str | None = None,
        human_at: datetime | None = None,
        accepted_at: datetime | None = None,
        reference: str | None = None,
    ) -> bool:
        """Say when something is done about an action next, which stays where it stands.

        Args:
            action: as it was read.
            next_at: when; none where a person is asked.
            holder: who holds it until then; nobody by default.
            problem: code of what stands in the way.
            human_at: when a person was asked; as it was by default.
            accepted_at: when the partner was known to have it; as it was by default.
            reference: the partner's id of it; as it was by default.

        Returns:
            whether it was still as it was read.
        """
        return bool(
            await self._scope.change(
                update(PartnerAction)
                .where(
                    PartnerAction.tenant == self._tenant,
                    PartnerAction.id == action.id,
                    PartnerAction.seq == action.seq,
                    PartnerAction.holder.is_not_distinct_from(action.holder),
                )
                .values(
                    next_at=next_at,
                    holder=holder,
                    problem=problem,
                    human_at=human_at or action.human_at,
                    accepted_at=accepted_at or action.accepted_at,
                    reference=reference or action.reference,
                )
            )
        )

    async def renew(self, action: PartnerActionData, valid_until: datetime) -> bool:
        """Let the hub go on with an action at once, as if its time began now; nobody has to any more.

        Args:
            action: as it was read.
            valid_until: until when it may be sent now.

        Returns:
            whether it was still as it was read, and nobody is working at it.
        """
        now = self._scope.clock()
        doubtful_at = None if action.doubtful_at is None else now
        return bool(
            await self._scope.change(
                update(PartnerAction)
                .where(
                    PartnerAction.tenant == self._tenant,
                    PartnerAction.id == action.id,
                    PartnerAction.seq == action.seq,
                    PartnerAction.holder.is_(None),
                )
                .values(next_at=now, valid_until=valid_until, doubtful_at=doubtful_at, human_at=None)
            )
        )

    async def claim(self, holder: str, until: datetime, *, limit: int = 20) -> tuple[PartnerActionData, ...]:
        """Take actions that are due, which nobody else works at until then; the longest due first.

        Those that a partner has and decides about come last: there may be many, and nobody waits for a look
        at them as for one that is to be sent or is in doubt.
        """
        columns = table(PartnerAction).c
        due = (
            select(columns.id)
            .where(columns.tenant == self._tenant, columns.next_at <= self._scope.clock())
            .order_by(columns.accepted_at.is_not(None), columns.next_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            # By itself, so that PostgreSQL does not run it anew for each row and takes more than the limit.
            .cte("due")
        )
        taken = await self._session.scalars(
            update(PartnerAction)
            .where(PartnerAction.tenant == self._tenant, PartnerAction.id.in_(select(due.c.id)))
            .values(holder=holder, next_at=until)
            .returning(PartnerAction.id)
        )
        return tuple(await self._read(self._scope.among(PartnerAction.id, taken.all())))

    async def wake(self, connector: str, parties: Iterable[str]) -> int:
        """Let actions of these parties be looked after at once, of which the partner told something.

        One that was just asked for is left to whoever asked, who is about to send it.
        """
        now = self._scope.clock()
        return await self._scope.change(
            update(PartnerAction)
            .where(
                PartnerAction.tenant == self._tenant,
                PartnerAction.connector == connector,
                self._scope.among(PartnerAction.party_id, parties),
                PartnerAction.holder.is_(None),
                PartnerAction.next_at > now,
                (PartnerAction.attempts > 0)
                | PartnerAction.problem.is_not(None)
                | PartnerAction.accepted_at.is_not(None),
            )
            .values(next_at=now)
        )

    async def is_known(self, caller: str, key: str) -> bool:
        """Whether a caller's key names an action."""
        return await self._under(self._hash(caller, key)) is not None

    async def _under(self, key_hash: bytes) -> tuple[PartnerActionData, bytes] | None:
        found = (
            await self._session.execute(
                select(PartnerAction.id, PartnerAction.fingerprint).where(
                    PartnerAction.tenant == self._tenant, PartnerAction.key_hash == key_hash
                )
            )
        ).first()
        if found is None:
            return None
        return await self._one(found.id), found.fingerprint

    async def _sealed(self, action: PartnerActionData, note: str | None) -> bytes | None:
        if note is None:
            return None
        key = (await Vault(self._scope).keys([action.home_id])).get(action.home_id)
        if key is None:  # erased meanwhile: nothing is written about them any more
            raise ActionUnknown(action.id)
        return key.seal(note.encode(), self._tenant, action.home_id, action.id, NOTE)

    def _hash(self, caller: str, key: str) -> bytes:
        # The length tells where the one ends and the other begins.
        return self._scope.keyring.lookup_hash(self._tenant, "PARTNER_ACTION", f"{len(caller)}:{caller}{key}")


def _values(action: PartnerActionData, change: ActionChange, now: datetime) -> dict[str, Any]:
    """The columns that a step changes."""
    final = change.after in FINAL
    values: dict[str, Any] = {
        "state": change.after.value,
        "settled_at": now if final else None,
        "next_at": None if final else change.next_at,
        "holder": None if final else change.holder,
    }
    for name in ("doubtful_at", "accepted_at", "reference", "problem", "human_at", "valid_until"):
        given = getattr(change, name)
        if given is not msgspec.UNSET:
            values[name] = given
    if isinstance(change.rejection, ActionRejection):
        values["rejection"] = change.rejection.value
    if final:
        values["human_at"] = None
    if change.reason is StepReason.GOING_OUT:
        values |= {"attempts": action.attempts + 1, "sent_at": now}
    return values
