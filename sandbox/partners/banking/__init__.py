"""A bank that speaks the Consumer Data Right of Australia: Banking and Common 1.36.0.

It has the customer, accounts, balances, direct debits and transactions, in the one version of each that
the specification is of. Every call needs the token of a consent that a customer of the population
granted: one that the population was born with, or one of the bank's authorization server.
``POST /_sandbox/consents/revoke`` with ``{"token": …}`` takes one of the former back.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.framework import World, partner_app
from sandbox.framework.authorization import authorization_routes
from sandbox.partners.banking import operations
from sandbox.partners.banking.calls import operation, revoked_consents
from sandbox.partners.banking.problems import render_error

__all__ = ["BASE_PATH", "CREDENTIALS", "app"]

BASE_PATH = "/cds-au/v1"
"""What stands before the API's paths."""

CREDENTIALS: Mapping[str, str] = MappingProxyType({})
"""None: whoever asks is known by the customer's token alone."""

AUTHORIZES = True
"""Customers grant access on the bank's own page; see :mod:`sandbox.framework.authorization`."""

_ACCOUNTS = f"{BASE_PATH}/banking/accounts"


class _Revocation(msgspec.Struct, forbid_unknown_fields=True):
    token: str


def app(world: World) -> Starlette:
    """The bank over one world."""
    # Routes without a parameter come first: {account_id} would take them.
    routes = [
        Route(f"{BASE_PATH}/common/customer", operation(1, operations.get_customer), methods=["GET"]),
        Route(
            f"{BASE_PATH}/common/customer/detail",
            operation(2, operations.get_customer_detail),
            methods=["GET"],
        ),
        Route(_ACCOUNTS, operation(3, operations.list_accounts), methods=["GET"]),
        Route(f"{_ACCOUNTS}/balances", operation(2, operations.list_balances), methods=["GET"]),
        Route(f"{_ACCOUNTS}/balances", operation(1, operations.list_balances_of), methods=["POST"]),
        Route(f"{_ACCOUNTS}/direct-debits", operation(2, operations.list_direct_debits), methods=["GET"]),
        Route(f"{_ACCOUNTS}/direct-debits", operation(1, operations.list_direct_debits_of), methods=["POST"]),
        Route(f"{_ACCOUNTS}/{{account_id}}", operation(5, operations.get_account), methods=["GET"]),
        Route(f"{_ACCOUNTS}/{{account_id}}/balance", operation(1, operations.get_balance), methods=["GET"]),
        Route(
            f"{_ACCOUNTS}/{{account_id}}/direct-debits",
            operation(1, operations.list_direct_debits_of_one),
            methods=["GET"],
        ),
        Route(
            f"{_ACCOUNTS}/{{account_id}}/transactions",
            operation(2, operations.list_transactions),
            methods=["GET"],
        ),
        Route("/_sandbox/consents/revoke", _revoke, methods=["POST"]),
        *authorization_routes("banking"),
    ]
    return partner_app(world, routes, name="banking", error_renderer=render_error)


async def _revoke(request: Request) -> Response:
    """Take a consent back, as a customer does in the bank's own dashboard."""
    world: World = request.app.state.world
    try:
        token = msgspec.json.decode(await request.body(), type=_Revocation).token
    except msgspec.DecodeError as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    if world.population.by_token("banking", token) is None:
        return JSONResponse({"error": "nobody granted such a token"}, status_code=404)
    revoked_consents(world).add(token)
    return Response(status_code=204)
