"""What an operation tells those who watch how the graph does: nothing of what it asked for or answered."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Observation(Protocol):
    """One operation that is watched."""

    def named(self, kind: str, fields: Sequence[str]) -> None:
        """It was understood.

        Args:
            kind: ``query``, ``mutation`` or ``subscription``.
            fields: Names of the root fields that it selects: the graph's own, not the caller's.
        """
        ...

    def answered(self, way: str) -> None:
        """What it asks for was there, and was made an answer of.

        Args:
            way: ``compiled``, or in a word why it was not; empty where it did not come so far.
        """
        ...

    def ended(self, codes: Sequence[str], *, refused: bool) -> None:
        """It was answered.

        Args:
            codes: Codes of the errors in the answer, with repetitions.
            refused: Whether nothing was executed.
        """
        ...


class OperationObserver(Protocol):
    """Watches operations; see :class:`api.observing.observer.Observer`."""

    def operation(self) -> AbstractContextManager[Observation]:
        """Watch an operation that runs while the block runs."""
        ...


class Unobserved:
    """Watches nothing."""

    def operation(self) -> AbstractContextManager[Observation]:
        """See :class:`OperationObserver`."""
        return nullcontext(self)

    def named(self, kind: str, fields: Sequence[str]) -> None:
        """See :class:`Observation`."""

    def answered(self, way: str) -> None:
        """See :class:`Observation`."""

    def ended(self, codes: Sequence[str], *, refused: bool) -> None:
        """See :class:`Observation`."""
