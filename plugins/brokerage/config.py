"""Settings of a custodian's instance."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig
from c360.values import Secret


class CustodyConfig(ConnectorConfig, frozen=True, kw_only=True):
    """What an instance of the custody connector is told."""

    credential: Annotated[Secret, Meta(description="Credential that the custodian issued to the hub.")]
    credential_header: Annotated[
        str,
        Meta(
            description="Header the credential travels in; in `Authorization` it is sent as a bearer token, "
            "in any other one as it is.",
            pattern="^[A-Za-z0-9-]+$",
        ),
    ] = "Authorization"
    page_size: Annotated[int, Meta(description="Items asked for in one page.", ge=1, le=10_000)] = 200
    position_lag_days: Annotated[
        int,
        Meta(
            description="Days after which a day's positions are there: 0 for a custodian in near real time, "
            "1 for one that delivers after its end-of-day processing.",
            ge=0,
            le=31,
        ),
    ] = 0
    transaction_days: Annotated[
        int, Meta(description="Days of transactions fetched where no window is asked for.", ge=1, le=366)
    ] = 30
    max_transaction_days: Annotated[
        int,
        Meta(
            description="Longest window of transactions that is fetched; every day of it is one request.",
            ge=1,
            le=3660,
        ),
    ] = 366
