from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from c360.contract import Need
from c360.errors import ConnectorError, PartnerFault, ProblemCode, Reconfigure, RetryLater, SkipCustomer
from c360.http import Request

ACCOUNTS = Need(kind="brokerage.accounts")
POSITIONS = Need(kind="brokerage.positions")


def transactions(since: date | None = None, until: date | None = None) -> Need:
    return Need(kind="brokerage.transactions", since=since, until=until)


def params(request: Request) -> dict[str, str]:
    return dict(request.params)


def test_follows_the_cursor_of_the_header_to_the_end(
    custodian: Any, run: Any, account: dict[str, Any]
) -> None:
    def answer(request: Request) -> Any:
        page = int(params(request).get("cursor", "0"))
        body = [{**account, "id": f"A{page}{item}"} for item in range(2)]
        return 200, {"nextcursor": str(page + 1) if page < 3 else ""}, body

    bank = custodian(answer)
    fetched = run(bank.fetch(ACCOUNTS))
    assert [item.account_id for item in fetched.records] == [f"A{p}{i}" for p in range(4) for i in range(2)]
    assert [params(request).get("cursor") for request in bank.requests] == [None, "1", "2", "3"]


def test_understands_the_titled_name_of_the_cursor_header(
    custodian: Any, run: Any, account: dict[str, Any]
) -> None:
    bank = custodian(
        lambda request: (200, {} if "cursor" in params(request) else {"x-next-cursor": "p2"}, [account])
    )
    assert len(run(bank.fetch(ACCOUNTS)).records) == 2


def test_a_cursor_that_repeats_is_the_partners_fault(custodian: Any, run: Any) -> None:
    bank = custodian(
        lambda request: (200, {"nextcursor": {"a": "b"}.get(params(request).get("cursor", ""), "a")}, [])
    )
    assert isinstance(run(bank.fetch(ACCOUNTS)).error, PartnerFault)
    assert len(bank.requests) == 3


def test_every_request_has_its_own_correlation_id(custodian: Any, run: Any) -> None:
    bank = custodian(lambda _request: (200, {}, []))
    run(bank.fetch(transactions(date(2026, 6, 1), date(2026, 6, 5))))
    ids = [dict(request.headers)["X-Correlation-ID"] for request in bank.requests]
    assert len({uuid.UUID(text) for text in ids}) == len(ids) == 5


def test_a_window_of_transactions_is_one_request_a_day(
    custodian: Any, run: Any, transaction: dict[str, Any]
) -> None:
    def answer(request: Request) -> Any:
        day = params(request)["date"]
        # A correction is shown again on the next day, under the same id.
        shown = [{**transaction, "id": "corrected"}] if day > "2026-06-02" else []
        return 200, {}, [{**transaction, "id": f"T{day}", "transactionDate": day}, *shown]

    bank = custodian(answer)
    fetched = run(bank.fetch(transactions(date(2026, 6, 1), date(2026, 6, 4))))
    assert sorted(params(request)["date"] for request in bank.requests) == [
        f"2026-06-0{day}" for day in range(1, 5)
    ]
    assert [item.transaction_id for item in fetched.records] == [
        "T2026-06-01",
        "T2026-06-02",
        "T2026-06-03",
        "T2026-06-04",
        "corrected",
    ]


@pytest.mark.parametrize(
    ("window", "days"),
    [
        ((None, None), ("2026-05-17", "2026-06-15", 30)),
        ((date(2026, 6, 10), None), ("2026-06-10", "2026-06-15", 6)),
        ((None, date(2026, 3, 31)), ("2026-03-02", "2026-03-31", 30)),
        ((date(2026, 6, 14), date(2027, 1, 1)), ("2026-06-14", "2026-06-15", 2)),
        ((date(2026, 6, 16), date(2027, 1, 1)), None),
        ((date(2026, 6, 5), date(2026, 6, 4)), None),
    ],
)
def test_windows(
    custodian: Any,
    run: Any,
    window: tuple[date | None, date | None],
    days: tuple[str, str, int] | None,
) -> None:
    bank = custodian(lambda _request: (200, {}, []))
    assert run(bank.fetch(transactions(*window))).error is None
    asked = sorted(params(request)["date"] for request in bank.requests)
    assert ((asked[0], asked[-1], len(asked)) if asked else None) == days


def test_a_window_that_is_too_long_is_refused_without_a_request(custodian: Any, run: Any) -> None:
    bank = custodian(lambda _request: (200, {}, []), {"max_transaction_days": 31})
    fetched = run(bank.fetch(transactions(date(2026, 1, 1), date(2026, 6, 1))))
    assert (fetched.error.code, bank.requests) == (ProblemCode.TOO_MUCH_DATA, [])


def test_positions_are_asked_for_the_day_that_is_there(custodian: Any, run: Any) -> None:
    for lag, day in ((0, "2026-06-15"), (1, "2026-06-14")):
        bank = custodian(lambda _request: (200, {}, []), {"position_lag_days": lag})
        run(bank.fetch(POSITIONS))
        assert params(bank.requests[0])["date"] == day


def test_a_customer_id_stays_one_segment_of_the_path(custodian: Any, run: Any) -> None:
    bank = custodian(lambda _request: (200, {}, []))
    run(bank.fetch(ACCOUNTS, "a/b?c"))
    assert bank.requests[0].url == "http://custody.test/customers/a%2Fb%3Fc/accounts"


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("Authorization", ("authorization", "Bearer credential-that-must-not-show")),
        ("X-API-Key", ("x-api-key", "credential-that-must-not-show")),
    ],
)
def test_the_credential_travels_as_the_custodian_wants_it(
    custodian: Any, run: Any, header: str, sent: tuple[str, str]
) -> None:
    bank = custodian(lambda _request: (200, {}, []), {"credential_header": header})
    run(bank.fetch(ACCOUNTS))
    assert bank.requests[0].auth.headers() == (sent,)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Reconfigure),
        (403, Reconfigure),
        (404, SkipCustomer),
        (400, PartnerFault),
        (429, RetryLater),
        (500, RetryLater),
        (503, RetryLater),
    ],
)
@pytest.mark.parametrize("need", [ACCOUNTS, POSITIONS, transactions(date(2026, 6, 1))])
def test_refusals_become_the_error_that_says_what_to_do(
    custodian: Any, run: Any, status: int, error: type[ConnectorError], need: Need
) -> None:
    bank = custodian(lambda _request: (status, {}, {"detail": "Jane Doe credential-that-must-not-show"}))
    fetched = run(bank.fetch(need))
    assert type(fetched.error) is error
    assert fetched.records == ()
    assert "Jane" not in repr(fetched.error) + str(fetched.error) + fetched.error.user_message


@pytest.mark.parametrize("body", [b"", b"[", b'{"a": 1}', b"[1]", b"null", b"\xff", b'[{"id": "x"}]'])
def test_answers_of_another_shape_are_the_partners_fault(custodian: Any, run: Any, body: bytes) -> None:
    fetched = run(custodian(lambda _request: (200, {}, body)).fetch(ACCOUNTS))
    assert isinstance(fetched.error, PartnerFault)


def test_one_bad_day_ends_the_others(custodian: Any, run: Any) -> None:
    def answer(request: Request) -> Any:
        return (503, {}, {}) if params(request)["date"] == "2026-06-03" else (200, {}, [])

    fetched = run(custodian(answer).fetch(transactions(date(2026, 6, 1), date(2026, 6, 5))))
    assert isinstance(fetched.error, RetryLater)


def test_secrets_show_nowhere(custodian: Any) -> None:
    connector = custodian(lambda _request: (200, {}, [])).connector()
    shown = f"{connector.config!r} {connector.auth()!r} {connector.ctx!r} {vars(connector)!r}"
    assert "credential-that-must-not-show" not in shown


def test_the_description_is_whole(custodian: Callable[..., Any]) -> None:
    from c360.kinds import kinds
    from plugins.brokerage import c360_connectors

    [connector] = c360_connectors()
    description = connector.describe()
    assert description.name == "openwealth_custody"
    assert {fetch.kind for fetch in description.fetches} <= set(kinds())
