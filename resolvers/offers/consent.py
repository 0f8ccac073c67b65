"""Whether a customer may be offered something: a seam, behind which consents are kept."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Protocol

import msgspec

from c360.access import Purpose
from c360.records.hotel import GuestPreferences
from resolvers.offers.situation import Channel


class ConsentState(enum.Enum):
    """What is known of a consent."""

    GRANTED = "GRANTED"
    """The customer agreed."""
    NOT_NEEDED = "NOT_NEEDED"
    """It serves a contract that the customer has."""
    NOT_RECORDED = "NOT_RECORDED"
    """Nothing that the hub knows says yes or no."""
    REFUSED = "REFUSED"
    """The customer said no."""


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


class KnownRefusals(msgspec.Struct, frozen=True, kw_only=True):
    """What partners' records say themselves: refusals count, silence is no answer."""

    agreed: frozenset[str] = frozenset()
    """Domains whose partners say that the customer agreed to their marketing."""
    refused: frozenset[str] = frozenset()
    """Domains of which any partner says that the customer did not."""

    def state(self, *, purpose: Purpose, domain: str, channel: Channel | None) -> ConsentState:
        """What the records say."""
        if purpose is Purpose.SERVICE:
            return ConsentState.NOT_NEEDED
        if domain in self.refused:
            return ConsentState.REFUSED
        return ConsentState.GRANTED if domain in self.agreed else ConsentState.NOT_RECORDED


NOTHING_RECORDED = KnownRefusals()


def known_refusals(preferences: Iterable[GuestPreferences]) -> KnownRefusals:
    """What hotels say of their guest; where two say different things, the refusal holds."""
    said = {one.marketing_opt_in for one in preferences}
    hotel = frozenset({"hotel"})
    return KnownRefusals(
        agreed=hotel if True in said else frozenset(), refused=hotel if False in said else frozenset()
    )
