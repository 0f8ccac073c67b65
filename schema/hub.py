"""What the hub alone knows of its customers, read for all customers of an operation at once.

A field of a customer that shows such a thing declares it as its :class:`~schema.declarations.Demand`;
planning makes a :class:`HubNeed` of it, execution reads it here, and the field finds it in its customer's
view.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from resolvers.segments.definitions import SegmentSet
from resolvers.segments.keeping import in_force
from resolvers.summaries.customer import Summaries, summarise
from resolvers.view import CustomerView
from schema import cursors
from schema.actions.reading import read_actions
from schema.errors import InputError
from schema.inputs import EntriesArguments, ProfileArguments
from schema.paging import page_size
from schema.ports import Unit
from schema.service.reading import READINGS
from store.data import CustomerData, PartyFigures
from store.data_actions import PartnerActionPage
from store.data_folders import Folder, Folders, Part
from store.data_identity import LedgerPage, PartyRef
from store.data_offers import Contact, ProductData
from store.data_segments import SegmentDefinition
from store.errors import CursorError

Customers = Mapping[str, CustomerData]
_log = logging.getLogger(__name__)


class HubNeed(msgspec.Struct, frozen=True):
    """Something that the hub knows of a customer."""

    name: str
    """One of :data:`READERS`."""
    arguments: Any = None
    """By which it is read."""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """How something is read."""

    read: Callable[[Unit, Customers, Any], Coroutine[Any, Any, Mapping[str, Any]]] | None = None
    """By customer id; takes the unit, the customers and the need's arguments."""
    leads_to: Callable[[Any], Iterable[str]] = lambda _: ()
    """Ids of the customers that it leads to."""
    shape: Callable[[CustomerView, Any], Any] | None = None
    """What fields see of it, computed for each customer once; by default it as it was read."""
    own: bool = False
    """Whether the store tells a partner of it only what its own records say. Otherwise it is told nothing."""
    nothing: Any = None
    """What stands for it where nothing is told."""
    beside: tuple[str, ...] = ()
    """What else is read for the fields that ask for it: more of :data:`READERS`, without arguments."""
    parts: frozenset[Part] = frozenset()
    """Of the customer's folder, which is read anyway, that it is made of: nothing more is read for it."""
    made: Callable[[Folder, Folders], Any] | None = None
    """Makes it of these, and of what all customers have in common."""


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """What can be offered to a customer, and what was."""

    products: tuple[ProductData, ...]
    contacts: tuple[Contact, ...]


def known(view: CustomerView, name: str, arguments: Any = None) -> Any:
    """What was read of a customer; none where there is nothing.

    Raises:
        InputError: What is wrong with the arguments.
    """
    need = HubNeed(name, arguments)
    found = view.known.get(need)
    if isinstance(found, InputError):
        raise found
    shape = READERS[name].shape
    return found if shape is None else view.once(need, lambda: shape(view, found))


async def _deciding(unit: Unit, customers: Customers, _: Any) -> Mapping[str, Any]:
    """How each party came to its customer."""
    refs = {
        one: [PartyRef(link.connector, link.party_id) for link in customer.links]
        for one, customer in customers.items()
    }
    entries = await unit.ledger.deciding([ref for mine in refs.values() for ref in mine])
    return {one: {ref: entries[ref] for ref in mine if ref in entries} for one, mine in refs.items()}


async def _history(unit: Unit, customers: Customers, asked: EntriesArguments) -> Mapping[str, Any]:
    """A page of what was decided about each."""
    size = page_size(asked.first, "first")
    try:
        return await unit.ledger.entries_of(customers, first=size, after=asked.after)
    except CursorError:
        raise cursors.refused("after") from None


async def _former(unit: Unit, customers: Customers, _: Any) -> Mapping[str, Any]:
    """The old ids that each answers for."""
    return await unit.ledger.former(customers)


async def _household(unit: Unit, customers: Customers, _: Any) -> Mapping[str, Any]:
    """The household of each; where a merge left two, the one known for longest."""
    found = await unit.households.of(customers)
    return {one: min(mine, key=lambda each: (each.since, each.id)) for one, mine in found.items() if mine}


async def _past(unit: Unit, customers: Customers, asked: ProfileArguments) -> Mapping[str, Any]:
    """What each stood for at a moment of the past."""
    valid_at = asked.as_of or asked.recorded_at
    if valid_at is None:
        return {}
    return await unit.ledger.past(customers, valid_at=valid_at, recorded_at=asked.recorded_at)


async def _grants(unit: Unit, customers: Customers, _: Any) -> Mapping[str, Any]:
    """The grants of each customer at partners."""
    return await unit.grants.of(customers)


async def _proofs(unit: Unit, customers: Customers, _: Any) -> Mapping[str, Any]:
    """What proves it, by decision, the same for all."""
    return dict.fromkeys(customers, await unit.consents.proofs(customers))


async def _actions(unit: Unit, customers: Customers, asked: EntriesArguments) -> Mapping[str, Any]:
    """A page of what partners were asked to do for each."""
    size = page_size(asked.first, "first")
    try:
        pages = await unit.actions.of(customers, first=size, after=asked.after)
    except CursorError:
        raise cursors.refused("after") from None
    kept = await read_actions(unit, [each for page in pages.values() for each in page.actions])
    return {one: (page, kept) for one, page in pages.items()}


def _summarised(view: CustomerView, found: Sequence[PartyFigures] | None) -> Summaries:
    """The figures of all parties of a customer in one currency."""
    rates = view.models.rates
    domains = {source.connector: source.domain for source in view.sources}

    def reckon() -> Summaries:
        return summarise(
            [one for one in found or () if one.connector not in view.closed],
            linked=[link.connector for link in view.customer.links if link.connector not in view.closed],
            domains=domains,
            currency=rates.base,
            convert=rates.convert,
            today=view.today,
        )

    # What is kept follows from the same links: it is not kept where some are closed.
    return view.lasting(SUMMARIES, (found, domains, rates, view.today), reckon)


async def defined(unit: Unit) -> SegmentSet:
    """The segments in force. What this release cannot read is said in the log and left out."""
    return _in_force(await unit.segments.current())


def _in_force(definitions: tuple[SegmentDefinition, ...]) -> SegmentSet:
    return in_force(definitions, unreadable=_log.warning)


@functools.lru_cache(maxsize=64)
def _understood(definitions: tuple[SegmentDefinition, ...]) -> SegmentSet:
    """The same for definitions that the store remembers: read once, while they stay the same."""
    return _in_force(definitions)


DECIDING, HISTORY, FORMER, HOUSEHOLD, PAST = "deciding", "history", "former", "household", "past"
SUMMARIES, SEGMENTS, CONTESTS, OFFERS = "summaries", "segments", "contests", "offers"
CONSENTS, CONSENT_PROOFS, GRANTS = "consents", "consent proofs", "grants"
ACTIONS = "actions"
READERS: Mapping[str, Reader] = {
    DECIDING: Reader(read=_deciding),
    HISTORY: Reader(
        read=_history, nothing=LedgerPage(entries=(), cursors=(), has_next=False, has_previous=False)
    ),
    FORMER: Reader(read=_former),
    HOUSEHOLD: Reader(read=_household, leads_to=lambda found: found.members),
    PAST: Reader(read=_past),
    SUMMARIES: Reader(
        parts=frozenset({Part.FIGURES}), made=lambda one, _: one.figures, shape=_summarised, own=True
    ),
    SEGMENTS: Reader(
        parts=frozenset({Part.SEGMENTS}),
        made=lambda _, every: _understood(every.segments or ()),
        own=True,
        beside=(SUMMARIES,),
    ),
    CONTESTS: Reader(parts=frozenset({Part.CONTESTS}), made=lambda one, _: one.contests),
    OFFERS: Reader(
        parts=frozenset({Part.PRODUCTS, Part.CONTACTS}),
        made=lambda one, every: Shelf(products=every.products or (), contacts=one.contacts),
        nothing=Shelf(products=(), contacts=()),
        beside=(SUMMARIES, CONSENTS),
    ),
    CONSENTS: Reader(parts=frozenset({Part.DECISIONS}), made=lambda one, _: one.decisions),
    GRANTS: Reader(read=_grants, own=True),
    CONSENT_PROOFS: Reader(read=_proofs, nothing={}, beside=(CONSENTS,)),
    ACTIONS: Reader(
        read=_actions,
        nothing=(PartnerActionPage(actions=(), cursors=(), has_next=False, has_previous=False), {}),
    ),
    **{name: Reader(read=read) for name, read in READINGS.items()},
}
"""Everything that can be read, by name."""
