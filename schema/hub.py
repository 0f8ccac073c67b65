"""What the hub alone knows of its customers, read for all customers of an operation at once.

A field of a customer that shows such a thing declares it as its :class:`~schema.derive.Demand`; planning
makes a :class:`HubNeed` of it, execution reads it here, and the field finds it in its customer's view.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

import msgspec

from resolvers.view import CustomerView
from schema.errors import InputError
from schema.ports import Unit
from store.data import CustomerData

Customers = Mapping[str, CustomerData]


class HubNeed(msgspec.Struct, frozen=True):
    """Something that the hub knows of a customer."""

    name: str
    """One of :data:`READERS`."""
    arguments: Any = None
    """By which it is read."""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """How something is read."""

    read: Callable[[Unit, Customers, Any], Coroutine[Any, Any, Mapping[str, Any]]]
    """By customer id; takes the unit, the customers and the need's arguments."""
    leads_to: Callable[[Any], Iterable[str]] = lambda _: ()
    """Ids of the customers that it leads to."""


def known(view: CustomerView, name: str, arguments: Any = None) -> Any:
    """What was read of a customer; none where there is nothing.

    Raises:
        InputError: What is wrong with the arguments.
    """
    found = view.known.get(HubNeed(name, arguments))
    if isinstance(found, InputError):
        raise found
    return found


READERS: Mapping[str, Reader] = {}
"""Everything that can be read, by name."""
