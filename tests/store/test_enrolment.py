from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.access import TenantId
from c360.contract import KeyKind
from c360.records.party import PartyKind
from c360.values import Secret
from store.data import (
    EnrolCustomer,
    EnrolGrant,
    EnrolKey,
    EnrolLink,
    EnrolResult,
    StatedValue,
)
from store.database import Database
from tests.fixtures.sizes import size

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")
EMAIL = EnrolKey(kind=KeyKind.EMAIL, value="ada@example.com")
BANK = EnrolLink(
    connector="bank",
    party_id="p1",
    keys=(EMAIL,),
    values=(StatedValue(attribute="email", value="ada@example.com"),),
    grant=EnrolGrant(token=Secret("token-1"), scopes=("read", "more")),
    evidence="customer number",
)
ADA = EnrolCustomer(
    external_id="crm-1", kind=PartyKind.PERSON, display_name="Ada Byron", country="GB", links=(BANK,)
)


def with_bank(**changes: Any) -> EnrolCustomer:
    return msgspec.structs.replace(ADA, links=(msgspec.structs.replace(BANK, **changes),))


def test_a_customer_is_found_by_all_that_was_brought(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            assert await unit.customers.enrol([ADA]) == EnrolResult(created=1)
        async with database.read(T) as unit:
            (ada,) = (await unit.customers.page()).ids
            assert await unit.customers.by_keys([(KeyKind.EMAIL, "ada@example.com")]) == {
                (KeyKind.EMAIL, "ada@example.com"): (ada,)
            }
            assert await unit.customers.by_party_refs([("bank", "p1"), ("bank", "p2")]) == {
                ("bank", "p1"): ada
            }
            assert await unit.grants.tokens([(ada, "bank", "p1")]) == {(ada, "bank", "p1"): Secret("token-1")}
            loaded = (await unit.customers.load([ada]))[ada]
        assert (loaded.display_name, loaded.country, loaded.kind) == ("Ada Byron", "GB", PartyKind.PERSON)
        (link,) = loaded.links
        assert (link.method, link.confidence, link.evidence) == ("import", 1.0, "customer number")
        assert link.linked_at == clock.now
        assert [value.value for value in loaded.values] == ["ada@example.com"]

    run(go())


def test_a_later_line_changes_the_customer(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol([ADA])
        before = clock.now
        clock.tick(days=1)
        moved = with_bank(
            keys=(EnrolKey(kind=KeyKind.EMAIL, value="new@example.com"),),
            values=(StatedValue(attribute="email", value="new@example.com"),),
            grant=EnrolGrant(token=Secret("token-2")),
        )
        moved = msgspec.structs.replace(moved, display_name="Ada Lovelace")
        async with database.unit(T) as unit:
            assert await unit.customers.enrol([moved]) == EnrolResult(changed=1)
        async with database.read(T) as unit:
            assert (await unit.customers.search("byron")).ids == ()
            (ada,) = (await unit.customers.search("lovel")).ids
            loaded = (await unit.customers.load([ada]))[ada]
            assert (loaded.created_at, loaded.updated_at) == (before, clock.now)
            assert [value.value for value in loaded.values] == ["new@example.com"]
            assert await unit.customers.by_keys([(KeyKind.EMAIL, "ada@example.com")]) == {}
            assert await unit.grants.tokens([(ada, "bank", "p1")]) == {(ada, "bank", "p1"): Secret("token-2")}
            past = await unit.profiles.as_of([ada], valid_at=before, recorded_at=before)
            assert [value.value for value in past[ada]] == ["ada@example.com"]

    run(go())


def test_links_that_are_not_mentioned_stay_and_others_join(database: Database, run: Run) -> None:
    async def go() -> None:
        hotel = EnrolLink(connector="hotel", party_id="g1")
        async with database.unit(T) as unit:
            await unit.customers.enrol([ADA])
            assert await unit.customers.enrol([msgspec.structs.replace(ADA, links=(hotel,))]) == EnrolResult(
                changed=1
            )
            (ada,) = (await unit.customers.page()).ids
            links = (await unit.customers.load([ada]))[ada].links
        assert [link.connector for link in links] == ["bank", "hotel"]

    run(go())


def test_a_party_of_somebody_else_is_reported_not_moved(database: Database, run: Run) -> None:
    async def go() -> None:
        thief = msgspec.structs.replace(
            ADA, external_id="crm-2", links=(BANK, EnrolLink(connector="hotel", party_id="g1"))
        )
        async with database.unit(T) as unit:
            result = await unit.customers.enrol([ADA, thief])
            assert result == EnrolResult(created=2, conflicts=(("bank", "p1"),))
            again = await unit.customers.enrol([thief])
            assert again == EnrolResult(unchanged=1, conflicts=(("bank", "p1"),))
            found = await unit.customers.by_keys([(KeyKind.EMAIL, "ada@example.com")])
            owner = (await unit.customers.by_party_refs([("bank", "p1")]))[("bank", "p1")]
            assert found == {(KeyKind.EMAIL, "ada@example.com"): (owner,)}

    run(go())


def test_the_same_customer_twice_in_one_import(database: Database, run: Run) -> None:
    async def go() -> None:
        renamed = msgspec.structs.replace(ADA, display_name="Ada Lovelace")
        async with database.unit(T) as unit:
            assert await unit.customers.enrol([ADA, renamed]) == EnrolResult(created=1, changed=1)
            assert await unit.customers.count() == 1

    run(go())


def test_an_erased_person_is_not_brought_back(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol([ADA])
            (ada,) = (await unit.customers.page()).ids
            assert await unit.customers.erase(ada)
            assert await unit.customers.enrol([ADA]) == EnrolResult(erased=1)
            assert await unit.customers.count() == 0
            assert await unit.customers.by_keys([(KeyKind.EMAIL, "ada@example.com")]) == {}

    run(go())


WORDS = st.sampled_from(["Ada", "Byron", "Zoë", "Öz", "李"])
LINKS = st.builds(
    EnrolLink,
    connector=st.sampled_from(["bank", "hotel"]),
    party_id=st.sampled_from("123"),
    keys=st.lists(
        st.builds(
            EnrolKey, kind=st.sampled_from([KeyKind.EMAIL, KeyKind.PHONE]), value=st.sampled_from("xyz")
        ),
        max_size=3,
    ).map(tuple),
    values=st.lists(
        st.builds(StatedValue, attribute=st.sampled_from("en"), value=WORDS, rank=st.integers(0, 1)),
        max_size=3,
    ).map(tuple),
    observed_at=st.none() | st.integers(1, 9).map(lambda day: datetime(2025, 1, day, tzinfo=UTC)),
    grant=st.none() | st.builds(EnrolGrant, token=st.sampled_from("st").map(Secret)),
)
CUSTOMERS = st.builds(
    EnrolCustomer,
    external_id=st.sampled_from("abcd"),
    kind=st.sampled_from(PartyKind),
    display_name=st.lists(WORDS, min_size=1, max_size=2).map(" ".join),
    country=st.sampled_from([None, "CH"]),
    links=st.lists(LINKS, max_size=3, unique_by=lambda link: link.connector).map(tuple),
)


@settings(
    max_examples=size(8, 15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=st.lists(CUSTOMERS, max_size=4, unique_by=lambda line: line.external_id))
def test_a_repeated_import_changes_nothing(
    database: Database, clock: Any, run: Run, lines: list[EnrolCustomer]
) -> None:
    async def go() -> None:
        tenant = TenantId(uuid4().hex)
        async with database.unit(tenant) as unit:
            first = await unit.customers.enrol(lines)
            before = await unit.customers.load((await unit.customers.page(first=9)).ids)
        clock.tick(hours=1)
        async with database.unit(tenant) as unit:
            second = await unit.customers.enrol(lines)
            after = await unit.customers.load((await unit.customers.page(first=9)).ids)
        assert first.created == len(lines)
        assert second == EnrolResult(unchanged=len(lines), conflicts=first.conflicts)
        assert after == before

    run(go())


def test_a_thousand_customers_with_four_links_come_in_quickly(database: Database, run: Run) -> None:
    async def go() -> float:
        lines = [
            EnrolCustomer(
                external_id=str(number),
                kind=PartyKind.PERSON,
                display_name=f"Given{number} Family{number % 97}",
                links=tuple(
                    EnrolLink(
                        connector=connector,
                        party_id=str(number),
                        keys=(EnrolKey(kind=KeyKind.EMAIL, value=f"{number}@example.com"),),
                        values=tuple(
                            StatedValue(attribute=attribute, value=f"{attribute} {number}")
                            for attribute in ("email", "family_name", "given_name")
                        ),
                        grant=EnrolGrant(token=Secret(str(number))) if connector == "bank" else None,
                    )
                    for connector in ("bank", "hotel", "loyalty", "rental")
                ),
            )
            for number in range(1000)
        ]
        started = time.process_time()
        async with database.unit(T) as unit:
            assert await unit.customers.enrol(lines) == EnrolResult(created=1000)
        return time.process_time() - started

    seconds = run(go())
    # Of our own processor time, so that a busy machine does not count. A query a customer takes tens.
    assert seconds < 3
