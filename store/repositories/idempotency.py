"""Which requests were answered already, so that repeating one takes effect once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, select, update

from store.data_identity import Replay
from store.errors_identity import KeyReused
from store.models import AnsweredRequest, RequestCustomer
from store.repositories.base import Repository

KEPT = timedelta(hours=24)
"""How long a request is recognised."""


class IdempotencyRepository(Repository):
    """Keeps, per caller and key, what was asked and what was answered; the key as a hash only.

    Used inside the unit of work of the mutation itself: :meth:`claim` first, :meth:`keep` last, so that
    effect and answer are stored together or not at all. A second request with the same key waits for
    the first one's unit to end.
    """

    async def claim(
        self, caller: str, key: str, fingerprint: bytes, *, kept: timedelta = KEPT
    ) -> Replay | None:
        """Take a key for a request.

        Args:
            caller: subject of the principal: the keys of two callers never meet.
            key: what the caller chose.
            fingerprint: hash of everything that makes the request what it is.
            kept: how long the key is recognised.

        Returns:
            the answer of the same request before; ``None``: this is the first one, go on.

        Raises:
            KeyReused: the key was used for another request.
            KeyringError: the database was opened without a keyring.
        """
        now, key_hash = self._scope.clock(), self._hash(caller, key)
        await self._scope.change(
            delete(AnsweredRequest).where(
                AnsweredRequest.tenant == self._tenant,
                AnsweredRequest.key_hash == key_hash,
                AnsweredRequest.expires_at <= now,
            )
        )
        # Whoever comes second waits here until the first one's transaction has ended.
        taken = await self._session.execute(
            self._scope.upsert(AnsweredRequest)
            .values(
                tenant=self._tenant,
                key_hash=key_hash,
                fingerprint=fingerprint,
                response=None,
                at=now,
                expires_at=now + kept,
            )
            .on_conflict_do_nothing()
            .returning(AnsweredRequest.at)
        )
        if taken.first() is not None:
            return None
        before = (
            await self._session.execute(
                select(AnsweredRequest.fingerprint, AnsweredRequest.response, AnsweredRequest.at).where(
                    AnsweredRequest.tenant == self._tenant, AnsweredRequest.key_hash == key_hash
                )
            )
        ).one()
        if before.fingerprint != fingerprint:
            raise KeyReused
        # Claimed twice within one unit of work, or committed without an answer: neither happened before.
        return None if before.response is None else Replay(response=before.response, at=before.at)

    async def keep(self, caller: str, key: str, response: bytes, *, customer_ids: Iterable[str] = ()) -> None:
        """Keep the answer of a request that was claimed in this unit of work.

        Args:
            caller: as claimed.
            key: as claimed.
            response: ids, entry ids and codes from which the answer is built again; never personal values.
            customer_ids: whom it is about: when one of them is erased, the answer goes.
        """
        key_hash = self._hash(caller, key)
        await self._scope.change(
            update(AnsweredRequest)
            .where(AnsweredRequest.tenant == self._tenant, AnsweredRequest.key_hash == key_hash)
            .values(response=response)
        )
        await self._scope.add_many(
            RequestCustomer, [{"key_hash": key_hash, "node_id": each} for each in sorted(set(customer_ids))]
        )

    async def forget_expired(self) -> int:
        """Delete keys that are not recognised any more; how many they were."""
        return await self._scope.change(
            delete(AnsweredRequest).where(
                AnsweredRequest.tenant == self._tenant, AnsweredRequest.expires_at <= self._scope.clock()
            )
        )

    def _hash(self, caller: str, key: str) -> bytes:
        # The length tells where the one ends and the other begins.
        return self._scope.keyring.lookup_hash(self._tenant, "IDEMPOTENCY", f"{len(caller)}:{caller}{key}")
