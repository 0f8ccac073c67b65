"""Who may ask for the schema itself. ``__typename`` is nothing of that, and always answered."""

from __future__ import annotations

from c360.access import Principal
from schema.errors import ErrorCode, InputError
from schema.permissions.settings import AccessSettings

EVERY_ROLE = "*"
"""In the settings: whatever the role."""


class NoIntrospection(InputError):
    """The caller may not ask for the schema."""

    def __init__(self) -> None:
        """Say where it is."""
        super().__init__(
            "This token may not ask for the schema: take the printed one, or a token of a role that may.",
            code=ErrorCode.INTROSPECTION_NOT_ALLOWED,
        )


def may_introspect(principal: Principal, settings: AccessSettings) -> bool:
    """Whether a caller may ask for the schema, and see suggestions of names in it."""
    roles = settings.introspection_roles
    return EVERY_ROLE in roles or not principal.roles.isdisjoint(roles)
