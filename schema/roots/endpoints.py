"""``endpoints`` and ``deliveries``: where events are delivered, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta

from schema import cursors, ids
from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.events.shapes import ENDPOINT, delivery, endpoint, manages
from schema.inputs import DEFAULT_PAGE, MAX_PAGE, Arguments, NodeId
from schema.paging import page_size, stored_page
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from store.data import CustomerData
from store.data_endpoints import DeliveryState
from store.errors import CursorError


class DeliveriesArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``deliveries``."""

    endpoint_id: Annotated[NodeId, Meta(description="Id of the endpoint.")]
    state: Annotated[
        DeliveryState | None, Meta(description="What became of them; whatever it was unless told.")
    ] = None
    first: Annotated[
        int | None, Meta(description=f"How many, 1 to {MAX_PAGE}; {DEFAULT_PAGE} unless told.")
    ] = None
    after: Annotated[str | None, Meta(description="Cursor after which the stretch begins.")] = None


class _NobodysList(RootField):
    """A list in which no customer stands."""

    rule = needs(Scope.ENDPOINTS_WRITE)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list looks nothing up
        """Nobody."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """Nobody."""
        return ()


class EndpointsRoot(_NobodysList):
    """Lists endpoints."""

    name = "endpoints"
    description = (
        "The caller's endpoints, to which events are delivered, the oldest first. Who may read how the hub "
        "runs sees everybody's."
    )

    async def read(self, unit: Unit) -> None:
        """Read them, and count what waits and what was given up."""
        found = [one for one in await unit.endpoints.all() if manages(self.principal, one)]
        counts = await unit.deliveries.counts([one.id for one in found])
        self._found = [endpoint(one, counts.get(one.id, {})) for one in found]

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """All of them."""
        return self._found


class DeliveriesRoot(_NobodysList):
    """Lists the deliveries to an endpoint."""

    name = "deliveries"
    description = (
        "What became of the events for an endpoint of the caller's, the latest first, page by page. "
        "`state: DEAD` lists those that were given up."
    )
    arguments_type = DeliveriesArguments
    arguments: DeliveriesArguments

    def check(self) -> None:
        """Check the page and the id.

        Raises:
            InputError: ``INVALID_ID``, the id is none of an endpoint.
        """
        self._size = page_size(self.arguments.first, "first")
        self._endpoint = ids.decode_as(ENDPOINT, self.arguments.endpoint_id, argument="endpointId")

    async def read(self, unit: Unit) -> None:
        """Read the page.

        Raises:
            InputError: ``INVALID_CURSOR``, the cursor was not made by this list; ``BAD_USER_INPUT``, the
                caller has no such endpoint.
        """
        found = (await unit.endpoints.get([self._endpoint])).get(self._endpoint)
        if found is None or not manages(self.principal, found):
            message = "There is no such endpoint: list `endpoints`."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="endpointId")
        asked = self.arguments
        try:
            self._page = await unit.deliveries.page(
                self._endpoint, state=asked.state, first=self._size, after=asked.after
            )
        except CursorError:
            raise cursors.refused("after") from None

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page as a connection."""
        rows = zip(map(delivery, self._page.deliveries), self._page.cursors, strict=True)
        return stored_page(rows, self._page)
