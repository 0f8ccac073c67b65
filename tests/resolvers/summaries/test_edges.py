"""What the sandbox's partners never tell: refunds, limits, foreign purses, reversed payments, damages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from c360.records.banking import (
    Account,
    AccountKind,
    AccountStatus,
    AccountTerms,
    Balance,
    BankTransaction,
    BankTransactionKind,
    CardTerms,
    LoanTerms,
    TransactionStatus,
)
from c360.records.base import Record
from c360.records.brokerage import InstrumentKind, Position, QuantityKind, TradeKind, TradeTransaction
from c360.records.hotel import Stay, StayStatus
from c360.records.insurance import (
    Claim,
    ClaimStatus,
    Coverage,
    Policy,
    PolicyLine,
    Premium,
    PremiumMovement,
    PremiumPayment,
)
from c360.records.loyalty import Membership
from c360.records.rental import ChargeCategory, RentalBooking, RentalCharge, RentalStatus
from c360.values import CurrencyCode, Money, Percentage
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.reckoning import reckon

TODAY = date(2026, 3, 17)
_KINDS: dict[type[Record], str] = {
    Account: "banking.accounts",
    Balance: "banking.balances",
    AccountTerms: "banking.account_terms",
    BankTransaction: "banking.transactions",
    Policy: "insurance.policies",
    Premium: "insurance.premiums",
    Claim: "insurance.claims",
    Position: "brokerage.positions",
    TradeTransaction: "brokerage.transactions",
    Stay: "hotel.stays",
    RentalBooking: "rental.bookings",
    RentalCharge: "rental.charges",
    Membership: "loyalty.memberships",
}

Seen = dict[tuple[Line, Measure], dict[str | None, float]]


def figures(*records: Record, also: Sequence[type[Record]] = ()) -> Seen:
    """What is made of records; of kinds in ``also`` there are none."""
    kinds: dict[str, list[Record]] = {_KINDS[kind]: [] for kind in also}
    for each in records:
        kinds.setdefault(_KINDS[type(each)], []).append(each)
    found: Seen = {}
    for figure in reckon(kinds, TODAY):
        mine = found.setdefault((figure.line, figure.measure), {})
        assert figure.currency not in mine
        mine[figure.currency] = figure.value
    return found


def money(amount: str, currency: str = "AUD") -> Money:
    return Money(amount=Decimal(amount), currency=CurrencyCode(currency))


def ago(days: int, hour: int = 9) -> datetime:
    return datetime(TODAY.year, TODAY.month, TODAY.day, hour, tzinfo=UTC) - timedelta(days)


def account(key: str = "a", kind: AccountKind = AccountKind.TRANSACTION, **more: Any) -> Account:
    named = {"display_name": "n", "masked_number": "x", "product_name": "p"}
    return Account(account_id=key, kind=kind, **{**named, **more})


def balance(key: str, amount: str, **more: Any) -> Balance:
    return Balance(account_id=key, current=money(amount), **more)


def moved(key: str, amount: str, days: int, **more: Any) -> BankTransaction:
    given: dict[str, Any] = {
        "kind": BankTransactionKind.PAYMENT,
        "status": TransactionStatus.POSTED,
        "description": "d",
        "posted_at": ago(days),
    }
    return BankTransaction(account_id=key, amount=money(amount), **(given | more))


@pytest.mark.parametrize(
    ("kind", "more", "spent"),
    [
        (AccountKind.CREDIT_CARD, {}, 10),
        (AccountKind.CREDIT_CARD, {"kind": BankTransactionKind.DIRECT_DEBIT}, 10),
        (AccountKind.CREDIT_CARD, {"kind": BankTransactionKind.OTHER}, 0),
        (AccountKind.CREDIT_CARD, {"kind": BankTransactionKind.OTHER, "merchant_name": "m"}, 10),
        (AccountKind.CREDIT_CARD, {"kind": BankTransactionKind.FEE, "merchant_name": "m"}, 0),
        (AccountKind.CREDIT_CARD, {"kind": BankTransactionKind.INTEREST_CHARGED}, 0),
        (AccountKind.CREDIT_CARD, {"kind": BankTransactionKind.TRANSFER_OUTGOING}, 0),
        (AccountKind.CREDIT_CARD, {"merchant_category_code": "6011"}, 0),
        (AccountKind.CREDIT_CARD, {"status": TransactionStatus.PENDING, "posted_at": None}, 0),
        (AccountKind.TRANSACTION, {}, 0),
        (AccountKind.TRANSACTION, {"merchant_name": "m"}, 10),
        (AccountKind.TRANSACTION, {"merchant_category_code": "5411"}, 10),
        (AccountKind.TRANSACTION, {"kind": BankTransactionKind.DIRECT_DEBIT}, 0),
        (AccountKind.TRANSACTION, {"kind": BankTransactionKind.TRANSFER_OUTGOING}, 0),
        (AccountKind.MORTGAGE, {"merchant_name": "m"}, None),
    ],
)
def test_what_a_purchase_is(kind: AccountKind, more: dict[str, Any], spent: float | None) -> None:
    found = figures(account(kind=kind), moved("a", "-10", 3, **more))
    told = found.get((Line.CARDS, Measure.SPENT))
    assert (None if told is None else sum(told.values())) == spent
    if spent is not None:
        assert found[Line.CARDS, Measure.PURCHASE_DAYS][None] == bool(spent)


def test_what_a_shop_gives_back_was_not_spent() -> None:
    card = account(kind=AccountKind.CREDIT_CARD)
    back = moved("a", "4", 1, merchant_name="m")
    found = figures(card, moved("a", "-10", 400, merchant_name="m"), back)
    assert found[Line.CARDS, Measure.SPENT] == {"AUD": 6}
    assert found[Line.CARDS, Measure.SPENT_12M] == {"AUD": 0}
    assert found[Line.CARDS, Measure.PURCHASE_DAYS] == {None: 1}
    # Money from a payment of the card itself is no refund.
    assert figures(card, moved("a", "4", 1))[Line.CARDS, Measure.SPENT] == {None: 0}


def test_only_what_is_owned_and_open_counts() -> None:
    found = figures(
        account("joint"),
        account("mother", owned=False),
        account("old", status=AccountStatus.CLOSED, opened_on=date(2001, 1, 1)),
        account("trust", AccountKind.TRUST_ACCOUNT),
        account("travel", AccountKind.TRAVEL_CARD),
        balance("joint", "100"),
        balance("mother", "1000"),
        balance("old", "7"),
        balance("trust", "100000"),
        balance("travel", "20", purses=(money("30", "EUR"), money("0", "JPY"))),
    )
    assert found[Line.DEPOSITS, Measure.BALANCE] == {"AUD": 120, "EUR": 30}
    assert found[Line.DEPOSITS, Measure.CONTRACTS] == {None: 1}
    assert found[Line.DEPOSITS, Measure.FIRST_ON] == {None: date(2001, 1, 1).toordinal()}
    assert not any(line is Line.LENDING for line, _ in found)


def test_limits_that_can_be_drawn_again_are_credit() -> None:
    found = figures(
        account("a"),
        account("card", AccountKind.CREDIT_CARD),
        account("home", AccountKind.MORTGAGE, opened_on=date(2020, 5, 1)),
        balance("a", "-50", credit_limit=money("500")),
        balance("card", "30", credit_limit=money("2000")),
        balance("home", "-90000", credit_limit=money("100000")),
    )
    assert found[Line.LENDING, Measure.CREDIT_LIMIT] == {"AUD": 2500}
    assert found[Line.LENDING, Measure.CREDIT_USED] == {"AUD": 50}
    assert found[Line.LENDING, Measure.BALANCE] == {"AUD": 90050}
    assert found[Line.LENDING, Measure.CONTRACTS] == {None: 1}
    assert found[Line.LENDING, Measure.FIRST_ON] == {None: date(2020, 5, 1).toordinal()}
    assert found[Line.DEPOSITS, Measure.BALANCE] == {"AUD": 30}


def test_interest_is_weighed_by_balance_and_arrears_are_dates_in_the_past() -> None:
    due = TODAY - timedelta(12)
    card = CardTerms(minimum_payment=money("25"), payment_due=money("100"), due_on=due)
    loan = LoanTerms(next_instalment_on=TODAY + timedelta(3))
    found = figures(
        account("a"),
        account("card", AccountKind.CREDIT_CARD),
        account("loan", AccountKind.LOAN),
        balance("a", "100"),
        balance("card", "-100"),
        balance("loan", "-300"),
        AccountTerms(account_id="a", deposit_rate=Percentage(Decimal(2))),
        AccountTerms(account_id="card", lending_rate=Percentage(Decimal(20)), card=card),
        AccountTerms(account_id="loan", lending_rate=Percentage(Decimal(8)), loan=loan),
    )
    assert found[Line.DEPOSITS, Measure.INTEREST_RATE] == {None: pytest.approx(0.02)}
    assert found[Line.LENDING, Measure.INTEREST_RATE] == {None: pytest.approx(0.11)}
    assert found[Line.LENDING, Measure.ARREARS_DAYS] == {None: 12}
    nothing = figures(account("a"), balance("a", "1"), AccountTerms(account_id="a"))
    assert (Line.DEPOSITS, Measure.INTEREST_RATE) not in nothing
    assert (Line.LENDING, Measure.ARREARS_DAYS) not in nothing


def test_an_account_with_a_limit_is_not_overdrawn() -> None:
    moves = [moved("a", "-30", 10), moved("a", "25", 6)]
    for limit, days in ((None, 11), (money("0"), 11), (money("500"), 0)):
        found = figures(account("a"), balance("a", "-1", credit_limit=limit), *moves)
        # 4 after the first of them was posted, -26 for four days, -1 since.
        assert found[Line.DEPOSITS, Measure.OVERDRAWN_DAYS_12M] == {None: days}
    young = account("a", opened_on=TODAY - timedelta(2))
    assert figures(young, balance("a", "-1"), also=[BankTransaction])[
        Line.DEPOSITS, Measure.OVERDRAWN_DAYS_12M
    ] == {None: 3}


def test_income_leaves_out_what_only_changed_pockets() -> None:
    incoming = {"kind": BankTransactionKind.TRANSFER_INCOMING}
    found = figures(
        account("a"),
        account("b"),
        account("loan", AccountKind.LOAN),
        moved("a", "2000", 20, **incoming),
        moved("a", "500", 15, **incoming),
        moved("b", "-500", 15, kind=BankTransactionKind.TRANSFER_OUTGOING),
        moved("b", "500", 14, **incoming),
        moved("loan", "-9000", 8, kind=BankTransactionKind.TRANSFER_OUTGOING),
        moved("a", "9000", 8, **incoming),
        moved("a", "3", 7, kind=BankTransactionKind.INTEREST_PAID),
        moved("a", "12", 7, merchant_name="m"),
        moved("a", "2000", 400, **incoming),
        moved("a", "-10", 5, kind=BankTransactionKind.FEE, description="Dishonour fee"),
        moved("a", "-10", 5, kind=BankTransactionKind.FEE, description="Account fee"),
    )
    assert found[Line.DEPOSITS, Measure.INCOME_12M] == {"AUD": 2500}
    assert found[Line.DEPOSITS, Measure.RETURNED_12M] == {None: 1}


def policy(key: str = "p", line: PolicyLine = PolicyLine.MOTOR, **more: Any) -> Policy:
    return Policy(policy_id=key, line=line, **more)


def paid(movement: PremiumMovement, instalment: str, due: int, moved_on: int | None = None) -> PremiumPayment:
    return PremiumPayment(
        movement=movement,
        instalment=instalment,
        due_on=ago(due).date(),
        moved_on=ago(due if moved_on is None else moved_on).date(),
    )


def test_an_instalment_is_in_arrears_until_its_latest_movement_settles_it() -> None:
    issued, settled, reversed_, cancelled = (
        PremiumMovement.PREMIUM_ISSUED,
        PremiumMovement.PREMIUM_SETTLED,
        PremiumMovement.PREMIUM_REVERSED,
        PremiumMovement.INSTALMENT_CANCELLED,
    )
    payments = [
        paid(issued, "1", 400),  # too old to say anything about today
        paid(issued, "2", 90),
        paid(settled, "2", 90),
        paid(issued, "3", 60),
        paid(settled, "3", 60, 58),
        paid(reversed_, "3", 60, 50),
        paid(issued, "4", 70),
        paid(cancelled, "4", 70, 10),
        paid(issued, "5", 0),
    ]
    found = figures(policy(), Premium(policy_id="p", total=money("600"), payments=tuple(payments)))
    assert found[Line.MOTOR, Measure.ARREARS_DAYS] == {None: 60}
    assert found[Line.MOTOR, Measure.RETURNED_12M] == {None: 1}
    assert found[Line.MOTOR, Measure.ANNUAL_PREMIUM] == {"AUD": 600}
    silent = figures(policy(), Premium(policy_id="p"))
    assert (Line.MOTOR, Measure.ARREARS_DAYS) not in silent
    assert (Line.MOTOR, Measure.ANNUAL_PREMIUM) not in silent


def test_contracts_are_counted_by_line_and_by_term() -> None:
    covers = (
        Coverage(code="1", sum_insured=money("900")),
        Coverage(code="2", sum_insured=money("300"), main=True),
        Coverage(code="3", sum_insured=money("400"), main=True),
    )
    found = figures(
        policy("now", starts_on=date(2019, 1, 1), ends_on=TODAY, sum_insured=money("100")),
        policy("gone", starts_on=date(2015, 1, 1), ends_on=TODAY - timedelta(1), sum_insured=money("7")),
        policy("long ago", starts_on=date(2001, 1, 1), ends_on=date(2010, 1, 1)),
        policy("life", PolicyLine.LIFE, coverages=covers, reserve=money("50", "BRL")),
        Claim(claim_id="1", policy_id="now", status=ClaimStatus.OPEN, reported_on=ago(5).date()),
        Claim(claim_id="2", policy_id="gone", status=ClaimStatus.CANCELLED, occurred_on=ago(5).date()),
    )
    assert found[Line.MOTOR, Measure.CONTRACTS] == {None: 1}
    assert found[Line.MOTOR, Measure.CONTRACTS_ENDED] == {None: 1}
    assert found[Line.MOTOR, Measure.FIRST_ON] == {None: date(2001, 1, 1).toordinal()}
    assert found[Line.MOTOR, Measure.SUM_INSURED] == {"AUD": 100}
    assert found[Line.MOTOR, Measure.CLAIMS_36M] == {None: 1}
    assert (Line.MOTOR, Measure.CLAIMED_36M) not in found  # there is one, and nobody said how much
    assert found[Line.LIFE, Measure.SUM_INSURED] == {"AUD": 400}
    assert found[Line.LIFE, Measure.RESERVE] == {"BRL": 50}
    assert found[Line.LIFE, Measure.CLAIMED_36M] == {None: 0}
    assert (Line.HOME, Measure.CONTRACTS) not in found


def position(key: str, value: str, reference: str | None = None) -> Position:
    return Position(
        position_id=key,
        account_id="s",
        instrument=InstrumentKind.EQUITY,
        name="n",
        quantity=Decimal(1),
        quantity_kind=QuantityKind.UNIT,
        value=money(value, "USD"),
        reference_value=None if reference is None else money(reference, "CHF"),
        as_of=TODAY,
        end_of_day=True,
    )


def trade(key: str, kind: TradeKind, days: int, **more: Any) -> TradeTransaction:
    return TradeTransaction(
        transaction_id=key, kind=kind, transacted_on=ago(days).date(), end_of_day=True, **more
    )


def test_what_a_custodian_lends_is_a_debt() -> None:
    found = figures(position("1", "100", "80"), position("2", "10"), position("3", "-40", "-30"))
    assert found[Line.BROKERAGE, Measure.BALANCE] == {"CHF": 80, "USD": 10}
    assert found[Line.LENDING, Measure.BALANCE] == {"CHF": 30}


def test_a_reversed_trade_did_not_happen() -> None:
    found = figures(
        trade("1", TradeKind.BUY, 5),
        trade("2", TradeKind.SELL, 30, traded_on=ago(31).date()),
        trade("3", TradeKind.BUY, 2),
        trade("4", TradeKind.BUY, 1, reversal=True, reverses="3"),
        trade("5", TradeKind.DIVIDEND_CASH, 1),
        trade("6", TradeKind.BUY, 500),
    )
    assert found[Line.BROKERAGE, Measure.TRADES_12M] == {None: 2}
    assert found[Line.BROKERAGE, Measure.LAST_ON] == {None: ago(5).date().toordinal()}


def stay(key: str, status: StayStatus, days: int, **more: Any) -> Stay:
    check_in = TODAY - timedelta(days)
    return Stay(
        reservation_id=key, status=status, check_in=check_in, check_out=check_in + timedelta(2), **more
    )


def test_who_came_along_did_not_buy() -> None:
    found = figures(
        stay("1", StayStatus.CHECKED_OUT, 30, total=money("200", "EUR"), main_guest=True),
        stay("2", StayStatus.CHECKED_OUT, 40, total=money("900", "EUR"), main_guest=False),
        stay("3", StayStatus.CONFIRMED, -5, total=money("100", "EUR")),
        stay("4", StayStatus.CANCELLED, -5),
        stay("5", StayStatus.CONFIRMED, 0),
        stay("6", StayStatus.NO_SHOW, 100, total=money("50", "EUR")),
    )
    assert found[Line.HOTEL, Measure.SPENT] == {"EUR": 200}
    assert found[Line.HOTEL, Measure.TRIPS_36M] == {None: 2}
    assert found[Line.HOTEL, Measure.NO_SHOWS_36M] == {None: 1}
    assert found[Line.HOTEL, Measure.CANCELLED_36M] == {None: 0}


def charge(key: str, category: ChargeCategory, invoiced: datetime | None) -> RentalCharge:
    return RentalCharge(
        entry_id=key, booking_id="b", leg_id="l", category=category, invoiced_at=invoiced, amount=money("5")
    )


def test_harm_is_counted_by_its_category() -> None:
    def rental(key: str, status: RentalStatus) -> RentalBooking:
        return RentalBooking(booking_id=key, status=status, starts_at=ago(9), price=money("70", "EUR"))

    found = figures(
        *(rental(status.value, status) for status in RentalStatus),
        charge("1", ChargeCategory.DAMAGE, ago(3)),
        charge("2", ChargeCategory.FINE, None),
        charge("3", ChargeCategory.FARE, ago(3)),
        charge("4", ChargeCategory.LOSS, ago(1_200)),
    )
    assert found[Line.RENTAL, Measure.DAMAGES_36M] == {None: 2}
    assert found[Line.RENTAL, Measure.TRIPS_36M] == {None: 3}
    assert found[Line.RENTAL, Measure.CANCELLED_36M] == {None: 1}
    assert found[Line.RENTAL, Measure.SPENT] == {"EUR": 140}
    assert (Line.RENTAL, Measure.DAMAGES_36M) not in figures(rental("b", RentalStatus.FINISHED))


def test_points_that_are_not_told_are_not_zero() -> None:
    silent = figures(Membership(membership_id="m", program_id="p"))
    assert (Line.LOYALTY, Measure.POINTS) not in silent
    assert silent[Line.LOYALTY, Measure.CONTRACTS] == {None: 1}
    assert figures(also=[Membership])[Line.LOYALTY, Measure.POINTS] == {None: 0}
