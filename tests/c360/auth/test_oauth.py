from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import looptime
import msgspec
import pytest

from c360.auth import ApiKey, Basic, Bearer, ClientCredentials, FormSecrets, QueryKey
from c360.auth.grants import CodeFlow, challenge
from c360.auth.oauth import Client, ClientAuth, OAuthRefused
from c360.auth.tokens import Token
from c360.errors import ConnectorError, OutcomeUnknown, PartnerFault, Reauthorise, Reconfigure, RetryLater
from c360.http import Http, Request, Response
from c360.values import Secret

BASE = "https://partner.example/v1"
TOKEN_URL = "https://login.example/oauth/token"


class Partner:
    """An API behind an authorization server: each token is good until it is revoked."""

    def __init__(self, **answer: Any) -> None:
        self.answer = {"token_type": "bearer", "expires_in": 3600, **answer}
        self.status = 200
        self.slow = 0.0
        self.fails: Exception | None = None
        self.issued = 0
        self.good: set[str] = set()
        self.requests: list[Request] = []

    @property
    def tokens_asked(self) -> list[Request]:
        return [request for request in self.requests if request.url.startswith("https://login.example")]

    async def send(self, request: Request) -> Response:
        request = request.auth.apply(request) if request.auth else request
        self.requests.append(request)
        if request.url.startswith("https://login.example"):
            await asyncio.sleep(self.slow)
            if self.fails is not None:
                raise self.fails
            self.issued += 1
            token = f"t{self.issued}"
            if self.status == 200:
                self.good.add(f"Bearer {token}")
            content = msgspec.json.encode({"access_token": token, **self.answer})
            return Response(status=self.status, headers={}, content=content)
        good = dict(request.headers).get("authorization") in self.good
        return Response(status=200 if good else 401, headers={}, content=b"{}")


def client(**more: Any) -> Client:
    return Client(client_id="hub", client_secret=Secret("s3cret"), token_url=TOKEN_URL, **more)


def credentials(**more: Any) -> ClientCredentials:
    return ClientCredentials(client(), **more)


def http(partner: Partner) -> Http:
    """As the host builds it: the connector makes its credential anew for each request."""
    return Http(partner, base_url=BASE, auth=credentials)


def virtual(scenario: Callable[[], Any]) -> Any:
    """Run on a clock that only sleeping moves."""
    loop = looptime.new_event_loop()
    try:
        return loop.run_until_complete(scenario())
    finally:
        loop.close()


def test_a_token_is_fetched_once_for_all_and_again_shortly_before_it_ends() -> None:
    partner = Partner(expires_in=100)
    partner.slow = 1
    api = http(partner)

    async def scenario() -> None:
        await asyncio.gather(*(api.get(f"/{number}") for number in range(20)))
        assert partner.issued == 1
        await asyncio.sleep(85)
        await api.get("/late")
        assert partner.issued == 1
        await asyncio.sleep(6)
        await asyncio.gather(*(api.get(f"/{number}") for number in range(20)))
        assert partner.issued == 2

    virtual(scenario)
    (first, _) = partner.tokens_asked
    assert first.content == b"grant_type=client_credentials"
    assert dict(first.headers)["authorization"] == "Basic " + base64.b64encode(b"hub:s3cret").decode()


def test_the_one_who_began_the_fetch_may_leave_without_taking_it_along() -> None:
    partner = Partner()
    partner.slow = 5
    api = http(partner)

    async def scenario() -> None:
        first = asyncio.create_task(api.get("/1"))
        await asyncio.sleep(1)
        second = asyncio.create_task(api.get("/2"))
        await asyncio.sleep(1)
        first.cancel()
        assert (await second).status == 200
        assert partner.issued == 1

    virtual(scenario)


def test_after_a_401_the_token_is_renewed_once_and_never_twice() -> None:
    partner = Partner()
    api = http(partner)

    async def scenario() -> None:
        await api.get("/")
        partner.good.clear()  # revoked at the partner
        await asyncio.gather(*(api.get(f"/{number}") for number in range(5)))
        assert partner.issued == 2

    virtual(scenario)


def test_a_partner_that_takes_no_token_ends_in_reconfigure(run: Callable[..., Any]) -> None:
    class Deaf(Partner):
        async def send(self, request: Request) -> Response:
            answer = await super().send(request)
            self.good.clear()
            return answer

    partner = Deaf()
    with pytest.raises(Reconfigure):
        run(http(partner).get("/"))
    assert partner.issued == 2


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (400, {"error": "invalid_client"}, Reconfigure),
        (400, {"error": "invalid_scope"}, Reconfigure),
        (400, {"error": "s3cret of ann@mail.example"}, Reconfigure),
        (401, {}, Reconfigure),
        (403, {}, Reconfigure),
        (429, {}, RetryLater),
        (500, {}, RetryLater),
        (200, {"access_token": ""}, PartnerFault),
        (200, {"token_type": "mac"}, PartnerFault),
        (200, {"expires_in": "soon"}, PartnerFault),
        (200, {"access_token": 5}, ConnectorError),
    ],
)
def test_what_the_authorization_server_may_answer(
    run: Callable[..., Any], status: int, answer: dict[str, Any], expected: type[Exception]
) -> None:
    partner = Partner(**answer)
    partner.status = status
    api = http(partner)
    for _ in range(2):
        with pytest.raises(expected) as caught:
            run(api.get("/"))
        assert type(caught.value) in {expected, PartnerFault, RetryLater, OutcomeUnknown}
        assert not {"s3cret", "ann"} & set(str(caught.value).split())
    assert partner.issued == 2, "a failure is not kept"


def test_an_unknown_outcome_of_asking_for_a_token_can_be_asked_again(run: Callable[..., Any]) -> None:
    partner = Partner()
    partner.fails = OutcomeUnknown("no answer")
    with pytest.raises(RetryLater) as caught:
        run(http(partner).get("/"))
    assert type(caught.value) is RetryLater


def test_the_fingerprint_is_that_of_the_credential(run: Callable[..., Any]) -> None:
    async def scenario() -> None:
        api = http(Partner())
        auth = credentials()
        first = await auth.ready(api)
        second = await auth.renewed(api, first)
        assert second is not None
        assert first.headers() != second.headers()
        assert first.fingerprint() == second.fingerprint() == auth.fingerprint()

    run(scenario())
    others = [
        credentials(),
        credentials(scopes=("a",)),
        credentials(more={"audience": "x"}),
        ClientCredentials(Client(client_id="hub", client_secret=Secret("x"), token_url=TOKEN_URL)),
        ClientCredentials(Client(client_id="other", client_secret=Secret("s3cret"), token_url=TOKEN_URL)),
    ]
    assert len({auth.fingerprint() for auth in others}) == len(others)


@pytest.mark.parametrize("how", ClientAuth)
def test_how_a_client_proves_itself(run: Callable[..., Any], how: ClientAuth) -> None:
    partner = Partner()
    api = Http(partner, base_url=BASE)
    held: list[Request] = []

    class Seen:
        async def send(self, request: Request) -> Response:
            held.append(request)
            return await partner.send(request)

    run(client(how=how).request(Http(Seen(), base_url=BASE), {"grant_type": "x"}, {"code": Secret("c0de")}))
    (sent,) = partner.requests
    form = parse_qs(sent.content.decode())
    assert form["grant_type"] == ["x"]
    assert form["code"] == ["c0de"]
    assert ("authorization" in dict(sent.headers)) == (how is ClientAuth.BASIC)
    assert form.get("client_secret") == (["s3cret"] if how is ClientAuth.FORM else None)
    assert form.get("client_id") == (None if how is ClientAuth.BASIC else ["hub"])
    assert not {b"c0de", b"s3cret"} & set(held[0].content.split(b"=")), "no secret before the wire"
    assert api.base_url == BASE


@pytest.mark.parametrize(
    "url", ["", "login.example/token", "ftp://login.example/", "https://login.example/t?x=1"]
)
def test_an_address_of_a_token_endpoint_is_a_plain_one(run: Callable[..., Any], url: str) -> None:
    with pytest.raises(Reconfigure):
        run(Client(client_id="hub", token_url=url).request(Http(Partner(), base_url=BASE), {}))


# --- grants ------------------------------------------------------------------------------------

FLOW = CodeFlow(
    client=client(),
    authorize_url="https://login.example/authorize",
    redirect_uri="https://hub.example/granted",
    scopes=("read", "offline"),
    revoke_url="https://login.example/revoke",
)


def test_the_challenge_is_that_of_the_standard() -> None:
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_a_customer_is_sent_with_state_and_challenge() -> None:
    pending, other = FLOW.begin({"prompt": "login"}), FLOW.begin()
    query = {name: value[0] for name, value in parse_qs(urlsplit(pending.url).query).items()}
    assert query == {
        "prompt": "login",
        "response_type": "code",
        "client_id": "hub",
        "redirect_uri": "https://hub.example/granted",
        "state": pending.state.reveal(),
        "code_challenge": challenge(pending.verifier.reveal()),
        "code_challenge_method": "S256",
        "scope": "read offline",
    }
    assert pending.state != other.state
    assert pending.verifier != other.verifier
    assert 43 <= len(pending.verifier.reveal()) <= 128
    with pytest.raises(Reconfigure):
        msgspec.structs.replace(FLOW, authorize_url="http://login.example/authorize").begin()


def test_the_code_is_exchanged_renewed_and_given_back(run: Callable[..., Any]) -> None:
    partner = Partner(refresh_token="r1", scope="read")
    api = Http(partner, base_url=BASE)
    pending = FLOW.begin()
    token = run(FLOW.finish(api, pending, {"state": pending.state.reveal(), "code": "c"}))
    assert (token.access_token, token.refresh_token, token.scopes) == (Secret("t1"), Secret("r1"), ("read",))
    form = parse_qs(partner.requests[0].content.decode())
    assert form["code_verifier"] == [pending.verifier.reveal()]
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == (
        ["authorization_code"],
        ["c"],
        ["https://hub.example/granted"],
    )
    del partner.answer["refresh_token"], partner.answer["scope"]
    renewed = run(FLOW.refresh(api, token))
    assert (renewed.access_token, renewed.refresh_token) == (Secret("t2"), Secret("r1"))
    assert b"refresh_token=r1" in partner.requests[1].content
    run(FLOW.revoke(api, renewed))
    assert partner.requests[2].url == "https://login.example/revoke"
    assert b"token_type_hint=refresh_token&token=r1" in partner.requests[2].content


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"state": "other", "code": "c"}, Reauthorise),
        ({"code": "c"}, Reauthorise),
        ({"state": "é", "code": "c"}, Reauthorise),
        ({"state": None, "error": "access_denied"}, Reauthorise),
        ({"state": None}, PartnerFault),
    ],
)
def test_an_answer_to_another_question_is_not_taken(
    run: Callable[..., Any], answer: dict[str, str | None], expected: type[Exception]
) -> None:
    partner = Partner()
    pending = FLOW.begin()
    came = {name: pending.state.reveal() if value is None else value for name, value in answer.items()}
    with pytest.raises(expected):
        run(FLOW.finish(Http(partner, base_url=BASE), pending, came))
    assert not partner.requests


def test_an_answer_of_another_issuer_is_not_taken(run: Callable[..., Any]) -> None:
    flow = msgspec.structs.replace(FLOW, issuer="https://login.example")
    pending = flow.begin()
    api = Http(Partner(), base_url=BASE)
    came = {"state": pending.state.reveal(), "code": "c"}
    with pytest.raises(Reauthorise):
        run(flow.finish(api, pending, came))
    assert run(flow.finish(api, pending, {**came, "iss": "https://login.example"})).scopes == FLOW.scopes


def test_a_grant_that_ended_asks_the_customer_and_a_refused_client_the_operator(
    run: Callable[..., Any],
) -> None:
    token = Token(access_token=Secret("a"), refresh_token=Secret("r"))
    for error, expected in (
        ("invalid_grant", Reauthorise),
        ("invalid_client", Reconfigure),
        ("invalid_scope", Reconfigure),
    ):
        partner = Partner(error=error)
        partner.status = 400
        with pytest.raises(expected):
            run(FLOW.refresh(Http(partner, base_url=BASE), token))
    with pytest.raises(Reauthorise):
        run(FLOW.refresh(Http(Partner(), base_url=BASE), Token(access_token=Secret("a"))))
    for status in (400, 401):
        partner = Partner()
        partner.status = status
        with pytest.raises(Reconfigure):
            run(FLOW.revoke(Http(partner, base_url=BASE), token))
    with pytest.raises(Reconfigure):
        run(msgspec.structs.replace(FLOW, revoke_url=None).revoke(Http(Partner(), base_url=BASE), token))


# --- plain credentials -------------------------------------------------------------------------


def test_plain_credentials_on_the_wire() -> None:
    request = Request(method="GET", url=BASE, params=(("q", "1"),), headers=(("a", "b"),), content=b"x=1")
    secret = Secret("k y")
    assert Bearer(secret).apply(request).headers == (("a", "b"), ("authorization", "Bearer k y"))
    assert ApiKey("X-Key", secret).apply(request).headers[-1] == ("x-key", "k y")
    assert QueryKey("key", secret).apply(request).params == (("q", "1"), ("key", "k y"))
    basic = dict(Basic("Aladdin", Secret("open sesame")).apply(request).headers)
    assert basic["authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="  # RFC 7617, section 2
    assert FormSecrets({"t": secret}).apply(request).content == b"x=1&t=k+y"
    with pytest.raises(ValueError, match="colon"):
        Basic("a:b", secret)
    made = [Bearer(secret), QueryKey("k", secret), Basic("n", secret), FormSecrets({"t": secret})]
    assert not any("k y" in repr(each) or "k y" in each.fingerprint() for each in made)
    with pytest.raises(OAuthRefused, match="refused: invalid_grant"):
        raise OAuthRefused("invalid_grant")


def test_an_id_token_says_who_granted(run: Callable[..., Any]) -> None:
    def id_token(**claims: Any) -> str:
        body = base64.urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=").decode()
        return f"e30.{body}.sig"

    async def subject(text: str) -> str | None:
        partner = Partner(id_token=text)
        token = await client().request(Http(partner, base_url=BASE), {"grant_type": "x"})
        return token.subject

    assert run(subject(id_token(sub="p-1", aud="hub"))) == "p-1"
    assert run(subject(id_token(sub="p-1", aud=["other", "hub"]))) == "p-1"
    for wrong in (
        id_token(sub="p-1", aud="other"),
        id_token(aud="hub"),
        id_token(sub="", aud="hub"),
        "x",
        "a.b.c",
    ):
        with pytest.raises(PartnerFault, match="ID token"):
            run(subject(wrong))


def test_a_customer_is_sent_over_tls_or_to_this_machine() -> None:
    def begin(address: str) -> str:
        flow = CodeFlow(client=client(), authorize_url=address, redirect_uri="https://hub.example/back")
        return flow.begin().url

    for good in (
        "https://bank.example/authorize",
        "http://127.0.0.1:9/authorize",
        "http://localhost/authorize",
    ):
        assert begin(good).startswith(good)
    for wrong in (
        "http://bank.example/authorize",
        "http://127.0.0.1.bank.example/a",
        "ftp://127.0.0.1/a",
        "",
    ):
        with pytest.raises(Reconfigure):
            begin(wrong)
