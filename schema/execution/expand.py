"""Reads what the hub knows of an operation's customers, and follows it to other customers, level by level.

Each level is read for all customers that stand on it together, so that the number of statements depends
on the operation alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from c360.contract import KeyKind
from resolvers.offers.contact_policy import LONGEST_MEMORY
from schema.errors import InputError
from schema.execution.plan import Selection
from schema.hub import READERS, HubNeed
from schema.ports import Unit
from schema.roots.base import Lookups
from store.data import CustomerData
from store.data_folders import Folder, Folders, Part, Wanted
from store.repositories.folders import FolderRepository


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """Customers of whom something is selected."""

    key: str
    """Place of the root field that they stand under."""
    selection: Selection
    ids: Sequence[str]


Known = dict[str, dict[HubNeed, Any]]
"""What was read, by customer id; an error in place of what could not be read by its arguments."""
_NEVER = timedelta(0)


class Found:
    """The customers of an operation, as they are read.

    Args:
        repository: What is read from.
        parts: What is read of each.
        subject: For whom verifications count.
    """

    def __init__(self, repository: FolderRepository, parts: frozenset[Part], subject: str) -> None:
        self._repository = repository
        self._parts = parts
        self._subject = subject
        self.folders: dict[str, Folder] = {}
        """By the id that was asked for."""
        self.common = Folders()

    async def look_up(self, lookups: Lookups) -> None:
        """Look customers up by everything that is wanted, and read those who are found."""
        found = await self._find(tuple(lookups.ids), tuple(lookups.keys), tuple(lookups.refs))
        lookups.known, lookups.by_key, lookups.by_ref = found.known, found.by_key, found.by_ref

    async def load(self, ids: Iterable[str]) -> None:
        """Read customers who are not read yet, each by any of its ids; unknown ones are left out."""
        missing = [one for one in ids if one not in self.folders]
        if missing:
            found = await self._find(tuple(missing))
            self.folders |= {
                one: found.of[present] for one, present in found.known.items() if present in found.of
            }

    async def _find(
        self,
        ids: tuple[str, ...],
        keys: tuple[tuple[KeyKind, str], ...] = (),
        refs: tuple[tuple[str, str], ...] = (),
    ) -> Folders:
        found = await self._repository.find(
            Wanted(
                ids=ids,
                keys=keys,
                refs=refs,
                parts=self._parts,
                subject=self._subject,
                contacts_within=LONGEST_MEMORY if Part.CONTACTS in self._parts else _NEVER,
            )
        )
        self.folders.update(found.of)
        self.common = found
        return found


async def expand(
    unit: Unit | None,
    stops: Sequence[Stop],
    loaded: dict[str, CustomerData],
    found: Found,
    known: Known,
    *,
    own: bool = False,
) -> list[Stop]:
    """Follow selections to the customers that they lead to.

    Args:
        unit: What is read from; none where folders tell everything.
        stops: The customers right under the root fields.
        loaded: Those customers by id; others are added.
        found: Those customers as they were read; reads the others.
        known: Filled with what is read.
        own: Whether only what single partners' own records say is told.

    Returns:
        the stops given and all that they lead to.
    """
    every: list[Stop] = []
    level = list(stops)
    while level:
        every += level
        if any(stop.selection.hub for stop in level):
            await _read(unit, level, loaded, found, known, own=own)
        level = [one for stop in level if stop.selection.edges for one in _led_to(stop, known)]
        missing = dict.fromkeys(one for stop in level for one in stop.ids if one not in loaded)
        if missing:
            await found.load(missing)
            loaded.update((one, found.folders[one].customer) for one in missing if one in found.folders)
        level = [
            msgspec.structs.replace(stop, ids=[one for one in stop.ids if one in loaded]) for stop in level
        ]
    return every


async def _read(
    unit: Unit | None,
    level: Sequence[Stop],
    loaded: dict[str, CustomerData],
    found: Found,
    known: Known,
    *,
    own: bool,
) -> None:
    wanted: dict[HubNeed, dict[str, CustomerData]] = {}
    for stop in level:
        for need in stop.selection.hub:
            mine = wanted.setdefault(need, {})
            mine.update((one, loaded[one]) for one in stop.ids if need not in known.get(one, ()))
    for need, customers in wanted.items():
        if not customers:
            continue
        read = await _one(unit, need, customers, found, own=own)
        for one in customers:
            known.setdefault(one, {})[need] = read.get(one)


async def _one(
    unit: Unit | None, need: HubNeed, customers: Mapping[str, CustomerData], found: Found, *, own: bool
) -> Mapping[str, Any]:
    """What one need reads of customers, by their ids."""
    reader = READERS[need.name]
    if own and not reader.own:
        return dict.fromkeys(customers, reader.nothing)
    if reader.made is not None:
        return {one: reader.made(found.folders[one], found.common) for one in customers}
    if reader.read is None or unit is None:
        raise TypeError(f"nothing reads {need.name}")  # a fault of ours
    try:
        return await reader.read(unit, customers, need.arguments)
    except InputError as error:
        return dict.fromkeys(customers, error)


def _led_to(stop: Stop, known: Known) -> list[Stop]:
    found = []
    for need, selection in stop.selection.edges.items():
        values = (known[one][need] for one in stop.ids)
        leads_to = READERS[need.name].leads_to
        ids = dict.fromkeys(
            other
            for value in values
            if value is not None and not isinstance(value, InputError)
            for other in leads_to(value)
        )
        found.append(Stop(key=stop.key, selection=selection, ids=tuple(ids)))
    return found
