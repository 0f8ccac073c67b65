from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from c360.errors import PartnerFault
from c360.records.banking import (
    AccountKind,
    AccountOwnership,
    AccountStatus,
    BankTransactionKind,
    InterestRate,
    MaturityInstruction,
    RateBasis,
    RateKind,
    RepaymentType,
    TransactionStatus,
)
from c360.values import CurrencyCode, Money, Percentage
from plugins.banking import mapping
from plugins.banking import payloads as wire

ACCOUNT = {
    "accountId": "a-1",
    "displayName": "Everyday",
    "accountOwnership": "TWO_PARTY",
    "maskedNumber": "xxx-xxx xxxxx1234",
    "productCategory": "TRANS_AND_SAVINGS_ACCOUNTS",
    "productName": "Everyday Account",
}


def aud(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency=CurrencyCode("AUD"))


def read(kind: Any, value: dict[str, Any]) -> Any:
    return msgspec.json.decode(json.dumps(value).encode(), type=kind)


@pytest.fixture(scope="session")
def schemas(partner_specs: Path) -> dict[str, Any]:
    document = json.loads((partner_specs / "banking-cds-au.json").read_text())
    return document["components"]["schemas"]  # type: ignore[no-any-return]  # JSON is untyped


def enum_of(schemas: dict[str, Any], schema: str, field: str) -> list[str]:
    return schemas[schema]["properties"][field]["enum"]  # type: ignore[no-any-return]  # JSON is untyped


def test_every_product_category_of_the_standard_has_a_kind_of_its_own(schemas: dict[str, Any]) -> None:
    categories = schemas["BankingProductCategoryV2"]["enum"]
    kinds = [
        mapping.account(read(wire.Account, ACCOUNT | {"productCategory": each})).kind for each in categories
    ]
    assert len(set(kinds)) == len(categories)
    assert AccountKind.OTHER not in kinds


@pytest.mark.parametrize(
    ("schema", "field", "members"),
    [
        ("BankingAccountV3", "openStatus", AccountStatus),
        ("BankingAccountV3", "accountOwnership", AccountOwnership),
        ("BankingTransactionV2", "type", BankTransactionKind),
        ("BankingTransactionV2", "status", TransactionStatus),
        ("BankingLoanAccountV3", "repaymentType", RepaymentType),
        ("BankingTermDepositAccount", "maturityInstructions", MaturityInstruction),
        ("BankingProductDepositRateV2", "depositRateType", RateKind),
        ("BankingProductLendingRateV3", "lendingRateType", RateKind),
    ],
)
def test_every_enum_value_of_the_standard_is_a_member(
    schemas: dict[str, Any], schema: str, field: str, members: Any
) -> None:
    assert set(enum_of(schemas, schema, field)) <= set(members.__members__)


def test_unknown_enum_values_become_other() -> None:
    strange = {"productCategory": "GOLD_VAULT", "openStatus": "FROZEN", "accountOwnership": "AI"}
    account = mapping.account(read(wire.Account, ACCOUNT | strange))
    assert (account.kind, account.status, account.ownership) == (
        AccountKind.OTHER,
        AccountStatus.OTHER,
        AccountOwnership.OTHER,
    )


def test_absent_means_open_and_owned() -> None:
    account = mapping.account(read(wire.Account, ACCOUNT))
    assert account.status is AccountStatus.OPEN
    assert account.owned is True
    assert mapping.account(read(wire.Account, ACCOUNT | {"isOwned": False})).owned is False


def test_account_carries_what_the_list_says() -> None:
    more = {"creationDate": "2019-07-01", "nickname": "Holidays", "openStatus": "CLOSED", "future": {"x": 1}}
    account = mapping.account(read(wire.Account, ACCOUNT | more))
    assert account.account_id == "a-1"
    assert account.opened_on == date(2019, 7, 1)
    assert account.nickname == "Holidays"
    assert account.status is AccountStatus.CLOSED
    assert account.masked_number == "xxx-xxx xxxxx1234"
    assert account.balance is None
    assert account.terms is None


def test_balance_keeps_its_currency_and_defaults_to_australian_dollars() -> None:
    balance = mapping.balance(
        read(
            wire.Balance,
            {
                "accountId": "a-1",
                "currentBalance": "-12.50",
                "availableBalance": "1987.50",
                "creditLimit": "2000.00",
                "currency": "NZD",
                "purses": [{"amount": "10.00", "currency": "JPY"}, {"amount": "1.00"}],
            },
        )
    )
    nzd = CurrencyCode("NZD")
    assert balance.current == Money(amount=Decimal("-12.50"), currency=nzd)
    assert balance.credit_limit == Money(amount=Decimal("2000.00"), currency=nzd)
    assert balance.amortised_limit is None
    assert balance.purses == (Money(amount=Decimal("10.00"), currency=CurrencyCode("JPY")), aud("1.00"))
    plain = mapping.balance(read(wire.Balance, {"accountId": "a", "currentBalance": "0.00"}))
    assert plain.current == aud("0.00")


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "1e9", "1,000.00", "", " 1.00", "12 AUD", "\u0661\u0662.\u0660\u0660"]
)
def test_what_is_not_an_amount_is_the_partners_fault_and_not_repeated(amount: str) -> None:
    with pytest.raises(PartnerFault) as caught:
        mapping.balance(read(wire.Balance, {"accountId": "a", "currentBalance": amount}))
    assert str(caught.value) == "currentBalance is not a decimal number"


def test_currency_has_to_be_a_code() -> None:
    wrong = {"accountId": "a", "currentBalance": "1.00", "currency": "dollars"}
    with pytest.raises(PartnerFault, match=r"^the currency of currentBalance is not an ISO 4217 code$"):
        mapping.balance(read(wire.Balance, wrong))


def test_terms_of_a_mortgage() -> None:
    terms = mapping.account_terms(
        read(
            wire.AccountDetail,
            {
                "accountId": "m-1",
                "bsb": "062000",
                "accountNumber": "12345678",
                "bundleName": "Family package",
                "lendingRate": "0.0589",
                "lendingRates": [
                    {"lendingRateType": "VARIABLE", "rate": "0.0589", "comparisonRate": "0.0601"},
                    {"lendingRateType": "MOON_PHASE", "rate": "-0.001"},
                ],
                "specificAccountUType": "loan",
                "loan": {
                    "originalStartDate": "2015-03-02",
                    "originalLoanAmount": "450000.00",
                    "loanEndDate": "2045-03-02",
                    "nextInstalmentDate": "2026-07-02",
                    "minInstalmentAmount": "2741.10",
                    "maxRedraw": "3000.00",
                    "offsetAccountIds": ["a-1"],
                    "repaymentType": "PRINCIPAL_AND_INTEREST",
                    "repaymentFrequency": "P1M",
                },
            },
        )
    )
    assert (terms.branch_code, terms.account_number, terms.bundle_name) == (
        "062000",
        "12345678",
        "Family package",
    )
    assert terms.lending_rate == Decimal("5.89")
    assert terms.deposit_rate is None
    assert terms.rates == (
        InterestRate(
            basis=RateBasis.LENDING,
            kind=RateKind.VARIABLE,
            rate=Percentage(Decimal("5.89")),
            comparison_rate=Percentage(Decimal("6.01")),
        ),
        InterestRate(basis=RateBasis.LENDING, kind=RateKind.OTHER, rate=Percentage(Decimal("-0.1"))),
    )
    assert terms.loan is not None
    assert terms.loan.original_amount == aud("450000.00")
    assert terms.loan.minimum_instalment == aud("2741.10")
    assert terms.loan.maximum_redraw == aud("3000.00")
    assert terms.loan.ends_on == date(2045, 3, 2)
    assert terms.loan.repayment is RepaymentType.PRINCIPAL_AND_INTEREST
    assert terms.loan.offset_account_ids == ("a-1",)
    assert (terms.card, terms.deposits) == (None, ())


def test_terms_of_a_card_and_of_a_term_deposit() -> None:
    card = {
        "minPaymentAmount": "25.00",
        "paymentDueAmount": "812.40",
        "paymentCurrency": "USD",
        "paymentDueDate": "2026-07-01",
    }
    terms = mapping.account_terms(read(wire.AccountDetail, {"accountId": "c", "creditCard": card}))
    assert terms.card is not None
    assert terms.card.payment_due == Money(amount=Decimal("812.40"), currency=CurrencyCode("USD"))
    deposit = {
        "lodgementDate": "2026-01-01",
        "maturityDate": "2027-01-01",
        "maturityAmount": "10420.00",
        "maturityInstructions": "ROLLED_OVER",
    }
    terms = mapping.account_terms(
        read(
            wire.AccountDetail, {"accountId": "d", "depositRate": "0.042", "termDeposit": [deposit, deposit]}
        )
    )
    assert len(terms.deposits) == 2
    assert terms.deposits[0].maturity_amount == aud("10420.00")
    assert terms.deposits[0].at_maturity is MaturityInstruction.ROLLED_OVER
    assert terms.deposit_rate == Decimal("4.2")


@pytest.mark.parametrize(
    ("rate", "percent"),
    [("0.05", "5"), ("1.0", "100"), ("12.3456789", "1234.56789"), ("-0.05", "-5"), ("0", "0")],
)
def test_a_rate_of_one_is_a_hundred_percent_exactly(rate: str, percent: str) -> None:
    terms = mapping.account_terms(read(wire.AccountDetail, {"accountId": "a", "depositRate": rate}))
    assert terms.deposit_rate == Decimal(percent)
    assert "E" not in str(terms.deposit_rate)


def test_direct_debit() -> None:
    debit = mapping.direct_debit(
        read(
            wire.DirectDebit,
            {
                "accountId": "a-1",
                "authorisedEntity": {"description": "Acme Gym", "abn": "51824753556", "arbn": "001002003"},
                "lastDebitDateTime": "2026-05-30T10:00:00+10:00",
                "lastDebitAmount": "49.90",
            },
        )
    )
    assert debit.authorised_entity == "Acme Gym"
    assert [(each.kind.value, each.value, each.country) for each in debit.entity_identifiers] == [
        ("TAX_ID", "51824753556", "AU"),
        ("REGISTRY_NUMBER", "001002003", "AU"),
    ]
    assert debit.last_debit_at == datetime(2026, 5, 30, tzinfo=UTC)
    assert debit.last_debit_amount == aud("49.90")
    assert debit.financial_institution is None


TRANSACTION = {
    "accountId": "a-1",
    "transactionId": "t-1",
    "type": "PAYMENT",
    "status": "POSTED",
    "description": "Coffee",
    "postingDateTime": "2026-06-01T10:00:00+10:00",
    "amount": "-4.50",
    "reference": "",
}


def test_transaction_keeps_its_zone_and_empty_means_null() -> None:
    found = mapping.TRANSACTION(
        read(wire.Transaction, TRANSACTION | {"merchantName": "Beans", "currency": "EUR"})
    )
    assert found.posted_at is not None
    assert found.posted_at.utcoffset() == timedelta(hours=10)
    assert found.posted_at == datetime(2026, 6, 1, 10, tzinfo=timezone(timedelta(hours=10)))
    assert found.amount == Money(amount=Decimal("-4.50"), currency=CurrencyCode("EUR"))
    assert found.reference is None
    assert found.merchant_name == "Beans"
    assert found.kind is BankTransactionKind.PAYMENT


def test_transaction_of_a_kind_the_standard_does_not_have_yet() -> None:
    found = mapping.TRANSACTION(
        read(wire.Transaction, TRANSACTION | {"type": "TELEPATHY", "status": "MAYBE"})
    )
    assert found.kind is BankTransactionKind.OTHER
    assert found.status is TransactionStatus.OTHER


def test_some_fields_of_a_transaction_are_as_in_the_whole() -> None:
    body = TRANSACTION | {
        "merchantName": "Beans",
        "merchantCategoryCode": "5814",
        "billerName": {"never": "read"},
    }
    some = mapping.TRANSACTION.only({"merchant_name"})
    found = some(read(some.wire, body))
    assert found == mapping.TRANSACTION.only({"merchant_name"})(
        read(some.wire, TRANSACTION | {"merchantName": "Beans"})
    )
    assert (found.merchant_name, found.merchant_category_code, found.posted_at) == ("Beans", None, None)
    assert found.amount == Money(amount=Decimal("-4.50"), currency=CurrencyCode("AUD"))


def test_newest_first_puts_what_has_no_time_yet_before_all() -> None:
    def at(name: str, **times: str) -> Any:
        bare = {key: value for key, value in TRANSACTION.items() if key != "postingDateTime"}
        return mapping.TRANSACTION(read(wire.Transaction, bare | {"transactionId": name} | times))

    ordered = mapping.newest_first(
        [
            at("old", postingDateTime="2026-06-01T10:00:00Z"),
            at("pending"),
            at("executed", executionDateTime="2026-06-03T09:00:00Z"),
            at("new", postingDateTime="2026-06-02T10:00:00Z", executionDateTime="2026-06-09T10:00:00Z"),
        ]
    )
    assert [each.transaction_id for each in ordered] == ["pending", "executed", "new", "old"]


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        read(wire.Transaction, TRANSACTION | {"postingDateTime": "2026-06-01T10:00:00"})
