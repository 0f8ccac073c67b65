"""What is held back of a customer because they did not agree to it, or said no."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from c360.access import Access, Purpose
from resolvers.consents.customer import ConsentGround, CustomerConsents, Verdict
from resolvers.contacts import CHANNELS, ContactKind
from resolvers.view import PREFERENCES, CustomerView
from schema.permissions.withholding import Coordinate, Hold, WithheldReason

OFFERS: frozenset[Coordinate] = frozenset({("Customer", "offers")})
RISK: frozenset[Coordinate] = frozenset({("Customer", "risk")})
SCORES: frozenset[Coordinate] = frozenset(
    ("Customer", name)
    for name in ("lifetimeValue", "profit", "summaries", "segments", "standing", "lifecycle")
)
CONTACTS: Mapping[ContactKind, frozenset[Coordinate]] = {
    ContactKind.EMAIL: frozenset({("Profile", "email")}),
    ContactKind.PHONE: frozenset({("Profile", "phone")}),
    ContactKind.POSTAL: frozenset({("Profile", "address")}),
}
POINTS: frozenset[Coordinate] = frozenset({("Profile", "contactPoints")})
"""The list shows those that may be used, and is named where some may not."""
CONSENTED: frozenset[Coordinate] = OFFERS.union(RISK, SCORES, POINTS, *CONTACTS.values())
"""All that a customer's decisions may shut."""

_REMEDY: Mapping[ConsentGround, str] = {
    ConsentGround.NOT_RECORDED: "Ask the customer for their consent to {} and record it.",
    ConsentGround.EXPIRED: "The customer's consent to {} is over: ask again.",
    ConsentGround.REFUSED: "The customer refused {}; only they can change that.",
    ConsentGround.WITHDRAWN: "The customer took back their consent to {}; only they can change that.",
    ConsentGround.OBJECTED: "The customer objects to {}; only they can lift that.",
    ConsentGround.RESTRICTED: "The processing of the customer's data is restricted, {} included.",
}


def consents(view: CustomerView, access: Access) -> Iterable[Hold]:
    """Offers and contact points of those who agreed to no marketing, scores of those who object to them."""
    if not view.decisions and not view.records(PREFERENCES):
        return _of_silence(access.purpose)  # as most customers are: nobody knows of a word of theirs
    return _of(view.consents, access.purpose)


@functools.cache
def _of_silence(purpose: Purpose) -> Sequence[Hold]:
    return tuple(_of(CustomerConsents(at=datetime.min.replace(tzinfo=UTC)), purpose))


def _of(mine: CustomerConsents, purpose: Purpose) -> Iterator[Hold]:
    if purpose is Purpose.MARKETING:
        yield from _marketing(mine)
    if purpose is not Purpose.FRAUD:
        yield from _held(mine.verdict(Purpose.RISK), Purpose.RISK, RISK)
        yield from _held(mine.verdict(Purpose.ANALYTICS), Purpose.ANALYTICS, SCORES)


def _marketing(mine: CustomerConsents) -> Iterator[Hold]:
    every = {kind: mine.verdict(Purpose.MARKETING, channel) for kind, channel in CHANNELS.items()}
    somewhere = any(
        mine.verdict(cell.purpose, cell.scope.channel, cell.scope.connector).allowed
        for cell in mine.cells()
        if cell.purpose is Purpose.MARKETING
    )
    if not somewhere:
        yield from _held(mine.verdict(Purpose.MARKETING), Purpose.MARKETING, OFFERS)
    for kind, verdict in every.items():
        yield from _held(verdict, Purpose.MARKETING, CONTACTS[kind])
    shut = [verdict for verdict in every.values() if not verdict.allowed]
    if shut:
        yield Hold(
            reason=WithheldReason.CONSENT,
            remedy=_remedy(shut[0], Purpose.MARKETING),
            fields=POINTS,
            masked=True,
        )


def _held(verdict: Verdict, purpose: Purpose, fields: frozenset[Coordinate]) -> Iterator[Hold]:
    if not verdict.allowed:
        yield Hold(reason=WithheldReason.CONSENT, remedy=_remedy(verdict, purpose), fields=fields)


def _remedy(verdict: Verdict, purpose: Purpose) -> str:
    return _REMEDY[verdict.ground].format(_IN_WORDS[purpose])


_IN_WORDS: Mapping[Purpose, str] = {
    Purpose.MARKETING: "marketing",
    Purpose.RISK: "being scored for risk",
    Purpose.ANALYTICS: "analysis",
}
