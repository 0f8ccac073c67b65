"""A partner tells of a customer, and what waits for that partner is looked after at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from api.keeping import tell
from api.settings import Settings
from api.wiring import open_store
from c360.access import TenantId
from c360.contract import Change, Checkpoint, Deletion, Outdated, Upsert
from c360.records.rental import RentalBooking, RentalStatus
from store.columns import utc_now
from store.data_actions import ActionDraft
from store.unit import Unit
from tests.store.identity import enrolled, person

T = TenantId("default")
KIND = "rental.bookings"
BOOKING = RentalBooking(booking_id="1", status=RentalStatus.CONFIRMED)


async def _asked(unit: Unit, customer: str, party: str, *, waits: bool) -> str:
    """An action of a party that waits for its partner for hours, or that is just being asked for."""
    now = utc_now()
    draft = ActionDraft(
        customer_id=customer,
        connector="bank",
        kind="rental.cancel_booking",
        party_id=party,
        content=b"{}",
        caller="agent",
        key=f"{party} {waits}",
        fingerprint=b"f",
        purpose="SERVICE",
        valid_until=now + timedelta(days=1),
        due_at=now + timedelta(seconds=30),
    )
    action, _ = await unit.actions.request(draft)
    if waits:
        assert await unit.actions.put_off(action, now + timedelta(hours=4), problem="PARTNER_UNAVAILABLE")
    return action.id


@pytest.mark.parametrize(
    ("changes", "wakes"),
    [
        ((Outdated(kind=KIND, party_id="b1"),), True),
        ((Upsert(kind=KIND, party_id="b1", object_id="1", record=BOOKING),), True),
        ((Deletion(kind=KIND, party_id="b1", object_id="1"),), True),
        ((Outdated(kind=KIND, party_id="b3"), Checkpoint(cursor="c")), False),
    ],
    ids=["outdated", "changed", "deleted", "another"],
)
def test_what_waits_is_due_when_its_partner_tells(
    settings: Settings, changes: Sequence[Change], *, wakes: bool
) -> None:
    async def go() -> tuple[list[str], str]:
        async with open_store(settings) as store:
            async with store.database.unit(T) as unit:
                (anna,) = await enrolled(unit, person("anna", "b1", "b2"))
                waiting = await _asked(unit, anna, "b1", waits=True)
                await _asked(unit, anna, "b1", waits=False)
                await _asked(unit, anna, "b2", waits=True)
                await tell(unit, "bank", changes)
            async with store.database.unit(T) as unit:
                due = await unit.actions.claim("p", utc_now() + timedelta(minutes=1))
                return [each.id for each in due], waiting

    due, waiting = asyncio.run(go())
    assert due == ([waiting] if wakes else [])
