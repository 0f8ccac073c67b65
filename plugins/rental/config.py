"""Settings of an operator's instance."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig
from c360.values import Secret

_HEADER = "^[A-Za-z0-9-]+$"
_PRINTABLE = "^[!-~]+$"


class RentalConfig(ConnectorConfig, frozen=True, kw_only=True):
    """What an instance of the rental connector is told."""

    credential: Annotated[Secret, Meta(description="Credential that the operator issued to the hub.")]
    credential_header: Annotated[
        str,
        Meta(
            description="Header the credential travels in; in `Authorization` it is sent as a bearer token, "
            "in any other one as it is.",
            pattern=_HEADER,
        ),
    ] = "X-API-Key"
    maas_id: Annotated[
        str, Meta(description="Id under which the operator knows the hub.", pattern=_PRINTABLE)
    ]
    addressed_to: Annotated[
        str | None, Meta(description="Id of the operator, where one address serves several.")
    ] = None
    api: Annotated[
        str, Meta(description="Name of the API as the operator expects it.", pattern=_PRINTABLE)
    ] = "TOMP"
    api_version: Annotated[
        str, Meta(description="Version of the API as the operator expects it.", pattern=_PRINTABLE)
    ] = "1.6.1"
    language: Annotated[
        str, Meta(description="Languages wanted in texts, as in Accept-Language.", pattern="^[ -~]+$")
    ] = "en"
    page_size: Annotated[int, Meta(description="Journal entries asked for in one page.", ge=1, le=10_000)] = (
        100
    )
    history_days: Annotated[
        int, Meta(description="Days back at which the first scan of bookings begins.", ge=1, le=36_500)
    ] = 1_095
    horizon_days: Annotated[
        int, Meta(description="Days ahead up to which bookings are scanned.", ge=1, le=3_650)
    ] = 365
    rescan_days: Annotated[
        int,
        Meta(
            description="Days back that later scans read again, to see how bookings went on.", ge=1, le=3_650
        ),
    ] = 30
    window_days: Annotated[int, Meta(description="Days of bookings asked for at once.", ge=1, le=366)] = 7
