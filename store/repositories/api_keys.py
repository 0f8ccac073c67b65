"""Keys of programs."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import or_, select, update

from c360.values import Secret
from store.columns import storable
from store.data_credentials import ApiKeyData, ApiKeyKind
from store.models import ApiKey
from store.repositories.base import Repository

_HASHED = "API_KEY"
"""Stands in place of a kind of look-up value in what a key's hash is bound to."""


class ApiKeyRepository(Repository):
    """Keeps of each key a hash that only the pepper leads to."""

    async def add(self, key: ApiKeyData, secret: Secret) -> None:
        """Keep a key.

        Args:
            key: what it allows, and until when.
            secret: the key's secret part; not kept.
        """
        await self._scope.insert_many(
            ApiKey,
            [
                {
                    "id": key.id,
                    "kind": key.kind.value,
                    "name": key.name,
                    "hash": self._hash(key.id, secret),
                    "roles": " ".join(key.roles),
                    "scopes": None if key.scopes is None else " ".join(key.scopes),
                    "purposes": None if key.purposes is None else " ".join(key.purposes),
                    "connectors": " ".join(key.connectors),
                    "created_at": key.created_at,
                    "expires_at": key.expires_at,
                }
            ],
        )

    async def find(self, key_id: str, secret: Secret) -> ApiKeyData | None:
        """The key of an id, where the secret is its own; also one that has ended."""
        if not storable(key_id):
            return None
        row = await self._scope.first(
            select(ApiKey).where(ApiKey.tenant == self._tenant, ApiKey.id == key_id)
        )
        # Reckoned also where there is no such key: how long it takes tells nothing.
        hashed = self._hash(key_id, secret)
        if row is None or not hmac.compare_digest(row.hash, hashed):
            return None
        return _data(row)

    async def all(self, name: str | None = None) -> Sequence[ApiKeyData]:
        """All keys, or those of one program, the oldest first."""
        statement = select(ApiKey).where(ApiKey.tenant == self._tenant).order_by(ApiKey.name, ApiKey.id)
        if name is not None:
            statement = statement.where(ApiKey.name == name)
        return [_data(row) for row in await self._scope.every(statement)]

    async def end(self, key_id: str, at: datetime) -> bool:
        """Let a key end at a moment, unless it ends before; whether there is such a key in use."""
        return await self._change(key_id, expires_at=at)

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """Take a key back; whether there is such a key in use."""
        return await self._change(key_id, revoked_at=at)

    async def used(self, key_id: str, on: date) -> None:
        """Note the day on which a key was used."""
        await self._scope.change(
            update(ApiKey)
            .where(
                ApiKey.tenant == self._tenant,
                ApiKey.id == key_id,
                or_(ApiKey.used_on.is_(None), ApiKey.used_on < on),
            )
            .values(used_on=on)
        )

    async def _change(self, key_id: str, **values: datetime) -> bool:
        until = min(values.values())
        changed = await self._scope.change(
            update(ApiKey)
            .where(
                ApiKey.tenant == self._tenant,
                ApiKey.id == key_id,
                ApiKey.revoked_at.is_(None),
                ApiKey.expires_at > until,
            )
            .values(**values)
        )
        return bool(changed)

    def _hash(self, key_id: str, secret: Secret) -> bytes:
        return self._scope.keyring.lookup_hash(self._tenant, _HASHED, f"{key_id} {secret.reveal()}")


def _data(row: ApiKey) -> ApiKeyData:
    return ApiKeyData(
        id=row.id,
        kind=ApiKeyKind(row.kind),
        name=row.name,
        roles=tuple(row.roles.split()),
        scopes=None if row.scopes is None else tuple(row.scopes.split()),
        purposes=None if row.purposes is None else tuple(row.purposes.split()),
        connectors=tuple(row.connectors.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_on=row.used_on,
    )
