"""Every broken connector is caught by the check that is about what is wrong, and by no unrelated one."""

from __future__ import annotations

import random

import pytest

from c360.testing import CHECKS, Report, run
from tests.c360.testing.broken import (
    answers,
    capabilities,
    contract,
    errors,
    grants,
    import_effects,
    manners,
    sources,
)
from tests.c360.testing.broken.case import Broken
from tests.fixtures.sizes import THOROUGH

_STARTS_PYTHON = "import-without-effects"
"""Starts an interpreter, half a second each: only the case that is about it runs it."""

CASES: tuple[Broken, ...] = (
    *contract.CASES,
    *answers.CASES,
    *errors.CASES,
    *manners.CASES,
    *capabilities.CASES,
    *grants.CASES,
    *sources.CASES,
    *import_effects.CASES,
)


def checked(case: Broken) -> Report:
    """A run of the suite: every day of the checks that are about what is wrong, and of some that are not."""
    about = {case.caught_by, *case.also}
    skipped = ({_STARTS_PYTHON} | case.without) - about
    others = [check.id for check in CHECKS if check.id not in skipped | about]
    if not THOROUGH:
        others = random.Random(case.connector.__name__).sample(others, 6)  # hides nothing
    return run(case.tests, only=[check.id for check in CHECKS if check.id in {*about, *others}])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.connector.__name__)
def test_caught_by_its_check_alone(case: Broken) -> None:
    report = checked(case)
    assert {check.id for check in report.failures} == {case.caught_by, *case.also}, report.text()
    assert all(check.found and check.change for check in report.failures)


ELSEWHERE = {
    "config-missing-named": "what is missing, c360.config names for every connector",
    "rate-declared": "it never fails: a rate that is not declared is exempt, and the tier asks for a reason",
    "recordings-scrubbed": "test_recording.py puts a secret into a recording",
    "fuzz-openapi": "test_fuzz.py has a connector that trusts the file",
}
"""Checks that no broken connector is about, and why."""


def test_every_check_catches_something() -> None:
    caught = {case.caught_by for case in CASES}
    assert {check.id for check in CHECKS} - caught == set(ELSEWHERE)


def test_there_are_enough_of_them() -> None:
    assert len({case.connector for case in CASES}) == len(CASES) >= 40
