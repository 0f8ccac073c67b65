"""The hub's addresses at partners: kept before a partner is asked, and step by step after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select, update

from c360.values import Secret
from store.columns import new_id
from store.data_actions import BECOMES, FINAL, ActionRejection, PartnerActionState
from store.data_registrations import Address, RegistrationChange, RegistrationData, RegistrationWish
from store.errors_registrations import RegistrationMoved, RegistrationNotAllowed
from store.models import WebhookRegistration
from store.models.base import table
from store.repositories.base import Repository

_ABOUT = "webhook registration secret"
_COLUMNS = tuple(name for name in RegistrationData.__struct_fields__ if name != "signed")
_REFERENCES = msgspec.json.Decoder(tuple[str, ...])


class RegistrationRepository(Repository):
    """One for each instance. Of two processes that want to take the same step, one does."""

    async def get(self, connector: str) -> RegistrationData | None:
        """That of an instance; none where nothing was ever asked for."""
        found = await self._read(WebhookRegistration.connector == connector)
        return found[0] if found else None

    async def all(self) -> tuple[RegistrationData, ...]:
        """Those of all instances, by their ids."""
        return await self._read()

    async def due(self) -> tuple[RegistrationData, ...]:
        """Those that something is to be done about now."""
        return await self._read(WebhookRegistration.next_at <= self._scope.clock())

    async def begin(
        self,
        connector: str,
        present: RegistrationData | None,
        url: str,
        *,
        by: str,
        valid_until: datetime,
        due_at: datetime,
    ) -> RegistrationData:
        """Keep that a partner is to call.

        Args:
            connector: instance id of the partner.
            present: what is there and makes way, as it was read; none where nothing is.
            url: where it is to call.
            by: who asks for it.
            valid_until: until when the partner may be asked.
            due_at: when another process looks after it, where the one that asks has not sent it by then.

        Raises:
            RegistrationMoved: it is not as it was read.
            Conflict: another process does the same.
        """
        row = {
            "id": new_id(),
            "url": url,
            "wish": RegistrationWish.CALL.value,
            **_asked(by, self._scope.clock(), valid_until, due_at),
            "references": "[]",
            "master": None,
            "secret": None,
        }
        if present is not None:
            return await self._change(present, row)
        await self._scope.insert_many(WebhookRegistration, [{"connector": connector, **row}])
        return await self._one(connector)

    async def withdraw(
        self, present: RegistrationData, *, by: str, valid_until: datetime, due_at: datetime
    ) -> RegistrationData:
        """Keep that a partner is to call no more; its calls are believed until it is known to have stopped.

        Raises:
            RegistrationMoved: it is not as it was read.
        """
        asked = _asked(by, self._scope.clock(), valid_until, due_at)
        values = {**asked, "wish": RegistrationWish.CALL_NO_MORE.value, "seq": present.seq + 1}
        return await self._change(present, values)

    async def move(self, present: RegistrationData, change: RegistrationChange) -> RegistrationData:
        """Let a registration take its next step.

        Args:
            present: as it was read.
            change: what the step makes of it.

        Raises:
            RegistrationNotAllowed: nothing leads there from where it stands.
            RegistrationMoved: it is not as it was read.
        """
        if change.after is not present.state and change.after not in BECOMES[present.state]:
            raise RegistrationNotAllowed
        now = self._scope.clock()
        values: dict[str, Any] = {
            "state": change.after.value,
            "seq": present.seq + 1,
            "next_at": change.next_at,
            "problem": change.problem,
            "rejection": None if change.rejection is None else change.rejection.value,
            "settled_at": now if change.after in FINAL else None,
        }
        if change.sent:
            values |= {"sent_at": now, "attempts": present.attempts + 1}
        if not isinstance(change.references, msgspec.UnsetType):
            values["references"] = msgspec.json.encode(change.references).decode()
        if not isinstance(change.secret, msgspec.UnsetType):
            values |= self._sealed(present, change.secret)
        return await self._change(present, values)

    async def address(self, connector: str) -> Address | None:
        """Where a partner calls, and what its calls are signed with; none where it was never asked to.

        Raises:
            KeyringError: the secret was sealed under another master key.
        """
        columns = table(WebhookRegistration).c
        row = (
            await self._session.execute(
                select(columns.id, columns.url, columns.master, columns.secret).where(
                    columns.tenant == self._tenant, columns.connector == connector
                )
            )
        ).one_or_none()
        if row is None:
            return None
        opened = None
        if row.secret is not None:
            opened = self._scope.keyring.open(row.secret, row.master, _ABOUT, self._tenant, row.id)
        return Address(url=row.url, secret=None if opened is None else Secret(opened.decode()))

    async def rewrap(self) -> int:
        """Seal by the present master key what another one seals still; how many had such.

        Raises:
            KeyringError: neither the present nor the former master key sealed it.
        """
        keyring, columns = self._scope.keyring, table(WebhookRegistration).c
        found = (
            await self._session.execute(
                select(columns.connector, columns.id, columns.master, columns.secret).where(
                    columns.tenant == self._tenant,
                    columns.master.is_not(None),
                    columns.master != keyring.mark,
                )
            )
        ).all()
        for row in found:
            about = (_ABOUT, self._tenant, row.id)
            sealed = keyring.seal(keyring.open(row.secret, row.master, *about), *about)
            await self._scope.change(
                update(WebhookRegistration)
                .where(columns.tenant == self._tenant, columns.connector == row.connector)
                .values(master=keyring.mark, secret=sealed)
            )
        return len(found)

    def _sealed(self, present: RegistrationData, secret: Secret | None) -> Mapping[str, Any]:
        if secret is None:
            return {"master": None, "secret": None}
        keyring = self._scope.keyring
        sealed = keyring.seal(secret.reveal().encode(), _ABOUT, self._tenant, present.id)
        return {"master": keyring.mark, "secret": sealed}

    async def _change(self, present: RegistrationData, values: Mapping[str, Any]) -> RegistrationData:
        columns = table(WebhookRegistration).c
        changed = await self._scope.change(
            update(WebhookRegistration)
            .where(
                columns.tenant == self._tenant,
                columns.connector == present.connector,
                columns.id == present.id,
                columns.seq == present.seq,
            )
            .values(**values)
        )
        if not changed:
            raise RegistrationMoved
        return await self._one(present.connector)

    async def _one(self, connector: str) -> RegistrationData:
        (found,) = await self._read(WebhookRegistration.connector == connector)
        return found

    async def _read(self, *conditions: ColumnElement[bool]) -> tuple[RegistrationData, ...]:
        columns = table(WebhookRegistration).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _COLUMNS), columns.secret.is_not(None).label("signed"))
            .where(columns.tenant == self._tenant, *conditions)
            .order_by(columns.connector)
        )
        return tuple(_registration(row) for row in rows.mappings())


def _asked(by: str, now: datetime, valid_until: datetime, due_at: datetime) -> dict[str, Any]:
    return {
        "state": PartnerActionState.REQUESTED.value,
        "seq": 1,
        "attempts": 0,
        "requested_by": by,
        "requested_at": now,
        "valid_until": valid_until,
        "sent_at": None,
        "settled_at": None,
        "next_at": due_at,
        "rejection": None,
        "problem": None,
    }


def _registration(row: Mapping[Any, Any]) -> RegistrationData:
    rejection = row["rejection"]
    return RegistrationData(
        **{
            **row,
            "wish": RegistrationWish(row["wish"]),
            "state": PartnerActionState(row["state"]),
            "references": _REFERENCES.decode(row["references"]),
            "rejection": None if rejection is None else ActionRejection(rejection),
            "signed": bool(row["signed"]),
        }
    )
