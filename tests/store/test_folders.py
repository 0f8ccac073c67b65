"""Folders say what the repositories say, to each who asks what is theirs, and as of now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from sqlalchemy import make_url

from c360.access import Purpose, Reach
from c360.contract import KeyKind
from c360.records.party import PartyKind
from store.data import (
    EnrolCustomer,
    EnrolKey,
    EnrolLink,
    FigureData,
    PartyFigures,
    RecordRef,
    StatedValue,
)
from store.data_access import VerificationMethod
from store.data_consents import ConsentSource, DecisionDraft, DecisionKind, DecisionState, Proof
from store.data_folders import Part, Wanted
from store.database import Database
from store.errors import DatabaseUnavailable
from store.keyring import Keyring
from store.readers.base import Convoys
from store.sight import EVERYTHING, Sight
from store.unit import ReadingUnit
from tests.store.identity import STEWARD, Run, T
from tests.store.test_offers import CARD, SAVINGS, presented

ALL = frozenset(Part)
WITHIN = timedelta(days=90)
AWKWARD = 'o\'brien "x" \\ {,} 東京'
"""What means something in SQL, in arrays or in JSON."""


async def people(database: Database, count: int = 3) -> list[str]:
    """Customers with keys, values and two parties each."""
    async with database.unit(T) as unit:
        await unit.customers.enrol(
            [
                EnrolCustomer(
                    external_id=str(number),
                    kind=PartyKind.PERSON,
                    display_name=f"Person {number} {AWKWARD}",
                    country="AU",
                    links=tuple(
                        EnrolLink(
                            connector=connector,
                            party_id=f"{connector}{number} {AWKWARD}",
                            keys=(EnrolKey(kind=KeyKind.EMAIL, value=f"{number}@x.example"),),
                            values=(
                                StatedValue(attribute="given_name", value=f"N{number}{AWKWARD}"),
                                StatedValue(attribute="email", value=f"{number}@x.example", verified=True),
                                StatedValue(attribute="email", value="other@x.example", rank=1),
                            ),
                            confidence=1 / (3 + number),
                            evidence=AWKWARD,
                        )
                        for connector in ("inn", "bank")
                    ),
                )
                for number in range(count)
            ]
        )
    async with database.read(T) as unit:
        found = await unit.customers.by_party_refs([("bank", f"bank{n} {AWKWARD}") for n in range(count)])
    return [found["bank", f"bank{number} {AWKWARD}"] for number in range(count)]


async def kept(database: Database, ids: Sequence[str], clock: Any) -> None:
    """Something of every part."""
    said: dict[str, Any] = {"kind": DecisionKind.CONSENT, "source": ConsentSource.PAPER}
    async with database.unit(T) as unit:
        await unit.products.put([SAVINGS, CARD])
        await unit.index.add(
            [
                RecordRef(
                    connector="bank", party_id=f"bank0 {AWKWARD}", kind="banking.accounts", object_id=each
                )
                for each in "ba"
            ]
        )
        await unit.feeds.save("bank", "banking.accounts", "end", finished=True)
        await unit.summaries.put(
            [
                PartyFigures(
                    customer_id=ids[0],
                    connector="bank",
                    party_id=f"bank0 {AWKWARD}",
                    as_of=clock(),
                    figures=(FigureData("DEPOSITS", "balance", 0.1 + 0.2, "AUD"),),
                )
            ],
            again=clock() + timedelta(days=1),
        )
        for state in (DecisionState.GIVEN, DecisionState.WITHDRAWN):
            draft = DecisionDraft(purpose=Purpose.MARKETING, state=state, at=clock.tick(), **said)
            await unit.consents.record(
                ids[0], msgspec.structs.replace(draft, proof=Proof(text="said so")), by="x"
            )
        await unit.contests.open(ids[0], reason="wrong", by="x")
        await unit.offer_responses.record(presented(ids[0]))
        await unit.offer_responses.record(presented(ids[0], product_id="card"))
        await unit.verifications.open(ids[0], VerificationMethod.CALL_BACK, by="anna", lasting=WITHIN)


async def asked(unit: ReadingUnit, *ids: str, **wanted: Any) -> Any:
    given: dict[str, Any] = {"ids": ids, "parts": ALL, "subject": "anna", "contacts_within": WITHIN} | wanted
    return await unit.folders.find(Wanted(**given))


def test_a_folder_holds_what_the_repositories_say(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        ids = await people(database)
        await kept(database, ids, clock)
        async with database.read(T) as unit:
            found = await asked(unit, *ids)
            assert list(found.of) == ids
            assert {one: each.customer for one, each in found.of.items()} == await unit.customers.load(ids)
            folder = found.of[ids[0]]
            assert folder.customer.links[0].objects == {"banking.accounts": ("a", "b")}
            assert folder.figures == (await unit.summaries.of(ids))[ids[0]]
            assert folder.decisions == (await unit.consents.of(ids))[ids[0]]
            assert folder.contests == (await unit.contests.of(ids))[ids[0]]
            assert folder.contacts == (await unit.offer_responses.contacts(ids, within=WITHIN))[ids[0]]
            assert folder.verified == (await unit.verifications.verified("anna", ids))[ids[0]]
            assert found.products == await unit.products.current()
            assert found.segments == await unit.segments.current()
            assert (found.of[ids[1]].decisions, found.of[ids[1]].verified) == ((), None)
            none = (await asked(unit, *ids, parts=frozenset())).of[ids[0]]
            assert (none.decisions, none.contests, none.verified) == ((), (), None)

    run(go())


def test_of_what_is_not_wanted_nothing_is_read_but_for_a_partner(database: Database, run: Run) -> None:
    """What a partner is told of a customer is worked out of all that its own records say."""

    async def go() -> None:
        ids = await people(database, 1)
        async with database.read(T) as unit:
            whole = (await unit.customers.load(ids))[ids[0]]
        for parts, links, values in (
            ({}, 0, 0),
            ({Part.LINKS}, 2, 0),
            ({Part.VALUES}, 0, 6),
            ({Part.LINKS, Part.VALUES}, 2, 6),
        ):
            found = await database.folders(T).find(Wanted(ids=tuple(ids), parts=frozenset(parts)))
            customer = found.of[ids[0]].customer
            assert (len(customer.links), len(customer.values)) == (links, values)
            assert customer == msgspec.structs.replace(whole, links=customer.links, values=customer.values)
        sight = Sight(reach=Reach.PARTNER, connectors=frozenset({"inn"}))
        theirs = await database.folders(T, sight).find(Wanted(ids=tuple(ids), parts=frozenset()))
        assert {link.connector for link in theirs.of[ids[0]].customer.links} == {"inn"}
        assert theirs.of[ids[0]].customer.values

    run(go())


def test_customers_are_found_by_all_that_leads_to_them(database: Database, run: Run) -> None:
    async def go() -> None:
        ids = await people(database)
        keys = ((KeyKind.EMAIL, "1@x.example"), (KeyKind.EMAIL, "nobody@x.example"), (KeyKind.PHONE, "1"))
        refs = (("bank", f"bank2 {AWKWARD}"), ("inn", f"bank2 {AWKWARD}"), ("bank", "nul\0"))
        async with database.read(T) as unit:
            found = await asked(unit, ids[0], "nobody", "\0", keys=keys, refs=refs)
            assert found.known == {ids[0]: ids[0]}
            assert found.by_key == {keys[0]: (ids[1],)}
            assert found.by_ref == {refs[0]: ids[2]}
            assert set(found.of) == set(ids)
            assert not (await asked(unit)).of
        async with database.read("other") as unit:  # type: ignore[arg-type]  # a plain text will do
            assert not (await asked(unit, *ids, keys=keys, refs=refs)).of

    run(go())


def test_each_who_asks_at_the_same_time_is_told_what_is_theirs(database: Database, run: Run) -> None:
    async def ask(one: str, sight: Sight = EVERYTHING) -> Any:
        async with database.read(T, sight) as unit:
            return await asked(unit, one)

    async def go() -> None:
        ids = await people(database, 20)
        own = Sight(reach=Reach.SELF, customer_id=ids[0])
        partner = Sight(reach=Reach.PARTNER, connectors=frozenset({"inn"}))
        every = await asyncio.gather(*(ask(one) for one in ids for _ in range(5)))
        assert [list(each.of) for each in every] == [[one] for one in ids for _ in range(5)]
        mine = await asyncio.gather(*(ask(one, own) for one in ids))
        assert [list(each.of) for each in mine] == [[ids[0]], *([[]] * 19)]
        theirs = await asyncio.gather(*(ask(one, partner) for one in ids))
        told = [each.of[one].customer for one, each in zip(ids, theirs, strict=True)]
        assert {link.connector for one in told for link in one.links} == {"inn"}
        assert {value.connector for one in told for value in one.values} == {"inn"}
        for sight in (Sight(reach=Reach.NOBODY), Sight(reach=Reach.BOOK, subject="nobody")):
            assert not (await ask(ids[0], sight)).of

    run(go())


def test_what_another_process_changes_counts_at_once(
    database: Database, database_url: str, keyring: Keyring, clock: Any, run: Run
) -> None:
    async def go() -> None:
        other = Database(database_url, keyring=keyring, clock=clock)
        ids = await people(database)
        await kept(database, ids, clock)
        async with database.read(T) as unit:
            before = await asked(unit, *ids)
            again = await asked(unit, *ids)
            assert again.of[ids[1]] is before.of[ids[1]], "the same text is understood once"
            async with other.unit(T) as writing:
                await writing.customers.erase(ids[1])
                await writing.products.put([msgspec.structs.replace(SAVINGS, name="Plus")])
                await writing.verifications.end(by="anna")
                draft = DecisionDraft(
                    kind=DecisionKind.OBJECTION,
                    state=DecisionState.RAISED,
                    purpose=Purpose.MARKETING,
                    at=clock.tick(),
                    source=ConsentSource.PAPER,
                )
                await writing.consents.record(ids[0], draft, by="x")
            after = await asked(unit, *ids)
            assert list(after.of) == [ids[0], ids[2]]
            assert ids[1] not in after.known
            assert len(after.of[ids[0]].decisions) == 3
            assert after.of[ids[0]].verified is None
            assert [one.name for one in after.products] == ["Card", "Plus"]
            clock.tick(days=91)
            assert (await asked(unit, *ids)).of[ids[0]].contacts == ()
        await other.dispose()

    run(go())


def test_an_old_id_leads_to_who_answers_for_it(database: Database, run: Run) -> None:
    async def go() -> None:
        ids = await people(database)
        async with database.unit(T) as unit:
            await unit.ledger.merge(ids[0], [ids[1]], STEWARD)
        async with database.read(T) as unit:
            found = await asked(unit, ids[1])
            assert found.known == {ids[1]: ids[0]}
            assert list(found.of) == [ids[0]]
            assert len(found.of[ids[0]].customer.links) == 4
            parties = {(link.connector, link.party_id) for link in found.of[ids[0]].customer.links}
            assert await unit.customers.parties([*ids, "nobody"]) == {
                ids[0]: parties,
                ids[1]: parties,
                ids[2]: {(name, f"{name}2 {AWKWARD}") for name in ("inn", "bank")},
            }
        async with database.read(T, Sight(reach=Reach.PARTNER, connectors=frozenset({"inn"}))) as unit:
            assert await unit.customers.parties(ids[2:]) == {ids[2]: {("inn", f"inn2 {AWKWARD}")}}

    run(go())


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_connection_that_broke_off_is_left_for_another(
    database: Database, database_url: str, run: Run
) -> None:
    async def go() -> None:
        ids = await people(database)
        async with database.read(T) as unit:
            assert (await asked(unit, *ids)).of
            address = make_url(database_url).set(drivername="postgresql")
            with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as server:
                server.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            assert (await asked(unit, *ids)).of, "asked again, on a new connection"

    run(go())


def test_nobody_there_is_said_without_the_address(run: Run) -> None:
    async def go() -> None:
        nowhere = Database("postgresql://user:secret@127.0.0.1:1/nowhere")
        with pytest.raises(DatabaseUnavailable) as failed:
            async with nowhere.read(T) as unit:
                await unit.folders.find(Wanted(ids=("x",)))
        assert "secret" not in str(failed.value)
        await nowhere.dispose()

    run(go())


def test_those_who_wait_travel_together_and_a_failure_is_told_to_all(run: Run) -> None:
    trips: list[tuple[str, list[int]]] = []

    async def travel(key: str, every: Sequence[int]) -> Sequence[int]:
        trips.append((key, list(every)))
        await asyncio.sleep(0.01)
        if key == "bad":
            raise DatabaseUnavailable("gone")
        return [each * 2 for each in every]

    async def go() -> None:
        convoys: Convoys[str, int, int] = Convoys(travel, lanes=1, most=3)
        first = convoys.ask("a", 0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        others = [convoys.ask("a", number) for number in range(1, 6)]
        gone = convoys.ask("a", 99)
        bad = [convoys.ask("bad", number) for number in range(2)]
        await asyncio.sleep(0)
        gone.cancel()
        assert await first == 0
        assert await asyncio.gather(*others) == [2, 4, 6, 8, 10]
        found = await asyncio.gather(*bad, return_exceptions=True)
        assert [type(each) for each in found] == [DatabaseUnavailable] * 2
        await convoys.settle()
        assert trips == [("a", [0]), ("a", [1, 2, 3]), ("bad", [0, 1]), ("a", [4, 5])]

    run(go())
