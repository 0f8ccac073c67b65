"""The addresses that a customer's browser comes through: to the partner's page, and back from it.

No token says who comes here: the flow's own id lets one browser set out, once, and gives it a cookie; the
partner's answer counts only with the state that belongs to the flow, in time, once, from that browser. What
comes out of it is shown on a plain page that leads on to an address of the settings.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
from datetime import timedelta
from html import escape
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from api.wiring import Hub
from c360.auth.grants import Pending
from c360.auth.tokens import Token
from c360.errors import C360Error, ConnectorError, Reauthorise
from c360.values import Secret
from connectors.granting import CALLBACK, START
from store.data_credentials import FlowData, NewGrant
from store.errors import StoreError

_COOKIE = "c360-grant-"
_MOST = 2048
"""Characters of any value that a browser brings."""
_LIFE = 600
_STYLE = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}"
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}
_TEXTS = {
    "granted": ("Access granted", "Thank you. You can close this page."),
    "denied": ("Access not granted", "Nothing was changed. You can close this page."),
    "failed": ("That did not work", "Nothing was granted. Please begin again where you came from."),
}
_log = logging.getLogger(__name__)


def grant_routes(hub: Hub) -> list[Route]:
    """The addresses, over an open hub."""
    pages = GrantPages(hub)
    return [
        Route(START, pages.start, methods=["GET"]),
        Route(CALLBACK, pages.callback, methods=["GET"]),
    ]


class GrantPages:
    """Leads customers to partners and back.

    Args:
        hub: the open hub.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._secure = urlsplit(hub.host.grant_settings.callback_url).scheme == "https"

    async def start(self, request: Request) -> Response:
        """Send the browser to the partner, with a cookie by which it is known when it comes back."""
        flow_id = request.query_params.get("flow", "")
        if not flow_id or len(flow_id) > _MOST:
            return _page("failed", status=400)
        name = _cookie(flow_id)
        known = request.cookies.get(name, "")
        browser = Secret(known if 0 < len(known) <= _MOST else secrets.token_urlsafe(32))
        try:
            async with self._hub.store.database.unit(self._hub.tenant) as unit:
                flow = await unit.grant_flows.open(flow_id, browser)
        except StoreError:
            return _page("failed", status=503)
        if flow is None:
            return _page("failed", status=400)
        answer = RedirectResponse(flow.url, status_code=303, headers=_HEADERS)
        answer.set_cookie(
            name,
            browser.reveal(),
            max_age=_LIFE,
            path="/grants",
            secure=self._secure,
            httponly=True,
            samesite="lax",  # the partner's page leads back by a link, on which a strict cookie is not sent
        )
        return answer

    async def callback(self, request: Request) -> Response:
        """Take the customer's answer, once."""
        answer = dict(request.query_params)
        state = answer.get("state", "")
        every = request.query_params.multi_items()
        if not state or len(every) != len(answer) or any(len(value) > _MOST for value in answer.values()):
            return _page("failed", status=400)
        try:
            flow = await self._taken(Secret(state), request)
            if flow is None:
                return _page("failed", status=400)
            result = await self._finished(flow, answer)
        except StoreError as error:
            _log.error("a customer's answer about a grant could not be kept: %s", error)
            return _page("failed", status=503)
        page = _page(result, flow)
        page.delete_cookie(
            _cookie(flow.id), path="/grants", secure=self._secure, httponly=True, samesite="lax"
        )
        return page

    async def _taken(self, state: Secret, request: Request) -> FlowData | None:
        """The flow, from now on used up; in a transaction of its own, before the code is exchanged."""
        async with self._hub.store.database.unit(self._hub.tenant) as unit:
            flow_id = await unit.grant_flows.waiting(state)
            if flow_id is None:
                return None
            return await unit.grant_flows.take(state, Secret(request.cookies.get(_cookie(flow_id), "")))

    async def _finished(self, flow: FlowData, answer: dict[str, str]) -> str:
        """What came of it: a name of :data:`_TEXTS`."""
        pending = Pending(url=flow.url, state=flow.state, verifier=flow.verifier)
        try:
            token = await self._hub.host.finish_grant(flow.connector, pending, answer)
        except Reauthorise as error:
            _log.info("a customer's grant at %s came to nothing: %s", flow.connector, error)
            return "denied" if answer.get("error") == "access_denied" else "failed"
        except (ConnectorError, KeyError) as error:
            told = error if isinstance(error, C360Error) else "there is no such instance any more"
            _log.warning("a customer's code at %s could not be exchanged: %s", flow.connector, told)
            return "failed"
        if token.subject is not None and token.subject != flow.party_id:
            _log.warning(
                "somebody else than was asked granted access at %s; it is given back", flow.connector
            )
            await self._give_back(flow, token)
            return "failed"
        return "granted" if await self._kept(flow, token) else "failed"

    async def _kept(self, flow: FlowData, token: Token) -> bool:
        now = self._hub.clock()
        life = token.expires_in
        grant = NewGrant(
            access_token=token.access_token,
            refresh_token=token.refresh_token,
            scopes=token.scopes,
            expires_at=None if life is None else now + timedelta(seconds=life),
        )

        async with self._hub.store.database.unit(self._hub.tenant) as unit:
            # Whose the record is now: the customers may have been merged or parted meanwhile.
            holder = await unit.grants.holder(flow.connector, flow.party_id)
            present = await unit.customers.resolve([flow.customer_id])
            if holder is None or holder != present.get(flow.customer_id):
                kept = False
            else:
                kept = await unit.grants.grant(
                    (holder, flow.connector, flow.party_id), grant, by=flow.subject
                )
                # What could not be sent for want of it is.
                await unit.actions.wake(flow.connector, [flow.party_id])
        if not kept:
            await self._give_back(flow, token)
        return kept

    async def _give_back(self, flow: FlowData, token: Token) -> None:
        try:
            await self._hub.host.revoke_grant(flow.connector, token)
        except ConnectorError as error:
            _log.warning("a grant at %s that is not kept could not be given back: %s", flow.connector, error)


def _cookie(flow_id: str) -> str:
    """The cookie of one flow: of several at once, none overwrites another's."""
    return f"{_COOKIE}{hashlib.sha256(flow_id.encode()).hexdigest()[:16]}"


def _page(result: str, flow: FlowData | None = None, *, status: int = 200) -> Response:
    title, text = _TEXTS[result]
    onward = ""
    if flow is not None:
        joint = "&" if urlsplit(flow.return_to).query else "?"
        query = urlencode({"grant": result, "connector": flow.connector})
        address = escape(f"{flow.return_to}{joint}{query}")
        onward = f'<meta http-equiv="refresh" content="1;url={address}"><p><a href="{address}">Go on</a>'
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{text}{onward}</html>",
        status_code=status,
        headers=_HEADERS,
    )
