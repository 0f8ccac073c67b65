"""Settings of a bank that speaks the Consumer Data Right."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig

MAX_PAGE_SIZE = 1000
"""Records on one page at the most, by the standard; a bank answers 400 beyond."""


class CdsAuBankingConfig(ConnectorConfig, frozen=True, kw_only=True):
    """One bank. There is no credential of the hub: every request carries its customer's grant."""

    page_size: Annotated[
        int,
        Meta(
            description="Records asked for on one page: more mean fewer round trips, larger answers.",
            ge=1,
            le=MAX_PAGE_SIZE,
        ),
    ] = MAX_PAGE_SIZE
