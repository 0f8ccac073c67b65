"""Cloudbeds PMS as the hub's hotel partner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import TypeVar

import msgspec

from c360.auth import ApiKey, Auth
from c360.contract import (
    Change,
    Connector,
    Context,
    Description,
    Exemption,
    Feed,
    Fetch,
    Fetched,
    KeyKind,
    Limits,
    Lookup,
    Need,
    PartyQuery,
    Ref,
    fetch_each,
)
from c360.errors import PartnerFault, ProblemCode, SkipCustomer
from c360.http import Params
from c360.kinds import PARTY
from c360.lasting import Lasting
from c360.lookups import Once, together
from c360.records.base import Record
from c360.records.hotel import Stay
from c360.records.party import Party
from plugins.hotel import feeds, mapping, payloads
from plugins.hotel.client import CloudbedsClient
from plugins.hotel.config import REQUESTS_PER_SECOND, CloudbedsConfig

STAYS = feeds.STAYS
NOTES = "hotel.notes"
PREFERENCES = "hotel.preferences"

_LIMITS = Limits(concurrency=8, requests_per_second=REQUESTS_PER_SECOND)

_MERGES = 5
"""Guests merged into guests merged into guests … beyond this the partner goes in a circle."""
_NAME_SPLITS = 3
"""A name in one piece is tried as first and last name in at most this many ways."""

ReservationT = TypeVar("ReservationT", payloads.Reservation, payloads.ListedReservation)

_OF_GUESTS: Mapping[str, Callable[[str, payloads.Guest], Record]] = MappingProxyType(
    {PARTY: mapping.party, PREFERENCES: mapping.preferences}
)
"""Kinds that come from the guest alone."""


class CloudbedsHotel(Connector[CloudbedsConfig]):
    """The hotels behind one Cloudbeds API key."""

    description = Description(
        name="cloudbeds_hotel",
        title="Cloudbeds PMS",
        domain="hotel",
        lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind=PARTY), Fetch(kind=STAYS), Fetch(kind=NOTES), Fetch(kind=PREFERENCES)),
        config=CloudbedsConfig,
        identifies=(KeyKind.EMAIL, KeyKind.PHONE, KeyKind.NAME),
        feeds=(Feed(kind=PARTY, deletions=True), Feed(kind=STAYS, deletions=True)),
        limits=_LIMITS,
        exemptions=(
            Exemption(
                rule="webhooks",
                reason="Calls are not signed, and so a hint at most; the feeds tell of guests and stays.",
            ),
            Exemption(
                rule="actions",
                reason="The connector only reads: the API also writes, which is not spoken here.",
            ),
        ),
        documentation="https://developers.cloudbeds.com/reference",
    )

    @classmethod
    def configured(cls, config: CloudbedsConfig) -> Description:
        """What the class says, at the pace that this API key is allowed."""
        limits = msgspec.structs.replace(_LIMITS, requests_per_second=config.requests_per_second)
        return msgspec.structs.replace(cls.describe(), limits=limits)

    def __init__(self, config: CloudbedsConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        self._auth = ApiKey("x-api-key", config.api_key)
        self.client = CloudbedsClient(ctx.http, config.page_size)
        """Cloudbeds' operations."""
        self._hotels = Lasting(self._read_hotels, ctx.now)

    def auth(self) -> Auth:
        """The API key."""
        return self._auth

    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        """Guests by e-mail address, by either of their phone numbers, or by name."""
        searches = [partial(self._search, filters, query.limit) for filters in _filters(query)]
        found: dict[str, Party] = {}
        for guests in await together(searches):
            for guest in guests:
                if not guest.is_anonymized and not guest.is_merged:
                    found.setdefault(str(guest.guest_id), mapping.listed_party(guest))
        return list(found.values())[: query.limit]

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """See :meth:`c360.contract.Connector.fetch`."""
        fetchers = {STAYS: self._stays, NOTES: self._notes}
        if any(need.kind in _OF_GUESTS for need in needs):
            guests = {ref: Once(partial(self._guest, ref.party_id)) for ref in refs}

            async def guest(ref: Ref, need: Need) -> Sequence[Record]:
                return [_OF_GUESTS[need.kind](*await guests[ref]())]

            fetchers |= dict.fromkeys(_OF_GUESTS, guest)
        return fetch_each(needs, refs, fetchers)

    def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        """Guests or reservations that changed since the cursor."""
        feed = feeds.profiles if kind == PARTY else feeds.stays
        return feed(self.client, since, self.ctx.now())

    async def _search(self, filters: Params, limit: int) -> list[payloads.ListedGuest]:
        found: list[payloads.ListedGuest] = []
        try:
            async for page in self.client.guests(filters, limit=limit):
                found.extend(page)
                if len(found) >= limit:
                    break
        except SkipCustomer:
            return []
        return found

    async def _guest(self, guest_id: str) -> tuple[str, payloads.Guest]:
        """A guest and their id today, which differs where the house merged two into one."""
        for _ in range(_MERGES):
            guest = await self.client.guest(guest_id)
            if guest.is_anonymized:
                raise SkipCustomer("the guest was anonymised on request")
            if not guest.is_merged or not guest.new_guest_id:
                return guest_id, guest
            guest_id = str(guest.new_guest_id)
        raise PartnerFault("merged guests go in a circle")

    async def _stays(self, ref: Ref, need: Need) -> Sequence[Record]:
        filters: dict[str, str | None] = {
            "guestID": ref.party_id,
            "reservationCheckOutFrom": None if need.since is None else need.since.isoformat(),
        }
        reservations, known = await self._with_hotels(partial(self.client.detailed_reservations, filters))
        stays = (mapping.stay(it, ref.party_id, known) for it in reservations if not it.is_deleted)
        return [stay for stay in stays if _overlaps(stay, need.since, need.until)]

    async def _notes(self, ref: Ref, _: Need) -> Sequence[Record]:
        read = partial(self.client.reservations, {"guestID": ref.party_id})
        reservations, known = await self._with_hotels(read)
        latest = sorted(reservations, key=lambda it: it.start_date or "", reverse=True)
        latest = latest[: self.config.noted_reservations]
        found = await together([partial(self._notes_on, reservation, known) for reservation in latest])
        return [note for notes in found for note in notes]

    async def _with_hotels(
        self, read: Callable[[], Awaitable[list[ReservationT]]]
    ) -> tuple[list[ReservationT], mapping.Hotels]:
        """Reservations, and the hotels they are at.

        The list of hotels is kept for some minutes, unless a reservation is at one that it does not have.
        Otherwise it is asked for at the same time.
        """
        known = self._hotels.kept
        if known is not None:
            reservations = await read()
            if any(it.property_id is not None and str(it.property_id) not in known for it in reservations):
                known = await self._hotels.renewed()
            return reservations, known
        reading, asking = asyncio.ensure_future(read()), asyncio.ensure_future(self._hotels.renewed())
        try:
            return await asyncio.gather(reading, asking)
        finally:
            reading.cancel()
            asking.cancel()

    async def _read_hotels(self) -> mapping.Hotels:
        return mapping.hotels(await self.client.hotels())

    async def _notes_on(self, reservation: payloads.ListedReservation, known: mapping.Hotels) -> list[Record]:
        reservation_id = str(reservation.reservation_id)
        facts = known.get(str(reservation.property_id))
        zone = facts.zone if facts else None
        try:
            entries = await self.client.notes(reservation_id)
        except SkipCustomer:
            return []
        notes = (mapping.note(entry, reservation_id, zone) for entry in entries)
        return [note for note in notes if note is not None]


def _filters(query: PartyQuery) -> list[dict[str, str]]:
    """The searches that a key takes: the API keeps two phone numbers and splits names."""
    match query.key:
        case KeyKind.EMAIL:
            return [{"guestEmail": query.value}]
        case KeyKind.PHONE:
            return [{"guestPhone": query.value}, {"guestCellPhone": query.value}]
        case KeyKind.NAME:
            words = query.value.split()
            if len(words) == 1:
                return [{"guestLastName": words[0]}]
            splits = range(len(words) - 1, 0, -1)[:_NAME_SPLITS]
            return [
                {"guestFirstName": " ".join(words[:at]), "guestLastName": " ".join(words[at:])}
                for at in splits
            ]
        case _:
            raise PartnerFault(f"not searched by {query.key.value}", code=ProblemCode.NOT_SEARCHABLE)


def _overlaps(stay: Stay, since: date | None, until: date | None) -> bool:
    """Whether a stay has a day in a window; the API filters by its departure alone."""
    return (since is None or stay.check_out >= since) and (until is None or stay.check_in <= until)
