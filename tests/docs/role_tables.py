"""The tables of the guide to authorisation."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from schema.docs import member_descriptions
from schema.permissions.roles import ROLES
from schema.permissions.scopes import Scope
from schema.permissions.withholding import WithheldReason

Markdown = Callable[[tuple[str, ...], Iterable[tuple[str, ...]]], str]


def role_table(markdown: Markdown) -> str:
    rows = [
        (
            f"`{name}`",
            role.description,
            role.reach.value,
            ", ".join(one.value for one in sorted(role.purposes, key=lambda one: one.value)),
        )
        for name, role in ROLES.items()
    ]
    return markdown(("role", "who", "reach", "purposes"), rows)


def scope_table(markdown: Markdown) -> str:
    texts = member_descriptions(Scope)
    rows = [
        (
            f"`{scope.value}`",
            texts[scope.name],
            ", ".join(name for name, role in ROLES.items() if scope in role.scopes),
        )
        for scope in Scope
    ]
    return markdown(("scope", "what for", "roles"), rows)


def withheld_table(markdown: Markdown) -> str:
    texts = member_descriptions(WithheldReason)
    rows = [(f"`{reason.name}`", texts[reason.name]) for reason in WithheldReason]
    return markdown(("reason", "why"), rows)


def role_tables(markdown: Markdown) -> dict[str, Callable[[], str]]:
    """By the name of their marks."""
    return {
        "roles": lambda: role_table(markdown),
        "scopes": lambda: scope_table(markdown),
        "withheld": lambda: withheld_table(markdown),
    }
