"""Reads customers' grants, of many operations at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from c360.access import TenantId
from c360.values import Secret
from connectors.batching import Batching
from connectors.protocols import GrantStore

_MOST = 64
"""Operations whose grants are read together."""

_LONGEST_READ = 1.0
"""Seconds that reads get to end at shutdown."""

Which = tuple[str, str, str]
"""Customer id, instance id, party id."""


class _Wish(NamedTuple):
    wanted: Sequence[Which]
    found: asyncio.Future[Mapping[Which, Secret | None]]


class Tokens:
    """The grants of a store. While it reads some, those that are wanted next are collected.

    A read begins after it was asked for, and ends even where nobody waits for it any more: cancelled in
    mid-statement it would cost the store a connection.
    """

    def __init__(self, grants: GrantStore) -> None:
        self._grants = grants
        self._batching: Batching[TenantId, _Wish] = Batching(self._read, most=lambda _: _MOST)

    async def read(self, tenant: TenantId, wanted: Sequence[Which]) -> Mapping[Which, Secret | None]:
        """Access tokens; ``None`` for a grant that has ended. See :class:`connectors.protocols.GrantStore`.

        Raises:
            Exception: whatever the store raises.
        """
        found: asyncio.Future[Mapping[Which, Secret | None]] = asyncio.get_running_loop().create_future()
        self._batching.add(tenant, _Wish(wanted, found))
        return await found

    async def drain(self) -> None:
        """Let what is under way end."""
        await self._batching.drain(_LONGEST_READ)

    async def _read(self, tenant: TenantId, wishes: Sequence[_Wish]) -> None:
        still = [wish for wish in wishes if not wish.found.done()]
        if not still:
            return
        wanted = list(dict.fromkeys(which for wish in still for which in wish.wanted))
        try:
            tokens = await self._grants.tokens(tenant, wanted)
        except Exception as error:  # noqa: BLE001  # raised again where somebody waits
            for wish in still:
                if not wish.found.done():
                    wish.found.set_exception(error)
            return
        for wish in still:
            if not wish.found.done():
                wish.found.set_result({which: tokens[which] for which in wish.wanted if which in tokens})
