"""Cloudbeds' operations, read to their last page, with their ``success`` flag minded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeVar

import msgspec

from c360.errors import PartnerFault
from c360.http import Http, Params, Response
from c360.paging import PageNumber, Step, every, pages
from plugins.hotel import payloads
from plugins.hotel.errors import explain

MOST = 100
"""The most the API gives at once."""
_MAX_PAGES = 20_000

T = TypeVar("T")
AnswerT = TypeVar("AnswerT", bound=payloads.Envelope)


_GUEST = payloads.Answer[payloads.Guest]
_GUESTS = payloads.Page[payloads.ListedGuest]
_HOTELS = payloads.Page[payloads.Hotel]
_RESERVATIONS = payloads.Page[payloads.ListedReservation]
_DETAILED_RESERVATIONS = payloads.Page[payloads.Reservation]
_NOTES = payloads.Page[payloads.Note]


class CloudbedsClient:
    """The operations that are used; all of them only read."""

    def __init__(self, http: Http, page_size: int = MOST) -> None:
        self._http = http
        self._size = page_size
        self._paging = self._paged(page_size)

    async def guest(self, guest_id: str) -> payloads.Guest:
        """A guest.

        Raises:
            SkipCustomer: there is no such guest.
        """
        answer = _answer(await self._http.get("/getGuest", params={"guestID": guest_id}), _GUEST)
        if isinstance(answer.data, msgspec.UnsetType):
            raise _incomplete()
        return answer.data

    def guests(self, filters: Params, *, limit: int = MOST) -> AsyncIterator[list[payloads.ListedGuest]]:
        """Pages of guests that pass the filters."""
        paging = self._paged(min(limit, self._size))
        return self._pages("/getGuestList", {**filters, "includeGuestInfo": "true"}, _GUESTS, paging)

    def modified_guests(
        self, filters: Params, *, first: int = 1
    ) -> AsyncIterator[list[payloads.ListedGuest]]:
        """Pages of guests who changed; one with several rooms comes several times."""
        paging = self._paged(self._size, first=first, repeats=True)
        return self._pages("/getGuestsModified", filters, _GUESTS, paging)

    async def hotels(self) -> list[payloads.Hotel]:
        """All hotels the API key sees."""
        return await self._all("/getHotels", {}, _HOTELS)

    async def reservations(self, filters: Params) -> list[payloads.ListedReservation]:
        """All reservations that pass the filters, in short."""
        return await self._all("/getReservations", filters, _RESERVATIONS)

    async def detailed_reservations(self, filters: Params) -> list[payloads.Reservation]:
        """All reservations that pass the filters, with rates, rooms and balances."""
        return await self._all("/getReservationsWithRateDetails", filters, _DETAILED_RESERVATIONS)

    def modified_reservations(
        self, filters: Params, *, first: int = 1
    ) -> AsyncIterator[list[payloads.Reservation]]:
        """Pages of reservations with rates, rooms and balances, from a page on."""
        paging = self._paged(self._size, first=first)
        return self._pages("/getReservationsWithRateDetails", filters, _DETAILED_RESERVATIONS, paging)

    async def notes(self, reservation_id: str) -> list[payloads.Note]:
        """All notes on a reservation.

        Raises:
            SkipCustomer: there is no such reservation.
        """
        params = {"reservationID": reservation_id}
        return _page(await self._http.get("/getReservationNotes", params=params), _NOTES).items

    async def _all(self, path: str, filters: Params, kind: type[payloads.Page[T]]) -> list[T]:
        return await every(self._read(path, filters, kind, self._paging), _items)

    async def _pages(
        self,
        path: str,
        filters: Params,
        kind: type[payloads.Page[T]],
        paging: PageNumber[payloads.Page[Any]],
    ) -> AsyncIterator[list[T]]:
        """The pages of a list that have something on them."""
        async for page in self._read(path, filters, kind, paging):
            if page.items:
                yield page.items

    def _read(
        self,
        path: str,
        filters: Params,
        kind: type[payloads.Page[T]],
        paging: PageNumber[payloads.Page[Any]],
    ) -> AsyncIterator[payloads.Page[T]]:
        """The pages of a list, from the first one wanted to the last there is.

        Raises:
            PartnerFault: a page came before, where the list does not repeat its things; or the pages
                do not end.
        """

        async def ask(step: Step) -> Response:
            return await self._http.get(path, params=step.params(filters))

        return pages(ask, lambda it: _page(it, kind), paging, max_pages=_MAX_PAGES)

    @staticmethod
    def _paged(size: int, *, first: int = 1, repeats: bool = False) -> PageNumber[payloads.Page[Any]]:
        return PageNumber[payloads.Page[Any]](
            "pageNumber",
            start=first,
            size=("pageSize", size),
            items=_items,
            total=lambda page: _count(page.total),
            fills=True,
            repeats=repeats,
        )


def _page(response: Response, kind: type[payloads.Page[T]]) -> payloads.Page[T]:
    page = _answer(response, kind)
    if page.data is msgspec.UNSET:
        raise _incomplete()
    return page


def _items(page: payloads.Page[T]) -> list[T]:
    return page.items


def _answer(response: Response, kind: type[AnswerT]) -> AnswerT:
    """An answer with success.

    Raises:
        ConnectorError: it has none, or the wrong shape.
    """
    try:
        answer = response.decode(kind)
    except PartnerFault:
        refusal = response.decode(payloads.Envelope)  # without success, the rest may be anything
        if refusal.success:
            raise
        raise explain(refusal.message) from None
    if not answer.success:
        raise explain(answer.message)
    return answer


def _incomplete() -> PartnerFault:
    return PartnerFault("Object missing required field `data`")


def _count(value: payloads.Loose) -> int | None:
    try:
        return int(value) if value is not None else None
    except (ValueError, OverflowError):
        return None
