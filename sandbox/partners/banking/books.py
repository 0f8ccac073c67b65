"""The bank's books: a customer's accounts as they stand now, from the customer's life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from sandbox.population import ledger
from sandbox.population.model import AccountType, BankAccount, Event, EventKind, Life

POSTING_DELAY = timedelta(hours=36)
"""A card purchase is pending for so long, and posted then."""

LENDING = frozenset({AccountType.CREDIT_CARD, AccountType.MORTGAGE, AccountType.PERSONAL_LOAN})
LOANS = frozenset({AccountType.MORTGAGE, AccountType.PERSONAL_LOAN})
SPENDABLE = frozenset({AccountType.EVERYDAY, AccountType.SAVINGS})

_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of an account: money in is positive."""

    account: BankAccount
    event: Event
    amount: Decimal
    posted_at: datetime | None
    """``None`` while it is pending."""

    @property
    def effective_at(self) -> datetime:
        """When it counts, by the standard: once posted then, before that when it was ordered."""
        return self.posted_at or self.event.at


class Books:
    """What the bank knows about one customer at one moment."""

    def __init__(self, life: Life, now: datetime) -> None:
        self.now = now
        self._life = life
        self._entries: dict[str, list[Entry]] = {}

    @property
    def today(self) -> date:
        """The bank's day."""
        return self.now.date()

    @cached_property
    def accounts(self) -> tuple[BankAccount, ...]:
        """Accounts opened by now, closed ones among them."""
        return tuple(account for account in self._life.accounts if account.opened <= self.today)

    def account(self, account_id: str) -> BankAccount | None:
        """The account of that id, if it is this customer's."""
        return next((account for account in self.accounts if account.id == account_id), None)

    def is_open(self, account: BankAccount) -> bool:
        """Whether the account is open now."""
        return account.closed is None or account.closed > self.today

    def entries(self, account: BankAccount) -> list[Entry]:
        """Everything on the account up to now, the latest first."""
        if account.id not in self._entries:
            found = [
                Entry(account, movement.event, movement.amount, self._posted_at(movement.event))
                for movement in self._movements[account.id]
            ]
            found.sort(key=lambda entry: (entry.effective_at, entry.event.id), reverse=True)
            self._entries[account.id] = found
        return self._entries[account.id]

    def current(self, account: BankAccount) -> Decimal:
        """The balance of what is posted; negative where money is owed."""
        pending = sum((entry.amount for entry in self.entries(account) if entry.posted_at is None), _ZERO)
        return self._booked(account) - pending

    def available(self, account: BankAccount) -> Decimal:
        """What can be spent now: pending purchases are gone, a limit is there to be used."""
        if account.type in SPENDABLE or account.type is AccountType.CREDIT_CARD:
            return max(self._booked(account) + (account.limit or _ZERO), _ZERO)
        return _ZERO

    def last(self, account: BankAccount, kind: EventKind) -> Entry | None:
        """The latest entry of a kind."""
        return next((entry for entry in self.entries(account) if entry.event.kind is kind), None)

    def _booked(self, account: BankAccount) -> Decimal:
        """The balance with what is pending."""
        movements = self._movements[account.id]
        return movements[-1].balance if movements else self._life.openings.get(account.id, _ZERO)

    @cached_property
    def _movements(self) -> dict[str, list[ledger.Movement]]:
        found = ledger.all_movements(self._life, self.accounts)
        return {key: [each for each in some if each.event.at <= self.now] for key, some in found.items()}

    def _posted_at(self, event: Event) -> datetime | None:
        at = event.at + POSTING_DELAY if event.kind is EventKind.CARD_PURCHASE else event.at
        return at if at <= self.now else None
