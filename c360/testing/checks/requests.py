"""What a connector sends: signed, below the base URL, and safe where it only reads."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from c360.contract import Ref
from c360.http import Request
from c360.testing import driving
from c360.testing.base import Exempt, check, demand
from c360.testing.lab import Lab
from c360.testing.recording import UnrecordedError
from c360.testing.trials import shape
from c360.testing.wire import for_token
from c360.values import Secret

_HOSTILE = "c360/../x?y=1#z&q='--"
"""An id that would be more than an id, if it were not quoted."""


def _sent(lab: Lab) -> Iterator[Request]:
    lab.needs_http()
    lab.sound()
    for trial in lab.trials:
        yield from trial.wire.sent


@check("auth-on-every-request", "Every request carries a credential", rule="requests")
def auth_on_every_request(lab: Lab) -> None:
    """The instance's own, or the customer's grant."""
    requests = list(_sent(lab))
    if all(request.auth is None for request in requests):
        demand(
            not any(name for name in lab.secrets),
            "the config holds a secret, and no request carries a credential",
            "return the credential from auth(), or pass ref.auth()",
        )
        raise Exempt("the partner asks for no credential: the config holds no secret")
    for request in requests:
        demand(
            request.auth is not None or for_token(request),
            f"{request.method} {urlsplit(request.url).path} carries no credential",
            "let ctx.http add it: return it from auth(), or pass auth=ref.auth()",
        )


@check("grants-kept-apart", "Each customer's request carries that customer's grant", rule="requests")
def grants_kept_apart(lab: Lab) -> None:
    """One instance is asked for one after the other: no token fetches another customer's records."""
    lab.needs_http()
    lab.sound()
    grants = [ref for ref in lab.refs if ref.grant is not None]
    if not grants:
        raise Exempt("customers are found by key: there are no grants")
    _ = lab.tape  # before the loop runs: it may have to be recorded first

    async def work() -> list[tuple[Ref, list[Request]]]:
        session = lab.session(known=lab.tape)
        found = []
        for ref in grants:
            before = len(session.wire.sent)
            await driving.fetch(session.connector, lab.needs, [ref])
            found.append((ref, session.wire.sent[before:]))
        await lab.suite.close(session.connector)
        return found

    for ref, sent in lab.run(work):
        for request in sent:
            carried = request.auth.fingerprint() if request.auth else ""
            demand(
                carried == ref.auth().fingerprint() or for_token(request),
                f"{request.method} {shape(request)} for a customer does not carry that customer's grant",
                "pass auth=ref.auth() to every request for a customer, and keep no grant in the instance",
            )


@check("base-url-respected", "Every request goes below the configured base URL", rule="requests")
def base_url_respected(lab: Lab) -> None:
    """An operator decides where credentials go. Tried with another address as well."""
    base = lab.config().base_url.rstrip("/")
    for request in _sent(lab):
        demand(
            request.url.startswith(f"{base}/") or request.url == base or for_token(request),
            f"{request.method} goes to {urlsplit(request.url).netloc}, not below base_url",
            "give ctx.http paths; never an address from an answer or a constant",
        )
    other = "https://elsewhere.c360.example/base"
    config = lab.config(base_url=other)

    def moved(request: Request) -> Request:
        return msgspec.structs.replace(request, url=base + request.url.removeprefix(other))

    trial = lab.trial(lab.fetching(lab.needs, lab.refs[:1]), config=config, rewrite=moved)
    for request in trial.wire.sent:
        demand(
            request.url.startswith(other) or for_token(request),
            f"with another base_url, {request.method} still goes to {urlsplit(request.url).netloc}",
            "take the address from the config, through ctx.http",
        )


@check("ids-quoted", "Ids are quoted where they stand in a path", rule="requests")
def ids_quoted(lab: Lab) -> None:
    """An id with a slash must not become another path."""
    lab.needs_http()
    lab.sound()
    grant = lab.refs[0].grant or None
    ref = Ref(
        party_id=_HOSTILE, grant=Secret(grant.reveal()) if grant else None, objects=_hostile_objects(lab)
    )
    trial = lab.trial(lab.fetching(lab.needs, [ref]))
    for request in trial.wire.sent:
        demand(
            ".." not in urlsplit(request.url).path.split("/") and not urlsplit(request.url).query,
            "an id with slashes and a question mark became part of the path",
            "quote it: urllib.parse.quote(ref.party_id, safe='')",
        )
    for breach in trial.result.breaches:
        crashed = "raised" in breach and UnrecordedError.__name__ not in breach
        demand(not crashed, f"an odd id: {breach}", "treat ids as opaque texts")


def _hostile_objects(lab: Lab) -> dict[str, tuple[str, ...]]:
    return {feed.kind: (_HOSTILE,) for feed in lab.description.feeds if feed.indexed}


@check("user-agent-untouched", "It leaves the user agent to the host", rule="requests")
def user_agent_untouched(lab: Lab) -> None:
    """The host says who it is, and hop-by-hop headers are the transport's."""
    taken = {"user-agent", "host", "content-length", "connection", "transfer-encoding", "cookie"}
    for request in _sent(lab):
        names = {name.lower() for name, _ in request.headers} & taken
        demand(
            not names,
            f"it sets the header {', '.join(sorted(names))}",
            "leave it out: the host sets it",
        )


@check(
    "credentials-by-auth",
    "Credentials stand in no header, parameter or body of its own making",
    rule="requests",
)
def credentials_by_auth(lab: Lab) -> None:
    """What auth() adds on the way out, no log and no recording before it sees."""
    for request in _sent(lab):
        text = f"{request.url} {request.params} {request.headers} {request.content!r}"
        for name, secret in lab.secrets.items():
            demand(
                secret not in text,
                f"{request.method} {urlsplit(request.url).path} shows {name}",
                "return a credential of c360.auth from auth(); never reveal() a secret yourself",
            )


@check("reads-declared-safe", "Requests that only read say so, also those that are POSTed", rule="requests")
def reads_declared_safe(lab: Lab) -> None:
    """Only then they are shared and repeated."""
    for request in _sent(lab):
        demand(
            request.safe or for_token(request),
            f"{request.method} {urlsplit(request.url).path} only reads, and does not say so",
            "pass safe=True: fetching, searching and following changes change nothing",
        )


@check("no-needless-requests", "It asks nothing twice within one call", rule="requests")
def no_needless_requests(lab: Lab) -> None:
    """The same question costs the partner twice."""
    lab.needs_http()
    lab.sound()
    for ref in lab.refs:
        sent = lab.trial(lab.fetching(lab.needs, [ref])).wire.heard
        most = max((it.nth for it in sent), default=0)
        demand(
            most <= len(lab.needs),
            f"one call sends the same request {most + 1} times",
            "ask once and keep the answer for the call",
        )


CHECKS = (
    auth_on_every_request,
    grants_kept_apart,
    base_url_respected,
    ids_quoted,
    user_agent_untouched,
    credentials_by_auth,
    reads_declared_safe,
    no_needless_requests,
)
