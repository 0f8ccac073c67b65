"""How events are followed within a process, and where a broker would be told of them.

The outbox is the only place where events are kept, and a place in it is the only state of a follower.
A :class:`Bus` brings them to whoever waits: each follower has a bounded queue, and one that falls behind it
reads on from the outbox by its own place, at its own pace. So nothing is lost to a slow follower, and no
follower costs the others anything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from store.data_events import EventData


class Bus(Protocol):
    """Brings the events of a tenant to those who follow them."""

    def subscribe(
        self,
        *,
        kinds: Collection[str] | None = None,
        customers: Collection[str] | None = None,
        after: int | None = None,
    ) -> AbstractAsyncContextManager[AsyncIterator[EventData]]:
        """Follow events, each once and in order, until the block ends.

        Args:
            kinds: of these kinds; of all by default.
            customers: that concern one of these local ids, as they are named in the event; all by default.
            after: from behind this place on; by default from now on, which is when the block is entered.

        Raises:
            store.errors_events.EventForgotten: what came behind ``after`` may have been pruned, before the
                block or, for a follower that is days late, within it. Read the state anew and follow from
                now on.
            store.errors.StoreError: the database does not answer.
        """
        ...

    async def place_of(self, event_id: str) -> int:
        """The place of an event by its id, to go on behind it.

        Raises:
            store.errors_events.EventForgotten: it is not kept any more, or never was.
        """
        ...
