"""A partner's call to the hub: believed only where it is the partner's, and only once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import msgspec
from cachetools import TTLCache

from c360.contract import Change, Checkpoint, Deletion, Outdated, Receipt, Upsert, Webhook, WebhookSpec
from c360.errors import ConnectorError, ProblemCode, RefusalCode, WebhookRefused
from connectors.checking import checked, require
from connectors.fetching import WrongYield
from connectors.instances import Instance

MOST_BYTES = 1024 * 1024
MOST_HEADERS = 200
MOST_CHANGES = 10_000
_LONGEST_ID = 500

REMEMBERED = 86_400.0
"""Seconds for which an event is known again by its id: partners repeat a call that was not answered for
hours, and what is older is refused by its date where the partner dates its calls."""


class EventLog(Protocol):
    """Remembers which events were taken."""

    async def take(self, instance: str, event_id: str) -> bool:
        """Take an event; whether it is new."""
        ...

    async def give_back(self, instance: str, event_id: str) -> None:
        """Forget an event that could not be dealt with, so that the partner's next attempt counts."""
        ...


class RecentEvents:
    """An event log in memory, for one process.

    Args:
        most: events remembered at the most; beyond it the oldest are forgotten.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._taken: TTLCache[tuple[str, str], bool] = TTLCache(most, REMEMBERED, timer=_now)

    async def take(self, instance: str, event_id: str) -> bool:
        """See :class:`EventLog`."""
        if (instance, event_id) in self._taken:
            return False
        self._taken[instance, event_id] = True
        return True

    async def give_back(self, instance: str, event_id: str) -> None:
        """See :class:`EventLog`."""
        self._taken.pop((instance, event_id), None)


def _now() -> float:
    return asyncio.get_running_loop().time()


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was the partner's."""

    connector: str
    """Instance id."""
    event_id: str
    repeated: bool = False
    """The event was taken before: there is nothing to do but to say thanks."""
    changes: Sequence[Change] = ()
    """What changed, each record signed. Of a partner that signs nothing they are hints alone: what is
    named is out of date, and what the call says it is now is not believed."""


async def receive(instance: Instance, webhook: Webhook, events: EventLog) -> Received:
    """Verify a partner's call and read it.

    Raises:
        WebhookRefused: it is not the partner's, too old, too large, or not what the partner's API sends.
        ConnectorError: the instance takes no calls, or the plugin failed.
    """
    spec = instance.description.webhooks if instance.description else None
    if instance.obstacle is not None:
        raise ConnectorError("the instance takes no work", code=instance.obstacle)
    if spec is None:
        raise WebhookRefused("the connector takes no calls", code=RefusalCode.MALFORMED)
    if len(webhook.content) > MOST_BYTES or len(webhook.headers) > MOST_HEADERS:
        raise WebhookRefused("the call is larger than any partner's", code=RefusalCode.MALFORMED)
    try:
        with instance.working():
            receipt = instance.connector.receive(webhook)
        changes = _changes(instance, spec, receipt)
    except WebhookRefused as refused:
        raise WebhookRefused("the plugin does not take it for the partner's", code=_code(refused)) from None
    except WrongYield as wrong:
        instance.complaints.contract(wrong)
    except ConnectorError as error:
        instance.complaints.partner("read a partner's call", error)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a stranger's code may raise anything
        instance.complaints.fault(error)
    else:
        instance.health.succeeded()
        if not await events.take(instance.id, receipt.event_id):
            return Received(connector=instance.id, event_id=receipt.event_id, repeated=True)
        return Received(connector=instance.id, event_id=receipt.event_id, changes=changes)
    instance.health.failed(ProblemCode.CONNECTOR_FAULT)
    raise ConnectorError("the plugin could not read the call")


def _code(refused: WebhookRefused) -> RefusalCode:
    return refused.code if isinstance(refused.code, RefusalCode) else RefusalCode.MALFORMED


def _changes(instance: Instance, spec: WebhookSpec, receipt: object) -> tuple[Change, ...]:
    if not isinstance(receipt, Receipt):
        raise WrongYield(f"receive() returned a {type(receipt).__name__} instead of a Receipt")
    usable = isinstance(receipt.event_id, str) and 0 < len(receipt.event_id) <= _LONGEST_ID
    require(usable, "receive() returned an event without a usable id")
    given = type(receipt.changes).__name__
    require(isinstance(receipt.changes, list | tuple), f"receive() returned a {given} as changes")
    require(
        len(receipt.changes) <= MOST_CHANGES, f"receive() returned over {MOST_CHANGES:,} changes of a call"
    )
    found: list[Change] = []
    for change in receipt.changes:
        require(not isinstance(change, Checkpoint), "receive() returned a checkpoint; only feeds have them")
        kind = getattr(change, "kind", None)
        require(kind in spec.kinds, "receive() returned a kind that its description does not name")
        found.append(checked(change, str(kind), instance.id, source="receive()", deletions=True))
    return tuple(found) if spec.signed else tuple(_hints(found))


def _hints(changes: Sequence[Change]) -> Sequence[Outdated]:
    """Of unsigned changes no more than whom they concern."""
    named = {
        (change.kind, change.party_id): None
        for change in changes
        if isinstance(change, Upsert | Deletion | Outdated) and change.party_id
    }
    return [Outdated(kind=kind, party_id=str(party_id)) for kind, party_id in named]
