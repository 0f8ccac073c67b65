"""Customers' access tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update

from c360.values import Secret
from store.data import EnrolGrant
from store.keyring import DataKey
from store.models import Grant, Snapshot
from store.repositories.base import Repository
from store.repositories.vault import Vault

_PURPOSE = "grant"
"""Stands in place of a record kind in what a token is bound to."""


class GrantRepository(Repository):
    """Keeps one grant per customer and connector instance."""

    async def tokens(self, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Secret]:
        """Tokens that are neither expired nor revoked, by (customer id, instance id).

        Raises:
            KeyringError: they were sealed under another master key, or are damaged.
        """
        pairs = set(wanted)
        customer_ids = {customer_id for customer_id, _ in pairs}
        rows = await self._session.execute(
            select(Grant.customer_id, Grant.connector, Grant.token).where(
                Grant.tenant == self._tenant,
                self._scope.among(Grant.customer_id, customer_ids),
                Grant.revoked_at.is_(None),
                or_(Grant.expires_at.is_(None), Grant.expires_at > self._scope.clock()),
            )
        )
        sealed = {(customer, connector): token for customer, connector, token in rows}
        sealed = {pair: token for pair, token in sealed.items() if pair in pairs}
        if not sealed:
            return {}
        keys = await Vault(self._scope).keys(customer for customer, _ in sealed)
        return {
            pair: Secret(self._open(keys[pair[0]], pair, token))
            for pair, token in sealed.items()
            if pair[0] in keys
        }

    async def put(self, grants: Mapping[tuple[str, str], EnrolGrant]) -> set[tuple[str, str]]:
        """Keep grants by (customer id, instance id), each replacing the one before.

        The same token as before changes nothing but scopes and expiry; in particular a revoked token
        stays revoked. Erased customers are passed over.

        Returns:
            the pairs whose grant is new or changed.
        """
        if not grants:
            return set()
        keys = await Vault(self._scope).ensure(customer_id for customer_id, _ in grants)
        held = await self._held({customer_id for customer_id, _ in grants})
        now = self._scope.clock()
        rows: list[dict[str, Any]] = []
        for pair, grant in grants.items():
            key = keys.get(pair[0])
            if key is None:
                continue
            scopes = " ".join(grant.scopes)
            before = held.get(pair)
            same = before is not None and self._open(key, pair, before.token) == grant.token.reveal()
            if (
                before is not None
                and same
                and (before.scopes, before.expires_at) == (scopes, grant.expires_at)
            ):
                continue
            rows.append(
                {
                    "customer_id": pair[0],
                    "connector": pair[1],
                    "token": self._seal(key, pair, grant.token),
                    "scopes": scopes,
                    "expires_at": grant.expires_at,
                    "revoked_at": before.revoked_at if before is not None and same else None,
                    "updated_at": now,
                }
            )
        await self._scope.replace_many(Grant, rows)
        return {(row["customer_id"], row["connector"]) for row in rows}

    async def revoke(self, customer_id: str, connector: str, *, at: datetime | None = None) -> bool:
        """Withdraw a grant, and forget what was read under it; whether there was one to withdraw."""
        now = at or self._scope.clock()
        revoked = await self._scope.change(
            update(Grant)
            .where(
                Grant.tenant == self._tenant,
                Grant.customer_id == customer_id,
                Grant.connector == connector,
                Grant.revoked_at.is_(None),
            )
            .values(revoked_at=now, updated_at=now)
        )
        await self._scope.change(
            delete(Snapshot).where(
                Snapshot.tenant == self._tenant,
                Snapshot.customer_id == customer_id,
                Snapshot.connector == connector,
            )
        )
        return bool(revoked)

    async def _held(self, customer_ids: set[str]) -> dict[tuple[str, str], Grant]:
        rows = await self._session.scalars(
            select(Grant).where(
                Grant.tenant == self._tenant, self._scope.among(Grant.customer_id, customer_ids)
            )
        )
        return {(row.customer_id, row.connector): row for row in rows}

    def _seal(self, key: DataKey, pair: tuple[str, str], token: Secret) -> bytes:
        return key.seal(token.reveal().encode(), self._tenant, *pair, _PURPOSE)

    def _open(self, key: DataKey, pair: tuple[str, str], sealed: bytes) -> str:
        return key.open(sealed, self._tenant, *pair, _PURPOSE).decode()
