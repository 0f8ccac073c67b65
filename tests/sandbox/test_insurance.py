"""The insurer of the sandbox: every request and answer as the published specification has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from c360.auth import Bearer
from c360.http import Request, Response
from c360.values import Secret
from sandbox.framework import World
from sandbox.partners import insurance
from sandbox.partners.insurance.products import Api
from sandbox.partners.insurance.spelling import letters, phone
from sandbox.population import Population
from sandbox.population.model import Event, EventKind, InsurancePolicy, Life, Line, Presence

pytestmark = pytest.mark.specs

HOST = "http://insurer.test"
BASE = f"{HOST}/open-insurance"
UUID = "7a3d1c9e-4b59-4c1a-9a53-0a8f0d8f3c11"
PERSONAL = "/customers/v2/personal/identifications"
BUSINESS = "/customers/v2/business/identifications"
PERSONAL_READ = "CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ"
AUTO = "/insurance-auto/v1/insurance-auto"
CONSENTS = "/consents/v3/consents"
CLIENT = insurance.CLIENT_TOKEN


class Insurer:
    """The insurer as a caller sees it."""

    def __init__(self, transport: Any, run: Callable[..., Any]) -> None:
        self._transport = transport
        self._run = run

    def call(
        self,
        method: str,
        path: str,
        token: str | None,
        body: object = None,
        **headers: str | None,
    ) -> Response:
        """Send a request with the required headers; a header that is ``None`` is left out."""
        query = path.partition("?")[2]
        named = {"accept": "application/json", "x_fapi_interaction_id": UUID} | headers
        if body is not None:
            named["content_type"] = "application/json"
        request = Request(
            method=method,
            url=f"{BASE}{path.partition('?')[0]}",
            params=tuple(
                (pair.partition("=")[0], pair.partition("=")[2]) for pair in query.split("&") if pair
            ),
            headers=tuple(
                (name.replace("_", "-"), value) for name, value in named.items() if value is not None
            ),
            content=b"" if body is None else msgspec.json.encode(body),
            auth=None if token is None else Bearer(Secret(token)),
        )
        response: Response = self._run(self._transport.send(request))
        return response

    def say_yes(self, consent_id: str) -> str:
        """The customer authorises a consent on the insurer's pages; the token that comes of it."""
        request = Request(
            method="POST",
            url=f"{HOST}/_sandbox/consents",
            content=msgspec.json.encode({"consentId": consent_id}),
        )
        response = self._run(self._transport.send(request))
        token: str = msgspec.json.decode(response.content)["token"]
        return token

    def get(self, path: str, token: str | None, **headers: str | None) -> Any:
        """The body of a GET that succeeds."""
        response = self.call("GET", path, token, **headers)
        assert response.status == 200, response.content
        return msgspec.json.decode(response.content)

    def refused(
        self, method: str, path: str, token: str | None, *, body: object = None, **headers: str | None
    ) -> int:
        """The status of a call that is refused in the API's own form."""
        response = self.call(method, path, token, body, **headers)
        assert response.status >= 400
        (error,) = msgspec.json.decode(response.content)["errors"]
        assert set(error) == {"code", "title", "detail", "requestDateTime"}
        return response.status


class Written(Population):
    """Everybody the insurer knows has the same eventful life, under policy numbers of their own."""

    def life(self, member_id: str) -> Life:
        start, end = date(2025, 9, 1), date(2026, 9, 1)
        lines = (Line.AUTO, Line.AUTO, Line.LIFE, Line.PENSION, Line.HOUSING)
        policies = tuple(
            InsurancePolicy(
                id=f"{member_id}-{position}",
                line=line,
                start=start,
                end=end,
                monthly_premium=Decimal("123.45"),
                sum_insured=Decimal(80_000),
                reserve=Decimal("4321.09") if line is Line.PENSION else None,
                thing=f"Thing {position} 2019",
            )
            for position, line in enumerate(lines)
        )
        events = [event for policy in policies for event in (*_premiums(policy.id), *_claims(policy.id))]
        return Life(member_id, (), policies, (), Decimal(0), tuple(sorted(events, key=lambda it: it.at)))


def _premiums(policy_id: str) -> Iterator[Event]:
    for month, kind in ((1, EventKind.PREMIUM_PAID), (2, EventKind.PREMIUM_MISSED)):
        yield Event(
            id=f"{policy_id}-p{month}",
            deed=f"{policy_id}-p{month}",
            kind=kind,
            domain="insurance",
            at=datetime(2026, month, 3, 8, tzinfo=UTC),
            amount=Decimal("123.45"),
            holding=policy_id,
            detail={"due_on": f"2026-{month:02d}-01"},
        )


def _claims(policy_id: str) -> Iterator[Event]:
    for day, status in enumerate(("OPEN", "CLOSED_PAID", "CLOSED_UNPAID"), start=1):
        yield Event(
            id=f"{policy_id}-c{day}",
            deed=f"{policy_id}-c{day}",
            kind=EventKind.CLAIM,
            domain="insurance",
            at=datetime(2026, 3, day, 8, tzinfo=UTC),
            amount=Decimal(900),
            holding=policy_id,
            detail={"status": status, "reported_on": f"2026-03-{day + 1:02d}"},
        )


@pytest.fixture(scope="session")
def written(population: Population) -> Population:
    """A small population of eventful lives."""
    return Written(people=12, companies=3, seed=population.seed, today=population.today)


@pytest.fixture
def world(written: Population) -> World:
    """The insurer's world: fresh behaviour, counters and state."""
    return World(written)


@pytest.fixture
def insurer(world: World, spec_http: Any, run: Any) -> Insurer:
    """The insurer, with every exchange compared with the specification."""
    app = insurance.app(world)
    return Insurer(spec_http("insurance-opin-bundle.yaml", app, HOST, server_prefix=""), run)


@pytest.fixture
def careless(world: World, spec_http: Any, run: Any) -> Insurer:
    """The insurer, called with requests that break the specification; its answers do not."""
    app = insurance.app(world)
    transport = spec_http("insurance-opin-bundle.yaml", app, HOST, server_prefix="", check_requests=False)
    return Insurer(transport, run)


@pytest.fixture
def somebody(world: World) -> Presence:
    """A person with a motor policy."""
    return next(presence for presence, _ in _holders(world, Line.AUTO) if not presence.organization)


def _holders(world: World, *lines: Line) -> Iterator[tuple[Presence, str]]:
    for presence in world.population.presences("insurance"):
        for policy in world.population.life(presence.member_id).policies:
            if policy.line in lines:
                yield presence, policy.id


def _wish(presence: Presence, world: World, *permissions: str) -> dict[str, Any]:
    return {
        "data": {
            "loggedUser": {"document": {"identification": presence.tax_id, "rel": "CPF"}},
            "permissions": list(permissions),
            "expirationDateTime": f"{world.now() + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}",
        }
    }


# --- everything about everybody ------------------------------------------------------------------


def test_everybody_is_a_person_or_a_company(world: World, insurer: Insurer) -> None:
    for presence in world.population.presences("insurance"):
        mine, other = (BUSINESS, PERSONAL) if presence.organization else (PERSONAL, BUSINESS)
        (found,) = insurer.get(mine, presence.token)["data"]
        number = found["document"]["businesscnpjNumber"] if presence.organization else found["cpfNumber"]
        assert number == presence.tax_id
        assert insurer.refused("GET", other, presence.token) == 403


@pytest.mark.parametrize("real", [False, True])
def test_every_policy_with_premium_and_claims(
    written: Population, population: Population, spec_http: Any, run: Any, *, real: bool
) -> None:
    people = population if real else written
    app = insurance.app(World(people))
    insurer = Insurer(spec_http("insurance-opin-bundle.yaml", app, HOST, server_prefix=""), run)
    listed, claims = set(), []
    for presence in people.presences("insurance"):
        for api, policy_id in _listed(insurer, presence):
            path = f"{api.path.removeprefix('/open-insurance')}/{policy_id}"
            listed.add(policy_id)
            assert insurer.get(f"{path}/policy-info", presence.token)["data"]["policyId"] == policy_id
            assert insurer.get(f"{path}/premium", presence.token)["data"]["coverages"]
            claims += [
                claim["identification"] for claim in insurer.get(f"{path}/claim", presence.token)["data"]
            ]

    lives = [people.life(presence.member_id) for presence in people.presences("insurance")]
    assert listed == {policy.id for life in lives for policy in life.policies}
    made = [event.id for life in lives for event in life.at("insurance") if event.kind is EventKind.CLAIM]
    assert sorted(claims) == sorted(made)


def _listed(insurer: Insurer, presence: Presence) -> Iterator[tuple[Api, str]]:
    for api in Api:
        for brand in insurer.get(api.path.removeprefix("/open-insurance"), presence.token)["data"]:
            inner = brand["brand"] if api is Api.PERSON else brand
            for policy in inner["companies"][0]["policies"]:
                yield api, policy["policyId"]


def test_a_missed_premium_is_issued_and_never_settled(insurer: Insurer, somebody: Presence) -> None:
    for api, policy_id in _listed(insurer, somebody):
        path = f"{api.path.removeprefix('/open-insurance')}/{policy_id}/premium"
        payments = insurer.get(path, somebody.token)["data"]["payments"]

        assert [(payment["maturityDate"], payment["movementType"]) for payment in payments] == [
            ("2026-01-01", "EMISSAO_DE_PREMIO_SEM_ENDOSSO"),
            ("2026-01-01", "LIQUIDACAO_DE_PREMIO"),
            ("2026-02-01", "EMISSAO_DE_PREMIO_SEM_ENDOSSO"),
        ]


def test_a_claim_says_where_it_stands(insurer: Insurer, somebody: Presence) -> None:
    for api, policy_id in _listed(insurer, somebody):
        path = f"{api.path.removeprefix('/open-insurance')}/{policy_id}/claim"
        claims = insurer.get(path, somebody.token)["data"]

        assert [(claim["status"], claim.get("denialJustification")) for claim in claims] == [
            ("ABERTO", None),
            ("ENCERRADO_COM_INDENIZACAO", None),
            ("ENCERRADO_SEM_INDENIZACAO", "FORA_COBERTURA"),
        ]


def test_the_same_question_has_the_same_answer(insurer: Insurer, somebody: Presence) -> None:
    assert insurer.get(AUTO, somebody.token) == insurer.get(AUTO, somebody.token)


# --- access and headers ------------------------------------------------------------------------------


def test_without_a_good_token_nothing_is_told(careless: Insurer) -> None:
    assert careless.refused("GET", PERSONAL, None) == 401
    assert careless.refused("GET", PERSONAL, "nonsense") == 401
    assert careless.refused("GET", AUTO, CLIENT) == 401


def test_required_headers(careless: Insurer, somebody: Presence) -> None:
    token = somebody.token
    assert careless.refused("GET", PERSONAL, token, x_fapi_interaction_id=None) == 400
    assert careless.refused("GET", PERSONAL, token, x_fapi_interaction_id="not-a-uuid") == 400
    assert careless.get(AUTO, token, x_fapi_interaction_id="not-a-uuid")["data"]
    assert careless.refused("GET", AUTO, token, x_fapi_interaction_id="-") == 400
    assert careless.refused("GET", AUTO, token, accept="text/html") == 406


@pytest.mark.parametrize(
    ("wanted", "least", "status"),
    [
        ("1.4.0", None, 200),
        ("9.0.0", None, 200),
        ("1.0.0", None, 406),
        ("9.0.0", "2.0.0", 406),
        ("1.4.0", "9.0.0", 200),
        ("two", None, 400),
    ],
)
def test_versions(insurer: Insurer, somebody: Presence, wanted: str, least: str | None, status: int) -> None:
    response = insurer.call("GET", AUTO, somebody.token, x_v=wanted, x_min_v=least)

    assert response.status == status
    if status == 200:
        assert response.headers["x-v"] == "1.4.0"
        assert response.headers["x-fapi-interaction-id"] == UUID


def test_policies_of_others_and_of_other_apis_are_not_found(
    world: World, insurer: Insurer, somebody: Presence
) -> None:
    of_others = next(
        policy for presence, policy in _holders(world, Line.AUTO) if presence.member_id != somebody.member_id
    )
    own = next(policy for presence, policy in _holders(world, Line.AUTO) if presence is somebody)
    for part in ("policy-info", "premium", "claim"):
        assert insurer.refused("GET", f"{AUTO}/{of_others}/{part}", somebody.token) == 404
        assert insurer.refused("GET", f"{AUTO}/none/{part}", somebody.token) == 404
        wrong = AUTO.replace("auto", "housing")
        assert insurer.refused("GET", f"{wrong}/{own}/{part}", somebody.token) == 404


def test_other_methods_and_paths(world: World, plain_http: Any, run: Any, somebody: Presence) -> None:
    insurer = Insurer(plain_http(insurance.app(world), BASE), run)

    assert insurer.refused("POST", PERSONAL, somebody.token) == 405
    assert insurer.refused("GET", "/customers/v2/elsewhere", somebody.token) == 404


# --- paging ------------------------------------------------------------------------------------------


def test_pages(insurer: Insurer, somebody: Presence) -> None:
    token, seen = somebody.token, []
    for number in (1, 2):
        page = insurer.get(f"{AUTO}?page={number}&page-size=1", token)
        seen += [policy["policyId"] for policy in page["data"][0]["companies"][0]["policies"]]
        assert page["meta"] == {"totalRecords": 2, "totalPages": 2}
        neighbours = {"next", "last"} if number == 1 else {"prev", "first"}
        assert set(page["links"]) == {"self"} | neighbours
        assert page["links"]["self"] == f"https://insurer.test/open-insurance{AUTO}?page={number}&page-size=1"
    assert len(set(seen)) == 2
    assert insurer.refused("GET", f"{AUTO}?page=3&page-size=1", token) == 422


@pytest.mark.parametrize(
    ("query", "status"),
    [("page=0", 422), ("page=-1", 422), ("page=x", 400), ("page-size=0", 422), ("page-size=1001", 422)],
)
def test_impossible_pages(careless: Insurer, somebody: Presence, query: str, status: int) -> None:
    assert careless.refused("GET", f"{AUTO}?{query}", somebody.token) == status


# --- consents ----------------------------------------------------------------------------------------


def test_a_consent_is_asked_for_once(world: World, insurer: Insurer, somebody: Presence) -> None:
    wish, other = (_wish(somebody, world, name) for name in (PERSONAL_READ, "RESOURCES_READ"))

    first = insurer.call("POST", CONSENTS, CLIENT, wish, x_idempotency_key="k1")
    again = insurer.call("POST", CONSENTS, CLIENT, wish, x_idempotency_key="k1")

    assert first.status == again.status == 201
    assert msgspec.json.decode(first.content)["data"]["status"] == "AWAITING_AUTHORISATION"
    assert first.content == again.content
    assert insurer.refused("POST", CONSENTS, CLIENT, body=other, x_idempotency_key="k1") == 422


def test_a_consent_allows_what_it_names_until_it_is_revoked(
    world: World, insurer: Insurer, somebody: Presence
) -> None:
    wish = _wish(somebody, world, PERSONAL_READ, "DAMAGES_AND_PEOPLE_AUTO_READ")
    created = insurer.call("POST", CONSENTS, CLIENT, wish, x_idempotency_key="k1")
    consent_id = msgspec.json.decode(created.content)["data"]["consentId"]
    path = f"{CONSENTS}/{consent_id}"
    token = insurer.say_yes(consent_id)

    assert insurer.get(path, CLIENT)["data"]["status"] == "AUTHORISED"
    assert insurer.get(PERSONAL, token)["data"][0]["cpfNumber"] == somebody.tax_id
    policies = insurer.get(AUTO, token)["data"][0]["companies"][0]["policies"]
    assert insurer.refused("GET", f"{AUTO}/{policies[0]['policyId']}/premium", token) == 403
    assert insurer.refused("GET", AUTO.replace("auto", "person"), token) == 403

    assert insurer.call("DELETE", path, CLIENT).status == 204
    assert insurer.refused("GET", PERSONAL, token) == 401
    rejected = insurer.get(path, CLIENT)["data"]
    assert rejected["status"] == "REJECTED"
    assert rejected["rejection"]["reason"]["code"] == "CUSTOMER_MANUALLY_REVOKED"
    assert insurer.refused("DELETE", path, CLIENT) == 422
    assert insurer.get(PERSONAL, somebody.token)["data"], "another consent of the same customer stands"


def test_the_consent_from_the_start_can_be_revoked(insurer: Insurer, somebody: Presence) -> None:
    path = f"{CONSENTS}/urn:ipe-seguros:{somebody.party_id}"
    assert insurer.get(path, CLIENT)["data"]["status"] == "AUTHORISED"
    assert insurer.call("DELETE", path, CLIENT).status == 204
    assert insurer.refused("GET", PERSONAL, somebody.token) == 401


def test_consents_that_cannot_be(world: World, careless: Insurer, somebody: Presence) -> None:
    def refused(change: dict[str, Any], token: str | None = CLIENT, key: str | None = "k") -> int:
        wish = _wish(somebody, world, "RESOURCES_READ")
        wish["data"] |= change
        return careless.refused("POST", CONSENTS, token, body=wish, x_idempotency_key=key)

    past = f"{world.now() - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    far = f"{world.now() + timedelta(days=400):%Y-%m-%dT%H:%M:%SZ}"
    both = ["CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ", "CUSTOMERS_BUSINESS_IDENTIFICATIONS_READ"]
    assert refused({}, token=somebody.token) == 401
    assert refused({}, key=None) == 400
    assert refused({"permissions": "all"}) == 400
    assert refused({"unknown": 1}) == 400
    assert refused({"loggedUser": {"document": {"identification": "1", "rel": "CPF"}}}) == 400
    assert refused({"permissions": []}) == 422
    assert refused({"permissions": ["PENSION_PLAN_READ"]}) == 422
    assert refused({"permissions": both}) == 422
    assert refused({"expirationDateTime": past}) == 422
    assert refused({"expirationDateTime": far}) == 422
    assert careless.refused("GET", f"{CONSENTS}/urn:ipe-seguros:none", CLIENT) == 404


# --- spelling and trouble --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("João da Conceição", "João da Conceição"),
        ("Sinéad O'Brien", "Sinéad OBrien"),
        ("Jürg Müller-Häfliger", "Jurg Muller Hafliger"),
        ("Łukasz Dąbrowski", "Lukasz Dabrowski"),
        ("I\u015f\u0131l Şahin", "Isil Sahin"),
        ("St. Gallen", "St Gallen"),
        ("王 伟", "X"),
    ],
)
def test_names_in_the_letters_that_the_api_allows(text: str, expected: str) -> None:
    assert letters(text) == expected


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("+5511987654321", ("55", "11", "987654321")),
        ("+41791234567", ("41", "NA", "791234567")),
        ("+3212345", None),
    ],
)
def test_phone_numbers_in_parts(number: str, parts: tuple[str, str, str] | None) -> None:
    found = phone(number)
    assert (tuple(found.values()) if found else None) == parts


@pytest.mark.parametrize(("mode", "status"), [("down", 503), ("rate_limited", 429)])
def test_trouble_is_told_in_the_apis_own_form(
    world: World, insurer: Insurer, somebody: Presence, mode: str, status: int
) -> None:
    world.behaviour.set(mode)
    assert insurer.refused("GET", AUTO, somebody.token) == status
    assert world.counters[f"GET /open-insurance{AUTO}"] == 1
