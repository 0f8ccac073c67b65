"""Why what the hub's own people keep cannot be changed so.

::

    StoreError
    └── ServiceError
        ├── NotThere         there is no such row, or no more
        ├── VersionDiffers   somebody changed it since it was read
        ├── NotNow           its state does not allow that
        └── TimeTaken        the sales person's time is taken
"""

from __future__ import annotations

from store.errors import StoreError


class ServiceError(StoreError):
    """A row cannot be changed."""


class NotThere(ServiceError):
    """There is no such row, or no more.

    Args:
        row_id: its id.
    """

    def __init__(self, row_id: str) -> None:
        super().__init__("there is no such row, or no more; list them again")
        self.row_id = row_id


class VersionDiffers(ServiceError):
    """Somebody changed the row since it was read.

    Args:
        row_id: its id.
        expected: the version that was read.
        present: the version that it has now.
    """

    def __init__(self, row_id: str, expected: int, present: int) -> None:
        super().__init__("the row was changed since it was read; read it again and decide anew")
        self.row_id = row_id
        self.expected = expected
        self.present = present


class NotNow(ServiceError):
    """The state of the row does not allow that.

    Args:
        row_id: its id.
        state: how it stands.
        allowed: states from which it would be allowed.
    """

    def __init__(self, row_id: str, state: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"this cannot be done to what is {state}, only to what is {' or '.join(allowed)}")
        self.row_id = row_id
        self.state = state
        self.allowed = allowed


class TimeTaken(ServiceError):
    """Some of the time is taken by another appointment of the same sales person."""

    def __init__(self) -> None:
        super().__init__("the sales person has another appointment then; choose another time")
