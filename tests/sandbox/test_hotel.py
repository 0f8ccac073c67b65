"""The hotel group of the sandbox, asked as any client would."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from c360.auth import ApiKey
from c360.http import Request, Response
from c360.values import Secret
from sandbox.framework import World
from sandbox.partners import hotel
from sandbox.population.model import Presence

HOST = "http://hotel.test"
KEY = ApiKey("x-api-key", Secret(hotel.CREDENTIALS["api_key"]))

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(world: World, plain_http: Any, run: Any) -> Ask:
    transport = plain_http(hotel.app(world), f"{HOST}{hotel.BASE_PATH}")

    def get(operation: str, *, key: ApiKey | None = KEY, **params: str) -> tuple[int, Any]:
        url = f"{HOST}{hotel.BASE_PATH}/{operation}"
        request = Request(method="GET", url=url, params=tuple(params.items()), auth=key)
        response: Response = run(transport.send(request))
        return response.status, json.loads(response.content)

    return get


@pytest.fixture
def regular(world: World) -> Presence:
    """The guest with the most stays."""
    population = world.population
    return max(population.presences("hotel"), key=lambda it: len(population.life(it.member_id).at("hotel")))


@pytest.mark.parametrize("key", [None, ApiKey("x-api-key", Secret("wrong"))])
def test_a_key_is_required(ask: Ask, key: ApiKey | None) -> None:
    status, body = ask("getHotels", key=key)
    assert (status, body["error"]) == (401, "access_denied")


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("getGuest", {}),
        ("getReservationNotes", {}),
        ("getGuestList", {"pageSize": "101"}),
        ("getGuestList", {"pageNumber": "0"}),
        ("getGuestList", {"includeGuestInfo": "perhaps"}),
        ("getGuestsModified", {"resultsFrom": "yesterday"}),
        ("getReservations", {"status": "lost"}),
        ("getReservations", {"checkInFrom": "1 June"}),
        ("getReservationsWithRateDetails", {"reservationID": ",".join(str(it) for it in range(101))}),
    ],
)
def test_mistakes_are_refused(ask: Ask, operation: str, params: dict[str, str]) -> None:
    status, body = ask(operation, **params)
    assert (status, body["success"]) == (400, False)
    assert body["message"]


def test_what_is_not_there_is_no_success_with_http_200(ask: Ask) -> None:
    assert ask("getGuest", guestID="1") == (200, {"success": False, "message": "Guest not found"})
    status, body = ask("getReservationNotes", reservationID="1")
    assert (status, body["success"]) == (200, False)


def test_outages_are_no_success(ask: Ask, world: World) -> None:
    world.behaviour.set("down")
    status, body = ask("getHotels")
    assert (status, body["success"]) == (503, False)
    world.behaviour.reset()
    assert ask("getNothing")[0] == 404


def test_all_guests_page_by_page(ask: Ask, world: World) -> None:
    seen: list[str] = []
    for number in range(1, 100):
        _, body = ask("getGuestList", pageNumber=str(number), pageSize="7")
        seen += list(body["data"])
        if not body["data"]:
            break
    assert body["total"] == len(seen) == len(set(seen)) == len(world.population.presences("hotel"))


def test_the_same_reservation_everywhere(ask: Ask, regular: Presence) -> None:
    _, listed = ask("getReservations", guestID=regular.party_id)
    _, detailed = ask("getReservationsWithRateDetails", guestID=regular.party_id)
    ids = [it["reservationID"] for it in listed["data"]]
    assert ids
    assert ids == [it["reservationID"] for it in detailed["data"]]
    _, some = ask("getReservationsWithRateDetails", reservationID=",".join([*ids[:3], "nonsense"]))
    assert [it["reservationID"] for it in some["data"]] == ids[:3]
    _, guest = ask("getGuest", reservationID=ids[0])
    assert guest["data"]["email"] == (regular.email or "")


def test_rates_add_up_to_the_total(ask: Ask, regular: Presence) -> None:
    _, body = ask("getReservationsWithRateDetails", guestID=regular.party_id)
    for reservation in body["data"]:
        assert round(sum(reservation["detailedRates"].values()), 2) == reservation["total"]
        owed = reservation["total"] - reservation["balanceDetailed"]["paid"]
        assert round(owed, 2) == reservation["balance"]


def test_stays_of_every_kind_are_lived(ask: Ask, world: World) -> None:
    _, body = ask("getReservationsWithRateDetails")
    assert body["total"] > 100
    statuses = {
        status
        for status in ("confirmed", "canceled", "checked_out", "no_show")
        if ask("getReservations", status=status)[1]["total"]
    }
    assert {"confirmed", "canceled", "checked_out"} <= statuses


def test_filters_by_day(ask: Ask, regular: Presence, world: World) -> None:
    today = world.population.today.isoformat()
    _, everything = ask("getReservations", guestID=regular.party_id)
    _, past = ask("getReservations", guestID=regular.party_id, checkOutTo=today)
    _, left = ask("getReservationsWithRateDetails", guestID=regular.party_id, reservationCheckOutTo=today)
    assert {it["endDate"] <= today for it in past["data"]} == {True}
    assert past["total"] == left["total"] <= everything["total"]


def test_guests_by_name_and_mail(ask: Ask, world: World) -> None:
    person = next(it for it in world.population.presences("hotel") if it.email and not it.organization)
    assert person.email is not None
    _, mail = ask("getGuestList", guestEmail=person.email.upper())
    _, name = ask("getGuestList", guestFirstName=person.given_name, guestLastName=person.family_name.lower())
    assert person.party_id in mail["data"]
    assert person.party_id in name["data"]


def test_only_today_without_limits(ask: Ask, world: World) -> None:
    _, body = ask("getGuestsModified")
    today = world.population.today.isoformat()
    assert all(it["dateModified"].startswith(today) for it in body["data"])
