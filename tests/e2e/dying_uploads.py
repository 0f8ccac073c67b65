"""A warm process whose children serve uploads or take them in, and are killed at a point of it.

Started as ``python -m tests.e2e.dying_uploads``. It takes one JSON line per child, a :class:`Turn`, and
answers with one when the child has ended: whether it was killed. A child that serves says its process id
before.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
import uvicorn
from sqlalchemy import event
from starlette.applications import Starlette

from api.bulk.endpoints import UploadEndpoints
from api.bulk.settings import BulkSettings
from api.bulk.working import BulkWorker
from c360.access import DEFAULT_TENANT, Access, TenantId
from store.database import Database
from store.keyring import Keyring
from store.sight import EVERYTHING, Sight
from store.unit import Unit
from tests.e2e.dying import KEYS, Mortal
from tests.fixtures.access import access

BATCH = 250
"""Rows of one transaction: enough for COPY."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a child does."""

    url: str
    port: int = 0
    """At which uploads are served; without one it is the worker's turn."""
    die_at: int = 0
    """Number of the point at which it is killed; 0: it lives."""


class MortalDatabase(Database):
    """The database, with a point before each statement, and before and after each commit."""

    def __init__(self, url: str, mortal: Mortal) -> None:
        super().__init__(url, keyring=KEYS)
        self._mortal = mortal
        event.listen(self._writer, "before_cursor_execute", lambda *_: mortal.point())

    @asynccontextmanager
    async def unit(
        self, tenant: TenantId, sight: Sight = EVERYTHING, *, keyring: Keyring | None = None
    ) -> AsyncIterator[Unit]:
        """A unit of work."""
        async with super().unit(tenant, sight, keyring=keyring) as unit:
            yield unit
            self._mortal.point()
        self._mortal.point()


class _Door:
    """Lets everybody in as the same integrator."""

    async def authenticate(self, _headers: Any) -> Access:
        """Who it is."""
        return access("integrator")


async def take_in(database: Database) -> None:
    """Do what the worker does."""
    await BulkWorker(database, DEFAULT_TENANT, BulkSettings(batch=BATCH), region="AU").round()


async def serve(database: Database, port: int) -> None:
    """Serve uploads until the process is asked to end."""
    hub: Any = SimpleNamespace(store=SimpleNamespace(database=database))
    app = Starlette(routes=UploadEndpoints(hub, BulkSettings(), patience=5).routes())
    app.state.authenticator = _Door()
    with socket.create_server(("127.0.0.1", port)) as listening:
        told(str(os.getpid()))  # from here on connections wait for their turn
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        await server.serve(sockets=[listening])


async def play(turn: Turn) -> None:
    """What one child does."""
    database = MortalDatabase(turn.url, Mortal(turn.die_at))
    await (serve(database, turn.port) if turn.port else take_in(database))
    await database.dispose()


def told(line: str) -> None:
    """Say something to the test."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Fork a child for each line."""
    told("ready")
    for line in sys.stdin:
        turn = msgspec.json.decode(line, type=Turn)
        child = os.fork()
        if not child:
            code = 1
            try:
                asyncio.run(play(turn))
                code = 0
            except BaseException:  # noqa: BLE001  # nobody else tells
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        assert killed or os.waitstatus_to_exitcode(status) == 0
        told("killed" if killed else "lived")
    return 0


if __name__ == "__main__":
    sys.exit(main())
