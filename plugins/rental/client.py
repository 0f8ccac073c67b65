"""The operator's operations that are used, with the headers they want."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from c360.errors import ConnectorError, PartnerFault, ProblemCode, SkipCustomer
from c360.http import Http, Params, Response
from c360.lookups import segment
from c360.paging import Offset, Step, every, pages
from c360.records.rental import BookRental
from plugins.rental.config import RentalConfig
from plugins.rental.payloads import WireBooking, WireCustomer, WireEntry

REFUSALS = frozenset({400, 403, 404, 406, 410})
"""Statuses with which an operator says no to a change for good."""
SMALLEST_WINDOW = timedelta(hours=1)


class Client:
    """One operator. Errors are those of :class:`c360.http.Http`, unless a method says more."""

    def __init__(self, http: Http, config: RentalConfig) -> None:
        self._http = http
        self._page_size = config.page_size
        self._headers = _headers(config)

    async def customer(self, customer_id: str) -> WireCustomer:
        """A customer's account."""
        return (await self._get(f"/customers/{segment(customer_id)}")).decode(WireCustomer)

    async def booking(self, booking_id: str) -> WireBooking:
        """A booking by id."""
        return (await self._get(f"/bookings/{segment(booking_id)}")).decode(WireBooking)

    async def cancel(self, booking_id: str) -> Response:
        """Call off a booking on its customer's behalf; also a refusal is an answer.

        Raises:
            OutcomeUnknown: it was sent, and no answer came.
            ConnectorError: it has no effect.
        """
        return await self._change(
            f"/bookings/{segment(booking_id)}/events", {"operation": "CANCEL", "origin": "END_USER"}
        )

    async def propose(self, customer_id: str, wanted: BookRental) -> Response:
        """Have the operator make the one offer that fits and reserve it; also a refusal is an answer.

        What comes of it is ``PENDING``, binds nobody and expires by itself unless it is committed.

        Raises:
            OutcomeUnknown: it was sent, and no answer came.
            ConnectorError: it has no effect.
        """
        return await self._change(
            "/bookings/one-stop",
            {
                "from": {"coordinates": {"lat": wanted.latitude, "lng": wanted.longitude}},
                "departureTime": _text(wanted.starts_at),
                "arrivalTime": _text(wanted.ends_at),
                "nrOfTravelers": 1,
                "useAssetTypes": [wanted.asset_type_id],
                "customer": {"id": customer_id},
            },
        )

    async def commit(self, booking_id: str) -> Response:
        """Commit to a booking that is ``PENDING``; also a refusal is an answer.

        Raises:
            OutcomeUnknown: it was sent, and no answer came.
            ConnectorError: it has no effect.
        """
        return await self._change(
            f"/bookings/{segment(booking_id)}/events", {"operation": "COMMIT", "origin": "END_USER"}
        )

    async def bookings(self, start: datetime, end: datetime) -> list[WireBooking]:
        """All bookings that overlap a window.

        The API does not page here; a window whose answer is too large is cut in two.

        Raises:
            PartnerFault: the operator does not have this operation, which the API leaves optional.
        """
        try:
            response = await self._get("/bookings", {"min-time": _text(start), "max-time": _text(end)})
            return response.decode(list[WireBooking])
        except SkipCustomer:
            raise PartnerFault("the operator does not offer GET /bookings") from None
        except ConnectorError as error:
            if error.code is not ProblemCode.TOO_MUCH_DATA or end - start <= SMALLEST_WINDOW:
                raise
        middle = start + (end - start) / 2
        halves = [*await self.bookings(start, middle), *await self.bookings(middle, end)]
        # What overlaps the middle comes with both.
        return list({booking.id or id(booking): booking for booking in halves}.values())

    async def journal(self, leg_id: str) -> list[WireEntry]:
        """All journal entries of a leg.

        Raises:
            PartnerFault: the operator gives entries of other legs, or the same page again and again.
        """

        async def ask(step: Step) -> Response:
            return await self._get("/payment/journal-entry", step.params({"id": leg_id}))

        def read(response: Response) -> list[WireEntry]:
            page = response.decode(list[WireEntry])
            if any(entry.journal_id != leg_id for entry in page):
                raise PartnerFault("the journal was asked for one id and gave entries of another")
            return page

        offset = Offset[list[WireEntry]](items=lambda page: page, size=("limit", self._page_size), fills=True)
        entries = await every(pages(ask, read, offset), lambda page: page)
        return list({entry.journal_sequence_id: entry for entry in entries}.values())

    async def _change(self, path: str, body: object) -> Response:
        return await self._http.post(path, json=body, headers=self._headers, accept=REFUSALS)

    async def _get(self, path: str, params: Params | None = None) -> Response:
        return await self._http.get(path, params=params, headers=self._headers)


def _headers(config: RentalConfig) -> Mapping[str, str]:
    headers = {
        "Accept-Language": config.language,
        "Api": config.api,
        "Api-Version": config.api_version,
        "maas-id": config.maas_id,
    }
    return headers | ({"addressed-to": config.addressed_to} if config.addressed_to else {})


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
