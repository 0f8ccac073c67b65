"""What changed at Cloudbeds since the last time: guests and reservations.

While a run is under way its cursor is ``FROM/PAGE/BEGAN``: the window's beginning (empty: all there
is), the next page and the moment the run began. When it is done the cursor is BEGAN.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec

from c360.contract import Change, Checkpoint, Deletion, Upsert
from c360.errors import PartnerFault
from c360.kinds import PARTY
from plugins.hotel import mapping, payloads
from plugins.hotel.client import CloudbedsClient

STAYS = "hotel.stays"

OVERLAP = timedelta(days=1)
"""The API does not say in which zone it reads the limits, so each run looks back further than any."""

_BEGINNING = "1970-01-01T00:00:00Z"
"""Without a limit ``getGuestsModified`` answers for the current day only."""


class _Run(msgspec.Struct, frozen=True, kw_only=True):
    start: str | None
    page: int
    began: str

    def checkpoint(self, page: int) -> Checkpoint:
        return Checkpoint(cursor=f"{self.start or ''}/{page}/{self.began}")


async def profiles(client: CloudbedsClient, since: str | None, now: datetime) -> AsyncIterator[Change]:
    """Guests who changed; those who were anonymised or merged into another are deletions."""
    run = _resume(since, now)
    page = run.page
    async for guests in client.modified_guests({"resultsFrom": run.start or _BEGINNING}, first=page):
        for guest in guests:
            yield _profile(guest)
        page += 1
        yield run.checkpoint(page)
    yield Checkpoint(cursor=run.began, progress=1.0)


async def stays(client: CloudbedsClient, since: str | None, now: datetime) -> AsyncIterator[Change]:
    """Reservations that changed, for every guest on them.

    The most recent come first, so what changes meanwhile moves pages back and is read twice rather
    than never.
    """
    run = _resume(since, now)
    hotels = mapping.hotels(await client.hotels())
    filters = {
        "modifiedFrom": run.start,
        "sortByRecent": "true",
        "includeDeleted": "true",
        "includeGuestsDetails": "true",
    }
    page = run.page
    async for reservations in client.modified_reservations(filters, first=page):
        for reservation in reservations:
            for change in _stays(reservation, hotels):
                yield change
        page += 1
        yield run.checkpoint(page)
    yield Checkpoint(cursor=run.began, progress=1.0)


def _profile(guest: payloads.ListedGuest) -> Change:
    party_id = str(guest.guest_id)
    if guest.is_anonymized or guest.is_merged:
        return Deletion(kind=PARTY, party_id=party_id, object_id=party_id)
    return Upsert(kind=PARTY, party_id=party_id, object_id=party_id, record=mapping.listed_party(guest))


def _stays(reservation: payloads.Reservation, hotels: mapping.Hotels) -> list[Change]:
    object_id = str(reservation.reservation_id)
    guests = dict.fromkeys(reservation.guest_list if isinstance(reservation.guest_list, dict) else ())
    if reservation.guest_id:
        guests[str(reservation.guest_id)] = None
    if reservation.is_deleted:
        return [Deletion(kind=STAYS, party_id=guest, object_id=object_id) for guest in guests]
    return [
        Upsert(
            kind=STAYS, party_id=guest, object_id=object_id, record=mapping.stay(reservation, guest, hotels)
        )
        for guest in guests
    ]


def _resume(since: str | None, now: datetime) -> _Run:
    began = now.astimezone(UTC).isoformat()
    if since is None:
        return _Run(start=None, page=1, began=began)
    try:
        if "/" not in since:
            start = datetime.fromisoformat(since).astimezone(UTC) - OVERLAP
            return _Run(start=start.strftime("%Y-%m-%dT%H:%M:%SZ"), page=1, began=began)
        first, page, first_began = since.split("/")
        return _Run(start=first or None, page=max(1, int(page)), began=first_began)
    except ValueError:
        raise PartnerFault("the feed's cursor cannot be read") from None
