"""A store of each kind with some customers of a system called crm, and a short way to upload to it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.bulk.settings import BulkSettings
from api.bulk.working import BulkWorker
from c360.access import DEFAULT_TENANT
from store.data_bulk import UploadData, UploadFormat, UploadKind
from store.database import Database
from store.keyring import Keyring

KEPT = timedelta(hours=1)
CUSTOMERS = b"""id,kind,givenName,familyName,organizationName,birthDate,email,phone,street,city,country
ada,,Ada,Byron,,1985-12-10,ada@crm.example;ada@home.example,+61 2 5550 1234,"1 Long
Road",Sydney,AU
bob,PERSON,Bob,Boole,,,bob@crm.example,,,,
acme,ORGANIZATION,,,"Acme ""Tools"" Ltd",,,,,,
"""


def keyring() -> Keyring:
    """The keys of the store."""
    return Keyring(master=b"m" * 32, pepper=b"p" * 32)


class Intake:
    """Uploads to a store and works on what was uploaded."""

    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        self.run = runner.run
        self.database = database

    def worker(self, **settings: Any) -> BulkWorker:
        """What takes uploads in."""
        return BulkWorker(self.database, DEFAULT_TENANT, BulkSettings(**settings), region="AU")

    def upload(
        self,
        kind: UploadKind,
        content: bytes,
        form: UploadFormat = UploadFormat.NDJSON,
        *,
        digest: str | None = None,
    ) -> str:
        """Upload something whole; its id."""

        async def go() -> str:
            async with self.database.unit(DEFAULT_TENANT) as unit:
                made = await unit.uploads.open(
                    kind,
                    form,
                    source="crm",
                    size=len(content),
                    digest=digest or hashlib.sha256(content).hexdigest(),
                    by="integrator",
                    kept=KEPT,
                )
                await unit.uploads.append(made.id, 0, content, kept=KEPT)
            return made.id

        found: str = self.run(go())
        return found

    def job(self, upload_id: str) -> UploadData:
        """How a job stands."""

        async def go() -> UploadData:
            async with self.database.read(DEFAULT_TENANT) as unit:
                return (await unit.uploads.get([upload_id]))[upload_id]

        found: UploadData = self.run(go())
        return found

    def problems(self, upload_id: str) -> list[tuple[int, str, str]]:
        """Row, field and code of what was wrong."""

        async def go() -> list[tuple[int, str, str]]:
            async with self.database.read(DEFAULT_TENANT) as unit:
                return [
                    (one.number, one.field, one.code.value)
                    async for one in unit.uploads.every_problem(upload_id, batch=2)
                ]

        found: list[tuple[int, str, str]] = self.run(go())
        return found

    def taken(self, kind: UploadKind, content: bytes, form: UploadFormat = UploadFormat.NDJSON) -> UploadData:
        """Upload something and take it in."""
        upload_id = self.upload(kind, content, form)
        self.run(self.worker(batch=2).round())
        return self.job(upload_id)

    def customer(self, key: str) -> Any:
        """A customer of crm as the store has them."""

        async def go() -> Any:
            async with self.database.read(DEFAULT_TENANT) as unit:
                found = await unit.customers.by_party_refs([("hub", f"crm:{key}")])
                customer_id = found["hub", f"crm:{key}"]
                return (await unit.customers.load([customer_id]))[customer_id]

        return self.run(go())


@pytest.fixture
def intake(database_url: str) -> Iterator[Intake]:
    """A store of each kind."""

    def clock() -> datetime:
        return datetime.now(UTC)

    with asyncio.Runner() as runner:
        database = Database(database_url, keyring=keyring(), clock=clock)
        yield Intake(runner, database)
        runner.run(database.dispose())
