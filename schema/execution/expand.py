"""Reads what the hub knows of an operation's customers, and follows it to other customers, level by level.

Each level is read for all customers that stand on it together, so that the number of statements depends
on the operation alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from schema.errors import InputError
from schema.execution.plan import Selection
from schema.hub import READERS, HubNeed
from schema.ports import Unit
from store.data import CustomerData


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """Customers of whom something is selected."""

    key: str
    """Place of the root field that they stand under."""
    selection: Selection
    ids: Sequence[str]


Known = dict[str, dict[HubNeed, Any]]
"""What was read, by customer id; an error in place of what could not be read by its arguments."""


async def expand(
    unit: Unit, stops: Sequence[Stop], loaded: dict[str, CustomerData], known: Known, *, own: bool = False
) -> list[Stop]:
    """Follow selections to the customers that they lead to.

    Args:
        unit: What is read from.
        stops: The customers right under the root fields.
        loaded: Those customers by id; others are added.
        known: Filled with what is read.
        own: Whether only what single partners' own records say is told.

    Returns:
        the stops given and all that they lead to.
    """
    every: list[Stop] = []
    level = list(stops)
    while level:
        every += level
        await _read(unit, level, loaded, known, own=own)
        level = [one for stop in level for one in _led_to(stop, known)]
        missing = dict.fromkeys(one for stop in level for one in stop.ids if one not in loaded)
        if missing:
            loaded.update(await unit.customers.load(missing))
        level = [
            msgspec.structs.replace(stop, ids=[one for one in stop.ids if one in loaded]) for stop in level
        ]
    return every


async def _read(
    unit: Unit, level: Sequence[Stop], loaded: dict[str, CustomerData], known: Known, *, own: bool
) -> None:
    wanted: dict[HubNeed, dict[str, CustomerData]] = {}
    for stop in level:
        for need in stop.selection.hub:
            mine = wanted.setdefault(need, {})
            mine.update((one, loaded[one]) for one in stop.ids if need not in known.get(one, ()))
    for need, customers in wanted.items():
        if not customers:
            continue
        reader = READERS[need.name]
        if own and not reader.own:
            for one in customers:
                known.setdefault(one, {})[need] = reader.nothing
            continue
        try:
            found = await reader.read(unit, customers, need.arguments)
        except InputError as error:
            found = dict.fromkeys(customers, error)
        for one in customers:
            known.setdefault(one, {})[need] = found.get(one)


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
