"""What TOMP-API sends, as far as it is read. Unknown fields are ignored.

Enumerations stay texts here: a value that the API adds later must not break the answer. So do currencies and
countries, which :mod:`plugins.rental.mapping` checks. Coordinates, licences, cards other than identity
documents, and photos are never decoded, nor of a booking whom it is for beyond the id.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(min_length=1)]


class Wire(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """Base of the API's objects, whose names are in camel case."""


class WireAddress(Wire, frozen=True, kw_only=True):
    """``address``."""

    street_address: str | None = None
    address_additional_info: str | None = None
    area_reference: str | None = None
    city: str | None = None
    province: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class WireSpot(Wire, frozen=True, kw_only=True):
    """The ``address`` of a place, as far as a place is called by it."""

    street_address: str | None = None
    area_reference: str | None = None
    city: str | None = None


class WirePlace(Wire, frozen=True, kw_only=True):
    """``place``."""

    name: str | None = None
    physical_address: WireSpot | None = None


class WirePhone(Wire, frozen=True, kw_only=True):
    """``phone``."""

    number: str | None = None
    preferred: bool = False


class WireDocument(Wire, frozen=True, kw_only=True):
    """``card``. Its number stays undecoded: only an identity document's is looked at."""

    type: str
    card_number: msgspec.Raw = msgspec.Raw()
    country: str | None = None


class WireCustomer(Wire, frozen=True, kw_only=True):
    """``customer`` and ``customerAccount``."""

    id: Id | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phones: tuple[WirePhone, ...] = ()
    birth_date: date | None = None
    address: WireAddress | None = None
    cards: tuple[WireDocument, ...] = ()
    modification_date: Moment | None = None


class WireOwner(Wire, frozen=True, kw_only=True):
    """The ``customer`` of a booking."""

    id: Id | None = None


class WireProperties(Wire, frozen=True, kw_only=True):
    """``assetProperties``."""

    name: str | None = None
    brand: str | None = None
    model: str | None = None


class WireAssetType(Wire, frozen=True, kw_only=True):
    """``assetType``."""

    id: str | None = None
    asset_class: str | None = None
    asset_sub_class: str | None = None
    shared_properties: WireProperties | None = None


class WireAsset(Wire, frozen=True, kw_only=True):
    """``asset``."""

    overridden_properties: WireProperties | None = None


class WireFarePart(Wire, frozen=True, kw_only=True):
    """``farePart``."""

    amount: Decimal
    currency_code: str | None = None
    type: str | None = None
    kind: str | None = None


class WireFare(Wire, frozen=True, kw_only=True):
    """``fare``."""

    estimated: bool
    parts: tuple[WireFarePart, ...]


class WireLeg(Wire, frozen=True, kw_only=True):
    """``leg``."""

    id: Id | None = None
    state: str | None = None
    origin: WirePlace | None = msgspec.field(name="from", default=None)
    destination: WirePlace | None = msgspec.field(name="to", default=None)
    departure_time: Moment | None = None
    arrival_time: Moment | None = None
    actual_departure_time: Moment | None = None
    actual_arrival_time: Moment | None = None
    asset_type: WireAssetType | None = None
    asset: WireAsset | None = None
    pricing: WireFare | None = None
    distance: int | None = None


class WireBooking(Wire, frozen=True, kw_only=True):
    """``booking``."""

    id: Id | None = None
    state: str | None = None
    customer: WireOwner | None = None
    origin: WirePlace | None = msgspec.field(name="from", default=None)
    destination: WirePlace | None = msgspec.field(name="to", default=None)
    departure_time: Moment | None = None
    arrival_time: Moment | None = None
    actual_departure_time: Moment | None = None
    actual_arrival_time: Moment | None = None
    main_asset_type: WireAssetType | None = None
    pricing: WireFare | None = None
    legs: tuple[WireLeg, ...] = ()


class WireEntry(Wire, frozen=True, kw_only=True):
    """``journalEntry``."""

    journal_id: str | None = None
    journal_sequence_id: str | None = None
    amount: Decimal | None = None
    amount_ex_vat: Decimal | None = None
    currency_code: str | None = None
    vat_rate: Decimal | None = None
    category: str | None = None
    state: str | None = None
    invoice_id: str | None = None
    invoice_date: Moment | None = None
    expiration_date: Moment | None = None
    comment: str | None = None
