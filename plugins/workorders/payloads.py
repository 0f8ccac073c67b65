"""What the back office sends, as far as it is read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1)]
Moment = Annotated[datetime, Meta(tz=True)]


class Payload(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """A JSON object of the API."""


class Amount(Payload, frozen=True, kw_only=True):
    """Money."""

    amount: Decimal
    currency: str


class Order(Payload, frozen=True, kw_only=True):
    """An order."""

    id: Annotated[str, Meta(min_length=1)]
    customer_id: Annotated[str, Meta(min_length=1)]
    type: str
    status: str
    concerns: Text | None = None
    created_at: Moment
    moved_at: Moment
    due_on: date | None = None
    closed_at: Moment | None = None
    result: Text | None = None
    valuation: Amount | None = None
    rejection: Text | None = None


class Page(Payload, frozen=True, kw_only=True):
    """Some orders, and where the next ones are."""

    orders: tuple[Order, ...]
    next: str | None = None


class Refusal(Payload, frozen=True, kw_only=True):
    """Why something was refused."""

    code: str


class Event(Payload, frozen=True, kw_only=True):
    """A call of the back office's."""

    id: Annotated[str, Meta(min_length=1)]
    type: str
    order: Order
