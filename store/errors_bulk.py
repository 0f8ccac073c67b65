"""Why an upload cannot go on.

::

    StoreError
    └── UploadError
        ├── UploadUnknown    there is no such upload, or no more
        ├── OffsetDiffers    the next byte that is wanted is another one
        ├── UploadClosed     nothing more is received, or nothing is left to cancel
        └── SteppedOver      another process took the same rows in at the same moment
"""

from __future__ import annotations

from store.errors import StoreError


class UploadError(StoreError):
    """An upload cannot go on."""


class UploadUnknown(UploadError):
    """There is no such upload, or no more."""

    def __init__(self) -> None:
        super().__init__("there is no such upload, or no more; begin it anew")


class OffsetDiffers(UploadError):
    """The next byte that is wanted is another one.

    Args:
        received: how many bytes are here.
    """

    def __init__(self, received: int) -> None:
        super().__init__("the next byte that is wanted is another one; ask how many are here and go on there")
        self.received = received


class UploadClosed(UploadError):
    """The state of the upload does not allow that.

    Args:
        state: how it stands.
    """

    def __init__(self, state: str) -> None:
        super().__init__(f"the upload is {state}; begin another one")
        self.state = state


class SteppedOver(UploadError):
    """Another process took the same rows in at the same moment; these are rolled back."""

    def __init__(self) -> None:
        super().__init__("another process goes on with this job")
