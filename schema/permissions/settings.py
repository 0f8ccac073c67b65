"""What a deployment decides of who sees what: whose callers are verified, how long doors stay open."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class AccessSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How callers are verified, values revealed and customers opened in an emergency."""

    verified_roles: Annotated[
        tuple[str, ...],
        Meta(description="Roles to which customers are masked until the caller was verified."),
    ] = ("agent",)
    introspection_roles: Annotated[
        tuple[str, ...],
        Meta(
            description="Roles that may ask for the schema itself and are told of names like a mistaken one; "
            '`["*"]` for every role. Where development tokens are taken, every role may.'
        ),
    ] = ("integrator", "operator")
    verified_minutes: Annotated[
        float, Meta(description="Minutes for which a verification of a caller counts.", gt=0, le=1440)
    ] = 30.0
    answers: Annotated[
        int, Meta(description="Different answers that must agree to verify a caller by knowledge.", ge=1)
    ] = 2
    failed_answers: Annotated[
        int,
        Meta(
            description="Answers that may fail within an hour of a customer; of an agent four times as many.",
            ge=1,
        ),
    ] = 5
    reveals: Annotated[
        int, Meta(description="Masked values that one principal may reveal within an hour.", ge=1)
    ] = 30
    emergency_minutes: Annotated[
        float, Meta(description="Minutes for which an emergency opens a customer.", gt=0, le=1440)
    ] = 60.0
