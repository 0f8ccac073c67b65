"""How a refusal is told, and how arguments are looked through for what may not be asked."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from c360.access import Purpose
from schema.errors import ErrorCode, InputError
from schema.permissions.permit import Refused
from schema.permissions.table import Asking, Scopes
from schema.permissions.withholding import Withheld, WithheldReason


class Forbidden(InputError):
    """The caller may not select a field, or not ask it so."""

    def __init__(
        self, what: str, scopes: tuple[Scopes, ...], *, argument: str | None = None, remedy: str = ""
    ) -> None:
        """Say what is refused and what would do.

        Args:
            what: The field, or the argument, as the schema names it.
            scopes: Sets of scopes of which any would do.
            argument: Path of the argument to blame.
            remedy: What would do instead of scopes.
        """
        sets = [" and ".join(f"`{one}`" for one in sorted(every)) for every in scopes]
        would_do = f"it needs {' or '.join(sets)}" if sets else remedy or "nobody may"
        super().__init__(
            f"This token may not use {what}: {would_do}.", code=ErrorCode.FORBIDDEN, argument=argument
        )
        if self.extensions is not None and scopes:
            self.extensions["requiredScopes"] = [sorted(every) for every in scopes]


def forbidden(refused: Refused) -> Forbidden:
    """The error of a field that is refused."""
    what = f"`{refused.type_name}.{refused.field}`"
    if refused.purposes is None:
        return Forbidden(what, refused.scopes)
    names = ", ".join(sorted(one.value for one in refused.purposes))
    error = Forbidden(what, (), remedy=f"for this purpose it is closed, open for {names or 'none'}")
    if error.extensions is not None:
        error.extensions["purposes"] = sorted(one.value for one in refused.purposes)
    return error


def as_withheld(path: tuple[str, ...], refused: Refused) -> Withheld:
    """What a customer's ``withheld`` says of a field that the purpose does not allow.

    Args:
        path: Names that lead to it from the customer.
        refused: Why.
    """
    purposes = tuple(sorted(refused.purposes or (), key=list(Purpose).index))
    names = " or ".join(f"`{one.value}`" for one in purposes)
    return Withheld(
        path=path,
        reason=WithheldReason.PURPOSE,
        remedy=f"Ask for the purpose {names}, if that is what it is for and your token allows it.",
        purposes=purposes,
    )


def refused_argument(field: str, asking: Mapping[str, Asking], given: Mapping[str, Any]) -> Forbidden | None:
    """Why arguments as they are given may not be asked; none where they may.

    Args:
        field: The field, as ``Type.field``.
        asking: What of its arguments the caller may not give.
        given: The coerced arguments. What is null or false asks for nothing.
    """
    for name, one in asking.items():
        error = _refused(field, one, given.get(name), name)
        if error is not None:
            return error
    return None


def _refused(field: str, asking: Asking, value: Any, path: str) -> Forbidden | None:
    if value is None or value is False:
        return None
    if asking.scopes is not None:
        return Forbidden(f"`{path}` of `{field}`", asking.scopes, argument=path)
    if isinstance(value, list):
        found = (_refused(field, asking, one, path) for one in value)
        return next((one for one in found if one is not None), None)
    if isinstance(value, Mapping):
        found = (
            _refused(field, one, value.get(name), f"{path}.{name}") for name, one in asking.inner.items()
        )
        return next((one for one in found if one is not None), None)
    member = asking.inner.get(_member(value))
    if member is None or member.scopes is None:
        return None
    return Forbidden(f"`{path}: {_member(value)}` of `{field}`", member.scopes, argument=path)


def _member(value: Any) -> str:
    return value.name if isinstance(value, enum.Enum) else str(value)
