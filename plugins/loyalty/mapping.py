"""From Square's payloads to records: pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from c360.countries import country_code
from c360.records.loyalty import ExpiringPoints, LoyaltyEvent, LoyaltyEventKind, Membership
from c360.records.party import Identifier, IdentifierKind, Party, PartyKind
from c360.values import PostalAddress
from plugins.loyalty import payloads

_POINT_OF_SALE = "SQUARE"

Sign = Callable[[int], int]


def _gain(points: int) -> int:
    return abs(points)


def _loss(points: int) -> int:
    return -abs(points)


def _signed(points: int) -> int:
    return points


EVENT_TYPES: Mapping[str, tuple[LoyaltyEventKind, str, Sign]] = {
    "ACCUMULATE_POINTS": (LoyaltyEventKind.ACCUMULATE, "accumulate_points", _gain),
    "ACCUMULATE_PROMOTION_POINTS": (
        LoyaltyEventKind.ACCUMULATE_PROMOTION,
        "accumulate_promotion_points",
        _gain,
    ),
    # The points of a reward leave the balance when it is created. The description calls them "used",
    # the examples write them negative: the sign is set here, whichever comes.
    "CREATE_REWARD": (LoyaltyEventKind.CREATE_REWARD, "create_reward", _loss),
    "REDEEM_REWARD": (LoyaltyEventKind.REDEEM_REWARD, "redeem_reward", _signed),
    "DELETE_REWARD": (LoyaltyEventKind.DELETE_REWARD, "delete_reward", _gain),
    "ADJUST_POINTS": (LoyaltyEventKind.ADJUST, "adjust_points", _signed),
    "EXPIRE_POINTS": (LoyaltyEventKind.EXPIRE, "expire_points", _loss),
    "OTHER": (LoyaltyEventKind.OTHER, "other_event", _signed),
}
"""For every type of event: what it is to the graph, which part of it has the details, and the sign of
its points."""


def party(customer: payloads.Customer) -> Party:
    """A customer profile as a party. A profile with a company's name alone is a company's."""
    given, family = _text(customer.given_name), _text(customer.family_name)
    company = _text(customer.company_name)
    organization = company is not None and given is None and family is None
    address = _address(customer.address)
    return Party(
        party_id=customer.id,
        kind=PartyKind.ORGANIZATION if organization else PartyKind.PERSON,
        given_name=given,
        family_name=family,
        organization_name=company if organization else None,
        birth_date=_birthday(customer.birthday),
        emails=_present(customer.email_address),
        phones=_present(customer.phone_number),
        addresses=() if address is None else (address,),
        identifiers=_identifiers(customer),
        updated_at=customer.updated_at,
    )


def membership(account: payloads.LoyaltyAccount) -> Membership:
    """A loyalty account as a membership."""
    deadlines = sorted(account.expiring_point_deadlines or (), key=lambda deadline: deadline.expires_at)
    return Membership(
        membership_id=account.id,
        program_id=account.program_id,
        points=account.balance,
        lifetime_points=account.lifetime_points,
        phone=_text(account.mapping.phone_number) if account.mapping else None,
        enrolled_at=account.enrolled_at,
        created_at=account.created_at,
        updated_at=account.updated_at,
        expiring=tuple(ExpiringPoints(points=it.points, expires_at=it.expires_at) for it in deadlines),
    )


def event(wire: payloads.LoyaltyEvent) -> LoyaltyEvent:
    """A ledger entry as an event. A type that the API does not know yet counts as other."""
    kind, part, sign = EVENT_TYPES.get(wire.type, EVENT_TYPES["OTHER"])
    detail: payloads.EventDetail = getattr(wire, part) or payloads.EventDetail()
    return LoyaltyEvent(
        event_id=wire.id,
        membership_id=wire.loyalty_account_id,
        kind=kind,
        occurred_at=wire.created_at,
        points=None if detail.points is None else sign(detail.points),
        reward_id=_text(detail.reward_id),
        promotion_id=_text(detail.loyalty_promotion_id),
        order_id=_text(detail.order_id),
        reason=_text(detail.reason),
        location_id=_text(wire.location_id),
        at_point_of_sale=None if wire.source is None else wire.source == _POINT_OF_SALE,
    )


def _identifiers(customer: payloads.Customer) -> tuple[Identifier, ...]:
    vat = _text(customer.tax_ids.eu_vat) if customer.tax_ids else None
    reference = _text(customer.reference_id)
    found = []
    if vat:
        found.append(Identifier(kind=IdentifierKind.TAX_ID, value=vat))
    if reference:
        found.append(Identifier(kind=IdentifierKind.OTHER, value=reference))
    return tuple(found)


def _address(wire: payloads.Address | None) -> PostalAddress | None:
    if wire is None:
        return None
    address = PostalAddress(
        lines=_present(wire.address_line_1, wire.address_line_2, wire.address_line_3),
        city=_text(wire.locality),
        region=_text(wire.administrative_district_level_1),
        postal_code=_text(wire.postal_code),
        country=country_code(wire.country),
    )
    return None if address == PostalAddress() else address


def _birthday(text: str | None) -> date | None:
    """The date of birth; ``0000-09-21`` is a birthday without a year and so not one."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _text(value: str | None) -> str | None:
    return (value or "").strip() or None


def _present(*values: str | None) -> tuple[str, ...]:
    return tuple(text for value in values if (text := _text(value)))
