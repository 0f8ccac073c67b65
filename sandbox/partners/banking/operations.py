"""The operations of the API that this bank has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from starlette.requests import Request

from sandbox.partners.banking import accounts as rendering
from sandbox.partners.banking.books import Books, Entry
from sandbox.partners.banking.calls import Call
from sandbox.partners.banking.customers import customer, customer_detail
from sandbox.partners.banking.problems import Error, Problem
from sandbox.partners.banking.transactions import direct_debits, transaction
from sandbox.population.model import BankAccount

DEFAULT_WINDOW = timedelta(days=90)

Body = Mapping[str, Any]


async def get_customer(call: Call) -> Body:
    """``GET /common/customer``."""
    return call.single(customer(call.presence))


async def get_customer_detail(call: Call) -> Body:
    """``GET /common/customer/detail``."""
    return call.single(customer_detail(call.presence))


async def list_accounts(call: Call) -> Body:
    """``GET /banking/accounts``."""
    books = _books(call)
    return call.page("accounts", [rendering.account(books, found) for found in _filtered(call, books)])


async def get_account(call: Call) -> Body:
    """``GET /banking/accounts/{accountId}``."""
    books = _books(call)
    return call.single(rendering.detail(books, _of_path(call, books)))


async def get_balance(call: Call) -> Body:
    """``GET /banking/accounts/{accountId}/balance``."""
    books = _books(call)
    return call.single(rendering.balance(books, _of_path(call, books)))


async def list_balances(call: Call) -> Body:
    """``GET /banking/accounts/balances``."""
    books = _books(call)
    return call.page("balances", [rendering.balance(books, found) for found in _filtered(call, books)])


async def list_balances_of(call: Call) -> Body:
    """``POST /banking/accounts/balances``."""
    books = _books(call)
    wanted = await _of_body(call.request, books)
    return call.page("balances", [rendering.balance(books, found) for found in wanted])


async def list_direct_debits(call: Call) -> Body:
    """``GET /banking/accounts/direct-debits``."""
    books = _books(call)
    return call.page("directDebitAuthorisations", direct_debits(books, _filtered(call, books)))


async def list_direct_debits_of(call: Call) -> Body:
    """``POST /banking/accounts/direct-debits``."""
    books = _books(call)
    wanted = await _of_body(call.request, books)
    return call.page("directDebitAuthorisations", direct_debits(books, wanted))


async def list_direct_debits_of_one(call: Call) -> Body:
    """``GET /banking/accounts/{accountId}/direct-debits``."""
    books = _books(call)
    return call.page("directDebitAuthorisations", direct_debits(books, [_of_path(call, books)]))


async def list_transactions(call: Call) -> Body:
    """``GET /banking/accounts/{accountId}/transactions``."""
    books = _books(call)
    account = _of_path(call, books)
    newest = call.moment("newest-time") or books.now
    oldest = call.moment("oldest-time") or newest - DEFAULT_WINDOW
    found = [
        transaction(entry)
        for entry in books.entries(account)
        if oldest <= entry.effective_at <= newest and _matches(call, entry)
    ]
    return call.page("transactions", found)


def _books(call: Call) -> Books:
    return Books(call.world.population.life(call.presence.member_id), call.world.now())


def _matches(call: Call, entry: Entry) -> bool:
    lowest, highest = call.amount("min-amount"), call.amount("max-amount")
    if (lowest is not None and entry.amount < lowest) or (highest is not None and entry.amount > highest):
        return False
    text = call.request.query_params.get("text")
    return text is None or text.lower() in transaction(entry)["description"].lower()


def _filtered(call: Call, books: Books) -> list[BankAccount]:
    category = call.choice("product-category", rendering.ALL_CATEGORIES)
    status = call.choice("open-status", ("ALL", "CLOSED", "OPEN"))
    owned = call.choice("is-owned", ("true", "false"))
    return [
        account
        for account in books.accounts
        if category in {None, rendering.CATEGORIES[account.type]}
        and status in {None, "ALL", "OPEN" if books.is_open(account) else "CLOSED"}
        and owned != "false"
    ]


def _of_path(call: Call, books: Books) -> BankAccount:
    account_id: str = call.request.path_params["account_id"]
    account = books.account(account_id)
    if account is None:
        raise Problem(Error.ACCOUNT_INVALID, account_id)
    return account


async def _of_body(request: Request, books: Books) -> list[BankAccount]:
    """The accounts that the body lists, each once, in its order."""
    try:
        body = msgspec.json.decode(await request.body())
    except msgspec.DecodeError:
        raise Problem(Error.EXPECTED, "The body is not JSON") from None
    data = _required(body, "data")
    account_ids = _required(data, "accountIds")
    if not isinstance(account_ids, list) or not all(isinstance(item, str) for item in account_ids):
        raise Problem(Error.FIELD_INVALID, "accountIds")
    wanted: list[BankAccount] = []
    for account_id in dict.fromkeys(account_ids):
        account = books.account(account_id)
        if account is None:
            raise Problem(Error.ACCOUNT_OF_BODY_INVALID, account_id)
        wanted.append(account)
    return wanted


def _required(found: object, name: str) -> object:
    if not isinstance(found, dict) or found.get(name) is None:
        raise Problem(Error.FIELD_MISSING, name)
    return found[name]
