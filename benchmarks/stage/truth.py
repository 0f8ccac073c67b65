"""What the partners have to say of a member, reckoned from the population alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sandbox.population import Population, ledger
from sandbox.population.model import BankAccount, Event, EventKind, Life

PENDING = timedelta(hours=36)
"""How long the bank takes to post a card purchase."""
SCANNED = timedelta(days=1095)
"""How far back the worker looks for rentals, unless it is told otherwise."""
_NOTHING = Decimal(0)


def noon(truth: Population) -> datetime:
    """The moment at which the partners' clocks stand."""
    return datetime.combine(truth.today, time(12), tzinfo=UTC)


def rentals(life: Life) -> list[Event]:
    """Every rental, also those that were cancelled."""
    kinds = {EventKind.RENTAL, EventKind.RENTAL_CANCELLED}
    return [event for event in life.at("rental") if event.kind in kinds]


def indexed_rentals(truth: Population, life: Life) -> list[Event]:
    """The rentals that the worker's first scan finds."""
    return [event for event in rentals(life) if (event.until or event.at).date() >= truth.today - SCANNED]


def reservations(truth: Population, life: Life) -> list[Event]:
    """Stays that were booked by now, also those that were cancelled."""
    now = noon(truth)
    return [event for event in life.at("hotel") if datetime.fromisoformat(event.detail["booked_at"]) <= now]


def posted(truth: Population, life: Life, account: BankAccount) -> Decimal:
    """The balance of what the bank has posted by now; negative where money is owed."""
    now = noon(truth)
    booked = (
        ledger.signed(event, account)
        for event in life.at("banking")
        if event.at + (PENDING if event.kind is EventKind.CARD_PURCHASE else timedelta(0)) <= now
    )
    return life.openings.get(account.id, _NOTHING) + sum(booked, _NOTHING)


def within(events: Iterable[Event], first: date, last: date) -> list[Event]:
    """The events that begin on one of these days."""
    return [event for event in events if first <= event.at.date() <= last]
