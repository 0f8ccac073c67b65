"""What customers can prefer: a closed catalogue, which the settings may extend by choices of their own."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from c360.errors import ConfigError
from resolvers.service.zones import is_time_zone

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CHOICE = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_TIMES = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_MOST_TIMES = 5


class PreferenceType(enum.Enum):
    """How a preference is written."""

    CHOICE = "CHOICE"
    """One of its choices."""
    LANGUAGE = "LANGUAGE"
    """A language tag, such as `pt-BR`."""
    TIMES = "TIMES"
    """Times of the day and their time zone, such as `22:00-08:00,12:00-13:00 Europe/Zurich`."""
    FLAG = "FLAG"
    """`YES` or `NO`."""


class PreferenceKey(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a customer can prefer."""

    key: str
    type: PreferenceType
    description: str
    choices: tuple[str, ...] = ()


class FurtherPreference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A preference that the settings add."""

    choices: Annotated[
        tuple[str, ...], Meta(description="What can be chosen, in capitals; without any it is yes or no.")
    ] = ()
    description: Annotated[str, Meta(description="What it says, for front ends.")] = ""


class PreferenceRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What customers can prefer beyond what they always can."""

    further: Annotated[
        dict[str, FurtherPreference],
        Meta(description="Further preferences by key: each with its `choices` and a `description`"),
    ] = {}


def _choice(key: str, description: str, *choices: str) -> PreferenceKey:
    return PreferenceKey(key=key, type=PreferenceType.CHOICE, description=description, choices=choices)


BUILT_IN: tuple[PreferenceKey, ...] = (
    PreferenceKey(
        key="language",
        type=PreferenceType.LANGUAGE,
        description="In which language to speak and write to the customer.",
    ),
    _choice("channel", "How to reach the customer.", "EMAIL", "PHONE", "SMS", "POST", "APP", "NONE"),
    PreferenceKey(
        key="do_not_call", type=PreferenceType.TIMES, description="When the customer is not to be called."
    ),
    _choice("seat", "Where the customer likes to sit.", "WINDOW", "AISLE", "FRONT", "EXIT_ROW"),
    _choice(
        "meal", "What the customer eats.", "ANY", "VEGETARIAN", "VEGAN", "KOSHER", "HALAL", "GLUTEN_FREE"
    ),
    _choice("room", "What room the customer likes.", "HIGH_FLOOR", "LOW_FLOOR", "QUIET", "NEAR_LIFT", "VIEW"),
    _choice("bed", "What bed the customer likes.", "KING", "QUEEN", "TWIN"),
    _choice("car", "What car the customer likes.", "SMALL", "MEDIUM", "LARGE", "VAN", "ELECTRIC", "LUXURY"),
    _choice("gearbox", "What gearbox the customer drives.", "AUTOMATIC", "MANUAL"),
)
"""What customers can always prefer."""


def catalogue(rules: PreferenceRules) -> Mapping[str, PreferenceKey]:
    """Everything that customers can prefer, by key.

    Raises:
        ConfigError: the settings name a key or a choice that cannot be one, or one that there is already.
    """
    found = {each.key: each for each in BUILT_IN}
    for key, further in rules.further.items():
        where = f"preferences.further.{key}"
        if not _KEY.fullmatch(key) or key in found:
            raise ConfigError(where, "no new key", "name it in small letters, digits and underscores")
        wrong = [choice for choice in further.choices if not _CHOICE.fullmatch(choice)]
        if wrong or len(set(further.choices)) < len(further.choices):
            raise ConfigError(where, "a choice that cannot be one", "write each once, in capitals")
        kind = PreferenceType.CHOICE if further.choices else PreferenceType.FLAG
        found[key] = PreferenceKey(
            key=key, type=kind, description=further.description or key, choices=further.choices
        )
    return found


def preferred(key: PreferenceKey, text: str) -> str:
    """A preference in the form in which it is kept.

    Raises:
        ValueError: the text is none; says what would do.
    """
    text = text.strip()
    if key.type is PreferenceType.LANGUAGE:
        if not _LANGUAGE.fullmatch(text):
            raise ValueError("Give a language tag, such as `pt-BR`.")
        return text
    if key.type is PreferenceType.TIMES:
        return _times(text)
    choices = key.choices or ("YES", "NO")
    if text.upper() not in choices:
        raise ValueError(f"Choose one of {', '.join(choices)}.")
    return text.upper()


def _times(text: str) -> str:
    spans, _, zone = text.partition(" ")
    parts = spans.split(",")
    if len(parts) > _MOST_TIMES or not all(_TIMES.fullmatch(part) for part in parts):
        raise ValueError(
            f"Give up to {_MOST_TIMES} times and their time zone, such as `22:00-08:00 Europe/Zurich`."
        )
    if not is_time_zone(zone.strip()):
        raise ValueError("Name a time zone after the times, such as `Europe/Zurich`.")
    return f"{spans} {zone.strip()}"
