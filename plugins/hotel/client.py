"""Cloudbeds' operations, read to their last page, with their ``success`` flag minded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

from c360.http import Http, Params, Response
from c360.paging import PageNumber, Step, pages
from plugins.hotel import payloads
from plugins.hotel.errors import explain

MOST = 100
"""The most the API gives at once."""
_MAX_PAGES = 20_000

T = TypeVar("T")


class CloudbedsClient:
    """The operations that are used; all of them only read."""

    def __init__(self, http: Http, page_size: int = MOST) -> None:
        self._http = http
        self._size = page_size

    async def guest(self, guest_id: str) -> payloads.Guest:
        """A guest.

        Raises:
            SkipCustomer: there is no such guest.
        """
        answer = await self._get("/getGuest", {"guestID": guest_id}, payloads.Answer[payloads.Guest])
        return answer.data

    def guests(self, filters: Params, *, limit: int = MOST) -> AsyncIterator[list[payloads.ListedGuest]]:
        """Pages of guests that pass the filters."""
        return self._pages(
            "/getGuestList",
            {**filters, "includeGuestInfo": "true"},
            payloads.Page[payloads.ListedGuest],
            size=min(limit, self._size),
        )

    def modified_guests(
        self, filters: Params, *, first: int = 1
    ) -> AsyncIterator[list[payloads.ListedGuest]]:
        """Pages of guests who changed; one with several rooms comes several times."""
        return self._pages(
            "/getGuestsModified",
            filters,
            payloads.Page[payloads.ListedGuest],
            first=first,
            repeats=True,
        )

    async def hotels(self) -> list[payloads.Hotel]:
        """All hotels the API key sees."""
        kind = payloads.Page[payloads.Hotel]
        pages = self._pages("/getHotels", {}, kind)
        return [hotel async for page in pages for hotel in page]

    def reservations(self, filters: Params) -> AsyncIterator[list[payloads.ListedReservation]]:
        """Pages of reservations in short."""
        return self._pages(
            "/getReservations",
            filters,
            payloads.Page[payloads.ListedReservation],
        )

    def detailed_reservations(
        self, filters: Params, *, first: int = 1
    ) -> AsyncIterator[list[payloads.Reservation]]:
        """Pages of reservations with rates, rooms and balances."""
        return self._pages(
            "/getReservationsWithRateDetails",
            filters,
            payloads.Page[payloads.Reservation],
            first=first,
        )

    async def notes(self, reservation_id: str) -> list[payloads.Note]:
        """All notes on a reservation.

        Raises:
            SkipCustomer: there is no such reservation.
        """
        params = {"reservationID": reservation_id}
        page = await self._get("/getReservationNotes", params, payloads.Page[payloads.Note])
        return page.items

    async def _pages(
        self,
        path: str,
        filters: Params,
        kind: type[payloads.Page[T]],
        *,
        size: int | None = None,
        first: int = 1,
        repeats: bool = False,
    ) -> AsyncIterator[list[T]]:
        """The pages of a list, from the first one wanted to the last there is.

        Raises:
            PartnerFault: a page came before, where the list does not repeat its things; or the pages
                do not end.
        """

        async def ask(step: Step) -> Response:
            return await self._http.get(path, params=step.params(filters))

        counted = PageNumber[payloads.Page[T]](
            "pageNumber",
            start=first,
            size=("pageSize", size or self._size),
            items=lambda page: page.items,
            total=lambda page: _count(page.total),
            fills=True,
            repeats=repeats,
        )
        async for page in pages(ask, lambda it: _answer(it, kind), counted, max_pages=_MAX_PAGES):
            if page.items:
                yield page.items

    async def _get(self, path: str, params: Params, kind: type[T]) -> T:
        return _answer(await self._http.get(path, params=params), kind)


def _answer(response: Response, kind: type[T]) -> T:
    flag = response.decode(payloads.Envelope)
    if not flag.success:
        raise explain(flag.message)
    return response.decode(kind)


def _count(value: payloads.Loose) -> int | None:
    try:
        return int(value) if value is not None else None
    except (ValueError, OverflowError):
        return None
