"""A connector without a fault passes every check, under pytest and without it."""

from __future__ import annotations

import time

from c360.testing import CHECKS, Outcome, Tier, run
from tests.c360.testing import inn, register, suites


class TestGoodClub(suites.ClubSuite):
    """Every check, as an author's pytest sees it."""


class TestGoodInn(inn.InnSuite):
    """By grant, without batches, feeds and actions."""


class TestGoodRegister(register.RegisterSuite):
    """Without an API: what would be put on a wire is exempt, and the source breaks instead."""


def test_without_pytest() -> None:
    began = time.process_time()
    report = run(suites.ClubSuite)
    took = time.process_time() - began  # of the processor: what else the machine does is not the suite's
    assert not report.failures, report.text()
    assert report.standing.tier is Tier.GOLD
    assert [check.id for check in report.checks] == [check.id for check in CHECKS]
    exempt = {check.id for check in report.checks if check.outcome is Outcome.EXEMPT}
    assert exempt == {
        "fuzz-openapi",
        "grants-kept-apart",
        "recordings-scrubbed",
        *(check.id for check in CHECKS if check.id.startswith("source-")),
    }
    assert took < 10


def test_checks_are_named() -> None:
    ids = [check.id for check in CHECKS]
    assert len(ids) >= 40
    assert len(set(ids)) == len(ids)
    assert all(check.title and not check.title.endswith(".") for check in CHECKS)
