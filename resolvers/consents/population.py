"""Whom work over everybody leaves out: it has no caller, but a purpose, which a customer can refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from c360.access import Purpose
from resolvers.consents.customer import CustomerConsents
from store.data import PartyFigures
from store.data_consents import DecisionData

ANALYSED = (Purpose.ANALYTICS,)
"""What segments, sizes and orders of customers are made for."""
SCORED = (Purpose.ANALYTICS, Purpose.RISK)
"""What a file with the figures of every model is made for: those of risk stand in it too."""


def usable(
    found: Mapping[str, tuple[PartyFigures, ...]],
    decisions: Mapping[str, Sequence[DecisionData]],
    purposes: Sequence[Purpose],
    at: datetime,
) -> dict[str, tuple[PartyFigures, ...]]:
    """What may be used of customers; those who refused, objected or are restricted are not in it.

    Args:
        found: what is kept of their behaviour, by customer.
        decisions: what they decided, by customer.
        purposes: what it is for, all of them.
        at: the moment.

    Returns:
        the same without those customers, and of the others without the partners that they closed.
    """
    kept: dict[str, tuple[PartyFigures, ...]] = {}
    for customer, parties in found.items():
        mine = decisions.get(customer, ())
        if not mine:
            kept[customer] = parties
            continue
        consents = CustomerConsents(mine, at=at)
        if all(consents.verdict(purpose).allowed for purpose in purposes):
            kept[customer] = tuple(
                party
                for party in parties
                if all(consents.gathers(purpose, party.connector) for purpose in purposes)
            )
    return kept
