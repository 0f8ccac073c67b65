"""Grants under way, their renewal and their end, on both databases: once, in time, by one process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from c360.access import TenantId
from c360.values import Secret
from store.data_credentials import DutyKind, FlowDraft, GrantState, NewGrant, RevokedBy
from store.database import Database
from store.repositories.grant_duties import DutyKey
from tests.store.test_vault import customers

T = TenantId("t")
Run = Callable[[Any], Any]
BROWSER, OTHER = Secret("browser"), Secret("other")
MINUTE = timedelta(minutes=1)


def flow(customer: str, at: datetime, state: str = "state") -> FlowDraft:
    return FlowDraft(
        id=f"flow-{state}", customer_id=customer, connector="bank", party_id="0", subject="desk",
        url="https://bank.example/authorize", state=Secret(state), verifier=Secret("verifier"),
        return_to="https://desk.example/", expires_at=at + 10 * MINUTE,
    )  # fmt: skip


def given(number: int, at: datetime, life: timedelta = 60 * MINUTE) -> NewGrant:
    return NewGrant(
        access_token=Secret(f"access-{number}"),
        refresh_token=Secret(f"refresh-{number}"),
        scopes=("read",),
        expires_at=at + life,
    )


def test_a_flow_goes_and_comes_back_once_in_time_by_one_browser(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        async with database.unit(T) as unit:
            assert await unit.grant_flows.begin(flow(one, clock.now))
            assert not await unit.grant_flows.begin(flow("nobody", clock.now, "other"))
            assert await unit.grant_flows.open("nothing", BROWSER) is None
            assert await unit.grant_flows.take(Secret("state"), BROWSER) is None, "it has not set out"
            opened = await unit.grant_flows.open("flow-state", BROWSER)
            assert opened is not None
            assert (opened.url, opened.verifier) == ("https://bank.example/authorize", Secret("verifier"))
            assert await unit.grant_flows.open("flow-state", BROWSER) == opened, "it may load the page again"
            assert await unit.grant_flows.open("flow-state", OTHER) is None
            assert await unit.grant_flows.waiting(Secret("state")) == "flow-state"
            assert await unit.grant_flows.waiting(Secret("other")) is None
            assert await unit.grant_flows.take(Secret("state"), OTHER) is None
            assert await unit.grant_flows.take(Secret("other"), BROWSER) is None
        async with database.unit(T) as unit:
            assert await unit.grant_flows.take(Secret("state"), BROWSER) == opened
        async with database.unit(T) as unit:
            assert await unit.grant_flows.take(Secret("state"), BROWSER) is None
            assert await unit.grant_flows.open("flow-state", BROWSER) is None
            await unit.grant_flows.begin(flow(one, clock.now, "late"))
            await unit.grant_flows.open("flow-late", BROWSER)
        clock.tick(minutes=10)
        async with database.unit(T) as unit:
            assert await unit.grant_flows.open("flow-late", BROWSER) is None
            assert await unit.grant_flows.take(Secret("late"), BROWSER) is None
            assert await unit.grant_flows.purge(clock.now) == 0
            assert await unit.grant_flows.purge(clock.now + MINUTE) == 2

    run(go())


def test_of_many_at_once_one_takes_a_flow(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        async with database.unit(T) as unit:
            await unit.grant_flows.begin(flow(one, clock.now))
            await unit.grant_flows.open("flow-state", BROWSER)

        async def take() -> bool:
            async with database.unit(T) as unit:
                return await unit.grant_flows.take(Secret("state"), BROWSER) is not None

        assert sum(await asyncio.gather(*(take() for _ in range(6)))) == 1

    run(go())


def test_a_grant_is_renewed_by_one_process_before_it_ends(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        which = (one, "bank", "0")
        async with database.unit(T) as unit:
            assert await unit.grants.grant(which, given(1, clock.now), by="desk")
            assert await unit.grant_duties.due() == []
            (seen,) = (await unit.grants.of([one]))[one]
        assert (seen.state, seen.renewable, seen.granted_by) == (GrantState.ACTIVE, True, "desk")
        clock.tick(minutes=50)

        async def claim() -> Any:
            async with database.unit(T) as unit:
                return await unit.grant_duties.claim(DutyKey(*which), MINUTE)

        async with database.unit(T) as unit:
            assert await unit.grant_duties.due() == [which]
        (duty,) = [one for one in await asyncio.gather(*(claim() for _ in range(5))) if one is not None]
        assert (duty.kind, duty.token, duty.is_refresh) == (DutyKind.RENEW, Secret("refresh-1"), True)
        async with database.unit(T) as unit:
            assert await unit.grant_duties.due() == [], "it is claimed"
        clock.tick(minutes=2)
        async with database.unit(T) as unit:
            assert await unit.grant_duties.due() == [which], "who claimed it has died"
            assert await unit.grant_duties.renewed(duty, given(2, clock.now))
            assert await unit.grant_duties.due() == []
            assert await unit.grants.tokens([which]) == {which: Secret("access-2")}
        clock.tick(minutes=60)
        async with database.unit(T) as unit:
            assert await unit.grants.tokens([which]) == {which: None}
            (seen,) = (await unit.grants.of([one]))[one]
            assert seen.state is GrantState.EXPIRED
            again = await unit.grant_duties.claim(DutyKey(*which), MINUTE)
            assert again is not None
            assert again.token == Secret("refresh-2")
            await unit.grant_duties.later(DutyKey(*which), clock.now + 5 * MINUTE)
            assert await unit.grant_duties.due() == []

    run(go())


def test_what_the_partner_refused_is_renewed_at_once_or_over(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        which = (one, "bank", "0")
        async with database.unit(T) as unit:
            await unit.grants.grant(which, given(1, clock.now), by="desk")
            assert not await unit.grants.refused(which, Secret("access-0")), "another one counts by now"
            assert await unit.grants.refused(which, Secret("access-1"))
            assert await unit.grants.tokens([which]) == {which: None}
        async with database.unit(T) as unit:
            duty = await unit.grant_duties.claim(DutyKey(*which), MINUTE)
            assert duty is not None
            await unit.grant_duties.ended(duty)
        async with database.unit(T) as unit:
            (seen,) = (await unit.grants.of([one]))[one]
            assert (seen.state, seen.revoked_by) == (GrantState.REVOKED, RevokedBy.PARTNER)
            assert await unit.grant_duties.due() == []
            once = NewGrant(access_token=Secret("only"))
            await unit.grants.grant(which, once, by="desk")
            assert await unit.grants.tokens([which]) == {which: Secret("only")}
            assert await unit.grants.refused(which, Secret("only"))
        async with database.unit(T) as unit:
            (seen,) = (await unit.grants.of([one]))[one]
            assert seen.revoked_by is RevokedBy.PARTNER

    run(go())


@pytest.mark.parametrize("refresh", [True, False])
def test_the_partner_is_told_of_what_the_customer_took_back(
    database: Database, clock: Any, run: Run, refresh: bool
) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        which = (one, "bank", "0")
        granted = given(1, clock.now) if refresh else NewGrant(access_token=Secret("access-1"))
        async with database.unit(T) as unit:
            await unit.grants.grant(which, granted, by="desk")
            late = None
            if refresh:
                clock.tick(minutes=55)
                late = await unit.grant_duties.claim(DutyKey(*which), MINUTE)
            assert await unit.grants.revoke(one, "bank")
        async with database.unit(T) as unit:
            if late is not None:
                assert not await unit.grant_duties.renewed(late, given(2, clock.now)), "it was taken back"
            duty = await unit.grant_duties.claim(DutyKey(*which), MINUTE)
            assert duty is not None
            assert (duty.kind, duty.is_refresh) == (DutyKind.REVOKE, refresh)
            assert duty.token == Secret("refresh-1" if refresh else "access-1")
            await unit.grant_duties.done(DutyKey(*which))
            assert await unit.grant_duties.due() == []
            (seen,) = (await unit.grants.of([one]))[one]
            assert (seen.state, seen.revoked_by) == (GrantState.REVOKED, RevokedBy.CUSTOMER)

    run(go())


def test_an_erased_customer_leaves_no_grant(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        (one,) = await customers(database)
        async with database.unit(T) as unit:
            await unit.grants.grant((one, "bank", "0"), given(1, clock.now), by="desk")
            await unit.grant_flows.begin(flow(one, clock.now))
        async with database.unit(T) as unit:
            await unit.customers.erase(one)
        clock.tick(minutes=55)
        async with database.unit(T) as unit:
            assert await unit.grants.of([one]) == {}
            assert await unit.grant_duties.due() == []
            assert await unit.grant_flows.open("flow-state", BROWSER) is None
            assert not await unit.grants.grant((one, "bank", "0"), given(2, clock.now), by="desk")

    run(go())
