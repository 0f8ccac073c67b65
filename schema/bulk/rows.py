"""Rows of uploads as what they bring, checked by the same code as the mutations."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TypeVar

import msgspec

from c360.currencies import is_currency, minor_digits
from c360.records.party import Party, PartyKind
from c360.values import LanguageTag, PostalAddress
from resolvers.attributes import ATTRIBUTES
from resolvers.bulk.reading import RawRow
from resolvers.identity.keeping import lone_draft
from resolvers.service.statements import OwnStatement
from schema import ids
from schema.errors import InputError
from schema.identity.answers import CUSTOMER
from schema.mutations.service.base import LONGEST_LINE, LONGEST_TEXT, line, text
from schema.mutations.service.customers import NamesInput, read_names, required_names
from schema.mutations.service.statements import AddressInput, address, email, phone
from schema.scalars import parse_date, parse_datetime, parse_decimal
from store.data import HUB
from store.data_bulk import (
    AnyRow,
    BookingRow,
    CustomerRow,
    InteractionRow,
    RowProblem,
    RowProblemCode,
    TouchpointRow,
    UploadKind,
    Whose,
)
from store.data_records import (
    BookingContent,
    BookingData,
    BookingKind,
    BookingState,
    TouchpointContent,
    TouchpointData,
    TouchpointKind,
)
from store.data_service import Direction, InteractionChannel, InteractionContent, InteractionData, Sentiment

WHOSE = ("customer", "customerId", "connector", "partyId")
"""By what a row names its customer: the id in the same system, the hub's, or a partner's."""
FIELDS: Mapping[UploadKind, Sequence[str]] = {
    UploadKind.CUSTOMERS: (
        "id",
        "kind",
        "givenName",
        "familyName",
        "fullName",
        "organizationName",
        "birthDate",
        "language",
        "email",
        "phone",
        "street",
        "city",
        "region",
        "postalCode",
        "country",
    ),
    UploadKind.INTERACTIONS: (
        "id",
        *WHOSE,
        "channel",
        "direction",
        "startedAt",
        "endedAt",
        "agent",
        "subject",
        "summary",
        "sentiment",
    ),
    UploadKind.JOURNEYS: ("id", *WHOSE, "journey", "kind", "at", "label", "origin", "destination"),
    UploadKind.BOOKINGS: (
        "id",
        *WHOSE,
        "kind",
        "state",
        "startsAt",
        "endsAt",
        "provider",
        "origin",
        "destination",
        "amount",
        "currency",
        "reference",
    ),
}
"""The fields of each kind of row."""
NEEDED: Mapping[UploadKind, Sequence[str]] = {
    UploadKind.CUSTOMERS: ("id",),
    UploadKind.INTERACTIONS: ("id", "channel", "startedAt"),
    UploadKind.JOURNEYS: ("id", "journey", "kind", "at"),
    UploadKind.BOOKINGS: ("id", "kind", "startsAt"),
}
"""Those that every row has."""
_PARTS = frozenset({"street", "city", "region", "postalCode", "country"})
EnumT = TypeVar("EnumT", bound=enum.Enum)
T = TypeVar("T")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What rows are read by."""

    kind: UploadKind
    source: str
    """The system whose records they are."""
    at: dt.datetime
    """When they were uploaded."""
    by: str
    """Who uploaded them."""
    region: str
    """Country of phone numbers written without one."""

    @property
    def day(self) -> dt.date:
        """The day on which they were uploaded."""
        return self.at.date()


class _FieldError(Exception):
    def __init__(self, field: str, code: RowProblemCode, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code


def read_rows(raw: Sequence[RawRow], reading: Reading) -> tuple[list[AnyRow], list[RowProblem]]:
    """What rows bring, and why some bring nothing. Of several rows of one id the last one counts."""
    read, known = _READERS[reading.kind], frozenset(FIELDS[reading.kind])
    found: dict[str, AnyRow] = {}
    problems: list[RowProblem] = []
    for row in raw:
        if row.problem is not None:
            problems.append(row.problem)
            continue
        try:
            _check(row.fields, known, NEEDED[reading.kind])
            key = _line(row.fields, "id")
            found[key] = read(row, key, reading)
        except _FieldError as error:
            problems.append(
                RowProblem(number=row.number, field=error.field, code=error.code, message=str(error))
            )
    return list(found.values()), problems


def _check(fields: Mapping[str, str], known: frozenset[str], needed: Sequence[str]) -> None:
    if not fields.keys() <= known:
        raise _FieldError("", RowProblemCode.UNKNOWN_FIELD, f"Rows have {', '.join(sorted(known))} alone.")
    for name in needed:
        if name not in fields:
            raise _FieldError(name, RowProblemCode.MISSING, "Every row has this.")


def _customer(row: RawRow, key: str, reading: Reading) -> CustomerRow:
    given = row.fields
    kind = _choice(given, "kind", PartyKind, PartyKind.PERSON)
    asked = NamesInput(
        given_name=given.get("givenName"),
        family_name=given.get("familyName"),
        full_name=given.get("fullName"),
        organization_name=given.get("organizationName"),
        birth_date=_parsed(given, "birthDate", parse_date),
        language=_language(given),
    )
    try:
        said = read_names(asked, kind, reading.day)
        required_names(said, kind)
        party = Party(
            connector=HUB,
            party_id=f"{reading.source}:{key}",
            kind=kind,
            emails=_several(given, "email", email),
            phones=_several(given, "phone", partial(phone, region=reading.region)),
            addresses=_addresses(given),
            **said,
        )
    except InputError as error:
        raise _refused(error, "") from None
    return CustomerRow(
        number=row.number,
        link=OwnStatement(party=party).link(reading.region, reading.at),
        draft=lone_draft(party),
    )


def _addresses(given: Mapping[str, str]) -> tuple[PostalAddress, ...]:
    if _PARTS.isdisjoint(given):
        return ()
    if "country" not in given or "street" not in given:
        raise _FieldError("country", RowProblemCode.MISSING, "An address has a street and a country.")
    asked = AddressInput(
        lines=tuple(given["street"].split("\n")),
        city=given.get("city"),
        region=given.get("region"),
        postal_code=given.get("postalCode"),
        country=given["country"],  # type: ignore[arg-type]  # checked with the rest
    )
    return (address(asked, "address"),)


def _interaction(row: RawRow, key: str, reading: Reading) -> InteractionRow:
    given = row.fields
    started, ended = _moment(given, "startedAt"), _maybe_moment(given, "endedAt")
    if ended is not None and ended < started:
        raise _FieldError("endedAt", RowProblemCode.INVALID, "An interaction ends after it begins.")
    if started > reading.at:
        raise _FieldError("startedAt", RowProblemCode.INVALID, "This lies in the future.")
    content = InteractionContent(subject=_maybe_line(given, "subject"), summary=_maybe_text(given, "summary"))
    return InteractionRow(
        number=row.number,
        whose=_whose(given, reading.source),
        data=InteractionData(
            id="",
            customer_id="",
            channel=_choice(given, "channel", InteractionChannel),
            direction=_choice(given, "direction", Direction, Direction.INBOUND),
            started_at=started,
            ended_at=ended or started,
            agent=_maybe_line(given, "agent"),
            sentiment=_choice(given, "sentiment", Sentiment) if "sentiment" in given else None,
            content=None if content == InteractionContent() else content,
            recorded_at=reading.at,
            recorded_by=reading.by,
            source=reading.source,
            external_id=key,
        ),
    )


def _touchpoint(row: RawRow, key: str, reading: Reading) -> TouchpointRow:
    given = row.fields
    label = _maybe_line(given, "label")
    return TouchpointRow(
        number=row.number,
        whose=_whose(given, reading.source),
        data=TouchpointData(
            id="",
            customer_id="",
            source=reading.source,
            external_id=key,
            journey=_line(given, "journey"),
            kind=_choice(given, "kind", TouchpointKind),
            at=_moment(given, "at"),
            origin=_maybe_line(given, "origin"),
            destination=_maybe_line(given, "destination"),
            content=None if label is None else TouchpointContent(label=label),
            recorded_at=reading.at,
        ),
    )


def _booking(row: RawRow, key: str, reading: Reading) -> BookingRow:
    given = row.fields
    starts, ends = _moment(given, "startsAt"), _maybe_moment(given, "endsAt")
    if ends is not None and ends < starts:
        raise _FieldError("endsAt", RowProblemCode.INVALID, "A booking ends after it begins.")
    reference = _maybe_line(given, "reference")
    amount, currency = _price(given)
    return BookingRow(
        number=row.number,
        whose=_whose(given, reading.source),
        data=BookingData(
            id="",
            customer_id="",
            source=reading.source,
            external_id=key,
            kind=_choice(given, "kind", BookingKind),
            state=_choice(given, "state", BookingState, BookingState.BOOKED),
            starts_at=starts,
            ends_at=ends,
            provider=_maybe_line(given, "provider"),
            origin=_maybe_line(given, "origin"),
            destination=_maybe_line(given, "destination"),
            amount=amount,
            currency=currency,
            content=None if reference is None else BookingContent(reference=reference),
            recorded_at=reading.at,
        ),
    )


_READERS: Mapping[UploadKind, Callable[[RawRow, str, Reading], AnyRow]] = {
    UploadKind.CUSTOMERS: _customer,
    UploadKind.INTERACTIONS: _interaction,
    UploadKind.JOURNEYS: _touchpoint,
    UploadKind.BOOKINGS: _booking,
}


def _price(given: Mapping[str, str]) -> tuple[Decimal | None, str | None]:
    amount, currency = _parsed(given, "amount", parse_decimal), given.get("currency")
    if (amount is None) is not (currency is None):
        raise _FieldError("currency", RowProblemCode.MISSING, "An amount has a currency.")
    if amount is None or currency is None:
        return None, None
    if not is_currency(currency):
        raise _FieldError("currency", RowProblemCode.INVALID, "Give a code of ISO 4217, such as EUR.")
    if abs(amount) > Decimal("1e12") or amount != round(amount, minor_digits(currency)):
        raise _FieldError("amount", RowProblemCode.INVALID, "Give an amount with the currency's decimals.")
    return amount, currency


def _whose(given: Mapping[str, str], source: str) -> Whose:
    if "customerId" in given:
        found = _told(
            "customerId", lambda: ids.decode_as(CUSTOMER, given["customerId"], argument="customerId")
        )
        return Whose(customer_id=found)
    if "customer" in given:
        return Whose(party=(HUB, f"{source}:{_line(given, 'customer')}"))
    if "connector" in given and "partyId" in given:
        return Whose(party=(_line(given, "connector"), _line(given, "partyId")))
    raise _FieldError(
        "customer", RowProblemCode.MISSING, "Name `customer`, `customerId`, or `connector` and `partyId`."
    )


def _told(field: str, read: Callable[[], T]) -> T:
    """What the mutations' own code reads; its refusal as that of a field."""
    try:
        return read()
    except InputError as error:
        raise _refused(error, field) from None


def _refused(error: InputError, field: str) -> _FieldError:
    """A refusal of the mutations' own code as that of the field it names, or of another."""
    argument = str((error.extensions or {}).get("argument", ""))
    named = argument.removeprefix("input.").removeprefix("names.").removeprefix("address.")
    name = {"lines": "street", "address": "street", "names": "familyName"}.get(named, named)
    return _FieldError(name or field, RowProblemCode.INVALID, error.message)


def _line(given: Mapping[str, str], field: str) -> str:
    value = given[field]
    if value.isascii() and value.isprintable() and len(value) <= LONGEST_LINE and not value.isspace():
        return value.strip()
    return _told(field, lambda: line(value, field))


def _maybe_line(given: Mapping[str, str], field: str) -> str | None:
    return _line(given, field) if field in given else None


def _maybe_text(given: Mapping[str, str], field: str) -> str | None:
    return _told(field, lambda: text(given[field], field, longest=LONGEST_TEXT)) if field in given else None


def _several(given: Mapping[str, str], field: str, read: Callable[[str, str], str]) -> tuple[str, ...]:
    """Several values in one field, parted by semicolons, the preferred one first; each once."""
    written = given.get(field)
    if written is None:
        return ()
    if ";" not in written:
        return (read(written, field),) if not written.isspace() else ()
    return tuple(dict.fromkeys([read(one, field) for one in written.split(";") if one.strip()]))


def _parsed(given: Mapping[str, str], field: str, parse: Callable[[object], T]) -> T | None:
    return _told(field, lambda: parse(given[field])) if field in given else None


def _language(given: Mapping[str, str]) -> LanguageTag | None:
    if "language" not in given:
        return None
    try:
        found: LanguageTag = ATTRIBUTES["language"].read(given["language"])
    except ValueError:
        raise _FieldError("language", RowProblemCode.INVALID, "Give a language tag, such as pt-BR.") from None
    return found


def _moment(given: Mapping[str, str], field: str) -> dt.datetime:
    return _told(field, lambda: parse_datetime(given[field]))


def _maybe_moment(given: Mapping[str, str], field: str) -> dt.datetime | None:
    return _moment(given, field) if field in given else None


def _choice(given: Mapping[str, str], field: str, kind: type[EnumT], otherwise: EnumT | None = None) -> EnumT:
    value = given.get(field)
    if value is None and otherwise is not None:
        return otherwise
    found = kind.__members__.get(value or "")
    if found is None:
        raise _FieldError(field, RowProblemCode.INVALID, f"Give one of {', '.join(kind.__members__)}.")
    return found
