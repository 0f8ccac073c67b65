"""What is bought: groceries in a steady rhythm, outings at weekends, treats before Christmas."""

from __future__ import annotations

from datetime import datetime

from sandbox.population.chronicle import Chronicle
from sandbox.population.model import BankAccount, EventKind
from sandbox.population.origins import pick

GROCERS = (("Fresh Fields Market", "5411"), ("Corner Pantry", "5411"), ("Greenbasket", "5411"))
OUTINGS = (
    ("Trattoria Da Nino", "5812"),
    ("The Copper Kettle", "5812"),
    ("Saffron House", "5812"),
    ("Rialto Cinema", "7832"),
)
TREATS = (
    ("Fernwood Books", "5942"),
    ("Linden & Oak Clothing", "5651"),
    ("Circuit Electronics", "5732"),
    ("Homestead Furniture", "5712"),
    ("City Pharmacy", "5912"),
    ("Parcel Point Online", "5999"),
    ("Velo Sports", "5941"),
)
PARTNER_SHOPS = frozenset(
    {"Fresh Fields Market", "Linden & Oak Clothing", "Fernwood Books", "The Copper Kettle"}
)
"""Shops where the loyalty programme gives points."""


def plan(life: Chronicle) -> None:
    """Put a person's shopping on the calendar."""
    month, rng, temper = life.month, life.rng, life.temper
    if not (life.knows("banking", month.end) or life.knows("loyalty", month.end)):
        return
    basket = min(40_000, temper.means // 60) * temper.grocery_days // 6
    # The rhythm goes on from month to month: the big shopping is always so many days apart.
    offset = (month.number * 30) % temper.grocery_days
    for day in range(1 + offset, month.days + 1, temper.grocery_days):
        shop = GROCERS[0] if rng.random() < 0.6 else pick(rng, GROCERS)
        late = min(month.days, day + (rng.random() < 0.3))
        life.plan(
            month.at(late, 10 + int(9 * rng.random())), _buy, int(basket * (0.6 + 0.8 * rng.random())), shop
        )
    for _ in range(_times(temper.outings, rng.random())):
        cents = int(3_000 + min(20_000, temper.means / 45) * rng.random() ** 2)
        day = 1 + int(month.days * rng.random())
        life.plan(month.at(day, 19, int(60 * rng.random())), _buy, cents, pick(rng, OUTINGS))
    wanted = temper.treats * (2.2 if month.month == 12 else 1.0)
    for _ in range(_times(wanted, rng.random())):
        cents = int(1_500 + min(90_000, temper.means / 9) * rng.random() ** 3)
        day = 1 + int(month.days * rng.random())
        life.plan(
            month.at(day, 9 + int(9 * rng.random()), int(60 * rng.random())), _buy, cents, pick(rng, TREATS)
        )


def _times(wanted: float, draw: float) -> int:
    """How often this month: the usual number, rounded up or down."""
    whole = int(wanted)
    return whole + (draw < wanted - whole)


def _buy(life: Chronicle, at: datetime, cents: int, shop: tuple[str, str]) -> None:
    name, category = shop
    account = None
    if life.everyday and life.knows("banking", at):
        account = instrument(life, at, cents)
        if account is None:
            return
    deed = life.deed("P", at)
    if account:
        detail = {"mcc": category}
        life.pay(
            deed,
            EventKind.CARD_PURCHASE,
            at,
            cents,
            name,
            account=account,
            place=life.member.address.city,
            detail=detail,
        )
    if name in PARTNER_SHOPS:
        earn(life, deed, at, cents // 100, name)


def instrument(life: Chronicle, at: datetime, cents: int) -> BankAccount | None:
    """The card or account that a purchase can be put on, if any bears it."""
    card = life.card
    if (
        card
        and card.opened <= at.date()
        and card.limit is not None
        and life.rng.random() < life.temper.plastic
    ):
        room = int(card.limit * 100) + life.cents[card.id]
        if room >= cents:
            return card
    return life.everyday if life.funds() > cents * 2 else None


def earn(life: Chronicle, deed: str, at: datetime, points: int, text: str, *, always: bool = False) -> None:
    """Earn points for a deed, if the loyalty card is shown."""
    if points > 0 and life.knows("loyalty", at) and (always or life.rng.random() < life.temper.collects):
        life.points += points
        life.enter(deed, EventKind.POINTS_EARNED, "loyalty", at, quantity=points, currency="PTS", text=text)


def plan_rewards(life: Chronicle) -> None:
    """Put the use of points on the calendar."""
    if life.knows("loyalty", life.month.end) and life.rng.random() < 0.5:
        life.plan(life.month.at(24, 15), _redeem)


def _redeem(life: Chronicle, at: datetime) -> None:
    wanted = life.temper.redeems_at
    if life.points < wanted:
        return
    points = next(
        size for size in (5000, 2500, 1000, 500) if size <= max(500, wanted) and size <= life.points
    )
    life.points -= points
    deed = life.deed("R", at)
    life.enter(
        deed,
        EventKind.POINTS_REDEEMED,
        "loyalty",
        at,
        quantity=points,
        currency="PTS",
        text=f"Reward {points}",
    )
