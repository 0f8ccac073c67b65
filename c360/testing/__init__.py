"""Proof that a connector keeps the contract: the conformance suite, recordings, fuzzing and quality tiers.

An author subclasses :class:`ConnectorSuite` in one test file; pytest, where there is one, finds a test for
each check. :func:`run` runs the same without pytest. Nothing here needs a network or a credential.
"""

from __future__ import annotations

from c360.testing.base import SUITE_VERSION, Check, Failed
from c360.testing.checks import CHECKS
from c360.testing.faults import SourceFault
from c360.testing.known import Known, SampleAction, SampleWebhook
from c360.testing.lab import SuiteError
from c360.testing.report import CheckReport, Outcome, Report
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
