"""Customers who were sent to a partner to grant access."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, or_, select, update

from c360.values import Secret
from store.columns import storable
from store.data_credentials import FlowData, FlowDraft
from store.models import GrantFlow
from store.repositories.base import Repository
from store.repositories.vault import Vault

_PURPOSE = "grant flow"
_STATE, _BROWSER = "GRANT_STATE", "GRANT_BROWSER"


class _Sealed(msgspec.Struct, frozen=True):
    url: str
    state: str
    verifier: str


class GrantFlowRepository(Repository):
    """Each flow goes to the partner from one browser, and comes back once, in time, to the same one."""

    async def begin(self, flow: FlowDraft) -> bool:
        """Keep one that begins; ``False`` where the customer is not there any more."""
        key = (await Vault(self._scope).ensure([flow.customer_id])).get(flow.customer_id)
        if key is None:
            return False
        sealed = _Sealed(flow.url, flow.state.reveal(), flow.verifier.reveal())
        await self._scope.insert_many(
            GrantFlow,
            [
                {
                    "id": flow.id,
                    "customer_id": flow.customer_id,
                    "home_id": flow.customer_id,
                    "connector": flow.connector,
                    "party_id": flow.party_id,
                    "subject": flow.subject,
                    "state_hash": self._hash(_STATE, flow.state),
                    "sealed_for": flow.customer_id,
                    "sealed": key.seal(
                        msgspec.json.encode(sealed), self._tenant, flow.customer_id, flow.connector, _PURPOSE
                    ),
                    "return_to": flow.return_to,
                    "created_at": self._scope.clock(),
                    "expires_at": flow.expires_at,
                }
            ],
        )
        return True

    async def open(self, flow_id: str, browser: Secret) -> FlowData | None:
        """The flow that a browser goes to the partner with; ``None``: there is none, or another browser did.

        Args:
            flow_id: of the flow.
            browser: what the browser keeps, to show that it is the same one when it comes back.
        """
        if not storable(flow_id):
            return None
        hashed = self._hash(_BROWSER, browser)
        opened = await self._scope.change(
            update(GrantFlow)
            .where(
                GrantFlow.tenant == self._tenant,
                GrantFlow.id == flow_id,
                GrantFlow.taken_at.is_(None),
                GrantFlow.expires_at > self._scope.clock(),
                or_(GrantFlow.browser_hash.is_(None), GrantFlow.browser_hash == hashed),
            )
            .values(browser_hash=hashed)
        )
        if not opened:
            return None
        row = await self._scope.first(
            select(GrantFlow).where(GrantFlow.tenant == self._tenant, GrantFlow.id == flow_id)
        )
        return None if row is None else await self._data(row)

    async def waiting(self, state: Secret) -> str | None:
        """Id of the flow that a state belongs to, if it waits for its customer."""
        found: str | None = await self._session.scalar(
            select(GrantFlow.id).where(*self._open(state), GrantFlow.taken_at.is_(None))
        )
        return found

    async def take(self, state: Secret, browser: Secret) -> FlowData | None:
        """The flow that comes back: once, in time, to the browser that went.

        Commit before the code is exchanged, so that it is exchanged once whatever happens.
        """
        row = await self._scope.first(select(GrantFlow).where(*self._open(state)))
        if row is None or row.browser_hash is None:
            return None
        if not hmac.compare_digest(row.browser_hash, self._hash(_BROWSER, browser)):
            return None
        taken = await self._scope.change(
            update(GrantFlow)
            .where(GrantFlow.tenant == self._tenant, GrantFlow.id == row.id, GrantFlow.taken_at.is_(None))
            .values(taken_at=self._scope.clock())
        )
        return await self._data(row) if taken else None

    async def purge(self, before: datetime) -> int:
        """Delete those that ended before a moment; how many there were."""
        return await self._scope.change(
            delete(GrantFlow).where(GrantFlow.tenant == self._tenant, GrantFlow.expires_at < before)
        )

    def _open(self, state: Secret) -> tuple[Any, ...]:
        return (
            GrantFlow.tenant == self._tenant,
            GrantFlow.state_hash == self._hash(_STATE, state),
            GrantFlow.expires_at > self._scope.clock(),
        )

    async def _data(self, row: GrantFlow) -> FlowData | None:
        key = (await Vault(self._scope).keys([row.sealed_for])).get(row.sealed_for)
        if key is None:
            return None
        content = key.open(row.sealed, self._tenant, row.sealed_for, row.connector, _PURPOSE)
        sealed = msgspec.json.decode(content, type=_Sealed)
        return FlowData(
            id=row.id,
            customer_id=row.customer_id,
            connector=row.connector,
            party_id=row.party_id,
            subject=row.subject,
            url=sealed.url,
            state=Secret(sealed.state),
            verifier=Secret(sealed.verifier),
            return_to=row.return_to,
        )

    def _hash(self, kind: str, secret: Secret) -> bytes:
        return self._scope.keyring.lookup_hash(self._tenant, kind, secret.reveal())
