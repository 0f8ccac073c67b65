"""Which requests were answered already, so that repeating one takes effect once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from store.data_identity import Replay
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
        """
        raise NotImplementedError

    async def keep(self, caller: str, key: str, response: bytes, *, customer_ids: Iterable[str] = ()) -> None:
        """Keep the answer of a request that was claimed in this unit of work.

        Args:
            caller: as claimed.
            key: as claimed.
            response: ids, entry ids and codes from which the answer is built again; never personal values.
            customer_ids: whom it is about: when one of them is erased, the answer goes.
        """
        raise NotImplementedError

    async def forget_expired(self) -> int:
        """Delete keys that are not recognised any more; how many they were."""
        raise NotImplementedError
