"""The event catalogue: the closed list of what can be told, and the only way to draft an event.

A kind joins by a struct of its facts and a line in the ``KINDS`` of its topic's module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from resolvers.events import access, consents, customers, work
from resolvers.events.kinds import EventKind, Facts
from store.data_events import EventDraft

CATALOGUE: Mapping[str, EventKind] = {
    kind.name: kind for kind in (*customers.KINDS, *consents.KINDS, *work.KINDS, *access.KINDS)
}
"""Every kind by its name."""

_BY_FACTS: Mapping[type[Facts], EventKind] = {kind.facts: kind for kind in CATALOGUE.values()}


def drafted(facts: Facts, customer_ids: Iterable[str] = ()) -> EventDraft:
    """An event that tells these facts.

    Args:
        facts: the struct of one of the kinds.
        customer_ids: local ids of the customers concerned.
    """
    kind = _BY_FACTS[type(facts)]
    return EventDraft(
        kind=kind.name,
        customer_ids=tuple(dict.fromkeys(customer_ids)),
        data=msgspec.to_builtins(facts),
        version=kind.version,
    )


def check(draft: EventDraft) -> EventDraft:
    """A draft as it came, after it was held to the catalogue.

    Raises:
        ValueError: it is of no kind, of another version, or tells what its kind does not.
    """
    kind = CATALOGUE.get(draft.kind)
    if kind is None or kind.version != draft.version:
        message = f"the event catalogue has no {draft.kind} in version {draft.version}"
        raise ValueError(message)
    try:
        msgspec.convert(draft.data, kind.facts)
    except msgspec.ValidationError:
        message = f"a {draft.kind} tells what the event catalogue does not say of it"
        raise ValueError(message) from None
    return draft
