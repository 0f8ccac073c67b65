"""Signs of life go with their process, and what it led is inherited by one."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import text

from store.database import Database
from store.living import is_gone, living, new_holder
from tests.conftest import CHECKOUT
from tests.store.identity import Run, T

_LIVES = """
import asyncio, sys
from store.living import living
async def live():
    async with living(sys.argv[1], sys.argv[2]):
        print("lives", flush=True)
        await asyncio.Event().wait()
asyncio.run(live())
"""


async def gone(database: Database, url: str, holder: str) -> bool:
    async with database.unit(T) as unit:
        return await is_gone(unit, url, holder)


async def soon_gone(database: Database, url: str, holder: str) -> None:
    """A server takes a moment to see that a connection has ended."""
    async with asyncio.timeout(5):
        while not await gone(database, url, holder):  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.02)


def test_a_sign_is_there_while_its_block_runs(database: Database, database_url: str, run: Run) -> None:
    holder, other = new_holder(), new_holder()

    async def go() -> None:
        async with living(database_url, holder), living(database_url, other):
            assert not await gone(database, database_url, holder)
        await soon_gone(database, database_url, holder)
        assert not await gone(database, database_url, "who never showed one")

    run(go())


def test_a_process_that_is_killed_is_seen_to_be_gone(database: Database, database_url: str, run: Run) -> None:
    holder = new_holder()
    with subprocess.Popen(
        [sys.executable, "-c", _LIVES, database_url, holder],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "lives\n"
        assert not run(gone(database, database_url, holder))
        process.send_signal(signal.SIGSTOP)
        assert not run(gone(database, database_url, holder)), "it may go on"
        process.kill()
        process.wait()

    run(soon_gone(database, database_url, holder))


def test_who_loses_the_sign_alone_is_told(
    database: Database, database_url: str, backend: str, run: Run
) -> None:
    holder = new_holder()

    async def go() -> None:
        async with living(database_url, holder) as lost:
            waiting = asyncio.ensure_future(lost())
            await asyncio.sleep(0.05)
            assert not waiting.done()
            if backend == "postgresql":
                async with database.unit(T) as unit:
                    await unit.scope.session.execute(
                        text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
                    )
                async with asyncio.timeout(5):
                    await waiting
            waiting.cancel()

    run(go())


@pytest.mark.parametrize("of", ["leader", "another"])
def test_a_lease_is_inherited_of_its_holder_alone(database: Database, run: Run, of: str) -> None:
    minute = timedelta(minutes=1)

    async def go() -> None:
        async with database.unit(T) as unit:
            assert await unit.leases.acquire("worker", "leader", minute)
            assert await unit.leases.holder("worker") == "leader"
            assert await unit.leases.inherit("worker", "heir", of, minute) is (of == "leader")
            assert await unit.leases.renew("worker", "heir", minute) is (of == "leader")

    run(go())
