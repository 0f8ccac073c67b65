"""What a kind of event is: a name, a version, and the facts that it tells."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from c360.access import Purpose

GlobalId = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]+$", max_length=256)]
"""An id of the graph, as its answers have it."""

Name = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=100)]
"""A name from the settings or from the code, such as a connector instance's; never one of a person."""


Actor = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._:|/-]*$", max_length=200)]
"""An id of somebody of the company, as tokens have it; never a name in words or an address."""


def is_actor(text: str) -> bool:
    """Whether a text is such an id, so that events may tell it."""
    return _fits(text, Actor)


def is_name(text: str) -> bool:
    """Whether a text is a :data:`Name`."""
    return _fits(text, Name)


def _fits(text: str, kind: Any) -> bool:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return False
    return True


class Facts(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of what events tell: ids, enums, figures and moments, never personal data or free text."""


class EventKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of event. What it tells grows by optional facts; any other change is a new version."""

    name: str
    """Of what, and what happened to it: ``customer.changed``."""
    facts: type[Facts]
    scope: str
    """What a receiver must be allowed: the value of one of the graph's scopes."""
    description: str
    version: int = 1
    purposes: frozenset[Purpose] = frozenset(Purpose)
    """A receiver must act for one of them: those of the field of the graph that it leads to."""

    def heard_by(self, scopes: Collection[str], purposes: Collection[Purpose]) -> bool:
        """Whether it is told to somebody who may do this, for one of these purposes."""
        return self.scope in scopes and not self.purposes.isdisjoint(purposes)
