from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import pluggy
import pytest

import plugins.banking
from c360 import hooks
from c360.checks import configured
from c360.config import read_config
from c360.contract import Lookup
from c360.errors import (
    ConfigError,
    ConnectorError,
    PartnerFault,
    ProblemCode,
    Reauthorise,
    RetryLater,
    SkipCustomer,
)
from c360.http import Request
from c360.kinds import kind
from plugins.banking.config import CdsAuBankingConfig
from plugins.banking.connector import CdsAuBanking

Fetch = Callable[..., Mapping[str, Any]]
MakeBank = Callable[[Mapping[str, Any]], Any]

ALL = (
    "party.profile",
    "banking.accounts",
    "banking.balances",
    "banking.account_terms",
    "banking.direct_debits",
    "banking.transactions",
)
INVALID = "urn:au-cds:error:cds-banking:Authorisation/InvalidBankingAccount"
UNAVAILABLE = "urn:au-cds:error:cds-banking:Authorisation/UnavailableBankingAccount"


def account(account_id: str) -> dict[str, Any]:
    return {
        "accountId": account_id,
        "displayName": "Everyday",
        "accountOwnership": "ONE_PARTY",
        "maskedNumber": "xxxx1234",
        "productCategory": "TRANS_AND_SAVINGS_ACCOUNTS",
        "productName": "Everyday",
    }


def transaction(number: int, **more: Any) -> dict[str, Any]:
    return {
        "accountId": "a",
        "transactionId": f"t-{number}",
        "isDetailAvailable": False,
        "type": "PAYMENT",
        "status": "POSTED",
        "description": "x",
        "postingDateTime": f"2026-05-{number:02d}T00:00:00Z",
        "amount": "-1.00",
        "reference": "",
        **more,
    }


def listed(name: str, items: list[Any], *, next_page: int | str | None = None) -> dict[str, Any]:
    link = f"https://elsewhere.example/x?page={next_page}" if isinstance(next_page, int) else next_page
    return {
        "data": {name: items},
        "links": {"self": "https://elsewhere.example/x"} | ({"next": link} if link else {}),
        "meta": {"totalRecords": 99, "totalPages": 9},
    }


def accounts(*ids: str) -> tuple[int, Any]:
    return 200, listed("accounts", [account(each) for each in ids])


def fault(status: int, code: str) -> tuple[int, Any]:
    return status, {"errors": [{"code": code, "title": "Jane Citizen", "detail": "account 0815 of Jane"}]}


def test_the_plugin_registers_its_connector() -> None:
    manager = pluggy.PluginManager("c360")
    manager.add_hookspecs(hooks)
    manager.register(plugins.banking)
    manager.check_pending()
    assert manager.hook.c360_connectors() == [(CdsAuBanking,)]


def test_description_names_only_kinds_that_exist() -> None:
    described = CdsAuBanking.describe()
    assert (described.name, described.domain, described.lookup) == (
        "cds_au_banking",
        "banking",
        Lookup.BY_GRANT,
    )
    assert tuple(each.kind for each in described.fetches) == ALL
    assert all(kind(each.kind) for each in described.fetches)
    assert {each.batch for each in described.fetches} == {1}, "one token is one customer"


def test_settings_are_checked() -> None:
    base = {"base_url": "https://bank.example/cds-au/v1"}
    assert read_config(CdsAuBankingConfig, base, where="connectors.bank").page_size == 1000
    with pytest.raises(ConfigError, match=r"connectors\.bank\.page_size"):
        read_config(CdsAuBankingConfig, {**base, "page_size": 1001}, where="connectors.bank")


def test_a_bank_is_asked_at_the_pace_of_the_standard_or_at_its_own() -> None:
    def pace(**more: float) -> float | None:
        values = {"base_url": "https://bank.example/cds-au/v1", **more}
        config = read_config(CdsAuBankingConfig, values, where="connectors.bank")
        return configured(CdsAuBanking, config).limits.requests_per_second

    assert pace() == CdsAuBanking.describe().limits.requests_per_second == 50
    assert pace(requests_per_second=200) == 200
    with pytest.raises(ConfigError, match=r"connectors\.bank\.requests_per_second"):
        pace(requests_per_second=0)


def test_every_request_carries_token_version_and_fapi_headers(bank: MakeBank, fetched: Fetch) -> None:
    served = bank(
        {"/banking/accounts": accounts("a"), "/banking/accounts/balances": (200, listed("balances", []))}
    )
    fetched(served, "banking.accounts", "banking.balances")
    for request in served.requests:
        headers = dict(request.headers)
        assert headers["x-v"] == {"GET": "3", "POST": "1"}[request.method]
        assert UUID(headers["x-fapi-interaction-id"]).version == 4
        assert parsedate_to_datetime(headers["x-fapi-auth-date"]).isoformat() == "2026-06-15T12:00:00+00:00"
        assert request.auth is not None
        assert request.auth.headers() == (("authorization", "Bearer t0ps3cret"),)
        assert request.safe
    fetched(served, "banking.accounts")
    ids = [dict(request.headers)["x-fapi-interaction-id"] for request in served.requests]
    first, second, again = ids
    assert first == second != again, "one id for an interaction, and another for the next"


def test_lists_are_paged_to_the_end(bank: MakeBank, fetched: Fetch) -> None:
    def serve(request: Request) -> tuple[int, Any]:
        params = dict(request.params)
        assert params["page-size"] == "2"
        page = int(params["page"])
        ids = [["a", "b"], ["c", "d"], ["e"]][page - 1]
        return 200, listed(
            "accounts", [account(each) for each in ids], next_page=page + 1 if page < 3 else None
        )

    served = bank({"/banking/accounts": serve})
    found = fetched(served, "banking.accounts", page_size=2)["banking.accounts"]
    assert found.error is None
    assert [each.account_id for each in found.records] == ["a", "b", "c", "d", "e"]
    assert len(served.requests) == 3


def test_what_moved_to_a_later_page_meanwhile_counts_once(bank: MakeBank, fetched: Fetch) -> None:
    pages = {
        "1": listed("accounts", [account("a"), account("b")], next_page=2),
        "2": listed("accounts", [account("b"), account("c")]),
    }
    served = bank({"/banking/accounts": lambda request: (200, pages[dict(request.params)["page"]])})
    found = fetched(served, "banking.accounts")["banking.accounts"]
    assert [each.account_id for each in found.records] == ["a", "b", "c"]


def test_movements_without_id_are_all_different(bank: MakeBank, fetched: Fetch) -> None:
    pending = transaction(1, status="PENDING", transactionId=None, postingDateTime=None)
    served = bank(
        {
            "/banking/accounts": accounts("a"),
            "/banking/accounts/a/transactions": (200, listed("transactions", [pending, pending])),
        }
    )
    assert len(fetched(served, "banking.transactions")["banking.transactions"].records) == 2


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (listed("accounts", [account("b")], next_page=1), "paging leads in a circle"),
        (listed("accounts", [account("b")], next_page=2), "paging leads in a circle"),
        (listed("accounts", [account("a")], next_page=3), "paging does not advance"),
        (listed("accounts", [], next_page=3), "paging does not advance"),
        (
            listed("accounts", [account("b")], next_page="https://x/"),
            "the link to the next page names no page",
        ),
        (
            listed("accounts", [account("b")], next_page="http://[x"),
            "the link to the next page names no page",
        ),
    ],
)
def test_paging_that_does_not_end_is_the_partners_fault(
    bank: MakeBank, fetched: Fetch, second: Any, message: str
) -> None:
    pages = {"1": listed("accounts", [account("a")], next_page=2), "2": second}
    served = bank({"/banking/accounts": lambda request: (200, pages[dict(request.params)["page"]])})
    found = fetched(served, "banking.accounts")["banking.accounts"]
    assert isinstance(found.error, PartnerFault)
    assert str(found.error) == message
    assert found.records == ()


def test_a_list_that_became_shorter_meanwhile_ends_there(bank: MakeBank, fetched: Fetch) -> None:
    def serve(request: Request) -> tuple[int, Any]:
        if dict(request.params)["page"] == "1":
            return 200, listed("accounts", [account("a")], next_page=2)
        return fault(422, "urn:au-cds:error:cds-all:Field/InvalidPage")

    found = fetched(bank({"/banking/accounts": serve}), "banking.accounts")["banking.accounts"]
    assert [each.account_id for each in found.records] == ["a"]


def test_paging_stops_where_the_host_cuts_off(
    bank: MakeBank, fetched: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.banking.connector._LIMITS", type("Few", (), {"max_records": 3}))

    def serve(request: Request) -> tuple[int, Any]:
        page = int(dict(request.params)["page"])
        ids = [f"{page}-1", f"{page}-2"]
        return 200, listed("accounts", [account(each) for each in ids], next_page=page + 1)

    served = bank({"/banking/accounts": serve})
    found = fetched(served, "banking.accounts")["banking.accounts"]
    assert len(found.records) == 4, "one page past the limit shows the host that there is more"


def test_balances_are_asked_for_all_accounts_at_once(bank: MakeBank, fetched: Fetch) -> None:
    def serve(request: Request) -> tuple[int, Any]:
        asked = json.loads(request.content)["data"]["accountIds"]
        assert asked == ["a", "b", "c"]
        page = int(dict(request.params)["page"])
        part = asked[:2] if page == 1 else asked[2:]
        balances = [
            {"accountId": each, "currentBalance": "1.00", "availableBalance": "1.00"} for each in part
        ]
        return 200, listed("balances", balances, next_page=2 if page == 1 else None)

    served = bank({"/banking/accounts": accounts("a", "b", "c"), "/banking/accounts/balances": serve})
    found = fetched(served, "banking.balances")["banking.balances"]
    assert [each.account_id for each in found.records] == ["a", "b", "c"]
    assert served.paths() == ["/banking/accounts", *["/banking/accounts/balances"] * 2]


def test_without_accounts_nothing_is_asked_about_accounts(bank: MakeBank, fetched: Fetch) -> None:
    served = bank({"/banking/accounts": accounts()})
    found = fetched(served, "banking.balances", "banking.account_terms", "banking.transactions")
    assert all(each.records == () and each.error is None for each in found.values())
    assert set(served.paths()) == {"/banking/accounts"}


def test_terms_come_account_by_account_in_the_order_of_the_list(bank: MakeBank, fetched: Fetch) -> None:
    served = bank(
        {
            "/banking/accounts": accounts("b", "a/../x"),
            "/banking/accounts/b": (200, {"data": account("b"), "links": {}}),
            "/banking/accounts/a%2F..%2Fx": (200, {"data": account("a/../x"), "links": {}}),
        }
    )
    found = fetched(served, "banking.account_terms")["banking.account_terms"]
    assert [each.account_id for each in found.records] == ["b", "a/../x"]


@pytest.mark.parametrize("account_id", ["", ".", ".."])
def test_an_id_that_would_be_another_path_is_the_partners_fault(
    bank: MakeBank, fetched: Fetch, account_id: str
) -> None:
    served = bank({"/banking/accounts": accounts(account_id)})
    found = fetched(served, "banking.account_terms")["banking.account_terms"]
    assert isinstance(found.error, PartnerFault)


def test_the_window_is_whole_days_in_utc(bank: MakeBank, fetched: Fetch) -> None:
    served = bank(
        {
            "/banking/accounts": accounts("a"),
            "/banking/accounts/a/transactions": (200, listed("transactions", [])),
        }
    )
    fetched(served, "banking.transactions", window=(date(2026, 2, 28), date(2026, 3, 1)))
    params = dict(served.requests[-1].params)
    assert params["oldest-time"] == "2026-02-28T00:00:00Z"
    assert params["newest-time"] == "2026-03-01T23:59:59.999999Z"
    fetched(served, "banking.transactions", window=(None, None))
    assert {"oldest-time", "newest-time"}.isdisjoint(dict(served.requests[-1].params))


def test_transactions_of_all_accounts_newest_first(bank: MakeBank, fetched: Fetch) -> None:
    def serve(request: Request) -> tuple[int, Any]:
        if dict(request.params)["page"] == "1":
            return 200, listed("transactions", [transaction(9), transaction(3)], next_page=2)
        return 200, listed("transactions", [transaction(1)])

    served = bank(
        {
            "/banking/accounts": accounts("a", "b"),
            "/banking/accounts/a/transactions": serve,
            "/banking/accounts/b/transactions": (200, listed("transactions", [transaction(5)])),
        }
    )
    found = fetched(served, "banking.transactions")["banking.transactions"]
    assert [each.transaction_id for each in found.records] == ["t-9", "t-5", "t-3", "t-1"]


@pytest.mark.parametrize(
    "case",
    [
        ((401, {}), Reauthorise, ProblemCode.REAUTHORISATION_REQUIRED),
        (
            fault(403, "urn:au-cds:error:cds-all:Authorisation/RevokedConsent"),
            Reauthorise,
            ProblemCode.REAUTHORISATION_REQUIRED,
        ),
        ((404, b"<html>"), SkipCustomer, ProblemCode.CUSTOMER_UNKNOWN),
        (
            fault(406, "urn:au-cds:error:cds-all:Header/UnsupportedVersion"),
            PartnerFault,
            ProblemCode.PARTNER_FAULT,
        ),
        (fault(400, "urn:au-cds:error:cds-all:Field/Invalid"), PartnerFault, ProblemCode.PARTNER_FAULT),
        (fault(422, "something of their own"), PartnerFault, ProblemCode.PARTNER_FAULT),
        ((429, {}), RetryLater, ProblemCode.RATE_LIMITED),
        ((500, b"Jane Citizen"), RetryLater, ProblemCode.PARTNER_UNAVAILABLE),
        ((200, b'{"data": {"acc'), PartnerFault, ProblemCode.PARTNER_FAULT),
        ((200, {"unexpected": "Jane Citizen"}), PartnerFault, ProblemCode.PARTNER_FAULT),
        ((200, {"data": {"accounts": [{"accountId": 815}]}}), PartnerFault, ProblemCode.PARTNER_FAULT),
    ],
)
def test_errors_say_what_to_do_next_and_nothing_of_the_answer(
    bank: MakeBank,
    fetched: Fetch,
    caplog: pytest.LogCaptureFixture,
    case: tuple[tuple[int, Any], type[ConnectorError], ProblemCode],
) -> None:
    answer, error, code = case
    caplog.set_level(logging.DEBUG)
    found = fetched(bank({"/banking/accounts": answer}), "banking.accounts")["banking.accounts"]
    assert type(found.error) is error
    assert found.error.code is code
    told = f"{found.error!r} {found.error} {found.error.user_message} {found!r} {caplog.text}"
    for secret in ("t0ps3cret", "Jane", "0815", "815", "their own"):
        assert secret not in told


def test_without_a_grant_the_customer_has_to_give_one(bank: MakeBank, fetched: Fetch) -> None:
    served = bank({})
    found = fetched(served, *ALL, token=None)
    assert {type(each.error) for each in found.values()} == {Reauthorise}
    assert served.requests == []


@pytest.mark.parametrize("path", ["/banking/accounts/b", "/banking/accounts/b/transactions"])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (fault(404, INVALID), None),
        (
            (404, {"errors": [{"code": "acme:gone", "title": "", "detail": "", "meta": {"urn": INVALID}}]}),
            None,
        ),
        (fault(404, UNAVAILABLE), RetryLater),
        ((404, b"<html>"), RetryLater),
        ((500, {}), RetryLater),
    ],
)
def test_an_account_withdrawn_for_good_is_left_out_and_one_unavailable_is_not(
    bank: MakeBank, fetched: Fetch, path: str, answer: tuple[int, Any], error: type[ConnectorError] | None
) -> None:
    served = bank(
        {
            "/banking/accounts": accounts("a", "b"),
            "/banking/accounts/a": (200, {"data": account("a"), "links": {}}),
            "/banking/accounts/b": (200, {"data": account("b"), "links": {}}),
            "/banking/accounts/a/transactions": (200, listed("transactions", [transaction(1)])),
            "/banking/accounts/b/transactions": (200, listed("transactions", [])),
            path: answer,
        }
    )
    kind_asked = "banking.transactions" if path.endswith("transactions") else "banking.account_terms"
    found = fetched(served, kind_asked)[kind_asked]
    if error is None:
        assert found.error is None
        assert [each.account_id for each in found.records] == ["a"]
    else:
        assert type(found.error) is error
        assert found.records == ()


@pytest.mark.parametrize("code", [INVALID, UNAVAILABLE])
def test_a_batch_with_an_account_gone_meanwhile_is_to_be_tried_again(
    bank: MakeBank, fetched: Fetch, code: str
) -> None:
    served = bank({"/banking/accounts": accounts("a"), "/banking/accounts/balances": fault(422, code)})
    assert type(fetched(served, "banking.balances")["banking.balances"].error) is RetryLater


def test_one_kind_that_fails_leaves_the_others(bank: MakeBank, fetched: Fetch) -> None:
    person = {"customerUType": "person", "person": {"lastName": "Singh", "middleNames": []}}
    served = bank(
        {
            "/banking/accounts": (503, {}),
            "/banking/accounts/direct-debits": (200, listed("directDebitAuthorisations", [])),
            "/common/customer/detail": (200, {"data": person, "links": {}}),
        }
    )
    found = fetched(served, *ALL)
    failed = {name for name, each in found.items() if each.error is not None}
    assert failed == {"banking.accounts", "banking.balances", "banking.account_terms", "banking.transactions"}
    assert found["party.profile"].records[0].party_id == "party-1"
