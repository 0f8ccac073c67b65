"""How a customer can be reached: every address and number of the golden profile, and who may use it."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from c360.access import Purpose
from resolvers.consents.customer import CustomerConsents
from resolvers.profile import GoldenProfile, GoldenValue, ValueSource


class ContactKind(enum.Enum):
    """What a contact point is."""

    EMAIL = "EMAIL"
    """An e-mail address."""
    PHONE = "PHONE"
    """A phone number."""
    POSTAL = "POSTAL"
    """A postal address."""


CHANNELS: Mapping[ContactKind, str] = {
    ContactKind.EMAIL: "EMAIL",
    ContactKind.PHONE: "PHONE",
    ContactKind.POSTAL: "POST",
}
"""The channel that each kind of contact point is used through."""


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One way to reach a customer."""

    kind: ContactKind
    value: Any
    """A text, or the postal address."""
    preferred: bool
    """Whether it is the one that the golden profile has; of each kind at most one is."""
    sources: tuple[ValueSource, ...]
    """Who states it, the best source first."""
    purposes: frozenset[Purpose] | None = None
    """What it may be used for; ``None`` where nothing was read that says."""

    @property
    def verified(self) -> bool:
        """Whether some source of it had it checked."""
        return any(source.verified for source in self.sources)


def contact_points(
    golden: GoldenProfile, consents: CustomerConsents | None = None
) -> tuple[ContactPoint, ...]:
    """The contact points of a golden profile by kind, of each kind the preferred one first.

    Args:
        golden: the profile.
        consents: by which it is said what each may be used for.
    """
    every = (
        (ContactKind.EMAIL, golden.email),
        (ContactKind.PHONE, golden.phone),
        (ContactKind.POSTAL, golden.address),
    )
    return tuple(
        point
        for kind, value in every
        if value is not None
        for point in _points(kind, value, None if consents is None else purposes(consents, kind))
    )


def purposes(consents: CustomerConsents, kind: ContactKind) -> frozenset[Purpose]:
    """What a kind of contact point may be used for."""
    channel = CHANNELS[kind]
    return frozenset(purpose for purpose in Purpose if consents.verdict(purpose, channel).allowed)


def _points(
    kind: ContactKind, golden: GoldenValue, allowed: frozenset[Purpose] | None
) -> Iterator[ContactPoint]:
    best = (golden.source, *golden.agreeing)
    yield ContactPoint(kind=kind, value=golden.value, preferred=True, sources=best, purposes=allowed)
    for losing in golden.losing:
        yield ContactPoint(
            kind=kind, value=losing.value, preferred=False, sources=losing.sources, purposes=allowed
        )
