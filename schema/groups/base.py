"""How a domain declares its group of a customer. A new domain is one such declaration.

A module of this package named like its domain has a constant ``GROUP``; it is found by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from resolvers.timeline import Timeline


class RecordList(msgspec.Struct, frozen=True, kw_only=True):
    """A field with all records of a kind."""

    name: str
    kind: str
    description: str


class RecordConnection(msgspec.Struct, frozen=True, kw_only=True):
    """A connection over the records of a windowed kind, newest first."""

    name: str
    timeline: Timeline
    description: str


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """A figure over a customer's records."""

    name: str
    compute: Callable[..., Any]
    """Takes :class:`resolvers.groups.base.Records`; its needs, docstring and return type are the field's."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What the graph shows of one domain."""

    domain: str
    description: str
    main: str
    """The kind that tells whether there is anything: what ``partial`` and ``missing`` ask for."""
    lists: tuple[RecordList, ...] = ()
    connections: tuple[RecordConnection, ...] = ()
    totals: tuple[Total, ...] = ()

    @property
    def type_name(self) -> str:
        """Name of its type in the graph."""
        return "".join(word.capitalize() for word in self.domain.split("_"))

    @property
    def timelines(self) -> dict[str, Timeline]:
        """Its windowed kinds with their default windows."""
        return {one.timeline.kind: one.timeline for one in self.connections}
