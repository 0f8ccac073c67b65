"""Parties that a feed brings and nobody has find their customer, a human, or themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from api.keeping import keep
from api.matching import ACTOR, Matching
from api.seeding import customer
from api.settings import Settings
from api.wiring import open_store
from c360.access import TenantId
from c360.contract import Change, KeyKind, Upsert
from c360.enrolment import CustomerLine, LinkLine
from c360.kinds import PARTY
from c360.records.party import Identifier, IdentifierKind, Party, PartyKind
from c360.values import CountryCode, PostalAddress
from store.data_identity import EntryKind, PartyRef
from store.unit import Unit

AU = CountryCode("AU")
ADA = Party(
    party_id="1",
    given_name="Ada",
    family_name="Byron",
    birth_date=date(1985, 12, 10),
    emails=("ada.byron@mail.example",),
    phones=("+61412345678",),
    addresses=(PostalAddress(lines=("12 Long Lane",), city="Sydney", postal_code="2000", country=AU),),
)
SAME = msgspec.structs.replace(ADA, party_id="2")
ALIKE = Party(party_id="3", given_name="A", family_name="Byron", birth_date=date(1985, 12, 10))
STRANGER = Party(
    party_id="4",
    given_name="Zoe",
    family_name="Quill",
    birth_date=date(1960, 1, 2),
    emails=("zoe@q.example",),
)
COMPANY = Party(
    party_id="5",
    kind=PartyKind.ORGANIZATION,
    organization_name="Long Lane Pty Ltd",
    identifiers=(Identifier(kind=IdentifierKind.TAX_ID, value="51824753556", country=AU),),
)


def brought(*parties: Party) -> list[Change]:
    return [
        Upsert(kind=PARTY, party_id=each.party_id, object_id=each.party_id, record=each) for each in parties
    ]


@pytest.fixture
def told(settings: Settings) -> Callable[[Callable[[Unit, Matching], Awaitable[Any]]], Any]:
    """Runs something in a unit of a store in which Ada is a customer of the bank."""

    tenant = TenantId(uuid4().hex)

    def tell(work: Callable[[Unit, Matching], Awaitable[Any]]) -> Any:
        async def go() -> Any:
            async with open_store(settings) as store, store.database.unit(tenant) as unit:
                line = CustomerLine(
                    external_id="ada", kind=PartyKind.PERSON, links=(LinkLine(connector="bank", party=ADA),)
                )
                await unit.customers.enrol([customer(line, "AU")])
                return await work(unit, Matching(settings))

        return asyncio.run(go())

    return tell


async def owner(unit: Unit, party_id: str, connector: str = "hotel") -> str | None:
    return (await unit.customers.by_party_refs([(connector, party_id)])).get((connector, party_id))


def test_the_same_person_is_linked_with_the_reasons(told: Any) -> None:
    async def work(unit: Unit, matching: Matching) -> None:
        await keep(unit, "hotel", brought(SAME), region="AU", matching=matching)
        assert await owner(unit, "2") == await owner(unit, "1", "bank")
        (entry,) = (await unit.ledger.deciding([PartyRef("hotel", "2")]))[PartyRef("hotel", "2")]
        assert entry.kind is EntryKind.LINK
        assert entry.decision.actor == ACTOR
        assert entry.decision.probability is not None
        assert entry.decision.probability > 0.99
        assert entry.decision.model_version
        assert "email" in {each.field for each in entry.decision.evidence}
        # Again: nothing happens, and what it says is noted for the customer.
        moved = msgspec.structs.replace(SAME, emails=("new@mail.example",))
        await keep(unit, "hotel", brought(moved), region="AU", matching=matching)
        found = await unit.customers.by_keys([(KeyKind.EMAIL, "new@mail.example")])
        assert found[KeyKind.EMAIL, "new@mail.example"] == (await owner(unit, "2"),)
        assert len((await unit.ledger.entries(await owner(unit, "2") or "")).entries) == 1

    told(work)


def test_a_stranger_becomes_a_customer_who_is_found(told: Any) -> None:
    async def work(unit: Unit, matching: Matching) -> None:
        await keep(unit, "hotel", brought(STRANGER, COMPANY), region="AU", matching=matching)
        new = await owner(unit, "4")
        assert new not in {None, await owner(unit, "1", "bank"), await owner(unit, "5")}
        assert (await unit.customers.search("Quill")).ids == (new,)
        company = await owner(unit, "5")
        assert company is not None
        assert (await unit.customers.load([company]))[company].kind is PartyKind.ORGANIZATION
        assert await unit.reviews.count() == 0

    told(work)


def test_one_in_question_is_a_customer_and_goes_before_a_human(told: Any) -> None:
    async def work(unit: Unit, matching: Matching) -> None:
        await keep(unit, "hotel", brought(ALIKE), region="AU", matching=matching)
        known, new = await owner(unit, "1", "bank"), await owner(unit, "3")
        assert new is not None
        assert new != known
        (review,) = (await unit.reviews.page()).reviews
        assert {review.left_customer, review.right_customer} == {known, new}
        assert review.raised.decision.evidence
        assert review.raised.decision.probability is not None

    told(work)


def test_parties_of_one_delivery_find_each_other(told: Any) -> None:
    async def work(unit: Unit, matching: Matching) -> None:
        twice = msgspec.structs.replace(
            STRANGER, party_id="6", phones=("+61487654321",), emails=("zoe@q.example", "zq@w.example")
        )
        again = msgspec.structs.replace(twice, party_id="7")
        await keep(unit, "hotel", brought(twice), region="AU", matching=matching)
        await keep(unit, "motel", brought(again), region="AU", matching=matching)
        assert await owner(unit, "6") == await owner(unit, "7", "motel")

    told(work)


def test_without_matching_nothing_is_kept_of_a_stranger(told: Any) -> None:
    async def work(unit: Unit, matching: Matching) -> None:
        await keep(unit, "hotel", brought(STRANGER), region="AU")
        assert await owner(unit, "4") is None
        assert (await unit.customers.search("Quill")).ids == ()
        assert await unit.customers.count() == 1

    told(work)
