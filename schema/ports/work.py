"""What execution asks of the store about work: what was done under which key, and what takes long."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from store.data import JobData
from store.data_identity import Replay


class Idempotency(Protocol):
    """What was answered before; see :class:`store.repositories.idempotency.IdempotencyRepository`."""

    async def claim(self, caller: str, key: str, fingerprint: bytes) -> Replay | None:
        """Take a key for a request; what was answered to the same request before, if it was.

        Raises:
            KeyReused: The caller used the key for another request.
        """
        ...

    async def keep(self, caller: str, key: str, response: bytes, *, customer_ids: Iterable[str] = ()) -> None:
        """Keep the answer of a request that was claimed in this unit of work."""
        ...


class Jobs(Protocol):
    """Long work; see :class:`store.repositories.jobs.JobRepository`."""

    async def get(self, name: str) -> JobData | None:
        """Where the work stands."""
        ...
