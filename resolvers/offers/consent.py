"""Whether a customer may be offered something: what offers ask of consents."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from c360.access import Purpose
from resolvers.consents.customer import ConsentGround, CustomerConsents
from resolvers.offers.situation import Channel


class ConsentState(enum.Enum):
    """What is known of a consent."""

    GRANTED = "GRANTED"
    """The customer agreed."""
    NOT_NEEDED = "NOT_NEEDED"
    """It serves a contract that the customer has."""
    NOT_RECORDED = "NOT_RECORDED"
    """Nothing that the hub knows says yes or no, or what did is over."""
    REFUSED = "REFUSED"
    """The customer said no, took the consent back or objects."""

    __hash__ = object.__hash__  # members are one of each: see resolvers.summaries.measures


class Consents(Protocol):
    """What one customer agreed to."""

    def state(self, *, purpose: Purpose, domain: str, channel: Channel | None) -> ConsentState:
        """Whether the customer may be approached.

        Args:
            purpose: what for.
            domain: of whose product.
            channel: through what; none where it is not said.
        """
        ...

    @property
    def stopping(self) -> frozenset[ConsentState]:
        """What keeps a product from being offered: a refusal, and for marketing silence too."""
        ...


_STATE: Mapping[ConsentGround, ConsentState] = {
    ConsentGround.CONSENT: ConsentState.GRANTED,
    ConsentGround.NOT_NEEDED: ConsentState.NOT_NEEDED,
    ConsentGround.NOT_RECORDED: ConsentState.NOT_RECORDED,
    ConsentGround.EXPIRED: ConsentState.NOT_RECORDED,
    ConsentGround.REFUSED: ConsentState.REFUSED,
    ConsentGround.WITHDRAWN: ConsentState.REFUSED,
    ConsentGround.OBJECTED: ConsentState.REFUSED,
    ConsentGround.RESTRICTED: ConsentState.REFUSED,
}
_REFUSED = frozenset({ConsentState.REFUSED})
_ORDER = (ConsentState.REFUSED, ConsentState.GRANTED, ConsentState.NOT_NEEDED, ConsentState.NOT_RECORDED)


class OfferConsents(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's consents as offers ask them: by the domain of a product, for all partners in it."""

    consents: CustomerConsents
    connectors: Mapping[str, tuple[str, ...]] = {}
    """The customer's connector instances by domain."""
    asked_for: Purpose = Purpose.SERVICE
    """What the offers are asked for: where a customer is served, one who never said no may hear of a product;
    for marketing, a consent is needed."""

    @property
    def stopping(self) -> frozenset[ConsentState]:
        """A refusal; for marketing silence too."""
        return _REFUSED if self.asked_for is not Purpose.MARKETING else _REFUSED | {ConsentState.NOT_RECORDED}

    def state(self, *, purpose: Purpose, domain: str, channel: Channel | None) -> ConsentState:
        """What the customer said; where the partners of a domain differ, the refusal holds.

        Where none of them is known to have been told, it is what the customer said of all partners.
        """
        if purpose is Purpose.SERVICE:
            return ConsentState.NOT_NEEDED
        name = None if channel is None else channel.name
        partners: Iterable[str | None] = self.connectors.get(domain) or (None,)
        said = {_STATE[self.consents.verdict(purpose, name, one).ground] for one in partners}
        return next(state for state in _ORDER if state in said)
