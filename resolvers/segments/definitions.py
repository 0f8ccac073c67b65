"""Definitions of segments: data that a company writes, keeps under version and attaches its strategy to.

A definition file has the cuts of the dimensions and the segments. A segment's rule is a list of alternatives,
of which one must hold; within an alternative everything must. There is no other logic, so that who belongs to
a segment can be read off, and every membership can be explained.
"""

from __future__ import annotations

import functools
from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from c360.errors import ConfigError
from c360.records.party import PartyKind
from resolvers.segments import bands, lifecycle
from resolvers.segments.bands import RiskBands, ValueBands
from resolvers.segments.dimensions import By, Lifecycle, Risk, Value
from resolvers.segments.lifecycle import LifecycleRules
from resolvers.segments.ranks import Ranked
from resolvers.segments.scores import TOLD
from resolvers.summaries.measures import Line

DEFAULT = Path(__file__).parent / "models" / "segments.json"
"""The definitions that are shipped."""
FORMAT = 1
DIMENSIONS = "dimensions"
"""Name that the cuts are kept under version by, beside those of the segments."""
_REMEDY = "see docs/segments.md for what a definition file holds"

Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]*$", max_length=63)]
Code = Annotated[str, Meta(pattern="^[A-Z][A-Z0-9_]*$", max_length=63)]
Text = Annotated[str, Meta(max_length=2000)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Dimensions(_Part, frozen=True, kw_only=True):
    """The cuts of each dimension."""

    value: ValueBands = ValueBands()
    risk: RiskBands = RiskBands()
    lifecycle: LifecycleRules = LifecycleRules()


class FigureRange(_Part, frozen=True, kw_only=True):
    """A figure that must be known and lie within a stretch."""

    figure: Ranked
    by: By = By.AMOUNT
    at_least: float | None = None
    below: float | None = None


class When(_Part, frozen=True, kw_only=True):
    """An alternative. Of each list one must be met; an empty list asks for nothing."""

    kind: tuple[PartyKind, ...] = ()
    value: tuple[Value, ...] = ()
    risk: tuple[Risk, ...] = ()
    lifecycle: tuple[Lifecycle, ...] = ()
    holds: tuple[Line, ...] = ()
    """Lines of which all are held: a contract in force, or a purchase in the last year."""
    lacks: tuple[Line, ...] = ()
    """Lines of which none is held, as far as every partner's part is known."""
    figures: tuple[FigureRange, ...] = ()
    """All of which must hold."""


class Action(_Part, frozen=True, kw_only=True):
    """Something that the company does about the customers of a segment."""

    code: Code
    """For programs, such as ``CALL_WITHIN_A_WEEK``."""
    text: Text


class Segment(_Part, frozen=True, kw_only=True):
    """A named group of customers and what the company does about them."""

    name: Name
    """By which it is kept under version; unique."""
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    description: Text
    rule: Annotated[tuple[When, ...], Meta(min_length=1)]
    strategy: Text
    actions: tuple[Action, ...] = ()


class Definitions(_Part, frozen=True, kw_only=True):
    """A definition file."""

    format: int
    dimensions: Dimensions = Dimensions()
    segments: tuple[Segment, ...] = ()


class Versioned(msgspec.Struct, frozen=True, kw_only=True):
    """A segment and the version of its definition."""

    segment: Segment
    version: int


class SegmentSet(msgspec.Struct, frozen=True, kw_only=True):
    """The definitions in force with their versions, by name; their order means nothing."""

    dimensions: Dimensions
    dimensions_version: int
    segments: tuple[Versioned, ...]

    @property
    def versions(self) -> dict[str, int]:
        """The version of everything that sizes depend on, by name."""
        return {DIMENSIONS: self.dimensions_version} | {
            each.segment.name: each.version for each in self.segments
        }


def encode(definitions: Definitions) -> bytes:
    """A definition file, the same bytes for the same definitions."""
    ordered = sorted(definitions.segments, key=lambda each: each.name)
    whole = msgspec.structs.replace(definitions, segments=tuple(ordered))
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def decode(content: bytes, where: str = "segments") -> Definitions:
    """Read and check a definition file.

    Args:
        content: the JSON text.
        where: its name in errors.

    Raises:
        ConfigError: it is none, or nobody could belong to what it defines; the message names the place.
    """
    try:
        found = msgspec.json.decode(content, type=Definitions)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        raise ConfigError(f"{where}{place.strip('`').lstrip('$')}", what, _REMEDY) from None
    except msgspec.DecodeError as error:
        raise ConfigError(where, f"not JSON ({error})", _REMEDY) from None
    if found.format != FORMAT:
        raise ConfigError(f"{where}.format", f"{found.format}, not {FORMAT}", _REMEDY)
    _check(found, where)
    return found


def load(path: Path = DEFAULT) -> Definitions:
    """Read a definition file.

    Raises:
        ConfigError: there is no such file, or it holds no definitions.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), type(error).__name__, "name a readable file") from None
    return decode(content, path.name)


@functools.cache
def shipped() -> SegmentSet:
    """The definitions that hold where a company has none of its own: version 0."""
    return unversioned(load())


def unversioned(definitions: Definitions) -> SegmentSet:
    """Definitions that are not kept anywhere: version 0."""
    return SegmentSet(
        dimensions=definitions.dimensions,
        dimensions_version=0,
        segments=tuple(
            Versioned(segment=each, version=0)
            for each in sorted(definitions.segments, key=lambda each: each.name)
        ),
    )


def _check(found: Definitions, where: str) -> None:
    for name, each in (("value", found.dimensions.value), ("risk", found.dimensions.risk)):
        bands.check(each, f"{where}.dimensions.{name}")
        _check_figure(each.figure, f"{where}.dimensions.{name}.figure")
    lifecycle.check(found.dimensions.lifecycle, f"{where}.dimensions.lifecycle")
    for name, count in Counter(each.name for each in found.segments).items():
        if count > 1 or name == DIMENSIONS:
            raise ConfigError(
                f"{where}.segments", f"{name!r} is taken", "give each segment a name of its own"
            )
    for segment in found.segments:
        for number, when in enumerate(segment.rule):
            _check_when(when, f"{where}.segments.{segment.name}.rule[{number}]")


def _check_figure(figure: Ranked, where: str) -> None:
    if figure not in TOLD:
        known = ", ".join(sorted(each.value for each in TOLD))
        raise ConfigError(where, f"{figure.value}, which is not kept", f"use one of {known}")


def _check_when(when: When, where: str) -> None:
    both = set(when.holds) & set(when.lacks)
    if both:
        raise ConfigError(f"{where}.lacks", f"{min(both, key=str).value} is held", "take it out of either")
    for asked in when.figures:
        _check_figure(asked.figure, f"{where}.figures")
        if asked.at_least is None and asked.below is None:
            raise ConfigError(f"{where}.figures", asked.figure.value, "give `at_least`, `below` or both")
        if asked.at_least is not None and asked.below is not None and asked.at_least >= asked.below:
            raise ConfigError(f"{where}.figures", "nothing lies between", "let `at_least` be below `below`")
