"""``emergencyAccesses``: customers who were opened to somebody beyond their reach, for people to review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta

from schema import cursors
from schema.access.shapes import QueuedEmergency, emergency
from schema.answers import CustomerAnswer
from schema.inputs import PageArguments
from schema.paging import stored_page, stretch
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from store.data import CustomerData
from store.data_access import EmergencyState
from store.errors import CursorError
from store.repositories.own import Stretch


class EmergencyAccessesArguments(PageArguments, frozen=True, kw_only=True):
    """Arguments of ``emergencyAccesses``."""

    state: Annotated[
        EmergencyState, Meta(description="How they stand; those to be reviewed unless told.")
    ] = EmergencyState.OPEN


class EmergencyAccessesRoot(RootField):
    """Lists emergency accesses page by page."""

    name = "emergencyAccesses"
    description = (
        "Customers who were opened to somebody beyond their reach by `breakGlass`, the oldest first, page by "
        "page, forward and backward. `reviewEmergencyAccess` reviews one."
    )
    arguments_type = EmergencyAccessesArguments
    arguments: EmergencyAccessesArguments
    rule = needs(Scope.ACCESS_REVIEW)

    def check(self) -> None:
        """Check the page."""
        self._stretch = stretch(self.arguments)
        self._total: int | None = None

    async def read(self, unit: Unit) -> None:
        """Read the page, and count only where the number is selected.

        Raises:
            InputError: ``INVALID_CURSOR``, a cursor was not made by this list.
        """
        asked = self._stretch
        state = self.arguments.state
        try:
            self._page = await unit.emergencies.page(
                state=state,
                stretch=Stretch(
                    size=asked.size, after=asked.after, before=asked.before, forward=asked.forward
                ),
            )
        except CursorError:
            raise cursors.refused("after" if asked.after is not None else "before") from None
        if self.count:
            self._total = await unit.emergencies.count(state=state)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list looks nothing up
        """Their customers."""
        return tuple(dict.fromkeys(one.customer_id for one in self._page.items))

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page as a connection."""
        rows = [
            (QueuedEmergency(access=emergency(one), customer=customers[one.customer_id]), cursor)
            for one, cursor in zip(self._page.items, self._page.cursors, strict=True)
            if one.customer_id in customers
        ]
        return stored_page(rows, self._page, total_count=self._total)
