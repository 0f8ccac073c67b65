"""Definitions as the store keeps them: which versions an import adds, and what is in force."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from c360.errors import ConfigError
from resolvers.segments.definitions import (
    DIMENSIONS,
    FORMAT,
    Definitions,
    Dimensions,
    Segment,
    SegmentSet,
    Versioned,
    shipped,
)
from store.data_segments import SegmentDefinition, SegmentDraft


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What an import changes, by name."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    """Defined before, and not in the file: their versions are kept, and they can come back."""
    unchanged: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything is changed."""
        return bool(self.added or self.changed or self.ended)


def drafts(
    definitions: Definitions, kept: Iterable[SegmentDefinition]
) -> tuple[tuple[SegmentDraft, ...], Changes]:
    """The versions to add, so that what is kept becomes a definition file, and nothing beyond it.

    Args:
        definitions: the file.
        kept: all versions there are.
    """
    latest: dict[str, SegmentDefinition] = {}
    for each in kept:
        if each.name not in latest or each.version > latest[each.name].version:
            latest[each.name] = each
    before = {name: each.definition for name, each in latest.items() if each.definition is not None}
    wanted = {DIMENSIONS: _text(definitions.dimensions)}
    wanted |= {each.name: _text(each) for each in definitions.segments}
    changes = Changes(
        added=tuple(sorted(wanted.keys() - before.keys())),
        changed=tuple(sorted(name for name in wanted.keys() & before.keys() if wanted[name] != before[name])),
        ended=tuple(sorted(before.keys() - wanted.keys())),
        unchanged=tuple(
            sorted(name for name in wanted.keys() & before.keys() if wanted[name] == before[name])
        ),
    )
    made = [
        SegmentDraft(name=name, definition=wanted[name])
        for name in sorted((*changes.added, *changes.changed))
    ]
    made += [SegmentDraft(name=name, definition=None) for name in changes.ended]
    return tuple(made), changes


def in_force(
    kept: tuple[SegmentDefinition, ...], *, unreadable: Callable[[ConfigError], None] | None = None
) -> SegmentSet:
    """The definitions in force, from those that the store gives as current; the shipped ones without any.

    Args:
        kept: the current definitions.
        unreadable: is told what this release cannot read, which then is left out.

    Raises:
        ConfigError: this release cannot read one of them, and nobody is there to be told.
    """
    if not kept:
        return shipped()
    found = {}
    for each in kept:
        try:
            found[each.name] = _read(each.name, each.version, each.definition or "")
        except ConfigError as error:
            if unreadable is None:
                raise
            unreadable(error)
    dimensions = found.get(DIMENSIONS)
    segments = [each for name, each in sorted(found.items()) if name != DIMENSIONS]
    return SegmentSet(
        dimensions=dimensions.part if dimensions else Dimensions(),
        dimensions_version=dimensions.version if dimensions else 0,
        segments=tuple(Versioned(segment=each.part, version=each.version) for each in segments),
    )


def as_file(defined: SegmentSet) -> Definitions:
    """What is in force, as a definition file."""
    return Definitions(
        format=FORMAT,
        dimensions=defined.dimensions,
        segments=tuple(each.segment for each in defined.segments),
    )


def _text(part: Dimensions | Segment) -> str:
    return msgspec.json.encode(part).decode()


class _Part(msgspec.Struct, frozen=True):
    version: int
    part: Any


@functools.lru_cache(maxsize=1024)
def _read(name: str, version: int, definition: str) -> _Part:
    """A definition as it is kept, read once: versions never change."""
    try:
        kind = Dimensions if name == DIMENSIONS else Segment
        return _Part(version, msgspec.json.decode(definition, type=kind))
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"segment {name}, version {version}",
            f"not of this release ({error})",
            "import a definition file of this release with: python -m api segments import FILE",
        ) from None
