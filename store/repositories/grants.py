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

PURPOSE = "grant"
"""Stands in place of a record kind in what a token is bound to."""


class GrantRepository(Repository):
    """Keeps one grant per party."""

    async def tokens(self, wanted: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], Secret]:
        """Tokens that are neither expired nor revoked, by (customer id, instance id, party id).

        Raises:
            KeyringError: they were sealed under another master key, or are damaged.
        """
        asked = set(wanted)
        rows = await self._session.execute(
            select(Grant.customer_id, Grant.connector, Grant.party_id, Grant.token, Grant.sealed_for).where(
                Grant.tenant == self._tenant,
                self._scope.among(Grant.customer_id, {customer_id for customer_id, _, _ in asked}),
                Grant.revoked_at.is_(None),
                or_(Grant.expires_at.is_(None), Grant.expires_at > self._scope.clock()),
            )
        )
        sealed = {
            (customer, connector, party): (token, sealed_for)
            for customer, connector, party, token, sealed_for in rows
            if (customer, connector, party) in asked
        }
        if not sealed:
            return {}
        keys = await Vault(self._scope).keys(sealed_for for _, sealed_for in sealed.values())
        return {
            which: Secret(self._open(keys[sealed_for], sealed_for, which[1], token))
            for which, (token, sealed_for) in sealed.items()
            if sealed_for in keys
        }

    async def put(self, grants: Mapping[tuple[str, str, str], EnrolGrant]) -> set[tuple[str, str, str]]:
        """Keep grants by (customer id, instance id, party id), each replacing the one before.

        The same token as before changes nothing but scopes and expiry; in particular a revoked token
        stays revoked. Erased customers are passed over.

        Returns:
            those whose grant is new or changed.
        """
        if not grants:
            return set()
        customer_ids = {customer_id for customer_id, _, _ in grants}
        keys = await Vault(self._scope).ensure(customer_ids)
        held = await self._held(customer_ids)
        old = await Vault(self._scope).keys({row.sealed_for for row in held.values()})
        now = self._scope.clock()
        rows: list[dict[str, Any]] = []
        for which, grant in grants.items():
            customer_id, connector, party_id = which
            key = keys.get(customer_id)
            if key is None:
                continue
            scopes = " ".join(grant.scopes)
            before = held.get(which)
            same = before is not None and (
                self._open(old[before.sealed_for], before.sealed_for, connector, before.token)
                == grant.token.reveal()
            )
            if (
                before is not None
                and same
                and (before.scopes, before.expires_at) == (scopes, grant.expires_at)
            ):
                continue
            rows.append(
                {
                    "customer_id": customer_id,
                    "connector": connector,
                    "party_id": party_id,
                    "sealed_for": customer_id,
                    "token": self._seal(key, customer_id, connector, grant.token),
                    "scopes": scopes,
                    "expires_at": grant.expires_at,
                    "revoked_at": before.revoked_at if before is not None and same else None,
                    "updated_at": now,
                }
            )
        await self._scope.replace_many(Grant, rows)
        return {(row["customer_id"], row["connector"], row["party_id"]) for row in rows}

    async def revoke(self, customer_id: str, connector: str, *, at: datetime | None = None) -> bool:
        """Withdraw a customer's grants at a partner, and forget what was read under them.

        Returns:
            whether there was one to withdraw.
        """
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

    async def _held(self, customer_ids: set[str]) -> dict[tuple[str, str, str], Grant]:
        rows = await self._session.scalars(
            select(Grant).where(
                Grant.tenant == self._tenant, self._scope.among(Grant.customer_id, customer_ids)
            )
        )
        return {(row.customer_id, row.connector, row.party_id): row for row in rows}

    def _seal(self, key: DataKey, sealed_for: str, connector: str, token: Secret) -> bytes:
        return key.seal(token.reveal().encode(), self._tenant, sealed_for, connector, PURPOSE)

    def _open(self, key: DataKey, sealed_for: str, connector: str, sealed: bytes) -> str:
        return key.open(sealed, self._tenant, sealed_for, connector, PURPOSE).decode()
