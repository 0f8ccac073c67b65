"""Settings of a bank that speaks the Consumer Data Right."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.granting import GrantConfig

MAX_PAGE_SIZE = 1000
"""Records on one page at the most, by the standard; a bank answers 400 beyond."""

REQUESTS_PER_SECOND = 50.0
"""The standard's traffic threshold for one data recipient's software: a bank may refuse what goes beyond.
It may also refuse more than 5 a second of one consent; then its 429 pauses that consent alone."""


class CdsAuBankingConfig(GrantConfig, frozen=True, kw_only=True):
    """One bank. There is no credential of the hub: every request carries its customer's grant."""

    page_size: Annotated[
        int,
        Meta(
            description="Records asked for on one page: more mean fewer round trips, larger answers.",
            ge=1,
            le=MAX_PAGE_SIZE,
        ),
    ] = MAX_PAGE_SIZE
    requests_per_second: Annotated[
        float,
        Meta(
            description="Requests sent in one second at the most. The standard lets a bank refuse more than "
            "50; more are worth it where the bank is known to bear them.",
            ge=1,
            le=10_000,
        ),
    ] = REQUESTS_PER_SECOND
