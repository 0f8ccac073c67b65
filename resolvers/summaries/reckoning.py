"""From the records of one party to its figures: what to ask for, and what is made of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

from c360.contract import Need
from c360.kinds import kind as kind_of
from c360.records.base import Record
from resolvers.summaries.figures import THREE_YEARS, YEAR, Figures, PartyRecords
from resolvers.summaries.measures import Figure
from resolvers.summaries.sources import Summariser, summarisers

WINDOWS: Mapping[str, int] = MappingProxyType({"brokerage.transactions": YEAR})
"""Days that a windowed kind is asked for, where it is not three years: trades are asked for day by day."""

FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "banking.transactions": frozenset(
            {"posted_at", "executed_at", "merchant_name", "merchant_category_code"}
        )
    }
)
"""Of kinds with many records: what figures are made of, beside the fields that each record has to have."""


def kinds_for(domain: str, offered: Collection[str] | None = None) -> tuple[str, ...]:
    """The kinds of record that figures of a domain are reckoned from.

    Args:
        domain: the business domain.
        offered: kinds that there are; what needs others is not reckoned. All by default.
    """
    able = (each for each in summarisers() if each.domain == domain and _able(each, offered))
    return tuple(dict.fromkeys(kind for each in able for kind in each.kinds))


def days_of(kind: str) -> int:
    """Days of the window that a kind is asked for; none for what has no window."""
    return WINDOWS.get(kind, THREE_YEARS) if kind_of(kind).windowed else 0


def needs_for(kinds: Collection[str], today: date) -> frozenset[Need]:
    """What to ask for of these kinds, on a day."""
    return frozenset(_need(kind, today) for kind in kinds)


def reckon(kinds: Mapping[str, Sequence[Record]], today: date) -> Figures:
    """All figures of one party.

    Args:
        kinds: its records; of a kind that is not there nothing is known. Windowed kinds as far back as
            :func:`needs_for` asks.
        today: the day that windows end on.
    """
    records = PartyRecords(today=today, kinds=kinds)
    found: list[Figure] = []
    for each in summarisers():
        if _able(each, kinds):
            found += each.reckon(records)
    return tuple(found)


def _able(each: Summariser, kinds: Collection[str] | None) -> bool:
    return kinds is None or all(kind in kinds for kind in each.kinds)


def _need(kind: str, today: date) -> Need:
    days = days_of(kind)
    if not days:
        return Need(kind=kind, fields=FIELDS.get(kind))
    return Need(kind=kind, since=today - timedelta(days - 1), until=today, fields=FIELDS.get(kind))
