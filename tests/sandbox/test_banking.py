from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from c360.auth import Bearer
from c360.http import Request, Response
from c360.values import Secret
from sandbox.framework import World
from sandbox.partners import banking
from sandbox.population import ledger
from sandbox.population.model import AccountType, Life, Presence

BASE_URL = "http://bank.test/cds-au/v1"
SPECS = ["banking-cds-au.json", "banking-cds-au-common.json"]
HEADERS = {
    "x-fapi-interaction-id": "6ba7b814-9dad-41d1-80b4-00c04fd430c8",
    "x-fapi-auth-date": "Mon, 15 Jun 2026 12:00:00 GMT",
}

FORMATS = {
    "AmountString": re.compile(r"-?[0-9]{1,16}\.[0-9]{2,}"),
    "RateString": re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,16})?"),
    "DateString": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "DateTimeString": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})"),
    "CurrencyString": re.compile(r"[A-Z]{3}"),
    "MaskedAccountString": re.compile(r"[^0-9]*[0-9]{4}"),
    "ASCIIString": re.compile(r"[ -~]+"),
    "URIString": re.compile(r"https?://\S+"),
}


@dataclass
class Client:
    """Asks the bank as one customer."""

    transport: Any
    token: str | None

    def __call__(
        self, run: Any, path: str, version: int, *, body: Any = None, headers: Any = None, **params: Any
    ) -> Response:
        told = {"x-v": str(version), **HEADERS, **(headers or {})}
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(
            method="GET" if body is None else "POST",
            url=f"{BASE_URL}{path}",
            params=tuple((name.replace("_", "-"), str(value)) for name, value in params.items()),
            headers=(
                *((name, value) for name, value in told.items() if value is not None),
                *(() if body is None else (("content-type", "application/json"),)),
            ),
            content=content,
            auth=Bearer(Secret(self.token)) if self.token else None,
        )
        response: Response = run(self.transport.send(request))
        return response


def body_of(response: Response) -> Any:
    return json.loads(response.content)


def error_of(response: Response) -> tuple[int, str, str]:
    (error,) = body_of(response)["errors"]
    assert error["title"]
    return response.status, error["code"].removeprefix("urn:au-cds:error:"), error["detail"]


def grown(world: World) -> Iterator[tuple[Presence, Life]]:
    for presence in world.population.presences("banking"):
        life = world.population.life(presence.member_id)
        if life.accounts:
            yield presence, life


@pytest.fixture
def customer(world: World) -> Presence:
    """A customer with more than one account, and a card among them."""
    return next(
        presence
        for presence, life in grown(world)
        if any(account.type is AccountType.CREDIT_CARD for account in life.accounts)
        and len(life.accounts) >= 3
        and not presence.organization
    )


@pytest.fixture
def life(world: World, customer: Presence) -> Life:
    return world.population.life(customer.member_id)


@pytest.fixture
def ask(world: World, customer: Presence, spec_http: Any, run: Any) -> Callable[..., Response]:
    """Ask as the customer, every exchange compared with the specification."""
    client = Client(spec_http(SPECS, banking.app(world), BASE_URL), customer.token)
    return lambda *args, **kwargs: client(run, *args, **kwargs)


@pytest.fixture
def ask_wrongly(world: World, customer: Presence, spec_http: Any, run: Any) -> Callable[..., Response]:
    """The same for requests that break the specification; the answers still must not."""
    client = Client(spec_http(SPECS, banking.app(world), BASE_URL, check_requests=False), customer.token)
    return lambda *args, **kwargs: client(run, *args, **kwargs)


def all_pages(ask: Callable[..., Response], name: str, path: str, version: int, **params: Any) -> list[Any]:
    found, page = [], 1
    while True:
        answer = body_of(ask(path, version, page=page, **params))
        found += answer["data"][name]
        if "next" not in answer["links"]:
            assert answer["meta"]["totalRecords"] == len(found)
            assert answer["meta"]["totalPages"] in {page, 0}
            return found
        page += 1


# --- formats beyond what the schema checks -----------------------------------------------------


def formats(schemas: Mapping[str, Any], schema: Any, value: Any, path: str = "$") -> Iterator[str]:
    """What breaks an ``x-cds-type``, which a validator does not know, or an ``x-conditional`` union."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for part in schema.get("allOf", []):
        yield from formats(schemas, part, value, path)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from formats(schemas, schema.get("items", {}), item, f"{path}[{index}]")
    if isinstance(value, dict):
        for name, child in schema.get("properties", {}).items():
            if name in value:
                yield from formats(schemas, child, value[name], f"{path}.{name}")
            if name.endswith("UType") and name in value and value[name] not in value:
                yield f"{path}: {name} names {value[name]}, which is missing"
    pattern = FORMATS.get(schema.get("x-cds-type", ""))
    if pattern and not pattern.fullmatch(value):
        yield f"{path}: {value!r} is no {schema['x-cds-type']}"


def test_every_answer_keeps_the_formats_of_the_standard(
    world: World, partner_specs: Path, spec_http: Any, run: Any
) -> None:
    transport = spec_http(SPECS, banking.app(world), BASE_URL)
    documents = [json.loads((partner_specs / name).read_text()) for name in SPECS]
    types = set()
    for presence, life in list(grown(world))[:12]:
        client = Client(transport, presence.token)
        client(run, "/common/customer", 1)
        client(run, "/common/customer/detail", 2)
        client(run, "/banking/accounts", 3)
        client(run, "/banking/accounts/balances", 2)
        client(run, "/banking/accounts/direct-debits", 2)
        for account in life.accounts:
            types.add(account.type)
            path = f"/banking/accounts/{account.id}"
            client(run, path, 5)
            client(run, f"{path}/balance", 1)
            client(run, f"{path}/direct-debits", 1)
            client(run, f"{path}/transactions", 2, page_size=7)
    assert len(types) >= 4, "the customers looked at hold several types of account"
    for call in transport.calls:
        template = re.sub(r"accounts/(?!balances|direct-debits)[^/]+", "accounts/{accountId}", call.path)
        document = next(each for each in documents if template.removeprefix("/cds-au/v1") in each["paths"])
        operation = document["paths"][template.removeprefix("/cds-au/v1")][call.method.lower()]
        assert call.response.headers["x-v"] == operation["x-version"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert list(formats(document["components"]["schemas"], schema, body_of(call.response))) == []


# --- who asks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "nobody-granted-this"])
def test_an_unknown_token_is_refused(world: World, plain_http: Any, run: Any, token: str | None) -> None:
    response = Client(plain_http(banking.app(world), BASE_URL), token)(run, "/banking/accounts", 3)
    assert response.status == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert error_of(response)[1] == "cds-all:GeneralError/Expected"


def test_a_revoked_consent_is_forbidden(world: World, customer: Presence, plain_http: Any, run: Any) -> None:
    transport = plain_http(banking.app(world), BASE_URL)
    client = Client(transport, customer.token)
    assert client(run, "/banking/accounts", 3).status == 200
    revoke = Request(
        method="POST",
        url="http://bank.test/_sandbox/consents/revoke",
        content=json.dumps({"token": customer.token}).encode(),
    )
    transport.base_url = "http://bank.test"
    assert run(transport.send(revoke)).status == 204
    response = client(run, "/banking/accounts", 3)
    assert error_of(response)[:2] == (403, "cds-all:Authorisation/RevokedConsent")


def test_a_customer_sees_nothing_of_another(
    world: World, customer: Presence, ask: Callable[..., Response]
) -> None:
    other = next(
        account.id
        for presence, life in grown(world)
        if presence.member_id != customer.member_id
        for account in life.accounts
    )
    invalid = "cds-banking:Authorisation/InvalidBankingAccount"
    assert error_of(ask(f"/banking/accounts/{other}", 5)) == (404, invalid, other)
    assert error_of(ask(f"/banking/accounts/{other}/transactions", 2)) == (404, invalid, other)
    batch = ask("/banking/accounts/balances", 1, body={"data": {"accountIds": [other]}, "meta": {}})
    assert error_of(batch) == (422, invalid, other)


# --- headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-v": None}, (400, "cds-all:Header/Missing", "x-v")),
        ({"x-v": "three"}, (400, "cds-all:Header/InvalidVersion", "x-v")),
        ({"x-v": "0"}, (400, "cds-all:Header/InvalidVersion", "x-v")),
        ({"x-min-v": "-1"}, (400, "cds-all:Header/InvalidVersion", "x-min-v")),
        ({"x-v": "2"}, (406, "cds-all:Header/UnsupportedVersion", "minimum version: 3, maximum version: 3")),
        ({"x-v": "4"}, (406, "cds-all:Header/UnsupportedVersion", "minimum version: 3, maximum version: 3")),
        ({"x-fapi-auth-date": None}, (400, "cds-all:Header/Missing", "x-fapi-auth-date")),
        ({"x-fapi-auth-date": "yesterday"}, (400, "cds-all:Header/Invalid", "x-fapi-auth-date")),
        ({"x-fapi-interaction-id": "17"}, (400, "cds-all:Header/Invalid", "x-fapi-interaction-id")),
    ],
)
def test_headers_are_checked(
    ask_wrongly: Callable[..., Response], headers: Mapping[str, Any], expected: tuple[int, str, str]
) -> None:
    assert error_of(ask_wrongly("/banking/accounts", 3, headers=headers)) == expected


def test_the_highest_version_in_the_range_answers(ask: Callable[..., Response]) -> None:
    assert ask("/banking/accounts", 7, headers={"x-min-v": "2"}).headers["x-v"] == "3"
    assert ask("/banking/accounts", 3, headers={"x-min-v": "3"}).status == 200


def test_the_interaction_id_is_played_back_also_with_errors(ask_wrongly: Callable[..., Response]) -> None:
    told = str(uuid4())
    fine = ask_wrongly("/banking/accounts", 3, headers={"x-fapi-interaction-id": told})
    refused = ask_wrongly("/banking/accounts", 99, headers={"x-fapi-interaction-id": told})
    assert (fine.headers["x-fapi-interaction-id"], refused.headers["x-fapi-interaction-id"]) == (told, told)
    made_up = ask_wrongly("/banking/accounts", 3, headers={"x-fapi-interaction-id": None})
    assert UUID(made_up.headers["x-fapi-interaction-id"]).version == 4


# --- lists -------------------------------------------------------------------------------------


def test_pages_add_up_to_the_list(ask: Callable[..., Response], life: Life) -> None:
    once = body_of(ask("/banking/accounts", 3, page_size=1000))["data"]["accounts"]
    assert [each["accountId"] for each in once] == [account.id for account in life.accounts]
    assert all_pages(ask, "accounts", "/banking/accounts", 3, page_size=1) == once


def test_a_page_names_its_neighbours(ask: Callable[..., Response]) -> None:
    first = body_of(ask("/banking/accounts", 3, page=1, page_size=1))["links"]
    middle = body_of(ask("/banking/accounts", 3, page=2, page_size=1))["links"]
    assert set(first) == {"self", "next", "last"}
    assert set(middle) == {"self", "first", "prev", "next", "last"}
    assert "page=3" in middle["next"]
    assert "page-size=1" in middle["next"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"page_size": 1001}, (400, "cds-all:Field/InvalidPageSize", "page-size is at most 1000")),
        ({"page_size": 0}, (400, "cds-all:Field/Invalid", "page-size")),
        ({"page": -1}, (400, "cds-all:Field/Invalid", "page")),
        ({"page": "two"}, (400, "cds-all:Field/Invalid", "page")),
        ({"page": 99}, (422, "cds-all:Field/InvalidPage", "1")),
        ({"is_owned": "2007-05-01"}, (400, "cds-all:Field/Invalid", "is-owned")),
        ({"open_status": "AJAR"}, (400, "cds-all:Field/Invalid", "open-status")),
        ({"product_category": "GOLD"}, (400, "cds-all:Field/Invalid", "product-category")),
    ],
)
def test_parameters_are_checked(
    ask_wrongly: Callable[..., Response], params: Mapping[str, Any], expected: tuple[int, str, str]
) -> None:
    assert error_of(ask_wrongly("/banking/accounts", 3, **params)) == expected


def test_accounts_can_be_filtered(ask: Callable[..., Response], life: Life) -> None:
    cards = body_of(ask("/banking/accounts", 3, product_category="CRED_AND_CHRG_CARDS"))["data"]["accounts"]
    expected = [each.id for each in life.accounts if each.type is AccountType.CREDIT_CARD]
    assert [each["accountId"] for each in cards] == expected
    opened = body_of(ask("/banking/accounts", 3, open_status="OPEN"))["meta"]["totalRecords"]
    closed = body_of(ask("/banking/accounts", 3, open_status="CLOSED"))["meta"]["totalRecords"]
    assert opened + closed == len(life.accounts)
    assert body_of(ask("/banking/accounts", 3, is_owned="false"))["data"]["accounts"] == []


# --- balances ----------------------------------------------------------------------------------


def test_balances_of_chosen_accounts(ask: Callable[..., Response], life: Life) -> None:
    wanted = [account.id for account in life.accounts][::-1]
    answer = body_of(ask("/banking/accounts/balances", 1, body={"data": {"accountIds": wanted}, "meta": {}}))
    assert [each["accountId"] for each in answer["data"]["balances"]] == wanted
    every = body_of(ask("/banking/accounts/balances", 2))["data"]["balances"]
    assert sorted(map(str, every)) == sorted(map(str, answer["data"]["balances"]))
    one = body_of(ask(f"/banking/accounts/{wanted[0]}/balance", 1))["data"]
    assert one == answer["data"]["balances"][0]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, "cds-all:GeneralError/Expected", "The body is not JSON")),
        ({}, (400, "cds-all:Field/Missing", "data")),
        ([], (400, "cds-all:Field/Missing", "data")),
        ({"data": {}}, (400, "cds-all:Field/Missing", "accountIds")),
        ({"data": {"accountIds": "a"}}, (400, "cds-all:Field/Invalid", "accountIds")),
        ({"data": {"accountIds": [1]}}, (400, "cds-all:Field/Invalid", "accountIds")),
    ],
)
def test_bodies_are_checked(
    ask_wrongly: Callable[..., Response], body: Any, expected: tuple[int, str, str]
) -> None:
    for path in ("/banking/accounts/balances", "/banking/accounts/direct-debits"):
        assert error_of(ask_wrongly(path, 1, body=body)) == expected


def test_what_is_posted_adds_up_to_the_balance(world: World, plain_http: Any, run: Any) -> None:
    transport = plain_http(banking.app(world), BASE_URL)
    pending = 0
    for presence, life in list(grown(world))[:20]:
        client = Client(transport, presence.token)
        for account in life.accounts:
            path = f"/banking/accounts/{account.id}"
            listed = client(
                run, f"{path}/transactions", 2, oldest_time="1990-01-01T00:00:00Z", page_size=1000
            )
            entries = body_of(listed)["data"]["transactions"]
            assert "next" not in body_of(listed)["links"]
            posted = [Decimal(each["amount"]) for each in entries if each["status"] == "POSTED"]
            pending += len(entries) - len(posted)
            balance = body_of(client(run, f"{path}/balance", 1))["data"]
            assert Decimal(balance["currentBalance"]) == life.openings.get(account.id, 0) + sum(posted)
            assert Decimal(balance["availableBalance"]) >= 0
    assert pending, "some of it was not posted yet"


# --- transactions ------------------------------------------------------------------------------


@pytest.fixture
def busy(life: Life) -> str:
    """The account with the most movements."""
    return max(life.accounts, key=lambda account: len(ledger.movements(life, account))).id


def effective(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(entry.get("postingDateTime") or entry["executionDateTime"])


def test_transactions_of_the_last_ninety_days_newest_first(
    world: World, ask: Callable[..., Response], busy: str
) -> None:
    found = all_pages(ask, "transactions", f"/banking/accounts/{busy}/transactions", 2, page_size=10)
    times = [effective(each) for each in found]
    assert len(times) > 10
    assert times == sorted(times, reverse=True)
    assert world.now() - timedelta(days=90) <= times[-1]
    assert times[0] <= world.now()


def test_a_window_includes_both_ends(ask: Callable[..., Response], busy: str) -> None:
    path = f"/banking/accounts/{busy}/transactions"
    found = all_pages(ask, "transactions", path, 2)
    some = [each for each in found if each["status"] == "POSTED"][2:6]
    newest, oldest = some[0]["postingDateTime"], some[-1]["postingDateTime"]
    inside = all_pages(ask, "transactions", path, 2, oldest_time=oldest, newest_time=newest)
    assert inside == [each for each in found if oldest <= (each.get("postingDateTime") or "") <= newest]
    assert len(inside) >= 4
    just_before = (datetime.fromisoformat(oldest) - timedelta(microseconds=1)).isoformat()
    assert (
        all_pages(ask, "transactions", path, 2, oldest_time="2026-01-01T00:00:00Z", newest_time=just_before)[
            0
        ]
        == (found[found.index(inside[-1]) + 1])
    )


def test_without_an_oldest_time_the_window_begins_ninety_days_before_the_newest(
    ask: Callable[..., Response], busy: str
) -> None:
    newest = datetime(2025, 12, 31, tzinfo=UTC)
    path = f"/banking/accounts/{busy}/transactions"
    found = all_pages(ask, "transactions", path, 2, newest_time="2025-12-31T00:00:00Z")
    assert found
    assert all(newest - timedelta(days=90) <= effective(each) <= newest for each in found)


def test_transactions_by_amount_and_text(ask: Callable[..., Response], busy: str) -> None:
    path = f"/banking/accounts/{busy}/transactions"
    found = all_pages(ask, "transactions", path, 2)
    large = all_pages(ask, "transactions", path, 2, min_amount="-50.00", max_amount="0.00")
    assert large == [each for each in found if -50 <= Decimal(each["amount"]) <= 0]
    word = found[0]["description"][:5]
    assert found[0] in all_pages(ask, "transactions", path, 2, text=word.upper())


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"oldest_time": "yesterday"}, (400, "cds-all:Field/InvalidDateTime", "oldest-time")),
        ({"newest_time": "2026-06-01"}, (400, "cds-all:Field/InvalidDateTime", "newest-time")),
        ({"newest_time": "2026-06-01T00:00:00"}, (400, "cds-all:Field/InvalidDateTime", "newest-time")),
        ({"newest_time": "2026-02-30T00:00:00Z"}, (400, "cds-all:Field/InvalidDateTime", "newest-time")),
        ({"min_amount": "10"}, (400, "cds-all:Field/Invalid", "min-amount")),
    ],
)
def test_windows_are_checked(
    ask: Callable[..., Response], busy: str, params: Mapping[str, Any], expected: tuple[int, str, str]
) -> None:
    assert error_of(ask(f"/banking/accounts/{busy}/transactions", 2, **params)) == expected


def test_what_was_bought_a_moment_ago_is_pending(world: World, spec_http: Any, run: Any) -> None:
    transport = spec_http(SPECS, banking.app(world), BASE_URL)
    pending = [
        entry
        for presence, life in grown(world)
        for account in life.accounts
        if account.type in {AccountType.EVERYDAY, AccountType.CREDIT_CARD}
        for entry in body_of(
            Client(transport, presence.token)(
                run, f"/banking/accounts/{account.id}/transactions", 2, oldest_time="2026-06-13T00:00:00Z"
            )
        )["data"]["transactions"]
        if entry["status"] == "PENDING"
    ]
    assert pending
    assert all("postingDateTime" not in each and "transactionId" not in each for each in pending)


def test_direct_debits_name_who_debits(world: World, spec_http: Any, run: Any) -> None:
    transport = spec_http(SPECS, banking.app(world), BASE_URL)
    debits = [
        debit
        for presence, _ in grown(world)
        for debit in body_of(Client(transport, presence.token)(run, "/banking/accounts/direct-debits", 2))[
            "data"
        ]["directDebitAuthorisations"]
    ]
    assert debits
    assert all(each["authorisedEntity"]["description"] for each in debits)
    assert all(Decimal(each["lastDebitAmount"]) > 0 for each in debits)


# --- the customer ------------------------------------------------------------------------------


def test_people_and_organisations(world: World, spec_http: Any, run: Any) -> None:
    transport = spec_http(SPECS, banking.app(world), BASE_URL)
    kinds = set()
    for presence in world.population.presences("banking"):
        data = body_of(Client(transport, presence.token)(run, "/common/customer/detail", 2))["data"]
        kinds.add(data["customerUType"])
        if presence.organization:
            assert data["organisation"]["businessName"] == presence.organization_name
            continue
        person = data["person"]
        assert (person.get("firstName", ""), person["lastName"]) == (
            presence.given_name,
            presence.family_name,
        )
        phones = [each["fullNumber"].removeprefix("tel:") for each in person["phoneNumbers"]]
        assert phones == ([presence.phone] if presence.phone else [])
    assert kinds == {"person", "organisation"}


def test_errors_of_the_framework_speak_the_standard(world: World, plain_http: Any, run: Any) -> None:
    client = Client(plain_http(banking.app(world), BASE_URL), "x")
    assert error_of(client(run, "/banking/nowhere", 1))[:2] == (404, "cds-all:Resource/NotFound")
    world.behaviour.set("down")
    assert error_of(client(run, "/banking/accounts", 3))[:2] == (503, "cds-all:Service/Unavailable")
    world.behaviour.set("rate_limited", retry_after=7)
    limited = client(run, "/banking/accounts", 3)
    assert error_of(limited)[0] == 429
    assert limited.headers["retry-after"] == "7"
