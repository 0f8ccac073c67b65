"""Settings of what callers may send."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


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
