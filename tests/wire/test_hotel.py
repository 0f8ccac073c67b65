"""The hotel connector and Prism serving Cloudbeds PMS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from c360.contract import Ref

pytestmark = [pytest.mark.node, pytest.mark.specs, pytest.mark.thorough, pytest.mark.timeout(420)]

CLOUDBEDS = "hotel-cloudbeds-pms-v1.3.yaml"
GUEST = Ref(party_id="370314")
DAYS = (date(2019, 8, 24), date(2019, 8, 24))
"""When the examples' stays are."""
ALL_DAYS = (date(1900, 1, 1), date(2200, 1, 1))
KINDS = {"party.profile", "hotel.stays", "hotel.notes", "hotel.preferences"}
SEARCHES = {"identify EMAIL", "identify PHONE", "identify NAME"}
PROFILE_FEED = {"changes party.profile", "resumed party.profile"}
STAY_FEED = {"changes hotel.stays", "resumed hotel.stays"}
ASKED = {
    "GET /getGuest",
    "GET /getGuestList",
    "GET /getGuestsModified",
    "GET /getHotels",
    "GET /getReservations",
    "GET /getReservationsWithRateDetails",
    "GET /getReservationNotes",
}
FLAWS = {"body.data.birthDate", "body.data.documentIssueDate", "body.data.documentExpirationDate"}
"""Three dates of a guest that are to match exactly one of two schemas, and match both."""


def present(node: dict[str, Any], fields: dict[str, Any]) -> None:
    """Let guests and reservations be there still, answers succeed, and lists end with their first page."""
    for name in {"isAnonymized", "isMerged", "isDeleted"} & fields.keys():
        fields[name] |= {"enum": [False]}
    if {"success", "data"} <= fields.keys():
        fields["success"] |= {"enum": [True]}
        fields.pop("total", None)


def test_the_published_examples_are_gone(wire: Callable[..., Any]) -> None:
    # The document has no example; Prism sends `true` for every flag, also for those that say that a
    # guest was anonymised and that a reservation was deleted.
    hotel = wire(CLOUDBEDS, "hotel", api_key="key")
    anonymised = "SkipCustomer: the guest was anonymised on request"
    assert hotel.outcomes(GUEST, days=DAYS) == {
        "party.profile": anonymised,
        "hotel.stays": "nothing",
        "hotel.notes": "1 record",
        "hotel.preferences": anonymised,
        **dict.fromkeys(SEARCHES, "nothing"),
        **dict.fromkeys(PROFILE_FEED, "2 checkpoints, 1 deletion"),
        **dict.fromkeys(STAY_FEED, "2 checkpoints, 3 deletions"),
    }
    assert hotel.asked == ASKED
    assert hotel.flaws == FLAWS


def test_everything_is_read(wire: Callable[..., Any]) -> None:
    hotel = wire(CLOUDBEDS, "hotel", adapt=present, api_key="key")
    assert hotel.outcomes(GUEST, days=DAYS) == {
        **dict.fromkeys({*KINDS, *SEARCHES}, "1 record"),
        **dict.fromkeys(PROFILE_FEED, "2 checkpoints, 1 upsert"),
        **dict.fromkeys(STAY_FEED, "2 checkpoints, 3 upserts"),  # one for each guest of the reservation
    }
    assert hotel.asked == ASKED
    assert hotel.flaws == FLAWS


@pytest.mark.thorough
def test_made_up_answers_are_read(wire: Callable[..., Any]) -> None:
    hotel = wire(CLOUDBEDS, "hotel", adapt=present, api_key="key")
    made_up = hotel.generated(GUEST, days=ALL_DAYS)
    # Prism makes up no entries of maps, which are what a search answers with.
    assert made_up.answered == {*KINDS, *PROFILE_FEED, *STAY_FEED}
    assert made_up.errors == set()


def test_answers_without_success_are_the_partners_fault(wire: Callable[..., Any]) -> None:
    # Statuses other than 200 are not in the document: a refusal is an answer without success.
    hotel = wire(CLOUDBEDS, "hotel", api_key="key")
    made_up = hotel.generated(GUEST, days=ALL_DAYS)
    assert "PartnerFault: success: false" in made_up.errors
    assert made_up.errors <= {
        "PartnerFault: success: false",
        "SkipCustomer: the guest was anonymised on request",
        "PartnerFault: page 0 came before: the pages go in a circle",  # the total promises more than there is
    }
