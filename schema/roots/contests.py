"""``contests``: scores that somebody contested, for people to judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from schema import cursors
from schema.answers import CustomerAnswer
from schema.inputs import ContestsArguments
from schema.paging import stored_page, stretch
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from schema.scoring.contests import queued
from store.data import CustomerData
from store.errors import CursorError


class ContestsRoot(RootField):
    """Lists contests page by page."""

    name = "contests"
    rule = needs(Scope.RISK_READ)
    description = (
        "Scores that somebody contested, the oldest first, page by page, forward and backward; each with its "
        "customer. `decideContest` decides one."
    )
    arguments_type = ContestsArguments
    arguments: ContestsArguments

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
        page = partial(unit.contests.page, state=self.arguments.state, after=asked.after, before=asked.before)
        try:
            self._page = await (page(first=asked.size) if asked.forward else page(last=asked.size))
        except CursorError:
            raise cursors.refused("after" if asked.after is not None else "before") from None
        if self.count:
            self._total = await unit.contests.count(state=self.arguments.state)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list looks nothing up
        """Their customers."""
        return tuple(dict.fromkeys(one.customer_id for one in self._page.contests))

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page as a connection."""
        rows = [
            (queued(one, customers), cursor)
            for one, cursor in zip(self._page.contests, self._page.cursors, strict=True)
            if one.customer_id in customers
        ]
        return stored_page(rows, self._page, total_count=self._total)
