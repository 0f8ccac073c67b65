"""What a check is, and how one says that something is wrong or does not apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from c360.testing.lab import Lab

SUITE_VERSION = 1
"""Version of the checks. A tier that was earned with another one counts as unproven."""


class Failed(AssertionError):
    """A check found something wrong.

    Args:
        found: what was found, without any value of the partner's.
        change: what to change.
    """

    def __init__(self, found: str, change: str) -> None:
        super().__init__(f"{found}\n  change: {change}")
        self.found = found
        self.change = change


class Exempt(Exception):
    """A check does not apply to this connector.

    Args:
        reason: why.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unjudged(Exempt):
    """A check cannot say anything, because what it builds on failed already.

    Args:
        failed: id of the check that says what is wrong.
    """

    def __init__(self, failed: str) -> None:
        super().__init__(f"{UNJUDGED} {failed} failed")


UNJUDGED = "not judged, because"
"""How the reason of :class:`Unjudged` begins: its rule is not exempt but missing."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A named check of the conformance suite."""

    id: str
    """Kebab-case and stable: what reports, tests and documentation call it."""
    title: str
    """What holds where it passes, in one sentence."""
    rule: str
    """The rule of the quality tiers that it proves; see :mod:`c360.testing.tiers`."""
    run: Callable[[Lab], None]
    """Raises :class:`Failed` or :class:`Exempt`."""

    @property
    def method(self) -> str:
        """Name of the pytest test that it becomes."""
        return f"test_{self.id.replace('-', '_')}"


def check(id: str, title: str, *, rule: str) -> Callable[[Callable[[Lab], None]], Check]:  # noqa: A002  # its name
    """Make a check of a function; see :class:`Check` for what the arguments mean."""

    def make(run: Callable[[Lab], None]) -> Check:
        return Check(id=id, title=title, rule=rule, run=run)

    return make


def demand(holds: object, found: str, change: str) -> None:
    """Fail unless something holds.

    Raises:
        Failed: it does not.
    """
    if not holds:
        raise Failed(found, change)
