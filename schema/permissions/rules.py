"""The rule of a field: who may select it, declared beside the field and printed as directives."""

from __future__ import annotations

import msgspec

from c360.access import Purpose
from schema.permissions.scopes import Scope


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Who may select a field, or the fields of a type.

    To select a field, its own rule, that of the type it stands in and that of the type it returns have to be
    met. Where neither the field nor the type it stands in has one, nobody may select it.
    """

    scopes: tuple[tuple[Scope | str, ...], ...] = ()
    """Any of these sets suffices, every scope of it needed, as in ``@requiresScopes``; empty: whoever is
    authenticated. A text is the scope of a domain that is discovered."""
    purposes: frozenset[Purpose] | None = None
    """For which purposes it may be used; none: for all. For another purpose it is null, and the customer's
    ``withheld`` says so."""
    pii: bool = False
    """Whether it identifies a person or leads to one: redacted everywhere outside answers, and masked until
    the caller was verified."""


def needs(*scopes: Scope | str, purposes: frozenset[Purpose] | None = None, pii: bool = False) -> Rule:
    """The rule of a field that needs all of these scopes."""
    return Rule(scopes=(scopes,) if scopes else (), purposes=purposes, pii=pii)


def scope_names(rule: Rule) -> list[list[str]]:
    """The sets of scopes of a rule, as tokens name them."""
    return [[one.value if isinstance(one, Scope) else one for one in every] for every in rule.scopes]


def personal(rule: Rule | None) -> Rule:
    """A rule with the mark that the field identifies a person; by itself that grants nobody anything."""
    return Rule(pii=True) if rule is None else msgspec.structs.replace(rule, pii=True)
