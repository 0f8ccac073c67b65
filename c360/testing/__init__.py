"""Proof that a connector keeps the contract: the conformance suite, recordings, fuzzing and quality tiers.

An author subclasses :class:`ConnectorSuite` in one test file; pytest, where there is one, finds a test for
each check. :func:`run` runs the same without pytest. Nothing here needs a network or a credential.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from c360.testing.base import SUITE_VERSION, Check, Failed
    from c360.testing.checks import CHECKS
    from c360.testing.faults import SourceFault
    from c360.testing.known import Known, SampleAction, SampleWebhook
    from c360.testing.report import CheckReport, Outcome, Report
    from c360.testing.setting import SuiteError
    from c360.testing.suite import ConnectorSuite, run
    from c360.testing.tiers import Standing, Tier, tier_of

__all__ = [
    "CHECKS",
    "SUITE_VERSION",
    "Check",
    "CheckReport",
    "ConnectorSuite",
    "Failed",
    "Known",
    "Outcome",
    "Report",
    "SampleAction",
    "SampleWebhook",
    "SourceFault",
    "Standing",
    "SuiteError",
    "Tier",
    "run",
    "tier_of",
]

_WHERE = {
    "CHECKS": "c360.testing.checks",
    "Check": "c360.testing.base",
    "CheckReport": "c360.testing.report",
    "ConnectorSuite": "c360.testing.suite",
    "Failed": "c360.testing.base",
    "Known": "c360.testing.known",
    "Outcome": "c360.testing.report",
    "Report": "c360.testing.report",
    "SUITE_VERSION": "c360.testing.base",
    "SampleAction": "c360.testing.known",
    "SampleWebhook": "c360.testing.known",
    "SourceFault": "c360.testing.faults",
    "Standing": "c360.testing.tiers",
    "SuiteError": "c360.testing.setting",
    "Tier": "c360.testing.tiers",
    "run": "c360.testing.suite",
    "tier_of": "c360.testing.tiers",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for, when it is asked for: the hub reads tiers, and needs no suite for it."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)
