"""The operations of the Square seller."""

from __future__ import annotations

import asyncio
import bisect
import functools
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.framework import World, partner_app
from sandbox.partners.loyalty import render, requests
from sandbox.partners.loyalty.changes import Changes, program
from sandbox.partners.loyalty.hooks import (
    SIGNATURE_KEY,
    Hooks,
    create_subscription,
    delete_subscription,
    hook_routes,
    list_subscriptions,
)
from sandbox.partners.loyalty.problems import Refused, error, page, read, render_error
from sandbox.partners.scanning import scanned
from sandbox.population.model import Presence

BASE_PATH = "/v2"
CREDENTIALS = {"access_token": "sandbox-loyalty-token", "webhook_signature_key": SIGNATURE_KEY}
"""What the hub's settings carry for this partner."""

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]


def app(world: World) -> Starlette:
    """The partner's application over a world."""
    operations: Sequence[tuple[str, str, Callable[[World, Request], Awaitable[Json]]]] = (
        ("POST", "/customers/bulk-retrieve", _bulk_retrieve_customers),
        ("POST", "/customers/search", _search_customers),
        ("GET", "/customers/{customer_id}", _retrieve_customer),
        ("POST", "/loyalty/accounts/search", _search_accounts),
        ("GET", "/loyalty/accounts/{account_id}", _retrieve_account),
        ("POST", "/loyalty/accounts/{account_id}/adjust", _adjust_points),
        ("POST", "/loyalty/events/search", _search_events),
        ("GET", "/loyalty/programs/{program_id}", _retrieve_program),
        ("POST", "/loyalty/rewards", _create_reward),
        ("GET", "/loyalty/rewards/{reward_id}", _retrieve_reward),
        ("POST", "/loyalty/rewards/{reward_id}/redeem", _redeem_reward),
        ("GET", "/webhooks/subscriptions", list_subscriptions),
        ("POST", "/webhooks/subscriptions", create_subscription),
        ("DELETE", "/webhooks/subscriptions/{subscription_id}", delete_subscription),
    )
    routes = [
        Route(f"{BASE_PATH}{path}", _served(world, operation), methods=[method])
        for method, path, operation in operations
    ]
    return partner_app(world, [*hook_routes(world), *routes], name="loyalty", error_renderer=render_error)


def _served(world: World, operation: Callable[[World, Request], Awaitable[Json]]) -> Handler:
    @functools.wraps(operation)
    async def handler(request: Request) -> Response:
        try:
            _authenticate(request)
            return JSONResponse(await operation(world, request))
        except Refused as refused:
            return refused.response()

    return handler


def _authenticate(request: Request) -> None:
    if request.headers.get("authorization") != f"Bearer {CREDENTIALS['access_token']}":
        raise Refused("UNAUTHORIZED", "This request could not be authorized.", status=401)
    version = request.headers.get("square-version")
    if version is not None and not _VERSION.fullmatch(version):
        raise Refused("BAD_REQUEST", "The Square-Version header is not a version.", field="Square-Version")


async def _bulk_retrieve_customers(world: World, request: Request) -> Json:
    body = read(await request.body(), requests.BulkRetrieveCustomers)
    return {"responses": {customer_id: _customer(world, customer_id) for customer_id in body.customer_ids}}


async def _retrieve_customer(world: World, request: Request) -> Json:
    answer = _customer(world, request.path_params["customer_id"])
    if "errors" in answer:
        raise Refused("NOT_FOUND", answer["errors"][0]["detail"], status=404)
    return answer


def _customer(world: World, customer_id: str) -> Json:
    presence = world.population.presence(render.DOMAIN, customer_id)
    if presence is None:
        detail = f"Customer with ID `{customer_id}` not found."
        return {"errors": [error("INVALID_REQUEST_ERROR", "NOT_FOUND", detail)]}
    return {"customer": render.customer(presence)}


async def _search_customers(world: World, request: Request) -> Json:
    body = read(await request.body(), requests.SearchCustomers)
    found = _ordered(_matching(world, body.query.filter), body.query.sort)
    some, cursor = page(found, body.query, body.limit, body.cursor)
    return {
        **({"customers": [render.customer(presence) for presence in some]} if some else {}),
        **({"cursor": cursor} if cursor else {}),
        **({"count": len(found)} if body.count else {}),
    }


def _matching(world: World, wanted: requests.CustomerFilter) -> list[Presence]:
    population = world.population
    email, phone = wanted.email_address, wanted.phone_number
    for text in (email, phone, wanted.reference_id):
        if text is not None and (text.exact is None) == (text.fuzzy is None):
            raise Refused("CONFLICTING_PARAMETERS", "Give either exact or fuzzy.", field="query.filter")
    candidates = population.presences(render.DOMAIN)
    if email is not None and email.exact:
        candidates = population.by_email(render.DOMAIN, email.exact)
    elif phone is not None and phone.exact:
        number = re.sub(r"[\s().-]", "", phone.exact)
        if not _E164.fullmatch(number):
            raise Refused("INVALID_PHONE_NUMBER", "Expected an E.164 number.", field="phone_number")
        candidates = population.by_phone(render.DOMAIN, number)
    texts: tuple[tuple[str, requests.TextFilter | None, Callable[[Presence], str | None]], ...] = (
        ("email_address", email, lambda presence: presence.email),
        ("phone_number", phone, lambda presence: presence.phone),
        ("reference_id", wanted.reference_id, render.reference),
    )
    for field, text, value in texts:
        if text is not None:
            candidates = [it for it in candidates if _passes(field, text, value(it))]
    ranges = ((wanted.created_at, render.joined), (wanted.updated_at, lambda presence: presence.updated_at))
    for within, moment in ranges:
        if within is not None:
            _orderly(within)
            candidates = [it for it in candidates if _within(within, moment(it))]
    return list(candidates)


def _passes(field: str, text: requests.TextFilter, value: str | None) -> bool:
    if text.exact is not None:
        exact = re.sub(r"[\s().-]", "", text.exact) if field == "phone_number" else text.exact
        return value is not None and value.casefold() == exact.casefold()
    words = (text.fuzzy or "").casefold().split()
    return value is not None and all(word in value.casefold() for word in words)


def _within(within: requests.TimeRange, moment: datetime) -> bool:
    after = within.start_at is None or within.start_at <= moment
    return after and (within.end_at is None or moment <= within.end_at)


def _orderly(within: requests.TimeRange) -> None:
    if within.start_at is not None and within.end_at is not None and within.start_at > within.end_at:
        raise Refused("INVALID_TIME_RANGE", "The range ends before it starts.")


def _ordered(found: list[Presence], sort: requests.CustomerSort) -> list[Presence]:
    backwards = sort.order == "DESC"
    if sort.field == "CREATED_AT":
        return sorted(found, key=lambda it: (render.joined(it), it.party_id), reverse=backwards)
    return sorted(found, key=lambda it: (it.given_name, it.family_name, it.party_id), reverse=backwards)


async def _search_accounts(world: World, request: Request) -> Json:
    body = read(await request.body(), requests.SearchLoyaltyAccounts)
    found = sorted(_holders(world, body.query), key=lambda it: (render.joined(it), it.party_id))
    some, cursor = page(found, body.query, body.limit, body.cursor)
    return {
        **({"loyalty_accounts": [await _account(world, presence) for presence in some]} if some else {}),
        **({"cursor": cursor} if cursor else {}),
    }


def _holders(world: World, query: requests.AccountQuery) -> list[Presence]:
    if query.customer_ids is not None and query.mappings is not None:
        raise Refused("CONFLICTING_PARAMETERS", "Give either customer_ids or mappings.", field="query")
    population = world.population
    if query.customer_ids is not None:
        found = (population.presence(render.DOMAIN, it) for it in dict.fromkeys(query.customer_ids))
        return [presence for presence in found if presence is not None]
    if query.mappings is not None:
        numbers = dict.fromkeys(mapping.phone_number for mapping in query.mappings)
        return [it for number in numbers for it in population.by_phone(render.DOMAIN, number)]
    return list(population.presences(render.DOMAIN))


async def _retrieve_account(world: World, request: Request) -> Json:
    presence = _holder(world, request.path_params["account_id"])
    if presence is None:
        raise Refused("NOT_FOUND", "Loyalty account not found.", status=404)
    return {"loyalty_account": await _account(world, presence)}


def _holder(world: World, account_id: str) -> Presence | None:
    customer_id = render.customer_of(account_id)
    return None if customer_id is None else world.population.presence(render.DOMAIN, customer_id)


async def _account(world: World, presence: Presence) -> Json:
    await asyncio.sleep(0)  # lives take their time to write: let others in between
    made = Changes.of(world).made(render.account_id(presence))
    return render.account(presence, world.population.life(presence.member_id), world.now(), made)


async def _adjust_points(world: World, request: Request) -> Json:
    account_id = request.path_params["account_id"]
    body = read(await request.body(), requests.AdjustLoyaltyPoints)
    balance = await _balance(world, account_id)
    event = Changes.of(world).adjust(account_id, body, balance)
    await _tell(world, account_id, event["id"])
    return {"event": event}


async def _create_reward(world: World, request: Request) -> Json:
    body = read(await request.body(), requests.CreateLoyaltyReward)
    balance = await _balance(world, body.reward.loyalty_account_id)
    reward = Changes.of(world).create_reward(body, balance)
    await _tell(world, body.reward.loyalty_account_id, reward["id"])
    return {"reward": reward}


async def _tell(world: World, account_id: str, cause: str) -> None:
    """Tell the subscriber that an account changed."""
    presence = _holder(world, account_id)
    if presence is not None and Hooks.of(world).anybody:
        told = {"loyalty_account": await _account(world, presence)}
        Hooks.of(world).tell("loyalty.account.updated", account_id, told, cause=cause)


async def _redeem_reward(world: World, request: Request) -> Json:
    body = read(await request.body(), requests.RedeemLoyaltyReward)
    return {"event": Changes.of(world).redeem_reward(request.path_params["reward_id"], body)}


async def _retrieve_reward(world: World, request: Request) -> Json:
    return {"reward": Changes.of(world).reward(request.path_params["reward_id"])}


async def _retrieve_program(_world: World, request: Request) -> Json:
    if request.path_params["program_id"] not in {"main", render.PROGRAM_ID}:
        raise Refused("NOT_FOUND", "Loyalty program not found.", status=404)
    return {"program": program()}


async def _balance(world: World, account_id: str) -> int:
    presence = _holder(world, account_id)
    if presence is None:
        raise Refused("NOT_FOUND", "Loyalty account not found.", status=404)
    return int((await _account(world, presence))["balance"])


async def _search_events(world: World, request: Request) -> Json:
    body = read(await request.body(), requests.SearchLoyaltyEvents)
    only = body.query.filter
    within = only.date_time_filter.created_at if only.date_time_filter else requests.TimeRange()
    entries = _between(await _ledger(world, only.loyalty_account_filter), within, world.now())
    if only.type_filter is not None:
        entries = [entry for entry in entries if entry.type in only.type_filter.types]
    some, cursor = page(entries, body.query, body.limit, body.cursor)
    return {
        **({"events": [render.loyalty_event(entry) for entry in some]} if some else {}),
        **({"cursor": cursor} if cursor else {}),
    }


def _between(
    entries: list[render.Entry], within: requests.TimeRange, now: datetime
) -> Sequence[render.Entry]:
    """Entries, the newest first, from a range whose end is exclusive, and nothing that is still to come."""
    _orderly(within)
    newest = bisect.bisect_left(entries, -now.timestamp(), key=_age)
    if within.end_at is not None:
        newest = max(newest, bisect.bisect_right(entries, -within.end_at.timestamp(), key=_age))
    if within.start_at is None:
        return entries[newest:]
    return entries[newest : bisect.bisect_right(entries, -within.start_at.timestamp(), key=_age)]


async def _ledger(world: World, only: requests.AccountFilter | None) -> list[render.Entry]:
    """Entries of one account or of all, the newest first."""

    def of_one(presence: Presence) -> Iterable[render.Entry]:
        return render.entries(presence, world.population.life(presence.member_id))

    changes = Changes.of(world)
    if only is not None:
        presence = _holder(world, only.loyalty_account_id)
        made = changes.entries(only.loyalty_account_id)
        return [] if presence is None else sorted([*of_one(presence), *made], key=_age)
    kept: list[render.Entry] | None = world.state.get("ledger")
    if kept is None:
        kept = sorted(await scanned(world, render.DOMAIN, of_one), key=_age)
        world.state["ledger"] = kept
    made = changes.entries()
    return sorted([*kept, *made], key=_age) if made else kept


def _age(entry: render.Entry) -> float:
    return -entry.at.timestamp()
