"""References to records: stable, silent about numbers, found again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.contract import Need
from c360.kinds import kind, kinds
from c360.records.banking import Account, AccountKind, BankTransaction, BankTransactionKind, TransactionStatus
from c360.records.base import Kind
from c360.records.hotel import Stay, StayStatus
from c360.values import CurrencyCode, Money
from resolvers.groups import banking, hotel
from resolvers.references import Referrer, owned, referrers

TODAY = date(2025, 6, 15)
ACCOUNTS = Referrer(kind("banking.accounts"))
TRANSACTIONS = Referrer(kind("banking.transactions"), banking.TRANSACTIONS)
STAYS = Referrer(kind("hotel.stays"), hotel.STAYS)


def account(name: str, connector: str = "bank", customer: str = "c1") -> Any:
    record = Account(
        connector=connector,
        account_id=name,
        kind=AccountKind.TRANSACTION,
        display_name="Everyday",
        masked_number="x",
        product_name="p",
    )
    return owned([record], customer)[0]


def transaction(name: str | None, moment: datetime | None, text: str = "Coffee") -> Any:
    record = BankTransaction(
        connector="bank",
        transaction_id=name,
        account_id="1",
        kind=BankTransactionKind.PAYMENT,
        status=TransactionStatus.POSTED,
        description=text,
        amount=Money(amount=Decimal(-4), currency=CurrencyCode("AUD")),
        posted_at=moment,
    )
    return owned([record], "c1")[0]


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_reference_finds_its_own_record_and_no_other(one: str, other: str) -> None:
    records = [account(other), account(one)]
    reference = ACCOUNTS.read(str(ACCOUNTS.of(records[1])))
    assert reference == ACCOUNTS.of(records[1])
    assert reference is not None
    found = ACCOUNTS.find(reference, records)
    assert isinstance(found, Account)
    assert found.account_id == one


def test_it_tells_customers_and_connectors_apart() -> None:
    same = [account("1"), account("1", connector="other"), account("1", customer="c2")]
    assert len({str(ACCOUNTS.of(one)) for one in same}) == 3
    assert ACCOUNTS.find(ACCOUNTS.of(same[1]), same[:1]) is None


def test_a_reference_of_before_a_merge_finds_the_record_at_the_survivor() -> None:
    before, after = account("1", customer="merged away"), account("1", customer="survivor")
    assert ACCOUNTS.find(ACCOUNTS.of(before), [account("2", customer="survivor"), after]) is after


def test_it_does_not_show_the_partners_number() -> None:
    assert "4413424616757469" not in str(ACCOUNTS.of(account("4413424616757469")))


@pytest.mark.parametrize(
    "text", ["", "c1", "c1.", ".abc", "c1.abc.someday", "c1.abc.2025-06-15.x", "c1.abc."]
)
def test_rubbish_is_no_reference(text: str) -> None:
    assert TRANSACTIONS.read(text) is None


def test_what_happened_is_looked_for_on_its_day() -> None:
    found = TRANSACTIONS.of(transaction("t", datetime(2024, 2, 3, 23, tzinfo=UTC)))
    assert TRANSACTIONS.need(found, TODAY) == Need(
        kind="banking.transactions", since=date(2024, 2, 3), until=date(2024, 2, 3)
    )


def test_what_is_pending_is_looked_for_in_the_default_window_and_told_apart_by_its_content() -> None:
    pending = [transaction(None, None, "Coffee"), transaction(None, None, "Tea")]
    reference = TRANSACTIONS.of(pending[1])
    assert TRANSACTIONS.need(reference, TODAY) == banking.TRANSACTIONS.window(TODAY)
    assert TRANSACTIONS.find(reference, pending) is pending[1]


def test_a_booking_that_moves_keeps_its_reference() -> None:
    def stay(day: int) -> Any:
        record = Stay(
            reservation_id="r",
            status=StayStatus.CONFIRMED,
            check_in=date(2025, 7, day),
            check_out=date(2025, 7, day + 1),
        )
        return owned([record], "c1")[0]

    assert STAYS.of(stay(1)) == STAYS.of(stay(9))
    need = STAYS.need(STAYS.of(stay(1)), TODAY)
    assert need.since is not None
    assert need.until is not None
    assert need.since < date(2023, 7, 1)
    assert need.until > date(2026, 6, 1)


def test_every_kind_with_an_identity_names_a_field_of_its_record() -> None:
    declared: list[Kind] = [one for one in kinds().values() if one.identity is not None]
    assert len(declared) > 10
    for one in declared:
        assert one.identity in one.record.__struct_fields__
    assert {"Account", "Policy", "Claim", "Position"} <= set(referrers({}))
    assert not {"Stay", "Premium", "Balance", "DirectDebit", "Party"} & set(referrers({}))
