"""Cloudbeds PMS v1.3: the shipped hotel connector.

Used of the API: ``getGuest``, ``getGuestList``, ``getGuestsModified``, ``getHotels``,
``getReservations``, ``getReservationsWithRateDetails``, ``getReservationNotes``.

Stays come from ``getReservationsWithRateDetails`` by guest: it has the same guest filter as
``getReservations`` and answers with everything at once, so a guest's stays cost one round of requests
(a page holds 100 reservations) where listing first and then reading details by id would cost two.

The API wants ``YYYY-MM-DD HH:MM:SS`` in its guide and RFC 3339 in its specification: the connector
writes the latter and reads both. Dates without a zone are the hotel's own.

Not covered, and why:

- ``getReservation``: the batch above has what the records hold, without a call per reservation.
- ``getHotelDetails``: what a stay needs of a hotel (name, time zone, currency) is in ``getHotels``,
  one call for all of a group's hotels.
- Guest requirements, documents' issue and expiry dates, gender, photos, reservation custom fields,
  market segments, third-party identifiers, group and allotment codes, taxes and deposits: the
  records have no place for them.
- ``status`` filters and ``roomStatus``: a stay's status is the reservation's.
- Everything that writes, OAuth (``/access_token``; the key is a setting of the instance) and webhooks
  (the change feeds cover them).
- Notes are read reservation by reservation, since the API has no batch for them, and so only for a
  guest's latest reservations (setting ``noted_reservations``). ``getGuestList`` has guest notes but
  cannot be asked for one guest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors of this plugin."""
    from plugins.hotel.connector import CloudbedsHotel

    return (CloudbedsHotel,)
