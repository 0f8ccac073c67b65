"""The Cloudbeds connector before the sandbox, every exchange checked against the published API."""

from __future__ import annotations

import gc
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from c360.contract import KeyKind, Need, PartyQuery
from c360.errors import (
    ConnectorError,
    PartnerFault,
    ProblemCode,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)
from c360.http import Response
from c360.records.hotel import StayStatus
from sandbox.partners import hotel
from sandbox.population.model import EventKind

pytestmark = pytest.mark.specs

PARTY, STAYS = "party.profile", "hotel.stays"
NOTES, PREFERENCES = "hotel.notes", "hotel.preferences"
BASE_URL = "http://hotel.test/api/v1.3"


def test_one_guest_with_everything(town: Any, cloudbeds: Any, gather: Any) -> None:
    ada = town.add("Ada")
    for index in range(12):
        town.stay(ada, arrives=-400 + 30 * index)
    found = {it.kind: it for it in gather(cloudbeds, [PARTY, STAYS, NOTES, PREFERENCES], [ada])}
    assert all(it.error is None for it in found.values())

    (profile,) = found[PARTY].records
    assert (profile.given_name, profile.family_name, profile.birth_date) == (
        "Ada",
        "Example",
        date(1980, 5, 17),
    )
    assert profile.phones == ("+61400000000",)
    assert (profile.addresses[0].lines, profile.addresses[0].country) == (("7 George Street",), "AU")
    stay = found[STAYS].records[0]
    assert (stay.property_id, stay.property_name) == ("2", "Grand Hotel Limmat")
    assert (stay.adults, stay.children, stay.channel, stay.main_guest) == (2, 1, "Website", True)
    assert (stay.total.amount, stay.total.currency) == (Decimal("300.01"), "EUR")
    assert (stay.paid, stay.balance.amount) == (stay.total, 0)
    assert sum(it.rate.amount for it in stay.nights) == stay.total.amount
    assert [it.night for it in stay.nights] == [stay.check_in + timedelta(days=day) for day in range(3)]
    assert stay.rooms[0].room_type == "Double"
    assert stay.booked_at.utcoffset() is not None
    notes = found[NOTES].records
    assert notes
    assert {it.reservation_id for it in notes} <= {it.reservation_id for it in found[STAYS].records}
    assert all(it.text and it.author and it.noted_at.utcoffset() is not None for it in notes)
    (preferences,) = found[PREFERENCES].records
    assert {it.name for it in preferences.fields} == {"Floor", "Pillow", "Newspaper"}


def test_stays_of_every_status(town: Any, cloudbeds: Any, gather: Any) -> None:
    ada = town.add("Ada")
    town.stay(ada, arrives=-100)
    town.stay(ada, arrives=-1)
    town.stay(ada, arrives=20)
    town.stay(ada, arrives=-50, kind=EventKind.STAY_CANCELLED)
    town.stay(ada, arrives=-60, kind=EventKind.NO_SHOW)
    town.stay(ada, arrives=90, booked=5)  # not booked yet
    (found,) = gather(cloudbeds, [STAYS], [ada])
    assert [it.status for it in found.records] == [
        StayStatus.CHECKED_OUT,
        StayStatus.CHECKED_IN,
        StayStatus.CONFIRMED,
        StayStatus.CANCELLED,
        StayStatus.NO_SHOW,
    ]
    assert [it.cancelled_at is not None for it in found.records] == [False, False, False, True, False]


def test_window_keeps_what_has_a_day_in_it(town: Any, cloudbeds: Any, gather: Any) -> None:
    ada = town.add("Ada")
    for arrives in (-30, -20, -10, 0, 10):
        town.stay(ada, arrives=arrives, nights=3)
    today = date(2026, 6, 15)
    need = Need(kind=STAYS, since=today - timedelta(days=17), until=today)
    (found,) = gather(cloudbeds, [need], [ada])
    assert [(it.check_in - today).days for it in found.records] == [-20, -10, 0]


def test_pages_are_read_to_the_end(town: Any, cloudbeds: Any, gather: Any, town_world: Any) -> None:
    ada = town.add("Ada")
    for index in range(230):
        town.stay(ada, arrives=-1000 + 4 * index)
    (found,) = gather(cloudbeds, [STAYS], [ada])
    assert len({it.reservation_id for it in found.records}) == 230
    assert town_world.counters["GET /api/v1.3/getReservationsWithRateDetails"] == 3
    assert town_world.counters["GET /api/v1.3/getHotels"] == 1


def test_stays_cost_one_round_of_requests(town: Any, cloudbeds: Any, gather: Any) -> None:
    ada, bea = town.add("Ada"), town.add("Bea")
    town.stay(ada, arrives=-10)
    found = gather(cloudbeds, [STAYS], [ada, bea])
    assert [len(it.records) for it in found] == [1, 0]
    names = [call.path.rpartition("/")[2] for call in cloudbeds.transport.calls]
    assert sorted(names) == ["getHotels"] + ["getReservationsWithRateDetails"] * 2


def test_hotels_are_asked_for_again_when_a_stay_is_at_one_that_is_not_known(
    make: Any, canned: Any, gather: Any
) -> None:
    opened = [7]

    def answer(request: Any) -> Any:
        if "getHotels" in request.url:
            return {
                "success": True,
                "data": [{"propertyID": it, "propertyName": f"No. {it}"} for it in opened],
            }
        days = {"reservationCheckIn": "2026-06-01", "reservationCheckOut": "2026-06-02"}
        return {"success": True, "data": [{"reservationID": 1, "propertyID": opened[-1], **days}]}

    transport = canned(answer)
    connector = make(transport)

    def names() -> list[str]:
        (found,) = gather(connector, [STAYS], ["7"])
        return [it.property_name for it in found.records]

    assert names() == names() == ["No. 7"]
    assert sum("getHotels" in it.url for it in transport.requests) == 1
    opened.append(8)
    assert names() == names() == ["No. 8"]
    assert sum("getHotels" in it.url for it in transport.requests) == 2


def test_notes_are_read_for_the_latest_reservations(
    town: Any, spec_http: Any, town_world: Any, make: Any, gather: Any
) -> None:
    ada = town.add("Ada")
    for index in range(6):
        town.stay(ada, arrives=-100 + 10 * index)
    transport = spec_http("hotel-cloudbeds-pms-v1.3.yaml", hotel.app(town_world), BASE_URL)
    gather(make(transport, noted_reservations=2), [NOTES], [ada])
    asked = [call.query for call in transport.calls if call.path.endswith("getReservationNotes")]
    assert asked == [f"reservationID={ada}0000000{index}" for index in (5, 4)]


def test_unknown_guest(town: Any, cloudbeds: Any, gather: Any) -> None:
    ada = town.add("Ada")
    found = {
        (it.ref.party_id, it.kind): it for it in gather(cloudbeds, [PARTY, STAYS, NOTES], [ada, "999999999"])
    }
    assert found[ada, PARTY].records
    assert isinstance(found["999999999", PARTY].error, SkipCustomer)
    assert found["999999999", STAYS].records == ()
    assert found["999999999", NOTES].records == ()


def test_identify(town: Any, cloudbeds: Any, run: Any) -> None:
    ada = town.add("Ada Maria", family_name="da Silva")
    town.add("Bea")

    def search(key: KeyKind, value: str) -> list[str]:
        return [it.party_id for it in run(cloudbeds.identify(PartyQuery(key=key, value=value)))]

    assert search(KeyKind.EMAIL, "ada maria@example.test") == [ada]
    assert search(KeyKind.PHONE, "+61400000000") == [ada]
    assert search(KeyKind.NAME, "ada maria da silva") == [ada]
    assert search(KeyKind.NAME, "Silva") == []
    assert search(KeyKind.EMAIL, "nobody@example.test") == []


def test_both_phone_numbers_are_searched(town: Any, cloudbeds: Any, run: Any) -> None:
    guests = [town.add(f"P{index}") for index in range(6)]  # some left it as a cell phone, some as a phone
    for index, guest in enumerate(guests):
        query = PartyQuery(key=KeyKind.PHONE, value=f"+6140000{index:04d}")
        (found,) = run(cloudbeds.identify(query))
        assert (found.party_id, found.phones) == (guest, (query.value,))


def test_identify_stops_at_the_limit(town: Any, cloudbeds: Any, run: Any) -> None:
    for index in range(7):
        town.add(f"P{index}", email="shared@example.test")
    query = PartyQuery(key=KeyKind.EMAIL, value="shared@example.test", limit=3)
    assert len(run(cloudbeds.identify(query))) == 3
    assert len(cloudbeds.transport.calls) == 1


def test_identify_by_a_key_it_does_not_search(cloudbeds: Any, run: Any) -> None:
    with pytest.raises(PartnerFault) as raised:
        run(cloudbeds.identify(PartyQuery(key=KeyKind.TAX_ID, value="1")))
    assert raised.value.code is ProblemCode.NOT_SEARCHABLE


def test_company(town: Any, cloudbeds: Any, gather: Any) -> None:
    acme = town.add("X", organization=True, organization_name="Acme GmbH", birth_date=None)
    (profile,) = gather(cloudbeds, [PARTY], [acme])[0].records
    assert (profile.kind.value, profile.organization_name, profile.given_name) == (
        "ORGANIZATION",
        "Acme GmbH",
        None,
    )


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("User who approved this connection is not active anymore", Reconfigure),
        ("None of the included property id's match the access_token user's property id", Reconfigure),
        ("The property(ies) you are accessing have an invalid status. See details: canceled: 7", Reconfigure),
        ("Guest not found", SkipCustomer),
        ("Rate limit exceeded", RetryLater),
        ("Please try again later", RetryLater),
        ("Ada Example could not be read", PartnerFault),
        (None, PartnerFault),
    ],
)
def test_no_success_is_never_success(
    *, make: Any, canned: Any, gather: Any, message: str | None, error: type[ConnectorError]
) -> None:
    body = {"success": False, "data": [], **({} if message is None else {"message": message})}
    for kind in (PARTY, STAYS, PREFERENCES, NOTES):
        (found,) = gather(make(canned(lambda _: body)), [kind], ["7"])
        assert type(found.error) is error
        assert "Ada" not in f"{found.error}{found.error!r}"


def test_rejected_key(town_world: Any, plain_http: Any, make: Any, gather: Any) -> None:
    connector = make(plain_http(hotel.app(town_world), BASE_URL), key="stolen-secret")
    (found,) = gather(connector, [PARTY], ["1"])
    assert isinstance(found.error, Reconfigure)
    shown = f"{found.error}{found.error!r}{connector.config!r}{connector.auth()!r}"
    assert "stolen-secret" not in shown


def test_key_is_in_no_request_as_shown(town: Any, cloudbeds: Any, gather: Any) -> None:
    gather(cloudbeds, [PARTY], [town.add("Ada")])
    (call,) = cloudbeds.transport.calls
    assert dict(call.request.auth.headers()) == {"x-api-key": "sandbox-hotel-key"}
    assert "sandbox-hotel-key" not in repr(call.request)


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("down", RetryLater),
        ("rate_limited", RetryLater),
        ("truncated", ConnectorError),
        ("wrong", PartnerFault),
    ],
)
def test_partner_behaving_badly(
    *, town: Any, town_world: Any, plain_http: Any, make: Any, gather: Any, mode: str, error: type[Exception]
) -> None:
    connector = make(plain_http(hotel.app(town_world), BASE_URL))
    town_world.behaviour.set(mode)
    for found in gather(connector, [PARTY, STAYS, NOTES, PREFERENCES], [town.add("Ada")]):
        assert isinstance(found.error, error)


def test_merged_guest_is_followed(make: Any, canned: Any, gather: Any) -> None:
    merged = {"isMerged": True, "newGuestID": "8"}

    def answer(request: Any) -> Any:
        guest = dict(request.params)["guestID"]
        return {"success": True, "data": merged if guest == "7" else {"firstName": "Ada"}}

    (found,) = gather(make(canned(answer)), [PARTY], ["7"])
    assert found.records[0].party_id == "8"
    assert found.ref.party_id == "7"

    circle = canned(lambda _: {"success": True, "data": merged})
    (found,) = gather(make(circle), [PARTY], ["7"])
    assert isinstance(found.error, PartnerFault)
    assert len(circle.requests) == 5


def test_anonymised_guest_is_gone(make: Any, canned: Any, gather: Any) -> None:
    body = {"success": True, "data": {"firstName": "x", "isAnonymized": True}}
    (found,) = gather(make(canned(lambda _: body)), [PARTY], ["7"])
    assert isinstance(found.error, SkipCustomer)


def test_page_number_ignored_by_the_partner(make: Any, canned: Any, gather: Any) -> None:
    reservation = {"reservationID": "1", "startDate": "2026-01-01"}
    transport = canned(lambda _: {"success": True, "data": [reservation], "total": 500})
    (found,) = gather(make(transport), [NOTES], ["7"])
    assert isinstance(found.error, PartnerFault)
    assert sum("getReservations" in it.url for it in transport.requests) == 2


def test_note_of_a_reservation_that_is_gone(make: Any, canned: Any, gather: Any) -> None:
    def answer(request: Any) -> Any:
        if "getReservationNotes" in request.url:
            if dict(request.params)["reservationID"] == "1":
                return Response(status=404, headers={})
            note = {"reservationNoteID": 5, "reservationNote": "Hello", "dateCreated": "2026-01-02 10:00:00"}
            return {"success": True, "data": [note]}
        if "getHotels" in request.url:
            return {"success": True, "data": [{"propertyID": 9, "propertyTimezone": "Asia/Tokyo"}]}
        entries = [{"reservationID": it, "propertyID": "9"} for it in (1, 2)]
        return {"success": True, "data": {str(it["reservationID"]): it for it in entries}}

    (found,) = gather(make(canned(answer)), [NOTES], ["7"])
    (note,) = found.records
    assert (note.note_id, note.reservation_id) == ("5", "2")
    assert note.noted_at.isoformat() == "2026-01-02T10:00:00+09:00"


def test_a_failing_list_of_hotels_fails_the_stays(make: Any, canned: Any, gather: Any) -> None:
    def answer(request: Any) -> Any:
        if "getHotels" in request.url:
            return Response(status=503, headers={})
        return {"success": True, "data": []}

    (found,) = gather(make(canned(answer)), [STAYS], ["7"])
    assert isinstance(found.error, RetryLater)


def test_two_requests_that_fail_at_once_are_one_error(
    make: Any, canned: Any, gather: Any, caplog: Any
) -> None:
    (found,) = gather(make(canned(lambda _: Response(status=503, headers={}))), [STAYS], ["7"])
    assert isinstance(found.error, RetryLater)
    gc.collect()
    assert caplog.text == ""  # asyncio would complain here of an error that nobody looked at
