"""Why the hub's address at a partner cannot be registered or removed so.

::

    StoreError
    └── RegistrationError
        ├── RegistrationMoved        somebody else did something about it meanwhile
        └── RegistrationNotAllowed   nothing leads from where it stands to there
"""

from __future__ import annotations

from store.errors import StoreError


class RegistrationError(StoreError):
    """The hub's address at a partner cannot be changed so."""


class RegistrationMoved(RegistrationError):
    """Somebody else did something about it meanwhile."""

    def __init__(self) -> None:
        super().__init__("the registration went on meanwhile; list it again")


class RegistrationNotAllowed(RegistrationError):
    """Nothing leads from where it stands to there."""

    def __init__(self) -> None:
        super().__init__("the registration does not go on so from where it stands; list it again")
