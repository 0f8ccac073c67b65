"""Customers' data keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from store.keyring import DataKey, new_data_key
from store.models import CustomerKey
from store.models.base import table
from store.repositories.base import Repository


class Vault(Repository):
    """Gives out data keys, and makes and destroys them."""

    async def keys(self, customer_ids: Iterable[str]) -> dict[str, DataKey]:
        """The keys of those customers that have one.

        Raises:
            KeyringError: they were wrapped by another master key.
        """
        found = await self._session.execute(
            select(CustomerKey.customer_id, CustomerKey.wrapped, CustomerKey.master).where(
                CustomerKey.tenant == self._tenant,
                self._scope.among(CustomerKey.customer_id, customer_ids),
            )
        )
        return {
            customer_id: self._scope.keyring.unwrap(self._tenant, customer_id, wrapped, master)
            for customer_id, wrapped, master in found
        }

    async def ensure(self, customer_ids: Iterable[str]) -> dict[str, DataKey]:
        """The keys of these customers, made where missing. Erased and unknown customers get none."""
        wanted = set(customer_ids)
        keys = await self.keys(wanted)
        missing = wanted - keys.keys()
        if not missing:
            return keys
        keyring, now = self._scope.keyring, self._scope.clock()
        made: list[dict[str, Any]] = [
            {
                "customer_id": customer_id,
                "master": keyring.mark,
                "wrapped": keyring.wrap(self._tenant, customer_id, new_data_key()),
                "created_at": now,
            }
            for customer_id in sorted(await self._scope.living(missing))
        ]
        await self._scope.add_many(CustomerKey, made)
        # Read back: somebody else may have been faster, and the key that is stored is the one that counts.
        return keys | await self.keys(row["customer_id"] for row in made) if made else keys

    async def rewrap(self, *, limit: int) -> int:
        """Wrap data keys by the present master key that another one wraps still; how many.

        Raises:
            KeyringError: neither the present nor the former master key wrapped one.
        """
        keyring = self._scope.keyring
        found = await self._session.execute(
            select(CustomerKey.customer_id, CustomerKey.wrapped, CustomerKey.master)
            .where(CustomerKey.tenant == self._tenant, CustomerKey.master != keyring.mark)
            .order_by(CustomerKey.customer_id)
            .limit(limit)
            .with_for_update()
        )
        rows = [
            {
                "of_tenant": self._tenant,
                "of_customer": customer_id,
                "wrapped": keyring.rewrap(self._tenant, customer_id, wrapped, mark),
                "master": keyring.mark,
            }
            for customer_id, wrapped, mark in found
        ]
        if rows:
            keys = table(CustomerKey)
            await self._scope.change(
                update(keys).where(
                    keys.c.tenant == bindparam("of_tenant"), keys.c.customer_id == bindparam("of_customer")
                ),
                rows,
            )
        return len(rows)

    async def destroy(self, customer_id: str) -> None:
        """Make everything that was sealed for this customer unreadable for good."""
        await self._scope.change(
            delete(CustomerKey).where(
                CustomerKey.tenant == self._tenant, CustomerKey.customer_id == customer_id
            )
        )
