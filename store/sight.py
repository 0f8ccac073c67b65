"""What a unit of work shows: everything, or only what the one for whom it is opened may come to."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from c360.access import Reach
from store.data import CustomerData


def _as_it_is(customer: CustomerData) -> CustomerData:
    return customer


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Whose rows the repositories of a unit of work find. What is out of sight is as if it were not there.

    What the store does of itself within a unit, such as merging, sees everything: sight is of what is
    found for somebody, by an id, a key or in a list.
    """

    reach: Reach
    subject: str = ""
    """Whose book of business counts, where the reach is a book."""
    customer_id: str | None = None
    """The one customer, where the reach is that one; an old id will do."""
    connectors: frozenset[str] = frozenset()
    """The instances, where the reach is that of a partner."""
    veiled: bool = False
    """Whether names are masked: then lists are not in their order, and a name is found by whole words."""
    narrow: Callable[[CustomerData], CustomerData] = _as_it_is
    """What is left of a customer of whom only some partners' records are in sight."""

    @property
    def whole(self) -> bool:
        """Whether everybody is in sight."""
        return self.reach is Reach.EVERYBODY

    @property
    def partial(self) -> bool:
        """Whether of a customer only what some partners hold is in sight."""
        return self.reach is Reach.PARTNER


EVERYTHING = Sight(reach=Reach.EVERYBODY)
"""What the hub itself sees."""
