"""What is told of decisions that made customers one, or several again, by whichever way they were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resolvers.events.catalogue import drafted
from resolvers.events.customers import Aspect, CustomerChanged, CustomersMerged, CustomersParted
from schema import ids
from schema.identity.answers import CUSTOMER, ENTRY
from store.data_events import EventDraft
from store.data_identity import EntryKind, LedgerEntry

_TOGETHER = frozenset({EntryKind.MERGE, EntryKind.RESTORE})
_ASUNDER = frozenset({EntryKind.UNMERGE, EntryKind.SPLIT, EntryKind.UNLINK})


def regrouped(entries: Iterable[LedgerEntry]) -> Sequence[EventDraft]:
    """The events of entries of the ledger that were just made; none of those that regrouped nobody."""
    told: list[EventDraft] = []
    everybody: dict[str, None] = {}
    for entry in entries:
        concerned = (entry.customer_id, *entry.others)
        if entry.kind in _TOGETHER:
            told.append(drafted(_merged(entry.customer_id, entry.id), concerned))
        elif entry.kind in _ASUNDER:
            told.append(drafted(_parted(entry.customer_id, entry.id), concerned))
        else:
            continue
        everybody |= dict.fromkeys(concerned)
    if everybody:
        told.append(drafted(CustomerChanged(aspects=(Aspect.IDENTITY,)), everybody))
    return told


def _merged(survivor: str, entry: str) -> CustomersMerged:
    return CustomersMerged(survivor=ids.encode(CUSTOMER, survivor), entry=ids.encode(ENTRY, entry))


def _parted(customer: str, entry: str) -> CustomersParted:
    return CustomersParted(customer=ids.encode(CUSTOMER, customer), entry=ids.encode(ENTRY, entry))
