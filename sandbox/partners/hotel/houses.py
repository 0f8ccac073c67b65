"""The houses of the hotel group: their names and towns come from the population's journeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sandbox.population.model import Event
from sandbox.population.routines.travel import HOTELS

_ZONES: Mapping[str, str] = {
    "Lisboa": "Europe/Lisbon",
    "Porto": "Europe/Lisbon",
    "Zürich": "Europe/Zurich",
    "Genève": "Europe/Zurich",
    "Berlin": "Europe/Berlin",
    "Madrid": "Europe/Madrid",
    "Amsterdam": "Europe/Amsterdam",
    "Athina": "Europe/Athens",
}
_CURRENCY = "EUR"
"""The group bills in one currency everywhere."""


@dataclass(frozen=True, slots=True)
class House:
    """A hotel."""

    id: str
    name: str
    city: str
    zone: ZoneInfo
    currency: str = _CURRENCY


HOUSES = tuple(
    House(id=str(number), name=name, city=city, zone=ZoneInfo(_ZONES[city]))
    for number, (name, city) in enumerate(HOTELS, 1)
)


def house_of(event: Event) -> House:
    """The house a stay is at."""
    return HOUSES[int(event.detail["property"]) - 1]
