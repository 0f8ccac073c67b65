"""Why who may come to a customer cannot be changed so.

::

    StoreError
    └── AccessError
        ├── FourEyes          nobody reviews their own emergency access
        ├── AlreadyReviewed   somebody has reviewed it
        ├── TooOften          it was done as often as is allowed for now
        └── NotProven         too few answers of the caller agreed
"""

from __future__ import annotations

from datetime import timedelta

from store.errors import StoreError


class AccessError(StoreError):
    """Access cannot be given or judged so."""


class FourEyes(AccessError):
    """Nobody reviews their own emergency access.

    Args:
        access_id: its id.
    """

    def __init__(self, access_id: str) -> None:
        super().__init__("this emergency access is the reviewer's own; somebody else reviews it")
        self.access_id = access_id


class AlreadyReviewed(AccessError):
    """The emergency access is reviewed already.

    Args:
        access_id: its id.
    """

    def __init__(self, access_id: str) -> None:
        super().__init__("the emergency access is reviewed already; list the open ones")
        self.access_id = access_id


class TooOften(AccessError):
    """Something was done as often as is allowed for now.

    Args:
        wait: after how long it may be tried again.
    """

    def __init__(self, wait: timedelta) -> None:
        super().__init__("this was done as often as is allowed; wait")
        self.wait = wait


class NotProven(AccessError):
    """Too few answers of the caller agreed with what is known.

    Args:
        agreed: how many did.
        needed: how many have to.
    """

    def __init__(self, agreed: int, needed: int) -> None:
        super().__init__("too few answers agreed; compare more, or verify the caller in another way")
        self.agreed = agreed
        self.needed = needed
