"""Settings of a Cloudbeds instance."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig
from c360.values import Secret

REQUESTS_PER_SECOND = 5.0
"""What Cloudbeds allows a property or a group of them (https://developers.cloudbeds.com/docs/faq). Who goes
on beyond it may have the API key suspended, so that the pace is kept here and not learnt from refusals."""


class CloudbedsConfig(ConnectorConfig, frozen=True, kw_only=True):
    """How the hotels behind one API key are reached."""

    api_key: Annotated[
        Secret, Meta(description="API key with the scopes read:guest, read:hotel and read:reservation.")
    ]
    base_url: Annotated[
        str, Meta(description="Where the API starts, version included, without a trailing slash.")
    ] = "https://api.cloudbeds.com/api/v1.3"
    page_size: Annotated[int, Meta(description="Guests or reservations in one page.", ge=1, le=100)] = 100
    noted_reservations: Annotated[
        int,
        Meta(
            description="Notes are read for this many of a guest's latest reservations, a request each.",
            ge=0,
            le=100,
        ),
    ] = 10
    requests_per_second: Annotated[
        float,
        Meta(
            description="Requests sent in one second at the most. Cloudbeds allows a property or a group 5, "
            "and a technology partner 10.",
            ge=1,
            le=10_000,
        ),
    ] = REQUESTS_PER_SECOND
