"""What the store takes and gives of contested scores."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec


class ContestVerdict(enum.Enum):
    """What a person said of a contested score."""

    UPHELD = "UPHELD"
    """The score stands."""
    OVERTURNED = "OVERTURNED"
    """The score is not to be relied on: a person decides without it."""


class ContestState(enum.Enum):
    """How a contest stands."""

    OPEN = "OPEN"
    """Nobody has said anything of it."""
    DECIDED = "DECIDED"
    """A person has."""


class ContestData(msgspec.Struct, frozen=True, kw_only=True):
    """A contested score."""

    id: str
    customer_id: str
    """Whose score it is now."""
    reason: str
    """Why, in the customer's words or an agent's."""
    raised_at: datetime
    raised_by: str
    verdict: ContestVerdict | None = None
    note: str | None = None
    """Why it was decided so."""
    decided_at: datetime | None = None
    decided_by: str | None = None

    @property
    def state(self) -> ContestState:
        """How it stands."""
        return ContestState.OPEN if self.verdict is None else ContestState.DECIDED


class ContestPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the contests."""

    contests: tuple[ContestData, ...]
    cursors: tuple[str, ...]
    """One per contest: where to go on from."""
    has_next: bool
    has_previous: bool
