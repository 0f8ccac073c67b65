"""What the suite's own tools do with a partner that is slow, odd and endless."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from c360.http import Transport
from c360.testing import run
from tests.c360.testing import suites
from tests.c360.testing.hostile import HostileClub


class HostileSuite(suites.ClubSuite):
    __test__ = False

    def partner(self) -> Transport:
        return HostileClub()


def test_endless_pages_are_said() -> None:
    (failure,) = run(HostileSuite, only=["one-answer-each"]).failures
    assert failure.found == "fetch() sent more than 2000 requests"


class OddSuite(suites.ClubSuite):
    __test__ = False

    def partner(self) -> Transport:
        return HostileClub(pages=0)


def test_odd_names_and_fields_break_nothing() -> None:
    checks = [
        "field-types",
        "texts-not-empty",
        "party-id-kept",
        "personal-data-not-logged",
        "nothing-printed",
    ]
    report = run(HostileSuite, only=checks)
    assert not report.failures, report.text()


class SlowSuite(suites.ClubSuite):
    __test__ = False

    def partner(self) -> Transport:
        return HostileClub(delay=3)


def test_what_does_not_end_is_said_and_takes_no_time() -> None:
    report = run(SlowSuite, only=["one-answer-each"])
    (failure,) = report.failures
    assert failure.found == "fetch() did not end within 120 s"
    assert report.seconds < 100  # the 120 s pass on the virtual clock


def test_no_pytest_is_needed() -> None:
    code = (
        "import sys\n"
        "for name in ('pytest', '_pytest', 'hypothesis', 'looptime'):\n"
        "    sys.modules[name] = None\n"
        "from c360.testing import run\n"
        "from tests.c360.testing.suites import ClubSuite\n"
        "report = run(ClubSuite, only=['one-answer-each', 'status-500', 'deadline-keeps-ready'])\n"
        "assert report.passed, report.text()\n"
        'assert b\'"id": "status-500"\' in report.json()\n'
        "outside = {name.partition('.')[0] for name, module in sys.modules.items() if module is not None}\n"
        "ours = {'api', 'schema', 'connectors', 'resolvers', 'store', 'sandbox', 'plugins', 'sqlalchemy'}\n"
        "assert not outside & ours, outside & ours\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
