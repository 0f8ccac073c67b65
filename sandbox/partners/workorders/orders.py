"""Orders that clients placed at run time: the population has none of its own.

Somebody takes an order up two minutes after it was placed and is done after ten, by the world's clock;
where that stands still, :func:`move` is the clerk.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from sandbox.framework import World
from sandbox.population.numbers import number, short_id

_TAKEN_UP, _DONE = timedelta(minutes=2), timedelta(minutes=10)
_DUE = timedelta(days=5)
_SUBJECTS = ("accountId", "policyId", "reservationId")
_RESULTS = {
    "OPEN_ACCOUNT": "account",
    "REISSUE_CHEQUE": "cheque",
    "POLICY_LOAN": "loan",
    "REPORT_CLAIM": "claim",
}
CLOSED = frozenset({"DONE", "REJECTED", "CANCELLED"})


@dataclass(frozen=True, kw_only=True)
class Order:
    """One order as the back office keeps it."""

    id: str
    customer_id: str
    type: str
    details: Mapping[str, Any]
    created_at: datetime
    status: str = "RECEIVED"
    moved_at: datetime
    rejection: str | None = None
    keys: frozenset[str] = frozenset()
    """Idempotency keys of the requests that placed it and withdrew it."""

    def at(self, now: datetime) -> Order:
        """The order as it stands at a moment, where nobody moved it by hand."""
        if self.status in CLOSED:
            return self
        age = now - self.created_at
        if age >= _DONE:
            return replace(self, status="DONE", moved_at=self.created_at + _DONE)
        if age >= _TAKEN_UP and self.status == "RECEIVED":
            return replace(self, status="IN_PROGRESS", moved_at=self.created_at + _TAKEN_UP)
        return self

    def shown(self) -> dict[str, Any]:
        """The order as the API shows it."""
        closed = self.status in CLOSED
        concerns = next((self.details[name] for name in _SUBJECTS if name in self.details), None)
        shown: dict[str, Any] = {
            "id": self.id,
            "customerId": self.customer_id,
            "type": self.type,
            "status": self.status,
            "concerns": concerns,
            "createdAt": self.created_at.isoformat(),
            "movedAt": self.moved_at.isoformat(),
            "dueOn": due(self.created_at).isoformat(),
            "closedAt": self.moved_at.isoformat() if closed else None,
            "rejection": self.rejection,
        }
        if self.status == "DONE":
            if self.type == "POLICY_VALUATION":
                worth = number("worth", self.id, digits=6)
                shown["valuation"] = {"amount": f"{worth / 100:.2f}", "currency": "BRL"}
            elif self.type in _RESULTS:
                shown["result"] = f"{_RESULTS[self.type]}-{short_id('result', self.id)[:8]}"
        return {name: value for name, value in shown.items() if value is not None}


def due(created: datetime) -> date:
    """Day by which the back office means to be done."""
    return (created + _DUE).date()


def orders(world: World) -> dict[str, Order]:
    """All orders by id, as they were last written; see :meth:`Order.at`."""
    kept: dict[str, Order] = world.state.setdefault("orders", {})
    return kept


def move(world: World, order_id: str, status: str, *, rejection: str | None = None) -> Order:
    """Let a clerk move an order.

    Raises:
        KeyError: there is none of that id.
    """
    moved = replace(orders(world)[order_id], status=status, moved_at=world.now(), rejection=rejection)
    orders(world)[order_id] = moved
    return moved


def call(order: Order, secret: str, at: datetime) -> tuple[dict[str, str], bytes]:
    """The headers and the body of the call that tells the hub that an order moved."""
    body = msgspec.json.encode(
        {
            "id": short_id("event", order.id, order.status, order.moved_at),
            "type": "order.moved",
            "order": order.shown(),
        }
    )
    seconds = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"content-type": "application/json", "c360-signature": f"t={seconds},v1={signature}"}, body
