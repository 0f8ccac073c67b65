"""Settings of a Square instance."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig
from c360.values import Secret


class SquareConfig(ConnectorConfig, frozen=True, kw_only=True):
    """How one Square seller is reached."""

    access_token: Annotated[
        Secret,
        Meta(
            description="Access token with the scopes CUSTOMERS_READ and LOYALTY_READ; "
            "LOYALTY_WRITE for actions. Registering webhooks takes the application's personal access token."
        ),
    ]
    base_url: Annotated[
        str, Meta(description="Where the API starts, version included, without a trailing slash.")
    ] = "https://connect.squareup.com/v2"
    square_version: Annotated[
        str, Meta(description="Version of the API to speak, a date.", pattern=r"^\d{4}-\d{2}-\d{2}$")
    ] = "2025-08-20"
    webhook_signature_key: Annotated[
        Secret | None,
        Meta(
            description="Signature key of a webhook subscription that was made by hand; that of one which "
            "the hub registers by itself is kept encrypted in its database."
        ),
    ] = None
    webhook_url: Annotated[
        str | None,
        Meta(description="Notification URL as registered at Square, where a gateway changes the address."),
    ] = None
