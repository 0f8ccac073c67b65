"""Orders of the back office as records, actions as orders."""

from __future__ import annotations

import enum
from typing import Any, TypeVar

import msgspec

from c360.actions import ActionOutcome, ActionState, RejectionCode
from c360.currencies import is_currency
from c360.errors import PartnerFault
from c360.records.workorders import OrderStatus, OrderType, WorkOrder
from c360.values import CurrencyCode, Money, Value
from plugins.workorders import payloads

E = TypeVar("E", bound=enum.Enum)

TYPES = {
    "workorders.open_account": OrderType.OPEN_ACCOUNT,
    "workorders.reissue_cheque": OrderType.REISSUE_CHEQUE,
    "workorders.request_policy_loan": OrderType.POLICY_LOAN,
    "workorders.request_policy_valuation": OrderType.POLICY_VALUATION,
    "workorders.report_claim": OrderType.REPORT_CLAIM,
    "workorders.change_stay": OrderType.CHANGE_STAY,
}
"""What each action orders."""

_STATES = {
    OrderStatus.RECEIVED: ActionState.PENDING,
    OrderStatus.IN_PROGRESS: ActionState.PENDING,
    OrderStatus.OTHER: ActionState.PENDING,
    OrderStatus.DONE: ActionState.CONFIRMED,
    OrderStatus.REJECTED: ActionState.REJECTED,
    OrderStatus.CANCELLED: ActionState.REJECTED,
}
_REFUSALS = {
    "INVALID": RejectionCode.INVALID,
    "NOT_FOUND": RejectionCode.NOT_FOUND,
    "CONFLICT": RejectionCode.CONFLICT,
    "NOT_ALLOWED": RejectionCode.NOT_ALLOWED,
}


def order(payload: payloads.Order) -> WorkOrder:
    """The record of an order."""
    return WorkOrder(
        order_id=payload.id,
        type=_member(OrderType, payload.type),
        status=_member(OrderStatus, payload.status),
        concerns=payload.concerns,
        created_at=payload.created_at,
        updated_at=payload.moved_at,
        due_on=payload.due_on,
        closed_at=payload.closed_at,
        result=payload.result,
        valuation=_money(payload.valuation),
        rejection=payload.rejection,
    )


def outcome(payload: payloads.Order) -> ActionOutcome:
    """What became of the action that placed an order."""
    status = _member(OrderStatus, payload.status)
    rejection = None
    if status is OrderStatus.REJECTED:
        rejection = _REFUSALS.get(payload.rejection or "", RejectionCode.OTHER)
    elif status is OrderStatus.CANCELLED:
        rejection = RejectionCode.CONFLICT
    return ActionOutcome(state=_STATES[status], reference=payload.id, rejection=rejection)


def withdrawn(payload: payloads.Order) -> ActionOutcome:
    """What became of the action that withdraws an order."""
    return ActionOutcome(state=ActionState.CONFIRMED, reference=payload.id)


def refused(refusal: payloads.Refusal) -> ActionOutcome:
    """What became of an action that the back office did not take."""
    code = _REFUSALS.get(refusal.code, RejectionCode.OTHER)
    return ActionOutcome(state=ActionState.REJECTED, rejection=code)


def details(value: Value) -> dict[str, Any]:
    """What an action takes, as the API spells it: camel case, and nothing where nothing is said."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(value):
        each = getattr(value, field.name)
        if each is not None:
            first, *rest = field.name.split("_")
            name = first + "".join(word.title() for word in rest)
            found[name] = details(each) if isinstance(each, Value) else msgspec.to_builtins(each)
    return found


def _member(kind: type[E], text: str) -> E:
    try:
        return kind(text)
    except ValueError:
        return kind("OTHER")


def _money(amount: payloads.Amount | None) -> Money | None:
    if amount is None:
        return None
    if not is_currency(amount.currency):
        raise PartnerFault("the currency of an amount is no ISO 4217 code")
    return Money(amount=amount.amount, currency=CurrencyCode(amount.currency))
