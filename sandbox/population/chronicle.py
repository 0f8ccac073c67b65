"""A life while it is being written: a calendar of intentions, balances, and the events so far.

Routines put intentions on the calendar; they are carried out in the order of time, each seeing
what is in the accounts at that moment, and write the events that follow from them.
"""

from __future__ import annotations

import calendar
import functools
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sandbox.population.holdings import Holdings
from sandbox.population.model import AccountType, BankAccount, Event, EventKind, Member, Presence
from sandbox.population.rates import money
from sandbox.population.temper import Temper

Action = Callable[..., None]

OWED = frozenset({AccountType.CREDIT_CARD, AccountType.MORTGAGE, AccountType.PERSONAL_LOAN})
"""Accounts whose balance is below zero where something is owed."""
CUSTODY_CASH = "custody-cash"
POINTS = "points"
_MARKS = {
    domain: mark
    for mark, domain in zip(
        "abcdef", ("banking", "insurance", "brokerage", "loyalty", "hotel", "rental"), strict=True
    )
}


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month."""

    year: int
    month: int
    days: int
    number: int
    """``year * 12 + month - 1``."""
    end: datetime
    """The last day, late."""

    @classmethod
    @functools.lru_cache(maxsize=600)
    def of(cls, number: int) -> Month:
        """The month with that number."""
        year, month = divmod(number, 12)
        days = calendar.monthrange(year, month + 1)[1]
        return cls(year, month + 1, days, number, datetime(year, month + 1, days, 23, tzinfo=UTC))

    def at(self, day: int, hour: int = 9, minute: int = 0) -> datetime:
        """A moment on a day, at the latest the month's last."""
        return datetime(self.year, self.month, min(day, self.days), hour, minute, tzinfo=UTC)


def month_number(on: date) -> int:
    """The number of the month a day is in."""
    return on.year * 12 + on.month - 1


class Chronicle:
    """A life in the writing.

    Args:
        start: first day of the events.
        now: the moment the life has reached.
    """

    def __init__(
        self,
        member: Member,
        held: Mapping[str, Presence],
        temper: Temper,
        holdings: Holdings,
        *,
        start: date,
        now: datetime,
    ) -> None:
        self.member = member
        self.held = held
        self.temper = temper
        self.holdings = holdings
        self.start = start
        self.now = now
        self.quiet = datetime.combine(member.quiet_since, time(), tzinfo=UTC) if member.quiet_since else None
        self.end = min(now, self.quiet - timedelta(seconds=1)) if self.quiet else now
        self.events: list[Event] = []
        self.cents: dict[str, int] = {}
        """Balance of each bank account and of the custodian's cash."""
        self.units: dict[str, int] = {}
        """Units of each instrument."""
        self.points = 0
        self.ended: dict[str, date] = {}
        """Policies that lapsed, with the day."""
        self.missed: dict[str, int] = {}
        """Premiums missed in a row, by policy."""
        self.month = Month.of(month_number(start))
        self.rng = Random(0)
        self.everyday = holdings.account(AccountType.EVERYDAY)
        self.card = holdings.account(AccountType.CREDIT_CARD)
        self.savings = holdings.account(AccountType.SAVINGS)
        self._since = {
            domain: datetime.combine(presence.since, time(), tzinfo=UTC) for domain, presence in held.items()
        }
        self._calendar: defaultdict[int, list[tuple[datetime, int, Action, tuple[Any, ...]]]] = defaultdict(
            list
        )
        self._entered = 0
        self._deeds: dict[str, int] = {}

    def knows(self, domain: str, at: datetime) -> bool:
        """Whether a partner knows the member at a moment."""
        since = self._since.get(domain)
        return since is not None and since <= at

    def deed(self, tag: str, at: datetime) -> str:
        """An id for something that is done. Does not depend on how far the life is written."""
        stem = f"{self.member.id}{at.year % 100:02d}{at.month:02d}{tag}"
        count = self._deeds.get(stem, 0)
        self._deeds[stem] = count + 1
        return f"{stem}{count}"

    def plan(self, at: datetime, action: Action, *args: Any) -> None:
        """Put an intention on the calendar; ``action`` gets the chronicle, the moment and ``args``."""
        self._entered += 1
        self._calendar[at.year * 12 + at.month - 1].append((at, self._entered, action, args))

    def live(self, month: Month) -> None:
        """Carry out what is on the calendar of a month, in order, up to the end of the life."""
        intentions = self._calendar.pop(month.number, [])
        # An intention may lead to another one later in the same month.
        while intentions:
            intentions.sort(key=_order)
            end = self.end
            for at, _, action, args in intentions:
                if at <= end:
                    action(self, at, *args)
            intentions = self._calendar.pop(month.number, [])

    def enter(
        self,
        deed: str,
        kind: EventKind,
        domain: str,
        at: datetime,
        *,
        cents: int | None = None,
        currency: str = "AUD",
        holding: str | None = None,
        counter: str | None = None,
        text: str = "",
        place: str = "",
        quantity: int | None = None,
        until: datetime | None = None,
        detail: dict[str, str] | None = None,
    ) -> None:
        """Write an event, of which a deed has at most one per partner. Balances are the caller's business."""
        self.events.append(
            Event(
                f"{deed}{_MARKS[domain]}",
                deed,
                kind,
                domain,
                at,
                until,
                None if cents is None else money(cents),
                currency,
                holding,
                counter,
                text,
                None if quantity is None else Decimal(quantity),
                place,
                detail if detail is not None else {},
            )
        )

    def pay(
        self,
        deed: str,
        kind: EventKind,
        at: datetime,
        cents: int,
        text: str,
        *,
        account: BankAccount | None = None,
        **more: Any,
    ) -> None:
        """Take money out of an account (the everyday one) and write that down."""
        source = account or self.everyday
        if source is not None and self.knows("banking", at):
            self.cents[source.id] -= cents
            self.enter(deed, kind, "banking", at, cents=cents, holding=source.id, text=text, **more)

    def receive(self, deed: str, kind: EventKind, at: datetime, cents: int, text: str, **more: Any) -> None:
        """Put money from outside into the everyday account and write that down."""
        if self.everyday is not None and self.knows("banking", at):
            self.cents[self.everyday.id] += cents
            account = self.everyday.id
            holding, counter = (account, None) if kind is EventKind.SALARY else (None, account)
            self.enter(
                deed, kind, "banking", at, cents=cents, text=text, holding=holding, counter=counter, **more
            )

    def move(
        self, deed: str, kind: EventKind, at: datetime, cents: int, text: str, *, source: str, target: str
    ) -> None:
        """Move money between two accounts at the bank and write that down."""
        if self.knows("banking", at):
            self.cents[source] -= cents
            self.cents[target] += cents
            self.enter(deed, kind, "banking", at, cents=cents, holding=source, counter=target, text=text)

    def funds(self) -> int:
        """Cents that can be spent from the everyday account."""
        return self.cents[self.everyday.id] if self.everyday else 0


def _order(intention: tuple[datetime, int, Action, tuple[Any, ...]]) -> tuple[datetime, int]:
    return intention[0], intention[1]
