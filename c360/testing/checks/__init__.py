"""All checks, in the order in which they run: what others build on comes first."""

from __future__ import annotations

from c360.testing.checks import (
    actions,
    answers,
    batches,
    config,
    contract,
    drift,
    errors,
    feeds,
    fuzzing,
    identify,
    limits,
    mapping,
    paging,
    privacy,
    requests,
    running,
    sources,
    webhooks,
    windows,
)

CHECKS = (
    *contract.CHECKS,
    *config.CHECKS,
    *answers.CHECKS,
    *mapping.CHECKS,
    *errors.CHECKS,
    *sources.CHECKS,
    *requests.CHECKS,
    *paging.CHECKS,
    *windows.CHECKS,
    *batches.CHECKS,
    *drift.CHECKS,
    *privacy.CHECKS,
    *running.CHECKS,
    *identify.CHECKS,
    *feeds.CHECKS,
    *webhooks.CHECKS,
    *actions.CHECKS,
    *limits.CHECKS,
    *fuzzing.CHECKS,
)
