"""Rows of every kind are taken in, each once, whatever stops the work in between."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from c360.access import DEFAULT_TENANT
from c360.records.party import PartyKind
from store.data_bulk import FailureReason, UploadData, UploadFormat, UploadKind, UploadState
from store.repositories.own import Stretch
from store.repositories.uploads import UploadRepository
from tests.api.bulk.conftest import CUSTOMERS, Intake
from tests.fixtures.sizes import size

one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
CHECKOUT = Path(__file__).resolve().parents[3]


def lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def call(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"i{number}",
        "customer": "ada",
        "channel": "CALL",
        "startedAt": f"2026-01-01T00:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "summary": f"Call {number}",
        **more,
    }


def test_customers_are_created_and_brought_up_to_date(intake: Intake) -> None:
    done = intake.taken(UploadKind.CUSTOMERS, CUSTOMERS, UploadFormat.CSV)
    assert (done.state, done.rows, done.created, done.failed) == (UploadState.DONE, 3, 3, 0)
    ada = intake.customer("ada")
    assert (ada.display_name, ada.country) == ("Ada Byron", "AU")
    assert [one.value for one in ada.values if one.attribute == "email"] == [
        "ada@crm.example",
        "ada@home.example",
    ]
    assert [one.value for one in ada.values if one.attribute == "phone"] == ["+61255501234"]
    acme = intake.customer("acme")
    assert (acme.kind, acme.display_name) == (PartyKind.ORGANIZATION, 'Acme "Tools" Ltd')
    again = intake.taken(UploadKind.CUSTOMERS, CUSTOMERS, UploadFormat.CSV)
    assert (again.created, again.changed, again.unchanged) == (0, 0, 3)
    changed = intake.taken(
        UploadKind.CUSTOMERS,
        lines(
            {"id": "ada", "givenName": "Ada", "familyName": "Lovelace", "country": "AU", "street": "2 Road"},
            {"id": "acme", "familyName": "Acme"},
            {"id": "bob", "familyName": "Bool"},
            {"id": "bob", "givenName": "Bob", "familyName": "Boole", "email": "bob@crm.example"},
        ),
    )
    assert (changed.rows, changed.created, changed.changed, changed.unchanged) == (4, 0, 1, 2)
    assert intake.problems(changed.id) == [(2, "kind", "KIND_DIFFERS")]
    assert intake.customer("ada").display_name == "Ada Lovelace"

    async def found() -> Any:
        async with intake.database.read(DEFAULT_TENANT) as unit:
            return (await unit.customers.search("lovel")).ids

    assert intake.run(found()) == (intake.customer("ada").id,)


def test_what_customers_did_is_kept_once_however_often_it_is_brought(intake: Intake) -> None:
    intake.taken(UploadKind.CUSTOMERS, CUSTOMERS, UploadFormat.CSV)
    calls = lines(*(call(number) for number in range(5)))
    assert intake.taken(UploadKind.INTERACTIONS, calls).created == 5
    more = intake.taken(UploadKind.INTERACTIONS, calls + lines(call(5), call(0, summary="Changed.")))
    assert (more.created, more.changed, more.unchanged) == (1, 6, 0)
    bookings = b"\xef\xbb\xbfid,customer,kind,startsAt,endsAt,amount,currency,reference\r\n" + b"".join(
        f"b{n},bob,HOTEL,2026-02-0{n}T12:00:00Z,,99.50,EUR,R{n}\r\n".encode() for n in range(1, 4)
    )
    assert intake.taken(UploadKind.BOOKINGS, bookings, UploadFormat.CSV).created == 3
    steps = [
        {"id": f"t{n}", "customer": "bob", "journey": "j", "kind": "FLIGHT", "at": f"2026-01-0{n}T00:00:00Z"}
        for n in (2, 1)
    ]
    assert intake.taken(UploadKind.JOURNEYS, lines(*steps)).created == 2

    async def read() -> None:
        async with intake.database.read(DEFAULT_TENANT) as unit:
            found = await unit.customers.by_party_refs([("hub", "crm:ada"), ("hub", "crm:bob")])
            ada, bob = found["hub", "crm:ada"], found["hub", "crm:bob"]
            mine = (await unit.interactions.of([ada], stretch=Stretch()))[ada].items
            assert [one.content and one.content.summary for one in mine] == [
                "Call 5",
                "Call 4",
                "Call 3",
                "Call 2",
                "Call 1",
                "Changed.",
            ]
            assert mine[0].source == "crm"
            stays = (await unit.bookings.of([bob], stretch=Stretch()))[bob].items
            assert [one.content and one.content.reference for one in stays] == ["R3", "R2", "R1"]
            assert str(stays[0].amount) == "99.50"
            (journey,) = (await unit.touchpoints.journeys([bob]))[bob]
            assert [step.external_id for step in journey.touchpoints] == ["t1", "t2"]
            drafts = await unit.touchpoints._session.execute(text("SELECT content FROM interaction"))
            assert not any(b"Call" in bytes(row[0]) for row in drafts)

    intake.run(read())


@one_database
def test_each_row_that_cannot_be_taken_in_says_why(intake: Intake) -> None:
    intake.taken(UploadKind.CUSTOMERS, CUSTOMERS, UploadFormat.CSV)
    rows: list[tuple[bytes, tuple[str, str] | None]] = [
        (lines(call(1)), None),
        (b"{broken\n", ("", "MALFORMED")),
        (b"[1]\n", ("", "MALFORMED")),
        (lines(call(2, colour="red")), ("", "UNKNOWN_FIELD")),
        (b"\n", None),
        (lines({"id": "x", "customer": "ada", "channel": "CALL"}), ("startedAt", "MISSING")),
        (lines(call(3, startedAt="yesterday")), ("startedAt", "INVALID")),
        (lines(call(4, channel="SMOKE")), ("channel", "INVALID")),
        (lines(call(5, customer="nobody")), ("customer", "CUSTOMER_UNKNOWN")),
        (lines(call(6, customerId="Q3VzdG9tZXI6eA")), ("customer", "CUSTOMER_UNKNOWN")),
        (lines(call(7, customerId="?")), ("customerId", "INVALID")),
        (lines(call(8, summary="x" * 10_001)), ("summary", "INVALID")),
        (lines(call(9, startedAt="2031-01-01T00:00:00Z")), ("startedAt", "INVALID")),
        (lines(call(10, endedAt="2025-01-01T00:00:00Z")), ("endedAt", "INVALID")),
        (lines(call(11)).rstrip(b"\n"), None),
    ]
    done = intake.taken(UploadKind.INTERACTIONS, b"".join(content for content, _ in rows))
    written = [wrong for content, wrong in rows if content.strip()]
    wanted = [(number, *wrong) for number, wrong in enumerate(written, start=1) if wrong]
    assert intake.problems(done.id) == wanted
    assert (done.rows, done.created, done.failed) == (len(written), 2, len(wanted))


@one_database
@pytest.mark.parametrize(
    ("content", "form", "reason"),
    [
        (b"id,colour\n1,red\n", UploadFormat.CSV, FailureReason.HEADER),
        (b"id,id,channel,startedAt\n", UploadFormat.CSV, FailureReason.HEADER),
        (b"channel,startedAt\n", UploadFormat.CSV, FailureReason.HEADER),
        (b'{"id": "\xff"}\n', UploadFormat.NDJSON, FailureReason.NOT_UTF8),
        (b'"' + b"x" * 70_000, UploadFormat.NDJSON, FailureReason.ROW_TOO_LONG),
        (b'id,channel,startedAt\n1,"' + b"x\n" * 40_000, UploadFormat.CSV, FailureReason.ROW_TOO_LONG),
    ],
    ids=["unknown column", "column twice", "no id", "not utf-8", "long line", "open quote"],
)
def test_what_cannot_be_read_on_fails_with_a_reason(
    intake: Intake, content: bytes, form: UploadFormat, reason: FailureReason
) -> None:
    done = intake.taken(UploadKind.INTERACTIONS, content, form)
    assert (done.state, done.reason) == (UploadState.FAILED, reason)


@one_database
def test_what_arrived_has_to_be_what_was_announced(intake: Intake) -> None:
    upload_id = intake.upload(UploadKind.CUSTOMERS, CUSTOMERS, UploadFormat.CSV, digest="0" * 64)
    intake.run(intake.worker().round())
    failed = intake.job(upload_id)
    assert (failed.state, failed.reason, failed.rows) == (UploadState.FAILED, FailureReason.DIGEST_DIFFERS, 0)


class PowerGone(BaseException):
    """What no process survives."""


@one_database
def test_a_fault_of_ours_ends_its_job_and_no_other(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    intake.taken(UploadKind.CUSTOMERS, CUSTOMERS, UploadFormat.CSV)
    bad = intake.upload(UploadKind.INTERACTIONS, lines(call(1)))
    good = intake.upload(UploadKind.INTERACTIONS, lines(call(2)))
    advance = UploadRepository.advance

    async def failing(self: UploadRepository, job: UploadData, *given: Any, **more: Any) -> Any:
        if job.id == bad:
            raise ZeroDivisionError("of somebody's salary")
        return await advance(self, job, *given, **more)

    monkeypatch.setattr(UploadRepository, "advance", failing)
    intake.run(intake.worker().round())
    assert (intake.job(bad).state, intake.job(bad).reason) == (UploadState.FAILED, FailureReason.FAULT)
    assert intake.job(good).state is UploadState.DONE
    assert "unexpected ZeroDivisionError at test_working.py" in caplog.text
    assert "salary" not in caplog.text


def test_a_failure_in_between_leaves_no_row_without_its_checkpoint(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.taken(UploadKind.CUSTOMERS, CUSTOMERS, UploadFormat.CSV)
    upload_id = intake.upload(UploadKind.INTERACTIONS, lines(*(call(number) for number in range(10))))
    advance, calls = UploadRepository.advance, 0

    async def failing(*given: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls % 2 == 0:
            raise PowerGone
        return await advance(*given, **more)

    monkeypatch.setattr(UploadRepository, "advance", failing)
    for _ in range(10):
        try:
            intake.run(intake.worker(batch=3).round())
        except PowerGone:
            continue
        break
    done = intake.job(upload_id)
    assert (done.state, done.rows, done.created, done.changed) == (UploadState.DONE, 10, 10, 0)


def test_two_workers_at_once_take_each_row_in_once(intake: Intake) -> None:
    intake.taken(UploadKind.CUSTOMERS, CUSTOMERS, UploadFormat.CSV)
    upload_id = intake.upload(UploadKind.INTERACTIONS, lines(*(call(number) for number in range(40))))

    async def both() -> None:
        await asyncio.gather(*(intake.worker(batch=4).round() for _ in range(2)))

    intake.run(both())
    done = intake.job(upload_id)
    assert (done.state, done.rows, done.created, done.changed) == (UploadState.DONE, 40, 40, 0)


def test_a_cancelled_job_stops_and_keeps_what_it_took_in(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.taken(UploadKind.CUSTOMERS, CUSTOMERS, UploadFormat.CSV)
    upload_id = intake.upload(UploadKind.INTERACTIONS, lines(*(call(number) for number in range(10))))
    worker = intake.worker(batch=3)
    store = worker._store

    async def cancelling(*given: Any) -> Any:
        after = await store(*given)
        async with intake.database.unit(DEFAULT_TENANT) as unit:
            await unit.uploads.end(upload_id, UploadState.CANCELLED)
        return after

    monkeypatch.setattr(worker, "_store", cancelling)
    intake.run(worker.round())
    done = intake.job(upload_id)
    assert (done.state, done.rows, done.created) == (UploadState.CANCELLED, 3, 3)


_WORK = """
import asyncio, sys
from api.bulk.settings import BulkSettings
from api.bulk.working import BulkWorker
from c360.access import DEFAULT_TENANT
from store.database import Database
from tests.api.bulk.conftest import keyring

async def main():
    database = Database(sys.argv[1], keyring=keyring())
    print("ready", flush=True)
    await BulkWorker(database, DEFAULT_TENANT, BulkSettings(batch=20), region="AU").round()
    await database.dispose()

asyncio.run(main())
"""


def test_a_worker_that_is_killed_again_and_again_takes_each_row_in_once(
    intake: Intake, database_url: str
) -> None:
    intake.taken(UploadKind.CUSTOMERS, CUSTOMERS, UploadFormat.CSV)
    rows = size(200, 1_000)
    upload_id = intake.upload(UploadKind.INTERACTIONS, lines(*(call(number) for number in range(rows))))
    kills = 0
    seen = set()
    while intake.job(upload_id).state is not UploadState.DONE:
        with subprocess.Popen(
            [sys.executable, "-c", _WORK, database_url],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            before = intake.job(upload_id).rows
            deadline = time.monotonic() + 20
            while process.poll() is None and intake.job(upload_id).rows < before + rows // 2:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
        seen.add(intake.job(upload_id).rows)
    done = intake.job(upload_id)
    assert (done.rows, done.created, done.changed, done.failed) == (rows, rows, 0, 0)
    assert kills >= 1, seen
