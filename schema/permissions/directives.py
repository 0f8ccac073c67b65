"""The rules as directives of the schema, and the rules as they are read back from those.

``@authenticated`` and ``@requiresScopes`` are those of Apollo's federation specification. What is enforced
is read from the directives that are printed, so that what front-end teams read is what holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NewType

import msgspec
import strawberry
from strawberry.schema_directive import Location
from strawberry.types.enum import StrawberryEnumDefinition

from c360.access import Purpose
from schema.permissions.rules import Rule, scope_names

ScopeName = NewType("ScopeName", str)
"""The name of a scope in the graph."""

_RULED = [Location.OBJECT, Location.FIELD_DEFINITION, Location.INTERFACE]
_ASKED = [Location.ARGUMENT_DEFINITION, Location.INPUT_FIELD_DEFINITION, Location.ENUM_VALUE]


@strawberry.schema_directive(
    locations=_RULED, name="authenticated", description="Whoever is authenticated may select it."
)
class Authenticated:
    """Whoever is authenticated may select it."""


@strawberry.schema_directive(
    locations=_RULED,
    name="requiresScopes",
    description="Who has every scope of any of these sets may select it; a type, any field of it.",
)
class RequiresScopes:
    """Who has every scope of any of these sets may select it."""

    scopes: list[list[ScopeName]]


@strawberry.schema_directive(
    locations=_ASKED,
    name="requiresScopesToAsk",
    description="Who has every scope of any of these sets may give it.",
)
class RequiresScopesToAsk:
    """Who has every scope of any of these sets may give it."""

    scopes: list[list[ScopeName]]


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="pii",
    description="Identifies a person or leads to one: keep it out of logs and statistics.",
)
class Pii:
    """Identifies a person or leads to one."""


def purpose_directive(purpose: StrawberryEnumDefinition) -> Any:
    """``@purpose`` over the graph's enum of purposes, which is made with the graph."""
    body = {"__annotations__": {"of": list[purpose]}, "__module__": __name__}  # type: ignore[valid-type]  # made
    return strawberry.schema_directive(
        locations=_RULED,
        name="purpose",
        description="May be used for these purposes; for any other it is null, and `withheld` says so.",
    )(type("PurposeDirective", (), body))


class Directives:
    """Makes the directives of rules.

    Args:
        purpose: The graph's enum of purposes.
    """

    def __init__(self, purpose: StrawberryEnumDefinition) -> None:
        self._purpose = purpose_directive(purpose)

    def of(self, rule: Rule | None) -> Sequence[Any]:
        """The directives that print a rule."""
        if rule is None:
            return ()
        found: list[Any] = []
        if rule.scopes:
            found.append(RequiresScopes(scopes=_texts(rule)))
        elif rule.purposes is None and not rule.pii:
            found.append(Authenticated())
        if rule.purposes is not None:
            found.append(self._purpose(of=sorted(rule.purposes, key=list(Purpose).index)))
        if rule.pii:
            found.append(Pii())
        return found

    def asking(self, rule: Rule | None) -> Sequence[Any]:
        """The directive of an argument, an input's field or an enum's value."""
        return () if rule is None else (RequiresScopesToAsk(scopes=_texts(rule)),)


def _texts(rule: Rule) -> list[list[ScopeName]]:
    return [list(map(ScopeName, every)) for every in scope_names(rule)]


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What the directives of a field or a type say."""

    rule: Rule
    grants: bool
    """Whether they let anybody in at all: ``@purpose`` and ``@pii`` alone only narrow."""


def given(directives: Iterable[Any]) -> Mapping[str, Any]:
    """The directives of a definition by their names, with their values; those of other fields of work too."""
    return {one.__strawberry_directive__.graphql_name: one for one in directives}


def read(directives: Mapping[str, Any]) -> Read:
    """What the directives of a field or a type say.

    Args:
        directives: By their names, with their values as attributes.
    """
    purposes = directives.get("purpose")
    scopes = directives.get("requiresScopes")
    rule = Rule(
        scopes=() if scopes is None else tuple(map(tuple, scopes.scopes)),
        purposes=None if purposes is None else frozenset(purposes.of),
        pii="pii" in directives,
    )
    return Read(rule=rule, grants=bool(directives.keys() & {"authenticated", "requiresScopes"}))


def read_asking(directives: Mapping[str, Any]) -> Rule | None:
    """The rule of an argument, an input's field or an enum's value; none where anybody may give it."""
    asking = directives.get("requiresScopesToAsk")
    return None if asking is None else Rule(scopes=tuple(map(tuple, asking.scopes)))
