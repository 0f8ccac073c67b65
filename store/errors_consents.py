"""Why a consent cannot be recorded.

::

    StoreError
    └── ConsentError
        └── WordingUnknown    no such version was published in that language
"""

from __future__ import annotations

from store.errors import StoreError


class ConsentError(StoreError):
    """A consent cannot be recorded so."""


class WordingUnknown(ConsentError):
    """The wording was never published so."""

    def __init__(self) -> None:
        super().__init__("there is no such version of the wording in that language; list the wordings")
