"""Why events cannot be followed.

::

    StoreError
    └── EventsError
        └── EventForgotten   what came behind a place may not be kept any more
"""

from __future__ import annotations

from store.errors import StoreError


class EventsError(StoreError):
    """Events cannot be followed or delivered so."""


class EventForgotten(EventsError):
    """An event that a follower wants to go on behind is not kept any more, so that it may miss some."""

    def __init__(self) -> None:
        super().__init__("the event is not kept any more; read anew what you need, then follow from now on")
