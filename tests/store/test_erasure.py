"""Erasing a person: nothing marked is left in the database's bytes; what is held stays until it may go."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from c360.access import Purpose
from c360.records.party import PartyKind
from store.data import EnrolCustomer
from store.data_consents import ConsentSource, DecisionDraft, DecisionKind, DecisionState, Proof
from store.database import Database
from store.engines import parse
from store.errors_identity import CustomerUnknown
from store.errors_privacy import EverythingHeld
from store.models import Base
from store.moving import MOVABLES
from tests.store.identity import STEWARD, Run, T, enrolled, link, person

MARK = "Zaphodmark"
"""Stands in every personal value, whatever it is."""
LEFT = {
    "answered_request", "api_key",
    "appointment_slot", "audit_batch", "audit_mark", "audit_selection", "audit_write",
    "connector_instance", "consent_wording", "delivery", "endpoint", "erased_party", "erasure_certificate",
    "feed_cursor", "job", "lease", "outbox", "product", "received_event", "request_customer",
    "retention_rule", "retention_run", "segment_cell", "segment_count", "segment_size", "segment_version",
    "upload", "upload_chunk", "upload_problem", "webhook_registration",
}  # fmt: skip
"""Tables in which an erasure looks for nothing: of no person, or of ids alone."""
BLANKED = {
    "customer", "identity_entry", "entry_customer", "entry_party", "evidence", "review", "apart",
    "household", "record_index", "redirect",
}  # fmt: skip
"""Tables that an erasure blanks or clears by other ways than a customer's id."""


def marked() -> EnrolCustomer:
    """A customer whose every value bears the mark."""
    return EnrolCustomer(
        external_id=f"crm-{MARK}",
        kind=PartyKind.PERSON,
        display_name=f"{MARK} Beeble",
        links=(msgspec.structs.replace(link("b1", email=f"{MARK}@example.org"), party_id=f"b-{MARK}"),),
    )


def test_every_table_is_erased_from_or_says_that_it_holds_nothing() -> None:
    erased = {one.name for one in MOVABLES if one.personal}
    assert set(Base.metadata.tables) - erased - LEFT - BLANKED == set(), "say how an erasure treats these"
    assert erased & (LEFT | BLANKED) == set()


def test_nothing_of_an_erased_person_is_left(database: Database, database_url: str, run: Run) -> None:
    async def go() -> Any:
        async with database.unit(T) as unit:
            (anna, other) = await enrolled(unit, marked(), person("other", "b2"))
            await fill(unit, anna)
            export = await unit.exports.request(anna, by="officer")
            await unit.exports.finish(export.id, MARK.encode() * 999, lasting=timedelta(days=1))
        async with database.unit(T) as unit:
            sections = [one async for one in unit.dossiers.sections(await family(unit, anna))]
            assert MARK in str(sections), "there was something to erase"
            plan = await unit.erasures.plan(anna)
        assert [one.party_id for one in plan.parties] == [f"b-{MARK}"]
        assert {one.table for one in plan.deleted} >= {"profile_value", "note", "consent_decision"}
        assert present(database_url)
        async with database.unit(T) as unit:
            made = await unit.erasures.erase(anna, reason="REQUESTED", by="officer")
            assert unit.erasures.genuine(made)
            assert not unit.erasures.genuine(msgspec.structs.replace(made, by="somebody"))
            with pytest.raises(CustomerUnknown):
                await unit.erasures.erase(anna, reason="REQUESTED", by="officer")
        assert made.finished_at == made.at
        assert [(one.connector, one.parties) for one in made.partners] == [("bank", 1)]
        assert ("customer_key", "SHREDDED") in {(one.table, one.how) for one in made.deleted}
        # A feed, or an import, does not bring the person back.
        async with database.unit(T) as unit:
            again = await unit.customers.enrol([marked()])
            assert (again.created, again.erased) == (0, 1)
            assert (await unit.erasures.get([made.id]))[made.id] == made
            assert await unit.customers.resolve([anna, other]) == {other: other}
        await database.dispose()

    run(go())
    assert not present(database_url)


async def family(unit: Any, customer: str) -> Any:
    found = await unit.dossiers.family(customer)
    assert found is not None
    return found


async def fill(unit: Any, customer: str) -> None:
    """Something personal in words, sealed and plain."""
    await unit.consents.record(customer, consent(), by="agent")
    await unit.contests.open(customer, reason=f"{MARK} disagrees", by=f"{MARK}")
    await unit.notes.write(customer, f"{MARK} likes tea", by="agent")


def consent() -> DecisionDraft:
    """A consent whose proof bears the mark."""
    return DecisionDraft(
        kind=DecisionKind.CONSENT,
        state=DecisionState.GIVEN,
        purpose=Purpose.MARKETING,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        source=ConsentSource.PAPER,
        proof=Proof(reference=MARK, text=MARK),
    )


def present(url: str) -> bool:
    """Whether the mark stands anywhere in a database: in the bytes of its file, or in any row."""
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        file = Path(str(parsed.database))
        engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            connection.execute(text("VACUUM"))
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        engine.dispose()
        every = [file, *(file.parent / f"{file.name}{end}" for end in ("-wal", "-shm"))]
        return any(MARK.lower().encode() in one.read_bytes().lower() for one in every if one.exists())
    engine = create_engine(parsed, poolclass=NullPool)
    with engine.connect() as connection:
        dump = "".join(
            str(connection.execute(text(f'SELECT * FROM "{name}"')).all()) for name in Base.metadata.tables
        )
    engine.dispose()
    return MARK.lower() in dump.lower()


def test_what_a_hold_or_a_duty_keeps_is_left_until_it_may_go(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            anna, ana = await enrolled(unit, marked(), person("ana", "b2"))
            await unit.ledger.merge(anna, [ana], STEWARD)
            await fill(unit, anna)
            hold = await unit.holds.place(
                anna, kind=None, basis="LEGAL_CLAIM", reason=MARK, until=None, by="lawyer"
            )
        async with database.unit(T) as unit:
            with pytest.raises(EverythingHeld):
                await unit.erasures.erase(anna, reason="REQUESTED", by="officer")
        async with database.unit(T) as unit:
            await unit.holds.lift(hold.id, by="lawyer")
            narrow = await unit.holds.place(
                anna, kind="NOTE", basis="LEGAL_CLAIM", reason=None, until=None, by="lawyer"
            )
            await unit.holds.rule("CONSENT", days=None, duty_days=30, basis="PROOF_OF_CONSENT", by="officer")
        async with database.unit(T) as unit:
            made = await unit.erasures.erase(anna, reason="REQUESTED", by="officer")
        assert made.finished_at is None
        assert {(one.kind, one.basis, one.rows) for one in made.held} == {
            ("NOTE", "LEGAL_CLAIM", 1),
            ("CONSENT", "PROOF_OF_CONSENT", 1),
        }
        async with database.unit(T) as unit:
            assert await unit.erasures.finish(made) == made, "nothing may go yet"
            await unit.holds.lift(narrow.id, by="lawyer")
            (waiting,) = await unit.erasures.unfinished()
            made = await unit.erasures.finish(waiting)
            assert [one.kind for one in made.held] == ["CONSENT"]
        clock.tick(days=31)
        async with database.unit(T) as unit:
            made = await unit.erasures.finish(made)
            assert made.held == ()
            assert made.finished_at is not None
            assert unit.erasures.genuine(made)
            assert await unit.erasures.unfinished() == ()

    run(go())


@pytest.mark.parametrize("killed", [False, True], ids=["whole", "killed"])
def test_a_pass_deletes_what_is_too_old_batch_by_batch(
    database: Database, clock: Any, run: Run, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    monkeypatch.setattr("store.repositories.expiring.BATCH", 2)

    async def go() -> None:
        async with database.unit(T) as unit:
            anna, held = await enrolled(unit, person("anna", "b1"), person("held", "b2"))
            for customer in (anna, anna, anna, held):
                await unit.notes.write(customer, "old", by="agent")
            await unit.holds.place(held, kind="NOTE", basis="AUTHORITY", reason=None, until=None, by="a")
            rule = await unit.holds.rule("NOTE", days=30, duty_days=None, basis=None, by="officer")
        clock.tick(days=31)
        async with database.unit(T) as unit:
            await unit.notes.write(anna, "new", by="agent")
        async with database.read(T) as unit:
            state = await unit.expiry.begin(rule)
        assert state is not None
        rounds = 0
        while state.finished_at is None:
            if killed and rounds == 1:
                with suppress(asyncio.CancelledError):
                    async with database.unit(T) as unit:
                        await unit.expiry.batch(rule, state)
                        raise asyncio.CancelledError
                async with database.read(T) as unit:
                    again = await unit.expiry.begin(rule)
                assert again == state, "it goes on where the last batch ended"
            async with database.unit(T) as unit:
                state = await unit.expiry.batch(rule, state)
            rounds += 1
        assert (state.deleted, state.held) == (3, 1)
        assert rounds == 3
        async with database.read(T) as unit:
            assert await unit.expiry.begin(rule) is None, "the next pass is tomorrow"
            left = [one async for one in unit.dossiers.sections(await family(unit, anna))]
            assert [len(one.rows) for one in left if one.table == "note"] == [1]

    run(go())
