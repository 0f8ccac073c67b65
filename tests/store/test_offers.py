from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from store.data_offers import Contact, OfferEventDraft, OfferEventKind, ProductDraft, ProductState
from store.database import Database
from store.errors_identity import CustomerUnknown
from store.errors_offers import ProductUnknown, ResponseKeyReused
from tests.store.identity import MACHINE, STEWARD, Run, T, enrolled, person

SAVINGS = ProductDraft(
    id="savings",
    domain="banking",
    line="DEPOSITS",
    name="Savings account",
    description="Pays interest.",
    valid_from=date(2026, 1, 1),
    content='{"margin":"20"}',
)
CARD = msgspec.structs.replace(SAVINGS, id="card", line="CARDS", name="Card")


def presented(customer_id: str, **changes: Any) -> OfferEventDraft:
    said: dict[str, Any] = {
        "customer_id": customer_id,
        "product_id": "savings",
        "product_version": 1,
        "event": OfferEventKind.PRESENTED,
        "agent": "anna",
        "channel": "BRANCH",
        "doing": "BROWSING",
        "stage": "RANKED",
        "propensity": 0.25,
        "priority": 12.5,
        "parts": '{"P":0.25}',
    }
    return OfferEventDraft(**(said | changes))


def test_a_changed_product_is_a_new_version_and_the_same_again_is_none(
    database: Database, clock: Any, run: Run
) -> None:
    dearer = msgspec.structs.replace(SAVINGS, content='{"margin":"30"}', state=ProductState.RETIRED)

    async def go() -> None:
        async with database.unit(T) as unit:
            first = await unit.products.put([SAVINGS, CARD])
            assert (first.created, first.changed, first.unchanged) == (("savings", "card"), (), ())
        began = clock.now
        clock.tick()
        async with database.unit(T) as unit:
            again = await unit.products.put([SAVINGS])
            assert (again.created, again.changed, again.unchanged) == ((), (), ("savings",))
            assert (await unit.products.put([dearer])).changed == ("savings",)
        async with database.read(T) as unit:
            card, savings = await unit.products.current()
        assert (card.id, card.version, card.since) == ("card", 1, began)
        assert (savings.version, savings.since, savings.state) == (2, clock.now, ProductState.RETIRED)
        assert savings.content == '{"margin":"30"}'
        assert savings.valid_from == date(2026, 1, 1)

    run(go())


def test_an_event_is_kept_once_under_its_key_however_late_it_is_told_again(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (ada,) = await enrolled(unit, person("Ada", "b1"))
            await unit.products.put([SAVINGS])
            first = await unit.offer_responses.record(presented(ada), key="k1")
        clock.tick(days=30)
        async with database.unit(T) as unit:
            assert await unit.offer_responses.record(presented(ada, priority=99.0), key="k1") == first
            other = await unit.offer_responses.record(presented(ada, agent="ben"), key="k1")
            without = await unit.offer_responses.record(presented(ada))
            with pytest.raises(ResponseKeyReused):
                await unit.offer_responses.record(presented(ada, doing="COMPLAINING"), key="k1")
        async with database.read(T) as unit:
            page = await unit.offer_responses.read(limit=2)
            rest = await unit.offer_responses.read(after=page[-1], limit=2)
            assert page[0] == first
            assert {each.id for each in (*page, *rest)} == {first.id, other.id, without.id}
            assert (await unit.offer_responses.contacts([ada], within=timedelta(days=30)))[ada][0] == Contact(
                product_id="savings", event=OfferEventKind.PRESENTED, at=first.at, channel="BRANCH"
            )
            assert len((await unit.offer_responses.contacts([ada], within=timedelta(days=1)))[ada]) == 2

    run(go())


def test_what_is_not_there_cannot_be_answered_for(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (ada,) = await enrolled(unit, person("Ada", "b1"))
            await unit.products.put([SAVINGS])
            with pytest.raises(ProductUnknown):
                await unit.offer_responses.record(presented(ada, product_version=2))
            with pytest.raises(CustomerUnknown):
                await unit.offer_responses.record(presented("nobody"))
            await unit.customers.erase(ada)
            with pytest.raises(CustomerUnknown):
                await unit.offer_responses.record(presented(ada))

    run(go())


def test_responses_go_where_their_customer_goes_and_end_with_them(
    database: Database, clock: Any, run: Run
) -> None:
    async def asked(unit: Any, *ids: str) -> dict[str, int]:
        found = await unit.offer_responses.contacts(ids, within=timedelta(days=999))
        return {customer_id: len(mine) for customer_id, mine in found.items()}

    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea = await enrolled(unit, person("Ada", "b1"), person("Bea", "b2"))
            await unit.products.put([SAVINGS])
            await unit.offer_responses.record(presented(ada), key="a")
            await unit.offer_responses.record(presented(bea), key="b")
        clock.tick()
        async with database.unit(T) as unit:
            merged = await unit.ledger.merge(ada, [bea], MACHINE)
            assert {each.table: each.rows for each in merged.plan.moves}["offer_response"] == 1
            assert await asked(unit, ada, bea) == {ada: 2}
            # An agent who still has the old id tells it of the customer who answers for it.
            assert (await unit.offer_responses.record(presented(bea), key="b")).customer_id == ada
            late = await unit.offer_responses.record(presented(bea, event=OfferEventKind.ACCEPTED))
            undone = await unit.ledger.unmerge(STEWARD, customer_id=bea)
            assert [(each.table, each.key) for each in undone.later_facts] == [("offer_response", late.id)]
            assert await asked(unit, ada, bea) == {ada: 2, bea: 1}
            await unit.customers.erase(bea)
            assert await asked(unit, ada, bea) == {ada: 2}
            assert len(await unit.offer_responses.read()) == 2

    run(go())
