"""A duty that comes round again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from c360.errors import C360Error, place

_log = logging.getLogger(__name__)


class Periodic:
    """Work that is done every so often.

    Args:
        name: what it does, for the log.
        every: from the end of one time to the start of the next.
        work: does it once; a failure is logged, and the next time tries again.
    """

    def __init__(self, name: str, every: timedelta, work: Callable[[], Awaitable[object]]) -> None:
        self.name = name
        self._every = every.total_seconds()
        self._work = work

    async def once(self) -> bool:
        """Do it once; whether it went well."""
        try:
            await self._work()
        except C360Error as error:
            _log.warning("could not %s (%s); tried again in %g s", self.name, error, self._every)
            return False
        except Exception as error:  # noqa: BLE001  # what goes wrong in one duty must not end the others
            told = place(error, lines=3)
            _log.error("could not %s: unexpected %s; tried again in %g s", self.name, told, self._every)
            return False
        return True

    async def run(self) -> None:
        """Do it until cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(self._every)
