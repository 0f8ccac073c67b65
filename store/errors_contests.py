"""Why a score cannot be contested, or a contest not be decided.

::

    StoreError
    └── ContestError
        ├── ContestUnknown   there is no such contest
        └── ContestClosed    it is decided already
"""

from __future__ import annotations

from store.errors import StoreError


class ContestError(StoreError):
    """A contest cannot be raised or decided."""


class ContestUnknown(ContestError):
    """There is no such contest.

    Args:
        contest_id: its id.
    """

    def __init__(self, contest_id: str) -> None:
        super().__init__("there is no contest of this id; list the contests")
        self.contest_id = contest_id


class ContestClosed(ContestError):
    """The contest is decided already.

    Args:
        contest_id: its id.
    """

    def __init__(self, contest_id: str) -> None:
        super().__init__("the contest is decided already; list the open ones")
        self.contest_id = contest_id
