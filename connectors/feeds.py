"""Follows a connector's change feed for the worker: checked, and never waiting for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from c360.contract import Change, Checkpoint
from c360.errors import ConnectorError, ProblemCode, RetryLater
from connectors.board import Reaper
from connectors.checking import checked, require
from connectors.complaints import sayable
from connectors.fetching import WrongYield
from connectors.instances import Instance
from connectors.streams import closing

IDLE = 60.0
"""Seconds without any change after which a feed counts as stuck."""

_AHEAD = 256
"""Changes read ahead of the one who follows."""

MOST_UNSAVED = 100_000
"""Changes without a checkpoint beyond which a feed counts as endless: whoever follows keeps them."""


class _End:
    """The feed ended, by itself or by an error."""

    def __init__(self, error: ConnectorError | None = None) -> None:
        self.error = error


async def follow(
    instance: Instance, kind: str, since: str | None, *, reaper: Reaper, idle: float = IDLE
) -> AsyncGenerator[Change, None]:
    """The changes of one kind since a cursor, each checked and with its record signed.

    Args:
        instance: whose feed.
        kind: a kind that the connector declares as a feed.
        since: cursor of the last checkpoint; none for the beginning.
        reaper: takes the plugin's work where it does not end when asked to.
        idle: seconds without a change after which the feed counts as stuck.

    Raises:
        RetryLater: the partner is down, or the feed is stuck.
        ConnectorError: the instance takes no work, or the plugin failed or broke the contract.
    """
    deletions = _declared(instance, kind)
    queue: asyncio.Queue[Change | _End] = asyncio.Queue(_AHEAD)
    task = asyncio.create_task(_pump(instance, kind, since, queue), name=f"feed of {instance.id}")
    try:
        with instance.working():
            unsaved = 0
            while not isinstance(item := await _next(queue, idle), _End):
                unsaved = 0 if isinstance(item, Checkpoint) else unsaved + 1
                require(unsaved <= MOST_UNSAVED, f"changes() yielded {unsaved:,} changes and no checkpoint")
                yield checked(item, kind, instance.id, source="changes()", deletions=deletions)
        if item.error is not None:
            raise item.error
        instance.health.succeeded()
    except ConnectorError as error:
        instance.health.failed(error.code)
        raise
    except WrongYield as wrong:
        instance.complaints.contract(wrong)
        instance.health.failed(ProblemCode.CONNECTOR_FAULT)
        raise ConnectorError(f"the plugin broke the contract: {wrong}") from None
    finally:
        reaper.abandon((task,))


def _declared(instance: Instance, kind: str) -> bool:
    """Whether the feed tells about deletions."""
    if instance.obstacle is not None:
        raise ConnectorError("the instance takes no work", code=instance.obstacle)
    for feed in instance.description.feeds if instance.description else ():
        if feed.kind == kind:
            return feed.deletions
    raise ConnectorError(f"the connector declares no feed of {kind}")


async def _next(queue: asyncio.Queue[Change | _End], idle: float) -> Change | _End:
    if not queue.empty():
        return queue.get_nowait()
    try:
        async with asyncio.timeout(idle):
            return await queue.get()
    except TimeoutError:
        raise RetryLater(f"the feed gave nothing for {idle:g} s") from None


async def _pump(
    instance: Instance, kind: str, since: str | None, queue: asyncio.Queue[Change | _End]
) -> None:
    end = _End()
    try:
        async with closing(instance.connector.changes(kind, since)) as changes:
            async for change in changes:
                await queue.put(change)
    except ConnectorError as error:
        end = _End(sayable(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a stranger's code may raise anything
        instance.complaints.fault(error)
        end = _End(ConnectorError("the plugin failed"))
    await queue.put(end)
