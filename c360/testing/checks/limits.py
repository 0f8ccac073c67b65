"""It says how many requests the partner bears."""

from __future__ import annotations

from c360.testing.base import Exempt, check, demand
from c360.testing.lab import Lab


@check("rate-declared", "It declares the rate of requests that the partner allows", rule="rate-limit")
def rate_declared(lab: Lab) -> None:
    """The host keeps to it, so that nobody meets a 429 first."""
    lab.needs_http()
    if lab.description.limits.requests_per_second is None:
        raise Exempt("it declares no limits.requests_per_second")


@check("rate-plausible", "The declared rate is one that a partner could mean", rule="rate-limit")
def rate_plausible(lab: Lab) -> None:
    """A rate beyond what its own concurrency can send says nothing."""
    lab.needs_http()
    limits = lab.description.limits
    if limits.requests_per_second is None:
        raise Exempt("it declares no limits.requests_per_second")
    demand(
        limits.requests_per_second <= 1000 * limits.concurrency,
        f"it declares {limits.requests_per_second:g} requests a second over {limits.concurrency} at once",
        "declare what the partner's documentation says",
    )


CHECKS = (rate_declared, rate_plausible)
