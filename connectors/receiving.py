"""A partner's call to the hub: believed only where it is the partner's.

Whether an event was taken before is known by the store: it is noted in the transaction that deals with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from c360.contract import Change, Checkpoint, Deletion, Outdated, Receipt, Upsert, Webhook, WebhookSpec
from c360.errors import ConnectorError, ProblemCode, RefusalCode, WebhookRefused
from connectors.checking import checked, require
from connectors.fetching import WrongYield
from connectors.instances import Instance

MOST_BYTES = 1024 * 1024
MOST_HEADERS = 200
MOST_CHANGES = 10_000
_LONGEST_ID = 500


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was the partner's."""

    connector: str
    """Instance id."""
    event_id: str
    """The partner's own: whoever deals with the event does so once."""
    changes: Sequence[Change] = ()
    """What changed, each record signed. Of a partner that signs nothing they are hints alone: what is
    named is out of date, and what the call says it is now is not believed."""


def receive(instance: Instance, webhook: Webhook) -> Received:
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
