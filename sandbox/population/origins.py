"""The tables that made-up people are drawn from, read from ``origins.toml`` when first needed."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Latin letters and in the script it is at home in."""

    latin: str
    native: str


@dataclass(frozen=True, slots=True)
class City:
    """A town with its region and the pattern of its postal codes."""

    name: str
    region: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Origin:
    """A country with its names, places and telephone plan."""

    country: str
    language: str
    mobile: str
    landline: str
    men: tuple[Name, ...]
    women: tuple[Name, ...]
    families: tuple[Name, ...]
    particles: tuple[str, ...]
    double: bool
    """Whether people bear two family names."""
    cities: tuple[City, ...]
    streets: tuple[str, ...]
    legal: str
    trades: tuple[str, ...]
    nicknames: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Origins:
    """All countries, and how often people come from each."""

    all: tuple[Origin, ...]
    cumulated: tuple[int, ...]

    def draw(self, rng: Random) -> Origin:
        """A country at random, by its weight."""
        return rng.choices(self.all, cum_weights=self.cumulated)[0]


@functools.cache
def origins() -> Origins:
    """The tables, read once."""
    tables = tomllib.loads(Path(__file__).with_name("origins.toml").read_text("utf-8"))
    return Origins(
        tuple(_origin(country, table) for country, table in tables.items()),
        tuple(accumulate(int(table["weight"]) for table in tables.values())),
    )


def fill(pattern: str, rng: Random) -> str:
    """The pattern with a random digit for every ``#``."""
    parts = pattern.split("#")
    wanted = len(parts) - 1
    if not wanted:
        return pattern
    digits = f"{int(rng.random() * 10**wanted):0{wanted}d}"
    return "".join(part + digit for part, digit in zip(parts, digits, strict=False)) + parts[-1]


def pick(rng: Random, things: tuple[Any, ...]) -> Any:
    """One of some things, each as likely; several times faster than ``Random.choice``."""
    return things[int(rng.random() * len(things))]


def _origin(country: str, table: Mapping[str, Any]) -> Origin:
    return Origin(
        country=country,
        language=table["language"],
        mobile=table["mobile"],
        landline=table["landline"],
        men=_names(table["men"]),
        women=_names(table["women"]),
        families=_names(table["families"]),
        particles=tuple(table.get("particles", "").split(";")) if "particles" in table else (),
        double=table.get("double", False),
        cities=tuple(City(*city.split("|")) for city in table["cities"]),
        streets=tuple(table["streets"].split(";")),
        legal=table["legal"],
        trades=tuple(table["trades"].split(";")),
        nicknames=dict(pair.split("=") for pair in table["nicknames"].split()),
    )


def _names(text: str) -> tuple[Name, ...]:
    pairs = (name.partition(":") for name in text.split())
    return tuple(Name(latin, native or latin) for latin, _, native in pairs)
