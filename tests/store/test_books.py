"""Books of business, and what a unit of work shows to those who have one: on both databases."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.access import Reach, TenantId
from c360.records.party import PartyKind
from store.data import EnrolCustomer, EnrolLink
from store.data_access import BookChange, EmergencyVerdict, VerificationMethod
from store.data_identity import CustomerDraft, LinkDecision, PartyRef
from store.database import Database
from store.errors_access import AlreadyReviewed, FourEyes
from store.errors_identity import CustomerUnknown
from store.sight import Sight
from store.unit import Unit
from tests.fixtures.sizes import size

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")
STEWARD = LinkDecision(actor="steward", rule="STEWARD")
HOUR = timedelta(hours=1)


def book_of(agent: str) -> Sight:
    return Sight(reach=Reach.BOOK, subject=agent)


async def people(database: Database, count: int, tenant: TenantId = T) -> list[str]:
    refs = [("bank", f"p{number}") for number in range(count)]
    async with database.unit(tenant) as unit:
        await unit.customers.enrol(
            [
                EnrolCustomer(
                    external_id=party,
                    kind=PartyKind.PERSON,
                    display_name=f"Person {party}",
                    links=(
                        EnrolLink(connector=at, party_id=party),
                        EnrolLink(connector="inn", party_id=party),
                    ),
                )
                for at, party in refs
            ]
        )
        found = await unit.customers.by_party_refs(refs)
    return [found[ref] for ref in refs]


async def seen(database: Database, sight: Sight, tenant: TenantId = T) -> set[str]:
    """Who is listed; counted and loaded are the same."""
    async with database.read(tenant, sight) as unit:
        page = await unit.customers.page(first=100)
        assert await unit.customers.count() == len(page.ids)
        assert set(await unit.customers.load(page.ids)) == set(page.ids)
        assert await unit.customers.in_sight(page.ids) == set(page.ids)
    return set(page.ids)


def test_an_agent_sees_the_own_book_in_the_own_tenant(database: Database, run: Run) -> None:
    async def go() -> None:
        mine, other = await people(database, 4), await people(database, 4, TenantId("u"))
        async with database.unit(T) as unit:
            assert (await unit.books.assign("x", mine[:2], by="chief")).assigned == 2
            assert (await unit.books.assign("x", mine[:3], by="chief")).assigned == 1
            assert (await unit.books.assign("y", mine[2:], by="chief")).assigned == 2
        assert await seen(database, book_of("x")) == set(mine[:3])
        assert await seen(database, book_of("y")) == set(mine[2:])
        assert await seen(database, book_of("z")) == set()
        assert await seen(database, book_of("x"), TenantId("u")) == set()
        async with database.unit(T) as unit:
            with pytest.raises(CustomerUnknown):
                await unit.books.assign("x", [other[0]], by="chief")
        async with database.unit(T) as unit:
            assert (await unit.books.unassign("x", mine[:1], by="chief")).ended == 1
            assert await unit.books.replace("y", mine[:1], by="chief") == BookChange(assigned=1, ended=2)
            assert {one.agent for one in (await unit.books.of(mine))[mine[0]]} == {"y"}
        assert await seen(database, book_of("x")) == set(mine[1:3])
        assert await seen(database, book_of("y")) == {mine[0]}

    run(go())


def test_a_partner_and_a_customer_see_what_is_theirs(database: Database, run: Run) -> None:
    async def go() -> None:
        mine = await people(database, 3)
        async with database.unit(T) as unit:
            merged = await unit.ledger.merge(mine[0], [mine[1]], STEWARD)
            assert merged.entry is not None
        old = Sight(reach=Reach.SELF, customer_id=mine[1])
        assert await seen(database, old) == {mine[0]}, "an old id is the survivor"
        assert await seen(database, Sight(reach=Reach.SELF, customer_id=mine[2])) == {mine[2]}
        assert await seen(database, Sight(reach=Reach.NOBODY)) == set()
        partner = Sight(reach=Reach.PARTNER, connectors=frozenset({"inn"}))
        async with database.read(T, partner) as unit:
            (customer,) = (await unit.customers.load([mine[2]])).values()
            assert [link.connector for link in customer.links] == ["inn"]
            assert not await unit.customers.by_party_refs([("bank", "p2")])
            assert await unit.customers.by_party_refs([("inn", "p2")])

    run(go())


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["assign", "unassign", "merge", "unmerge", "split"]),
        st.sampled_from(["x", "y"]),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    max_size=12,
)


class Model:
    """Who answers for whom, and on whom each book's entries hang."""

    def __init__(self, database: Database, tenant: TenantId, mine: list[str]) -> None:
        self.database, self.tenant, self.mine = database, tenant, mine
        self.answers = {each: each for each in mine}
        self.books: dict[str, set[str]] = {"x": set(), "y": set()}

    async def step(self, kind: str, agent: str, one: int, other: int) -> None:
        async with self.database.unit(self.tenant) as unit:
            await getattr(self, kind)(unit, agent, self.mine[one], self.mine[other])

    async def assign(self, unit: Unit, agent: str, one: str, _other: str) -> None:
        await unit.books.assign(agent, [one], by="chief")
        if self.answers[one] not in self.shown(agent):
            self.books[agent].add(self.answers[one])

    async def unassign(self, unit: Unit, agent: str, one: str, _other: str) -> None:
        await unit.books.unassign(agent, [one], by="chief")
        self.books[agent] -= {home for home in self.books[agent] if self.answers[home] == self.answers[one]}

    async def merge(self, unit: Unit, _agent: str, one: str, other: str) -> None:
        first, second = self.answers[one], self.answers[other]
        if first != second:
            await unit.ledger.merge(first, [second], STEWARD, overrule=True)
            self.answers = {each: first if now == second else now for each, now in self.answers.items()}

    async def unmerge(self, unit: Unit, _agent: str, one: str, _other: str) -> None:
        if self.answers[one] != one:
            await unit.ledger.unmerge(STEWARD, customer_id=one)
            self.answers = await unit.customers.resolve(self.mine)

    async def split(self, unit: Unit, _agent: str, one: str, _other: str) -> None:
        inn, bank = ("inn", f"p{self.mine.index(one)}"), ("bank", f"p{self.mine.index(one)}")
        held = await unit.customers.by_party_refs([inn, bank])
        if held[inn] == held[bank]:
            draft = CustomerDraft(display_name="New", kind=PartyKind.PERSON)
            await unit.ledger.split(held[inn], [PartyRef(*inn)], draft, STEWARD)

    def shown(self, agent: str) -> set[str]:
        return {self.answers[home] for home in self.books[agent]}


@settings(
    max_examples=size(6, 12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_books_follow_merges_and_come_back_with_them(
    database: Database, run: Run, steps: list[tuple[str, str, int, int]]
) -> None:
    """An entry hangs on whom it was made for, and whoever answers for them is in the book."""

    async def go() -> None:
        tenant = TenantId(uuid.uuid4().hex)
        model = Model(database, tenant, await people(database, 6, tenant))
        for step in steps:
            await model.step(*step)
        for agent in model.books:
            assert await seen(database, book_of(agent), tenant) == model.shown(agent)

    run(go())


def test_an_emergency_shows_one_customer_until_it_ends(database: Database, run: Run, clock: Any) -> None:
    async def go() -> None:
        mine = await people(database, 2)
        async with database.unit(T) as unit:
            opened = await unit.emergencies.open(mine[0], reason="fire", ticket="1", by="x", lasting=HOUR)
        assert await seen(database, book_of("x")) == {mine[0]}
        assert await seen(database, book_of("y")) == set()
        async with database.unit(T) as unit:
            with pytest.raises(FourEyes):
                await unit.emergencies.review(opened.id, EmergencyVerdict.JUSTIFIED, note=None, by="x")
            done = await unit.emergencies.review(opened.id, EmergencyVerdict.JUSTIFIED, note="ok", by="y")
            assert (done.content and done.content.reason, done.content and done.content.note) == (
                "fire",
                "ok",
            )
            with pytest.raises(AlreadyReviewed):
                await unit.emergencies.review(opened.id, EmergencyVerdict.UNJUSTIFIED, note=None, by="y")
        clock.tick(hours=1)
        assert await seen(database, book_of("x")) == set()
        async with database.unit(T) as unit:
            await unit.customers.erase(mine[0])
            assert not await unit.emergencies.get([opened.id]), "what was typed of a person goes with them"

    run(go())


def test_a_verification_does_not_pass_to_whom_a_merge_makes(database: Database, run: Run, clock: Any) -> None:
    async def go() -> None:
        mine = await people(database, 3)
        async with database.unit(T) as unit:
            for each in mine[:2]:
                await unit.verifications.open(each, VerificationMethod.CALL_BACK, by="x", lasting=HOUR)
            assert set(await unit.verifications.verified("x", mine)) == set(mine[:2])
            assert not await unit.verifications.verified("y", mine)
            merge = await unit.ledger.merge(mine[2], [mine[0]], STEWARD)
            assert set(await unit.verifications.verified("x", mine)) == {mine[1]}
            assert merge.entry is not None
            await unit.ledger.unmerge(STEWARD, entry_id=merge.entry.id)
            assert set(await unit.verifications.verified("x", mine)) == set(mine[:2])
            clock.tick(hours=1)
            assert not await unit.verifications.verified("x", mine)

    run(go())
