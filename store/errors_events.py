"""Why events cannot be followed or delivered.

::

    StoreError
    └── EventsError
        ├── EventForgotten    what came behind a place may not be kept any more
        ├── EndpointUnknown   there is no such endpoint
        ├── TooManyEndpoints  no more can be registered
        └── DeliveryUnknown   there is no such delivery, or it has not been given up
"""

from __future__ import annotations

from store.errors import StoreError


class EventsError(StoreError):
    """Events cannot be followed or delivered so."""


class EventForgotten(EventsError):
    """An event that a follower wants to go on behind is not kept any more, so that it may miss some."""

    def __init__(self) -> None:
        super().__init__("the event is not kept any more; read anew what you need, then follow from now on")


class EndpointUnknown(EventsError):
    """There is no such endpoint."""

    def __init__(self) -> None:
        super().__init__("there is no such endpoint; list the endpoints")


class TooManyEndpoints(EventsError):
    """No more endpoints can be registered.

    Args:
        most: how many there can be.
    """

    def __init__(self, most: int) -> None:
        super().__init__(f"there are {most} endpoints already; remove one that is not needed any more")
        self.most = most


class DeliveryUnknown(EventsError):
    """There is no such delivery, or it has not been given up."""

    def __init__(self) -> None:
        super().__init__("there is no such delivery that was given up; list the deliveries that are dead")
