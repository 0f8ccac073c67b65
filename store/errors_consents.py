"""Why a consent cannot be recorded, or a wording not be published.

::

    StoreError
    └── ConsentError
        ├── WordingUnknown    no such version was published in that language
        └── WordingTaken      another version was published at the same moment
"""

from __future__ import annotations

from store.errors import StoreError


class ConsentError(StoreError):
    """A consent cannot be recorded so."""


class WordingUnknown(ConsentError):
    """The wording was never published so."""

    def __init__(self) -> None:
        super().__init__("there is no such version of the wording in that language; list the wordings")


class WordingTaken(ConsentError):
    """Somebody published a version of the wording at the same moment."""

    def __init__(self) -> None:
        super().__init__("another version of the wording was published just now; read it and publish again")
