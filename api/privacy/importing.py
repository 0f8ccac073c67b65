"""Takes consents over from another system: a file of rows, and a problem for each that cannot be taken.

A row is known by its ``reference``, or by all it says: the same file again records nothing twice. How far a
file was read stands in the transaction that recorded up to there, so that an import that was killed goes on.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from api.settings import Settings
from api.wiring import now, open_store
from c360.access import Purpose, TenantId
from c360.errors import C360Error
from resolvers.offers.situation import Channel
from schema import ids
from schema.errors import InputError
from schema.identity.answers import CUSTOMER
from store.data_consents import (
    ConsentSource,
    DecisionDraft,
    DecisionKind,
    DecisionState,
    Proof,
    WordingRef,
)
from store.unit import Unit

BATCH = 500
"""Rows of one transaction."""
BY = "import"


class ConsentFileError(C360Error):
    """The file cannot be read as one of consents."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of the file: the columns of a CSV, or the members of an object in each line of a JSONL."""

    customer_id: str | None = None
    """Global id of the customer; or, in its place, the two that follow."""
    connector: str | None = None
    party_id: str | None = None
    purpose: Purpose
    state: DecisionState
    channel: str | None = None
    partner: str | None = None
    """Connector instance that the decision is about; none: all partners."""
    at: datetime
    expires_at: datetime | None = None
    wording_id: str | None = None
    wording_version: int | None = None
    wording_language: str | None = None
    proof_reference: str | None = None
    proof_text: str | None = None
    reference: str | None = None
    """By which the row is known when it comes again."""


class RowProblem(msgspec.Struct, frozen=True):
    """Why a row was not recorded. Names no value of it."""

    number: int
    """Counts from 1, the heading of a CSV not counted."""
    message: str


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did."""

    rows: int
    """That were looked at in this run."""
    recorded: int
    known: int
    """That were recorded before."""
    resumed_at: int
    """Rows that an earlier run had done."""
    problems: tuple[RowProblem, ...]


async def bring_in(settings: Settings, file: Path) -> ImportReport:
    """Import a file.

    Args:
        settings: where the store is.
        file: ``.csv`` with a heading, or ``.jsonl``.

    Raises:
        ConsentFileError: it is neither, or cannot be read.
        StoreError: the database fails; run it again and it goes on.
    """
    tenant = TenantId(settings.tenant)
    job = f"consents:{_digest(file)}"
    async with open_store(settings) as store:
        async with store.database.read(tenant) as unit:
            before = await unit.jobs.get(job)
        start = before.position if before else 0
        rows = recorded = known = 0
        problems: list[RowProblem] = []
        for batch in _batches(file, start):
            work = partial(_record, batch=batch, job=job)
            made, old, wrong = await store.database.retrying(tenant, work)
            rows, recorded, known = rows + len(batch), recorded + made, known + old
            problems += wrong
        async with store.database.unit(tenant) as unit:
            await unit.jobs.clear(job)
    return ImportReport(rows=rows, recorded=recorded, known=known, resumed_at=start, problems=tuple(problems))


async def _record(
    unit: Unit, *, batch: Sequence[tuple[int, Row | RowProblem]], job: str
) -> tuple[int, int, list[RowProblem]]:
    """Record a batch, and that it was: what it recorded, what was known, what was wrong."""
    problems = [row for _, row in batch if isinstance(row, RowProblem)]
    rows = [(number, row) for number, row in batch if isinstance(row, Row)]
    customers = await _customers(unit, rows)
    wordings = {
        WordingRef(id=one.id, version=one.version, language=one.language)
        for one in await unit.consents.wordings()
    }
    drafts: dict[str, list[DecisionDraft]] = {}
    for number, row in rows:
        customer = customers.get(number)
        wording = _wording(row)
        wrong = _wrong(row, customer, wording, wordings)
        if wrong is not None or customer is None:
            problems.append(RowProblem(number, wrong or "there is no such customer"))
            continue
        drafts.setdefault(customer, []).append(_draft(unit, row, wording))
    started = now()
    kept = await unit.consents.record_many(drafts, by=BY)
    fresh = len({one.id for one in kept if one.recorded_at >= started})
    await unit.jobs.save(job, batch[-1][0])
    return fresh, len(kept) - fresh, sorted(problems, key=lambda one: one.number)


async def _customers(unit: Unit, rows: Sequence[tuple[int, Row]]) -> Mapping[int, str]:
    """The present customer of each row, held until the batch is recorded."""
    named: dict[int, str] = {}
    refs: dict[int, tuple[str, str]] = {}
    for number, row in rows:
        if row.customer_id is not None:
            try:
                named[number] = ids.decode_as(CUSTOMER, row.customer_id, argument="customer_id")
            except InputError:
                continue
        elif row.connector is not None and row.party_id is not None:
            refs[number] = (row.connector, row.party_id)
    found = await unit.customers.by_party_refs(set(refs.values())) if refs else {}
    named |= {number: found[ref] for number, ref in refs.items() if ref in found}
    held = await unit.customers.hold(set(named.values())) if named else {}
    return {number: held[one].id for number, one in named.items() if one in held}


def _wrong(row: Row, customer: str | None, wording: WordingRef | None, known: set[WordingRef]) -> str | None:
    """The first thing that is wrong with a row; none where nothing is."""
    aware = row.at.tzinfo is not None and (row.expires_at is None or row.expires_at.tzinfo is not None)
    states = {DecisionState.GIVEN, DecisionState.REFUSED, DecisionState.WITHDRAWN}
    checks = (
        (customer is None, "there is no such customer: give customer_id, or connector and party_id"),
        (row.state not in states, "state is one of GIVEN, REFUSED, WITHDRAWN"),
        (
            row.channel is not None and row.channel not in Channel.__members__,
            f"channel is one of {', '.join(Channel.__members__)}",
        ),
        (not aware, "a moment has its time zone: 2026-11-26T09:00:00Z"),
        (aware and row.at > now(), "at lies ahead"),
        (
            aware and row.expires_at is not None and row.expires_at <= row.at,
            "expires_at lies before at",
        ),
        (
            wording is not None and wording not in known,
            "no such version of the wording was published in that language",
        ),
    )
    return next((message for wrong, message in checks if wrong), None)


def _wording(row: Row) -> WordingRef | None:
    if row.wording_id is None:
        return None
    return WordingRef(
        id=row.wording_id, version=row.wording_version or 1, language=row.wording_language or "en"
    )


def _draft(unit: Unit, row: Row, wording: WordingRef | None) -> DecisionDraft:
    proof = Proof(reference=row.proof_reference, text=row.proof_text)
    said = row.reference or msgspec.json.encode(row, order="deterministic").decode()
    return DecisionDraft(
        kind=DecisionKind.CONSENT,
        state=row.state,
        purpose=row.purpose,
        channel=row.channel,
        connector=row.partner,
        at=row.at.astimezone(UTC),
        source=ConsentSource.IMPORT,
        wording=wording,
        expires_at=row.expires_at,
        proof=proof if row.proof_reference or row.proof_text else None,
        key=unit.consents.import_key(said),
    )


def _batches(file: Path, start: int) -> Iterator[list[tuple[int, Row | RowProblem]]]:
    batch: list[tuple[int, Row | RowProblem]] = []
    for number, row in _rows(file):
        if number > start:
            batch.append((number, row))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(file: Path) -> Iterator[tuple[int, Row | RowProblem]]:
    if file.suffix not in {".csv", ".jsonl"}:
        raise ConsentFileError(f"{file.name} is neither .csv nor .jsonl")
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            filled = (line for line in lines if line.strip())
            texts: Any = csv.DictReader(lines) if file.suffix == ".csv" else filled
            for number, text in enumerate(texts, 1):
                yield number, _row(number, text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConsentFileError(f"{file.name} cannot be read ({type(error).__name__})") from None


def _row(number: int, text: Any) -> Row | RowProblem:
    try:
        if isinstance(text, str):
            return msgspec.json.decode(text, type=Row)
        given = {name: value for name, value in text.items() if value not in {None, ""}}
        return msgspec.convert(given, Row, strict=False)
    except (msgspec.DecodeError, TypeError) as error:
        # Its message may name a value, and ends with the column.
        _, _, column = str(error).rpartition("$.")
        known = isinstance(error, msgspec.ValidationError) and column
        return RowProblem(number, f"{column.strip('`')} cannot be read" if known else "not a row of consents")


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:32]
    except OSError as error:
        raise ConsentFileError(f"{file.name} cannot be read ({error.strerror})") from None
