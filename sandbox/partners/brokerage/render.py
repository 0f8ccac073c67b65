"""Customers, accounts, positions and transactions in the words of OpenWealth.

Every customer has a safekeeping account and a cash account, both in Swiss francs. Bonds are quoted
in percent of their face amount, of which one unit has a hundred.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sandbox.population import ledger
from sandbox.population.chronicle import CUSTODY_CASH
from sandbox.population.model import Event, EventKind, Life, Presence, Security
from sandbox.population.rates import rate
from sandbox.population.securities import Listed, universe

DOMAIN = "brokerage"
REFERENCE = "CHF"
_FACE = 100
_CENT = Decimal("0.01")
_SETTLED_AFTER = timedelta(days=2)
_DEBITS = frozenset({"buy", "outflowCash"})

Json = dict[str, Any]


def customer(presence: Presence) -> Json:
    """A ``Customer``: an id, a number and a currency, and nothing of the person."""
    return {"id": presence.party_id, "number": presence.party_id[:70], "referenceCurrency": REFERENCE}


def accounts(presence: Presence) -> list[Json]:
    """The customer's accounts."""
    return [safekeeping_account(presence), cash_account(presence)]


def safekeeping_account(presence: Presence) -> Json:
    """The ``Account`` that holds the securities."""
    return _account(presence, "S", "safekeepingAccount", "Custody account")


def cash_account(presence: Presence) -> Json:
    """The ``Account`` that holds the money."""
    return _account(presence, "C", "cashAccount", "Cash account")


def positions(presence: Presence, life: Life, day: date, today: date) -> list[Json]:
    """The ``ValuatedPosition`` of every instrument held at the end of a day, and of the money."""
    units = ledger.all_units(life, day)
    held = ((listed.quoted(day), units[listed.isin]) for listed in universe() if units.get(listed.isin))
    return [
        _cash_position(presence, life, day, today),
        *(_position(presence, security, units, day, today) for security, units in held),
    ]


def transactions(presence: Presence, life: Life, day: date, today: date) -> list[Json]:
    """Every ``Transaction`` of a day."""
    return [transaction(presence, event, today) for event in life.at(DOMAIN) if event.at.date() == day]


def transaction(presence: Presence, event: Event, today: date) -> Json:
    """The ``Transaction`` that an event is."""
    day = event.at.date()
    kind = _kind(event)
    amount = (event.amount or Decimal(0)) * (-1 if kind in _DEBITS else 1)
    rendered: Json = {
        "id": f"{presence.party_id}-T-{event.id}",
        "type": kind,
        "transactionDate": day.isoformat(),
        "customerId": presence.party_id,
        "reversalIndicator": False,
        "endOfDayIndicator": day < today,
        "reference": event.id,
        "description": event.text,
        "postingAmountList": [{**_amount(amount, event.currency), "account": cash_account(presence)}],
        "settlementCurrency": event.currency,
    }
    listed = _listed(event.holding)
    if listed is None:
        return rendered
    security = listed.quoted(day)
    rendered["triggeringFinancialInstrument"] = _instrument(security)
    if event.quantity is not None:
        rendered["triggeringQuantity"] = _quantity(security, abs(event.quantity))
    if event.kind is EventKind.TRADE:
        rendered |= {
            "tradeDate": day.isoformat(),
            "settlementDate": (day + _SETTLED_AFTER).isoformat(),
            "triggeringPrice": _price(security),
        }
    return rendered


def _account(presence: Presence, suffix: str, kind: str, name: str) -> Json:
    return {
        "id": f"{presence.party_id}-{suffix}",
        "type": kind,
        "name": name,
        "number": f"{presence.party_id}-{suffix}"[:70],
        "designation": f"{name} {REFERENCE}",
        "referenceCurrency": REFERENCE,
        "portfolioInformation": {
            "identification": f"{presence.party_id}-P",
            "referenceCurrency": REFERENCE,
        },
    }


def _cash_position(presence: Presence, life: Life, day: date, today: date) -> Json:
    cash = ledger.custody_cash(life, day)
    return {
        "id": f"{presence.party_id}-C-{REFERENCE}",
        "financialInstrument": {"type": "cash", "name": f"Cash {REFERENCE}"},
        "account": cash_account(presence),
        "currency": REFERENCE,
        **_shown(day, today),
        "quantity": {"type": "faceAmount", "value": float(cash)},
        "valuation": {
            "valueInPositionCurrency": _amount(cash, REFERENCE),
            "valueInReferenceCurrency": _amount(cash, REFERENCE),
            "valuationDate": day.isoformat(),
        },
    }


def _position(presence: Presence, security: Security, units: Decimal, day: date, today: date) -> Json:
    value = units * security.price
    exchange = rate(security.currency, REFERENCE, day)
    position: Json = {
        "id": f"{presence.party_id}-S-{security.isin}",
        "financialInstrument": _instrument(security),
        "account": safekeeping_account(presence),
        "name": security.name,
        "currency": security.currency,
        **_shown(day, today),
        "quantity": _quantity(security, units),
        "valuation": {
            "valueInPositionCurrency": _amount(value, security.currency),
            "valueInReferenceCurrency": _amount(value * exchange, REFERENCE),
            "valuationDate": day.isoformat(),
        },
        "price": {**_price(security), "priceDate": day.isoformat(), "sourceOfPrice": "SIX Swiss Exchange"},
    }
    if security.currency != REFERENCE:
        position["foreignExchangeRate"] = {
            "value": float(exchange),
            "sourceCurrency": security.currency,
            "targetCurrency": REFERENCE,
            "rateDate": day.isoformat(),
        }
    return position


def _kind(event: Event) -> str:
    """The ``TransactionType`` of what happened."""
    match event.kind:
        case EventKind.TRADE:
            return "sell" if (event.quantity or 0) < 0 else "buy"
        case EventKind.DIVIDEND:
            listed = _listed(event.holding)
            return "coupon" if listed and listed.type == "bond" else "dividendCash"
        case EventKind.TRANSFER:
            return "outflowCash" if event.holding == CUSTODY_CASH else "inflowCash"
        case _:
            return "other"


def _listed(isin: str | None) -> Listed | None:
    return next((listed for listed in universe() if listed.isin == isin), None)


def _instrument(security: Security) -> Json:
    return {
        "type": security.type,
        "name": security.name,
        "identificationList": [{"type": "isin", "identifier": security.isin}],
        "currencyOfDenomination": security.currency,
    }


def _quantity(security: Security, units: Decimal) -> Json:
    if security.type == "bond":
        return {"type": "faceAmount", "value": float(units * _FACE)}
    return {"type": "unit", "value": float(units)}


def _price(security: Security) -> Json:
    if security.type == "bond":
        return {"type": "percentage", "value": float(security.price)}
    return {"type": "actual", "value": float(security.price), "currency": security.currency}


def _shown(day: date, today: date) -> Json:
    return {"positionDate": day.isoformat(), "endOfDayIndicator": day < today}


def _amount(value: Decimal, currency: str) -> Json:
    return {"amount": float(value.quantize(_CENT)), "currency": currency}
