"""From what partners answer to the graph."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from benchmarks.race.stock.graph import Account
from benchmarks.race.stock.records import Balance, Membership, Money, Policy, Position, RentalBooking, Stay

Json = Any

ACCOUNT_KINDS = {
    "TRANS_AND_SAVINGS_ACCOUNTS": "TRANSACTION",
    "TERM_DEPOSITS": "TERM_DEPOSIT",
    "TRAVEL_CARDS": "TRAVEL_CARD",
    "REGULATED_TRUST_ACCOUNTS": "TRUST_ACCOUNT",
    "CRED_AND_CHRG_CARDS": "CREDIT_CARD",
    "BUY_NOW_PAY_LATER": "BUY_NOW_PAY_LATER",
    "OVERDRAFTS": "OVERDRAFT",
    "RESIDENTIAL_MORTGAGES": "MORTGAGE",
    "PERS_LOANS": "LOAN",
    "BUSINESS_LOANS": "BUSINESS_LOAN",
    "MARGIN_LOANS": "MARGIN_LOAN",
    "LEASES": "LEASE",
    "TRADE_FINANCE": "TRADE_FINANCE",
}
STAYS = {
    "in_progress": "NOT_CONFIRMED",
    "not_confirmed": "NOT_CONFIRMED",
    "confirmed": "CONFIRMED",
    "canceled": "CANCELLED",
    "checked_in": "CHECKED_IN",
    "checked_out": "CHECKED_OUT",
    "no_show": "NO_SHOW",
}
INSTRUMENTS = {
    "cash": "CASH",
    "bond": "BOND",
    "equity": "EQUITY",
    "fund": "FUND",
    "index": "INDEX",
    "commodity": "COMMODITY",
    "mortgage": "MORTGAGE",
    "credit": "CREDIT",
    "cryptoAsset": "CRYPTO_ASSET",
}


def account(wire: Json, customer: Json) -> Account:
    """An account."""
    return Account(
        customer=customer,
        account_id=wire["accountId"],
        kind=ACCOUNT_KINDS.get(wire["productCategory"], "OTHER"),
        status=wire.get("openStatus") or "OPEN",
        display_name=wire["displayName"],
    )


def balance(wire: Json) -> Balance:
    """What is on an account."""
    return Balance(current=Money(amount=wire["currentBalance"], currency=wire.get("currency") or "AUD"))


def membership(wire: Json) -> Membership:
    """A loyalty account."""
    return Membership(
        membership_id=wire["id"], points=wire["balance"], lifetime_points=wire["lifetime_points"]
    )


def policy(listed: Json, insurer: str, info: Json) -> Policy:
    """A policy from its entry in the list and its details."""
    most = info.get("maxLMG")
    return Policy(
        policy_id=listed["policyId"],
        line="MOTOR",
        product_name=listed["productName"],
        insurer=insurer,
        starts_on=info["termStartDate"],
        ends_on=info["termEndDate"],
        sum_insured=Money(amount=most["amount"], currency=most["unit"]["description"])
        if most and most["unitType"] == "MONETARIO"
        else None,
    )


def position(wire: Json) -> Position:
    """A position."""
    instrument = wire["financialInstrument"]
    identified = instrument.get("identificationList") or ()
    value = wire["valuation"]["valueInPositionCurrency"]
    return Position(
        isin=next((one["identifier"] for one in identified if one["type"] == "isin"), None),
        name=instrument["name"],
        instrument=INSTRUMENTS.get(instrument["type"], "OTHER"),
        value=Money(amount=str(value["amount"]), currency=value["currency"]),
    )


def stay(wire: Json, hotels: Mapping[str, Json]) -> Stay:
    """A reservation."""
    hotel = hotels.get(wire["propertyID"])
    return Stay(
        reservation_id=wire["reservationID"],
        property_name=hotel["propertyName"] if hotel else None,
        status=STAYS.get(wire["status"], "OTHER"),
        check_in=wire["reservationCheckIn"][:10],
        check_out=wire["reservationCheckOut"][:10],
        total=None
        if wire.get("total") is None
        else Money(amount=str(wire["total"]), currency=wire["propertyCurrency"]),
    )


def rental(wire: Json) -> RentalBooking:
    """A booking."""
    starts = wire.get("departureTime")
    return RentalBooking(
        booking_id=wire["id"],
        status=wire["state"],
        starts_at=starts,
        departed=wire.get("actualDepartureTime") or starts,
        price=_price([wire, *wire["legs"]]),
    )


def _price(priced: Iterable[Json]) -> Money | None:
    parts = [part for one in priced if one.get("pricing") for part in one["pricing"]["parts"]]
    parts = [part for part in parts if part.get("type") != "MAX"]
    currencies = {part["currencyCode"] for part in parts}
    if len(currencies) != 1 or any(part.get("type") != "FIXED" for part in parts):
        return None
    amounts = [Decimal(str(part["amount"])) for part in parts]
    discounted = [
        -abs(amount) if part.get("kind") == "DISCOUNT" else amount
        for part, amount in zip(parts, amounts, strict=True)
    ]
    return Money(amount=str(sum(discounted)), currency=currencies.pop())
