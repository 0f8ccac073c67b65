"""Why a person cannot be erased, or a hold not be lifted.

::

    StoreError
    └── PrivacyError
        ├── EverythingHeld   a legal hold keeps all that is known of the person
        └── HoldUnknown      there is no such hold, or it was lifted already
"""

from __future__ import annotations

from store.errors import StoreError


class PrivacyError(StoreError):
    """What was asked of somebody's data cannot be done now."""


class EverythingHeld(PrivacyError):
    """A legal hold keeps everything.

    Args:
        basis: on what ground.
    """

    def __init__(self, basis: str) -> None:
        super().__init__("a legal hold keeps all that is known of the customer; lift it first")
        self.basis = basis


class HoldUnknown(PrivacyError):
    """There is no such hold any more."""

    def __init__(self) -> None:
        super().__init__("there is no such hold, or it was lifted already")
