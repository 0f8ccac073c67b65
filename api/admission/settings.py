"""Settings of what callers may send."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from c360.errors import ConfigError
from schema.permissions.roles import ROLES


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one principal may spend in a minute."""

    requests: Annotated[int, Meta(ge=1, description="Requests and operations over sockets.")] = 6_000
    cost: Annotated[int, Meta(ge=1, description="Values that answers may have, as they are estimated.")] = (
        5_000_000
    )


class AdmissionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Budgets, and registered documents."""

    requests: Annotated[
        int, Meta(description="Requests of one principal in a minute, in each process.", ge=1)
    ] = 6_000
    cost: Annotated[
        int,
        Meta(
            description="Cost of one principal's operations in a minute, in each process: the values that "
            "their answers may have.",
            ge=1,
        ),
    ] = 5_000_000
    roles: Annotated[
        dict[str, Budget],
        Meta(
            description="Tables of `requests` and `cost` for single roles; who has several has the largest."
        ),
    ] = {}
    documents: Annotated[
        str,
        Meta(
            description="JSON file of registered documents: an object of texts by id, or the manifest of a "
            "client's compiler."
        ),
    ] = ""
    registered_only: Annotated[
        tuple[str, ...],
        Meta(description="Roles whose tokens may send registered documents alone."),
    ] = ()


def check_admission(found: AdmissionSettings) -> None:
    """Whether what the settings say of callers has an effect: what is spelt wrongly would let all through.

    Raises:
        ConfigError: a role is none, or some may send registered documents alone and there are none.
    """
    for setting, names in (("registered_only", found.registered_only), ("roles", found.roles)):
        for name in names:
            if name not in ROLES:
                raise ConfigError(f"admission.{setting}", repr(name), f"use some of {', '.join(ROLES)}")
    if found.registered_only and not found.documents:
        raise ConfigError(
            "admission.documents",
            "nothing",
            "name the file of the documents that the roles of admission.registered_only may send",
        )
