"""What becomes of a customer in the year after a day: what is taken, given up and not paid.

It is the truth of the sandbox's lives, most of which no partner's API tells. Defaults are made up, as the
lives are: whoever runs out of money, by losing work or spending too much, misses instalments and payments of
the card, or stays overdrawn. What leads there can be seen before: a thin cushion, overdrafts, late payments.
Nothing is drawn from a formula that a model could find again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import msgspec

from sandbox.population import ledger
from sandbox.population.chronicle import OWED
from sandbox.population.model import AccountType, BankAccount, EventKind, Life, Line, Member, Presence

YEAR = timedelta(days=365)
MISSED = 3
"""Monthly payments missed in a row, after which a loan or card is in default: it is 90 days past due."""
OVERDRAWN = timedelta(days=90)
"""For how long an account without a limit may be below zero before that is a default."""

PRODUCTS = (
    "everyday",
    "savings",
    "term_deposit",
    "credit_card",
    "personal_loan",
    "mortgage",
    "motor",
    "home",
    "life",
    "pension",
    "custody",
    "membership",
    "hotel",
    "rental",
)
"""What can be held. Of the last four, being known to the partner counts."""

_LINES: Mapping[Line, str] = {
    Line.AUTO: "motor",
    Line.HOUSING: "home",
    Line.LIFE: "life",
    Line.PENSION: "pension",
}
_RELATIONS: Mapping[str, str] = {
    "brokerage": "custody",
    "loyalty": "membership",
    "hotel": "hotel",
    "rental": "rental",
}
_LOANS = frozenset({AccountType.MORTGAGE, AccountType.PERSONAL_LOAN})


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one customer in the year after a day."""

    held: Mapping[str, int]
    """Contracts in force on the day, by product."""
    taken: Mapping[str, int]
    """Contracts begun in the year."""
    ended: Mapping[str, int]
    """Of those held on the day, how many ended in the year: cancelled, lapsed, paid back."""
    in_default: bool
    """Whether the customer was in default on the day already."""
    defaulted: bool | None
    """Whether a default began in the year; none for who banks nowhere or was in default already."""
    departed: bool
    """Whether the customer stopped doing anything in the year, which nobody is told."""


def outcome_of(member: Member, held: Mapping[str, Presence], life: Life, day: date) -> Outcome:
    """What became of a customer in the year after a day.

    Args:
        member: the customer.
        held: the customer at each partner that ever knew them.
        life: the life as it is known a year later.
        day: the day.
    """
    until = day + YEAR
    contracts = [*_accounts(life, day, until), *_policies(life), *_relations(held)]
    counts: dict[str, dict[str, int]] = {
        "held": dict.fromkeys(PRODUCTS, 0),
        "taken": dict.fromkeys(PRODUCTS, 0),
        "ended": dict.fromkeys(PRODUCTS, 0),
    }
    for product, begun, over in contracts:
        if begun <= day < over:
            counts["held"][product] += 1
            counts["ended"][product] += over <= until
        elif day < begun <= until:
            counts["taken"][product] += 1
    defaults = list(_defaults(life, until))
    in_default = any(begun <= day < over for begun, over in defaults)
    return Outcome(
        **counts,
        in_default=in_default,
        defaulted=(
            None
            if in_default or not counts["held"]["everyday"]
            else any(day < begun <= until for begun, _ in defaults)
        ),
        departed=member.quiet_since is not None and day < member.quiet_since <= until,
    )


Contract = tuple[str, date, date]
"""A product, its first day, and the first day without it."""


def _accounts(life: Life, day: date, until: date) -> Iterator[Contract]:
    """Accounts stay open; a loan is over once it is paid back."""
    for account in life.accounts:
        over = date.max
        if account.type in _LOANS:
            if account.opened <= day and ledger.balance(life, account, day) >= 0:
                over = day
            elif ledger.balance(life, account, until) >= 0:
                over = until
        yield account.type.value.lower(), account.opened, over


def _policies(life: Life) -> Iterator[Contract]:
    """Policies; those of a year go on until they are cancelled or lapse."""
    for policy in life.policies:
        yield _LINES[policy.line], policy.start, policy.end


def _relations(held: Mapping[str, Presence]) -> Iterator[Contract]:
    for domain, product in _RELATIONS.items():
        if domain in held:
            yield product, held[domain].since, date.max


def _defaults(life: Life, until: date) -> Iterator[tuple[date, date]]:
    """Times in default: the first day of each, and the first day after it."""
    for account in life.accounts:
        if account.type in OWED:
            yield from _arrears(life, account)
        elif account.type is AccountType.EVERYDAY:
            yield from _overdrafts(life, account, until)


def _arrears(life: Life, account: BankAccount) -> Iterator[tuple[date, date]]:
    """A payment that cannot be made costs a fee on the loan or card; one that is made ends the row."""
    missed = 0
    begun: date | None = None
    for event in life.at("banking"):
        if event.kind is EventKind.FEE and event.holding == account.id:
            missed += 1
            if missed == MISSED:
                begun = event.at.date()
        elif event.counter_holding == account.id and event.kind in {
            EventKind.LOAN_INSTALMENT,
            EventKind.CARD_PAYMENT,
        }:
            if begun is not None:
                yield begun, event.at.date()
            missed, begun = 0, None
    if begun is not None:
        yield begun, date.max


def _overdrafts(life: Life, account: BankAccount, until: date) -> Iterator[tuple[date, date]]:
    below: date | None = None
    for movement in ledger.movements(life, account):
        on = movement.event.at.date()
        if movement.balance < 0:
            below = below or on
        elif below is not None:
            if on - below > OVERDRAWN:
                yield below + OVERDRAWN, on
            below = None
    if below is not None and until - below > OVERDRAWN:
        yield below + OVERDRAWN, date.max
