"""The rule of a field: who may select it, declared beside the field and printed as directives."""

from __future__ import annotations

import msgspec

from c360.access import Purpose
from schema.permissions.scopes import Scope


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Who may select a field. A field without a rule of its own has that of its type; without any: nobody."""

    scopes: tuple[tuple[Scope, ...], ...] = ()
    """Any of these sets suffices, every scope of it needed, as in ``@requiresScopes``; empty: whoever is
    authenticated."""
    purposes: frozenset[Purpose] | None = None
    """For which purposes it may be used; none: for all. For another purpose it is null, and the customer's
    ``withheld`` says so."""
    pii: bool = False
    """Whether it identifies a person or leads to one: redacted everywhere outside answers, and masked until
    the caller was verified."""


def needs(*scopes: Scope, purposes: frozenset[Purpose] | None = None, pii: bool = False) -> Rule:
    """The rule of a field that needs all of these scopes."""
    return Rule(scopes=(scopes,) if scopes else (), purposes=purposes, pii=pii)
