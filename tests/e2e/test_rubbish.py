"""Whatever is sent: unknown is null, wrong is told with a code, and nothing is a fault of ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.stage.databases import Databases
from benchmarks.stage.graph import Graph, Stage
from benchmarks.stage.partners import Partners
from benchmarks.stage.processes import Installation, install
from schema import ids
from schema.errors import ErrorCode

GRAPHQL = "application/graphql-response+json"
NOBODY = "01900000-0000-7000-8000-000000000000"
TOLD = {code.value for code in ErrorCode} - {"INTERNAL"}

QUERY = "query ($by: CustomerKey!) { customer(by: $by) { id } }"

UNKNOWN = (
    {"id": ids.encode("Customer", NOBODY)},
    {"email": "nobody@example.org"},
    {"phone": "+61 2 5550 9999"},
    {"policyNumber": "NO-SUCH-POLICY"},
    {"accountNumber": "000-000 00000000"},
    {"membershipNumber": "NOBODY"},
    {"partnerRef": {"connector": "banking", "partyId": "nobody"}},
    {"partnerRef": {"connector": "no-such-connector", "partyId": "1"}},
)

WRONG_KEYS: Sequence[tuple[Any, str]] = (
    ({"id": "rubbish"}, "INVALID_ID"),
    ({"id": ""}, "INVALID_ID"),
    ({"id": 7}, "INVALID_ID"),
    ({"id": base64.b64encode(b"Customer:' OR 1=1 --").decode()}, "INVALID_ID"),
    ({"id": ids.encode("Connector", "banking")}, "INVALID_ID"),
    ({"email": "null@"}, "INVALID_KEY"),
    ({"email": ""}, "INVALID_KEY"),
    ({"email": "a" * 5000 + "@example.org"}, "INVALID_KEY"),
    ({"email": "a\0b@example.org"}, "BAD_USER_INPUT"),
    ({"phone": "12"}, "INVALID_KEY"),
    ({"phone": "five five five"}, "INVALID_KEY"),
    ({"policyNumber": "--"}, "INVALID_KEY"),
    ({"accountNumber": "\u202e"}, "INVALID_KEY"),
    ({"membershipNumber": "x" * 10_000}, "INVALID_KEY"),
    ({"partnerRef": {"connector": "", "partyId": "1"}}, "INVALID_KEY"),
    ({"partnerRef": {"connector": "banking", "partyId": "\0"}}, "BAD_USER_INPUT"),
    ({}, "BAD_USER_INPUT"),
    ({"email": None}, "BAD_USER_INPUT"),
    ({"email": "a@example.org", "phone": "+61255501234"}, "BAD_USER_INPUT"),
    ({"email": ["a@example.org"]}, "BAD_USER_INPUT"),
    ({"email": 7}, "BAD_USER_INPUT"),
    ({"shoeSize": "44"}, "BAD_USER_INPUT"),
    ({"partnerRef": {"connector": "banking"}}, "BAD_USER_INPUT"),
    ("a@example.org", "BAD_USER_INPUT"),
    ([], "BAD_USER_INPUT"),
    (None, "BAD_USER_INPUT"),
)

WRONG_DOCUMENTS = (
    ('{ customers(after: "rubbish") { totalCount } }', "INVALID_CURSOR"),
    ('{ customers(after: "") { totalCount } }', "INVALID_CURSOR"),
    ('{ customers(last: 2, before: "YXJyYXljb25uZWN0aW9uOi01") { totalCount } }', "INVALID_CURSOR"),
    ('{ search(text: "a", after: "rubbish") { totalCount } }', "INVALID_CURSOR"),
    ("{ customers(first: 0) { totalCount } }", "BAD_USER_INPUT"),
    ("{ customers(first: -3) { totalCount } }", "BAD_USER_INPUT"),
    ("{ customers(first: 100000) { totalCount } }", "LIMIT_EXCEEDED"),
    ("{ customers(first: 99999999999999999999) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
    ("{ customers(first: 2, last: 2) { totalCount } }", "BAD_USER_INPUT"),
    ('{ search(text: "") { totalCount } }', "BAD_USER_INPUT"),
    ('{ node(id: "rubbish") { id } }', "INVALID_ID"),
    ('{ nodes(ids: ["rubbish"]) { id } }', "INVALID_ID"),
    ('{ customer(by: {email: "a@b.ch"}, gather: {deadline: "P1Y"}) { id } }', "BAD_USER_INPUT"),
    ('{ customer(by: {email: "a@b.ch"}, gather: {deadline: "PT0S"}) { id } }', "LIMIT_EXCEEDED"),
    (
        '{ customer(by: {email: "a@b.ch"}, gather: {maxAge: "yesterday"}) { id } }',
        "BAD_USER_INPUT",
    ),
    ("{ customer { id } }", "GRAPHQL_VALIDATION_FAILED"),
    ("{ customers(orderBy: {field: SHOE_SIZE}) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
    ("{ customer(by: {", "GRAPHQL_PARSE_FAILED"),
    ("", "GRAPHQL_PARSE_FAILED"),
    ("\0", "GRAPHQL_PARSE_FAILED"),
    ("mutation { nothing }", "GRAPHQL_VALIDATION_FAILED"),
    ("query A { connectors { id } } query B { connectors { id } }", "OPERATION_RESOLUTION_FAILED"),
    ("{ " + "connectors { id } " * 3000 + "}", "LIMIT_EXCEEDED"),
    ("{ ...A } fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
)

WRONG_BODIES = (
    b"",
    b"null",
    b"true",
    b"1",
    b'"x"',
    b"[]",
    b"[{}]",
    b"{}",
    b'{"query": 1}',
    b'{"query": null}',
    b'{"query": "{ connectors { id } }", "variables": []}',
    b'{"query": "{ connectors { id } }", "variables": "x"}',
    b'{"query": "{ connectors { id } }", "operationName": 3}',
    b'{"query": "{ connectors { id } }"',
    b'{"query": "\xff\xfe"}',
    b'{"query": "\\ud800"}',
    b"[" * 20_000,
    b'{"a":' * 20_000,
    b'{"query": "{ connectors { id } }", "variables": {"n": ' + b"9" * 6000 + b"}}",
)


@pytest.fixture(scope="module")
def installation(
    template: Callable[[Databases], str],
    sqlite: Databases,
    running: Partners,
    tmp_path_factory: pytest.TempPathFactory,
) -> Installation:
    """Settings of the real server."""
    return install(tmp_path_factory.mktemp("server"), sqlite.copy(template(sqlite)), running.connectors)


@pytest.fixture(scope="module")
def address(installation: Installation) -> Iterator[str]:
    """The real server's address."""
    with installation.serving() as found:
        yield f"{found}/graphql"


@pytest.fixture
def client(installation: Installation) -> Iterator[httpx.Client]:
    headers = {"accept": GRAPHQL, **installation.bearer()}
    with httpx.Client(trust_env=False, timeout=20, headers=headers) as made:
        yield made


def codes(body: Any) -> set[str]:
    return {error["extensions"]["code"] for error in body.get("errors", ())}


@pytest.mark.parametrize("by", UNKNOWN, ids=",".join)
def test_an_unknown_customer_is_null(address: str, client: httpx.Client, by: Any) -> None:
    answer = client.post(address, json={"query": QUERY, "variables": {"by": by}})
    assert (answer.status_code, answer.json()) == (200, {"data": {"customer": None}})


def test_wrong_keys_are_told(address: str, client: httpx.Client) -> None:
    found = []
    for by, _ in WRONG_KEYS:
        answer = client.post(address, json={"query": QUERY, "variables": {"by": by}})
        body = answer.json()
        found.append((by, *sorted(codes(body))))
        # Refused as a variable: nothing was executed. Refused by the field: the rest is answered.
        assert (answer.status_code, "data" in body) in {(400, False), (200, True)}
        assert "a@example.org" not in answer.text
        assert "five" not in answer.text
    assert found == list(WRONG_KEYS)


def test_wrong_documents_are_told(address: str, client: httpx.Client) -> None:
    found = []
    for document, _ in WRONG_DOCUMENTS:
        answer = client.post(address, json={"query": document})
        found.append((document, *sorted(codes(answer.json()))))
        assert answer.status_code in {200, 400}
    assert found == list(WRONG_DOCUMENTS)


@pytest.mark.parametrize("accept", [GRAPHQL, "application/json"])
def test_wrong_bodies_are_told(address: str, client: httpx.Client, accept: str) -> None:
    for body in WRONG_BODIES:
        answer = client.post(
            address, content=body, headers={"content-type": "application/json", "accept": accept}
        )
        # ``application/json`` clients get 200 for what was well-formed JSON with a wrong document.
        assert answer.status_code in ({400} if accept == GRAPHQL else {200, 400}), body[:80]
        assert codes(answer.json()) <= TOLD | {"BAD_REQUEST"}, body[:80]
        assert codes(answer.json()), body[:80]


def test_wrong_addresses_and_methods_are_told(address: str, client: httpx.Client) -> None:
    assert client.get(address).status_code == 400
    assert client.get(address, params={"query": "{ connectors { id } }", "variables": "{"}).status_code == 400
    assert client.put(address, json={}).status_code == 405
    assert client.post(f"{address}/nothing", json={}).status_code == 404
    assert client.post(address, content=b"{}", headers={"content-type": "text/plain"}).status_code == 415


def test_the_server_is_well_after_all_that(address: str, client: httpx.Client) -> None:
    answer = client.post(address, json={"query": "{ customers(first: 1) { totalCount } }"})
    assert answer.json()["data"]["customers"]["totalCount"] > 100


PROBE = """
query Probe($id: ID!, $key: String!, $text: String!, $cursor: String, $country: CountryCode) {
  node(id: $id) { id }
  byId: customer(by: {id: $id}) { id }
  email: customer(by: {email: $key}) { id }
  phone: customer(by: {phone: $key}) { id }
  policy: customer(by: {policyNumber: $key}) { id }
  reference: customer(by: {partnerRef: {connector: $key, partyId: $text}}) { id }
  after: customers(first: 2, after: $cursor) { edges { cursor } }
  named: customers(first: 2, filter: {name: $text, country: $country, connectors: [$key]}) { totalCount }
  search(text: $text, first: 2, after: $cursor, gather: {maxAge: "PT1H"}) { totalCount }
}
"""

ANYTHING = (
    st.text(max_size=60)
    | st.text("\0\u202e\ufeff'\"%_\\;-@+.0aé", max_size=40)
    | st.sampled_from(["a@b.ch", "+61255501234", "CH", "O'Brien", "%", "\\", "ß", "🂡", "a\0b", "\ud800"])
)


def test_no_text_is_a_fault_of_ours(stage: Stage, tmp_path: Path) -> None:
    """Over real databases, which have opinions of their own about zero bytes and lone surrogates."""
    sent: list[dict[str, str]] = []

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(st.fixed_dictionaries(dict.fromkeys(("id", "key", "text", "cursor", "country"), ANYTHING)))
    def collect(variables: dict[str, str]) -> None:
        sent.append(variables)

    collect()

    async def scene(graph: Graph) -> None:
        stage.partners.all_behave("down")
        for variables in sent:
            answer = await graph.execute(PROBE, variables)
            found = {error["extensions"]["code"] for error in answer.errors}
            assert found <= TOLD, (variables, [dict(error) for error in answer.errors])
            assert "traceback" not in json.dumps(answer.body(), default=str).casefold()

    stage.play(scene)
