from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from c360.contract import Fetched, Need, Ref
from c360.errors import (
    ConnectorError,
    PartnerFault,
    ProblemCode,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)
from c360.http import Request, Response

PROFILE = Need(kind="party.profile")


def bookings(since: date | None = None, until: date | None = None) -> Need:
    return Need(kind="rental.bookings", since=since, until=until)


def charges(since: date | None = None, until: date | None = None) -> Need:
    return Need(kind="rental.charges", since=since, until=until)


def test_reads_the_bookings_it_knows_of(operator: Any, run: Any, booking: dict[str, Any]) -> None:
    rental = operator([booking, {**booking, "id": "B2"}])
    fetched = run(rental.fetch(bookings(), ["B1", "B2", "B1"]))
    assert [item.booking_id for item in fetched.records] == ["B1", "B2"]
    assert rental.paths() == ["/bookings/B1", "/bookings/B2"]


def test_without_known_bookings_nothing_is_asked(operator: Any, run: Any) -> None:
    rental = operator()
    assert run(rental.fetch(bookings())).records == ()
    assert run(rental.fetch(charges())).records == ()
    assert rental.requests == []


def test_while_the_feed_was_not_read_nothing_is_claimed(operator: Any, run: Any) -> None:
    rental = operator()

    async def fetch() -> list[Fetched]:
        found = rental.connector().fetch([bookings(), charges()], [Ref(party_id="C1")])
        return [item async for item in found]

    errors = [item.error for item in run(fetch())]
    assert [error.code for error in errors if error] == [ProblemCode.NOT_INDEXED] * 2
    assert rental.requests == []


def test_a_booking_that_is_gone_is_left_out(operator: Any, run: Any, booking: dict[str, Any]) -> None:
    fetched = run(operator([booking]).fetch(bookings(), ["gone", "B1"]))
    assert (fetched.error, [item.booking_id for item in fetched.records]) == (None, ["B1"])


def test_a_booking_of_somebody_else_is_never_shown(
    operator: Any, run: Any, booking: dict[str, Any], entry: dict[str, Any]
) -> None:
    rental = operator([booking], journal=[entry])
    assert run(rental.fetch(bookings(), ["B1"], party_id="C2")).records == ()
    assert run(rental.fetch(charges(), ["B1"], party_id="C2")).records == ()


def test_a_booking_that_does_not_name_its_customer_is_shown(
    operator: Any, run: Any, booking: dict[str, Any]
) -> None:
    del booking["customer"]
    assert len(run(operator([booking]).fetch(bookings(), ["B1"])).records) == 1


@pytest.mark.parametrize(
    ("since", "until", "shown"),
    [
        (None, None, True),
        (date(2026, 6, 3), None, True),
        (date(2026, 6, 4), None, False),
        (None, date(2026, 6, 1), True),
        (None, date(2026, 5, 31), False),
        (date(2026, 6, 2), date(2026, 6, 2), True),
    ],
)
def test_windows(
    operator: Any, run: Any, booking: dict[str, Any], *, since: date | None, until: date | None, shown: bool
) -> None:
    assert bool(run(operator([booking]).fetch(bookings(since, until), ["B1"])).records) is shown


def test_charges_are_those_of_the_customers_legs(
    operator: Any, run: Any, booking: dict[str, Any], entry: dict[str, Any]
) -> None:
    journal = [entry, {**entry, "journalId": "L2"}, {**entry, "journalId": "of somebody else"}]
    rental = operator([booking], journal=journal)
    fetched = run(rental.fetch(charges(), ["B1"]))
    assert [(item.entry_id, item.booking_id) for item in fetched.records] == [("L1/1", "B1"), ("L2/1", "B1")]


def test_the_journal_is_paged_to_the_end(
    operator: Any, run: Any, booking: dict[str, Any], entry: dict[str, Any]
) -> None:
    journal = [{**entry, "journalSequenceId": str(number)} for number in range(7)]
    rental = operator([{**booking, "legs": booking["legs"][:1]}], journal=journal, settings={"page_size": 3})
    fetched = run(rental.fetch(charges(), ["B1"]))
    assert [item.entry_id for item in fetched.records] == [f"L1/{number}" for number in range(7)]
    pages = [dict(request.params) for request in rental.requests if request.params]
    assert [page["offset"] for page in pages] == ["0", "3", "6"]


def answering(path: str, status: int, body: Any) -> Any:
    def answer(request: Request) -> Response | None:
        if path not in request.url:
            return None
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(status=status, headers={"content-type": "application/json"}, content=content)

    return answer


def test_a_journal_that_does_not_filter_is_refused(
    operator: Any, run: Any, booking: dict[str, Any], entry: dict[str, Any]
) -> None:
    rental = operator([booking], instead=answering("journal", 200, [entry, {**entry, "journalId": "X"}]))
    assert isinstance(run(rental.fetch(charges(), ["B1"])).error, PartnerFault)


def test_a_journal_that_does_not_page_is_refused(
    operator: Any, run: Any, booking: dict[str, Any], entry: dict[str, Any]
) -> None:
    rental = operator(
        [{**booking, "legs": booking["legs"][:1]}],
        instead=answering("journal", 200, [entry]),
        settings={"page_size": 1},
    )
    assert isinstance(run(rental.fetch(charges(), ["B1"])).error, PartnerFault)


@pytest.mark.parametrize(
    ("invoiced", "since", "until", "shown"),
    [
        ("2026-06-05T10:00:00Z", date(2026, 6, 5), date(2026, 6, 5), True),
        ("2026-06-05T10:00:00Z", date(2026, 6, 6), None, False),
        (None, date(2026, 6, 3), None, True),  # not invoiced yet: the rental's days count
        (None, date(2026, 6, 4), None, False),
    ],
)
def test_windows_of_charges(
    operator: Any,
    run: Any,
    booking: dict[str, Any],
    entry: dict[str, Any],
    *,
    invoiced: str | None,
    since: date,
    until: date | None,
    shown: bool,
) -> None:
    rental = operator([booking], journal=[{**entry, "invoiceDate": invoiced}])
    assert bool(run(rental.fetch(charges(since, until), ["B1"])).records) is shown


def test_the_profile(operator: Any, run: Any, customer: dict[str, Any]) -> None:
    [party] = run(operator(customers={"C1": customer}).fetch(PROFILE)).records
    assert (party.party_id, party.family_name) == ("C1", "Keller")


def test_every_request_carries_the_headers_of_the_api(
    operator: Any, run: Any, booking: dict[str, Any]
) -> None:
    rental = operator([booking], settings={"addressed_to": "operator-7", "language": "nl, de;q=0.7"})
    run(rental.fetch(charges(), ["B1"]))
    for request in rental.requests:
        headers = dict(request.headers)
        assert {
            "Accept-Language": "nl, de;q=0.7",
            "Api": "TOMP",
            "Api-Version": "1.6.1",
            "maas-id": "hub",
            "addressed-to": "operator-7",
        }.items() <= headers.items()
        assert request.auth.headers() == (("x-api-key", "credential-that-must-not-show"),)


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, Reconfigure), (403, Reconfigure), (400, PartnerFault), (429, RetryLater), (503, RetryLater)],
)
@pytest.mark.parametrize("need", [PROFILE, bookings(), charges()])
def test_refusals_become_the_error_that_says_what_to_do(
    operator: Any, run: Any, status: int, error: type[ConnectorError], need: Need
) -> None:
    rental = operator(instead=answering("/", status, {"detail": "Mia Keller"}))
    fetched = run(rental.fetch(need, ["B1"]))
    assert type(fetched.error) is error
    assert "Mia" not in repr(fetched.error) + str(fetched.error) + fetched.error.user_message


def test_an_unknown_customer_is_skipped(operator: Any, run: Any) -> None:
    assert isinstance(run(operator().fetch(PROFILE)).error, SkipCustomer)


@pytest.mark.parametrize("body", [b"", b"[", b"[1]", b"null", b"\xff"])
@pytest.mark.parametrize("need", [PROFILE, bookings(), charges()])
def test_answers_of_another_shape_are_the_partners_fault(
    operator: Any, run: Any, body: bytes, need: Need
) -> None:
    rental = operator(instead=answering("/", 200, body))
    assert isinstance(run(rental.fetch(need, ["B1"])).error, PartnerFault)


def test_secrets_show_nowhere(operator: Any) -> None:
    connector = operator().connector()
    shown = f"{connector.config!r} {connector.auth()!r} {connector.ctx!r} {vars(connector)!r}"
    assert "credential-that-must-not-show" not in shown
