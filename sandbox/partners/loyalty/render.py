"""The population as a Square seller holds it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from sandbox.population.model import Address, Event, EventKind, Life, Presence

PROGRAM_ID = "d619f755-2d17-41f3-990d-c04ecedd64dd"
DOMAIN = "loyalty"
_ACCOUNT = "la_"
_POINTS = "points"
"""What a life's openings call points."""
_BY_API = 0.5
"""Share of the entries that came through the API, not from a till."""
_REDEMPTION = timedelta(minutes=2)
"""A reward is made at the till and redeemed with the payment."""

Json = dict[str, Any]


def customer(presence: Presence) -> Json:
    """A customer profile; what the seller does not know is left out, as Square does."""
    personal = {} if presence.organization else _personal(presence)
    return {
        "id": presence.party_id,
        "created_at": created_at(presence),
        "updated_at": stamp(presence.updated_at),
        **personal,
        **_known(
            company_name=presence.organization_name if presence.organization else None,
            email_address=presence.email,
            phone_number=presence.phone,
        ),
        "address": _address(presence.address),
        "reference_id": reference(presence),
        "preferences": {"email_unsubscribed": _share(presence.party_id) < 0.2},
        "creation_source": "LOYALTY",
        "version": 1 + presence.updated_at.toordinal() % 7,
    }


def reference(presence: Presence) -> str:
    """The seller's own number of a customer."""
    return f"M{int(_digest(presence.party_id)[:10], 16) % 10**8:08d}"


def account_id(presence: Presence) -> str:
    """Id of the customer's loyalty account."""
    return f"{_ACCOUNT}{presence.party_id}"


def customer_of(account: str) -> str | None:
    """The customer whose account that is; ``None`` where it is no account's id."""
    return account.removeprefix(_ACCOUNT) if account.startswith(_ACCOUNT) else None


def account(presence: Presence, life: Life, now: datetime, made: Sequence[Made] = ()) -> Json:
    """A loyalty account with the points that its ledger adds up to.

    Args:
        made: what clients changed in it.
    """
    past = [event for event in life.at(DOMAIN) if event.at <= now]
    carried = int(life.openings.get(_POINTS, 0))
    earned = carried + sum(_points(event) for event in past if event.kind is EventKind.POINTS_EARNED)
    spent = sum(_points(event) for event in past if event.kind is EventKind.POINTS_REDEEMED)
    moments = [*(event.at for event in past[-1:]), *(change.at for change in made)]
    opened = created_at(presence)
    mapping = {"id": uuid_of(presence.party_id), "created_at": opened, "phone_number": presence.phone}
    return {
        "id": account_id(presence),
        "program_id": PROGRAM_ID,
        "balance": earned - spent + sum(change.points for change in made),
        "lifetime_points": earned,
        "customer_id": presence.party_id,
        **({"enrolled_at": stamp(past[0].at)} if past else {}),
        "created_at": opened,
        "updated_at": stamp(max(moments)) if moments else opened,
        **({"mapping": mapping} if presence.phone else {}),
    }


class Made(NamedTuple):
    """What a client changed in an account."""

    id: str
    at: datetime
    points: int
    detail: Json


class Entry(NamedTuple):
    """An entry of the ledger before it is written out: what happened, to which account, when."""

    at: datetime
    type: str
    account: str
    event: Event | None
    """``None`` for the points that were carried over, and for what clients changed."""
    points: int
    made: Made | None = None


def entries(presence: Presence, life: Life) -> Iterator[Entry]:
    """The ledger of an account, in no order, also of what is still to come."""
    account = account_id(presence)
    if carried := int(life.openings.get(_POINTS, 0)):
        opened = datetime.combine(life.since, time(), tzinfo=UTC)
        yield Entry(opened, "ADJUST_POINTS", account, None, carried)
    for event in life.at(DOMAIN):
        if event.kind is EventKind.POINTS_EARNED:
            yield Entry(event.at, "ACCUMULATE_POINTS", account, event, _points(event))
        elif event.kind is EventKind.POINTS_REDEEMED:
            # The published examples write the points of a reward negative.
            yield Entry(event.at, "CREATE_REWARD", account, event, -_points(event))
            yield Entry(event.at + _REDEMPTION, "REDEEM_REWARD", account, event, 0)


def loyalty_event(entry: Entry) -> Json:
    """An entry as the API writes it."""
    if entry.made is not None:
        return _made(entry, entry.made)
    key = entry.event.id if entry.event else f"{entry.account} carried over"
    place = {"location_id": _location(entry.event)} if entry.event else {}
    return {
        "id": uuid_of(f"{entry.type} {key}"),
        "type": entry.type,
        "created_at": stamp(entry.at),
        "loyalty_account_id": entry.account,
        **place,
        "source": "LOYALTY_API" if entry.event and _share(key) < _BY_API else "SQUARE",
        entry.type.lower(): _detail(entry),
    }


def _made(entry: Entry, made: Made) -> Json:
    return {
        "id": made.id,
        "type": entry.type,
        "created_at": stamp(made.at),
        "loyalty_account_id": entry.account,
        "source": "LOYALTY_API",
        entry.type.lower(): {"loyalty_program_id": PROGRAM_ID, **made.detail},
    }


def _detail(entry: Entry) -> Json:
    program = {"loyalty_program_id": PROGRAM_ID}
    match entry.type, entry.event:
        case "ACCUMULATE_POINTS", Event() as event:
            return {**program, "points": entry.points, "order_id": _order(event)}
        case "CREATE_REWARD", Event() as event:
            return {**program, "points": entry.points, "reward_id": uuid_of(event.id)}
        case "REDEEM_REWARD", Event() as event:
            return {**program, "reward_id": uuid_of(event.id), "order_id": _order(event)}
        case _:
            return {**program, "points": entry.points, "reason": "Carried over"}


def created_at(presence: Presence) -> str:
    """When the customer joined."""
    return stamp(joined(presence))


def joined(presence: Presence) -> datetime:
    """When the customer joined, as a moment."""
    return datetime.combine(presence.since, time(1), tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """A moment as Square writes it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _location(event: Event) -> str:
    return f"L{_digest(event.text or event.place)[:12].upper()}"


def _points(event: Event) -> int:
    return int(event.quantity or 0)


def _order(event: Event) -> str:
    return _digest(event.deed)[:22]


def _personal(presence: Presence) -> Json:
    birthday = presence.birth_date.isoformat() if presence.birth_date else None
    return _known(given_name=presence.given_name, family_name=presence.family_name, birthday=birthday)


def _address(address: Address) -> Json:
    return _known(
        address_line_1=f"{address.number} {address.street}".strip(),
        locality=address.city,
        administrative_district_level_1=address.region,
        postal_code=address.postal_code,
        country=address.country,
    )


def _known(**fields: str | None) -> Json:
    return {name: value for name, value in fields.items() if value}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _share(text: str) -> float:
    return int(_digest(text)[:8], 16) / 2**32


def uuid_of(text: str) -> str:
    """An id that a text always gives."""
    mark = _digest(text)
    return f"{mark[:8]}-{mark[8:12]}-{mark[12:16]}-{mark[16:20]}-{mark[20:32]}"
