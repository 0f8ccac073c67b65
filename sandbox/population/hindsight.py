"""A life as it was known on an earlier day, cut from the same life lived longer.

What a model may learn from is what the partners told on a day, and what it is to foretell is what came after.
Both are taken from one life, so that each customer's is written once. The cut life equals the one that is
written up to that day, with the same beginning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType

import msgspec

from sandbox.population import ledger
from sandbox.population.chronicle import CUSTODY_CASH
from sandbox.population.holdings import Holdings
from sandbox.population.model import Event, EventKind, Life
from sandbox.population.routines.cover import LAPSE_AFTER
from sandbox.population.securities import universe

_KEPT = MappingProxyType(
    {
        EventKind.STAY: EventKind.STAY,
        EventKind.STAY_CANCELLED: EventKind.STAY,
        EventKind.NO_SHOW: EventKind.STAY,
        EventKind.RENTAL: EventKind.RENTAL,
        EventKind.RENTAL_CANCELLED: EventKind.RENTAL,
    }
)
"""Bookings, and what each is until something else becomes of it."""


def as_known(life: Life, holdings: Holdings, day: date) -> Life:
    """A life as it was known at noon of a day.

    Args:
        life: the life, lived beyond that day.
        holdings: accounts and policies as they were on that day.
        day: the day; not before the life begins.
    """
    now = datetime.combine(day, time(12), tzinfo=UTC)
    events = tuple(_known(life.events, now))
    later = {account.id for account in life.accounts} - {account.id for account in holdings.accounts}
    openings = {holding: amount for holding, amount in life.openings.items() if holding not in later}
    lapsed = _lapses(events)
    past = replace(
        life,
        accounts=holdings.accounts,
        policies=tuple(
            replace(policy, end=lapsed[policy.id]) if policy.id in lapsed else policy
            for policy in holdings.policies
        ),
        events=events,
        openings=openings,
    )
    units = ledger.all_units(past, day)
    return replace(
        past,
        securities=tuple(
            (listed.quoted(day), units[listed.isin]) for listed in universe() if units.get(listed.isin)
        ),
        custody_cash=ledger.custody_cash(past, day) if CUSTODY_CASH in openings else Decimal("0.00"),
    )


def _known(events: Iterable[Event], now: datetime) -> Iterator[Event]:
    for event in events:
        kept = _KEPT.get(event.kind)
        if kept is not None:
            if datetime.fromisoformat(event.detail["booked_at"]) <= now:
                yield _booking(event, kept, now)
        elif event.at <= now:
            yield _claim(event, now) if event.kind is EventKind.CLAIM else event


def _booking(event: Event, kept: EventKind, now: datetime) -> Event:
    """A booking before it is cancelled, and before anybody misses the guest, is like any other."""
    if event.kind is kept:
        return event
    if event.kind is EventKind.NO_SHOW:
        return event if event.at.replace(hour=23) <= now else msgspec.structs.replace(event, kind=kept)
    if datetime.fromisoformat(event.detail["cancelled_at"]) <= now:
        return event
    detail = {name: value for name, value in event.detail.items() if name != "cancelled_at"}
    return msgspec.structs.replace(event, kind=kept, detail=detail)


def _claim(event: Event, now: datetime) -> Event:
    settled = event.detail.get("settled_on")
    if settled is None or date.fromisoformat(settled) <= now.date():
        return event
    detail = {name: event.detail[name] for name in ("cause", "reported_on")}
    return msgspec.structs.replace(event, detail={**detail, "status": "OPEN"})


def _lapses(events: Iterable[Event]) -> dict[str, date]:
    """Policies that the insurer ended for premiums missed in a row, with the first day without cover."""
    lapsed: dict[str, date] = {}
    missed: Counter[str] = Counter()
    for event in events:
        if event.holding is None or event.domain != "insurance":
            continue
        if event.kind is EventKind.PREMIUM_PAID:
            missed[event.holding] = 0
        elif event.kind is EventKind.PREMIUM_MISSED:
            missed[event.holding] += 1
            if missed[event.holding] >= LAPSE_AFTER:
                lapsed[event.holding] = event.at.date() + timedelta(days=1)
    return lapsed
