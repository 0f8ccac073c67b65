"""How often a customer is approached: caps for each product and for all of them, from what was kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta

from resolvers.offers.catalogue import Caps
from resolvers.offers.conditions import Failure
from resolvers.offers.situation import Doing
from store.data_offers import Contact, OfferEventKind

CONTEXTS: Mapping[Doing, float] = MappingProxyType({Doing.COMPLAINING: 0.0, Doing.PAYING_LATE: 0.25})
"""Weight of every product by what the customer is doing, unless a product says otherwise; 1 for the rest."""


LONGEST_MEMORY = timedelta(days=1096)
"""How far back any cap can reach."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for all products of a company."""

    explore: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Share of customers and days on which offers come in random order, to learn from.",
        ),
    ] = 0.05
    most: Annotated[
        int, Meta(ge=1, description="Presentations of any products to one customer within `offers.days`.")
    ] = 20
    days: Annotated[
        int, Meta(ge=1, le=1096, description="Days over which all presentations to a customer are counted.")
    ] = 30


class Contacts:
    """What became of offers to one customer, counted once for all products."""

    __slots__ = ("_all", "_now", "_of", "none")

    def __init__(self, contacts: Sequence[Contact], now: datetime) -> None:
        self._now = now
        self._all: list[datetime] = []
        self._of: dict[str, list[Contact]] = {}
        self.none = not contacts
        for contact in contacts:
            self._of.setdefault(contact.product_id, []).append(contact)
            if contact.event is OfferEventKind.PRESENTED:
                self._all.append(contact.at)

    def too_many(self, policy: Policy) -> Failure | None:
        """Whether the customer is left alone for now, whatever the product."""
        if not self._all:
            return None
        return _capped("CONTACTS", self._all, policy.most, policy.days, self._now)

    def too_often(self, product: str, caps: Caps) -> Failure | None:
        """Whether the customer is left alone with one product."""
        mine = self._of.get(product)
        if mine is None:
            return None
        for event, days in (
            (OfferEventKind.ACCEPTED, caps.after_accepted),
            (OfferEventKind.DECLINED, caps.after_declined),
        ):
            times = [one.at for one in mine if one.event is event]
            failure = _capped(f"REST_AFTER_{event.value}", times, 1, days, self._now)
            if failure is not None:
                return failure
        times = [one.at for one in mine if one.event is OfferEventKind.PRESENTED]
        return _capped("FREQUENCY", times, caps.most, caps.days, self._now)


def _capped(rule: str, times: Sequence[datetime], most: int, days: int, now: datetime) -> Failure | None:
    since = now - timedelta(days=days)
    found = sum(1 for at in times if at > since)
    if found < most:
        return None
    wanted = f"fewer than {most} within {days} days" if most > 1 else f"none within {days} days"
    return Failure(rule=rule, wanted=wanted, known=True, found=float(found))
