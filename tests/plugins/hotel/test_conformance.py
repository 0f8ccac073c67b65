"""The suite over the sandbox's hotels, and payloads generated from the published API."""

from __future__ import annotations

import functools
import logging
from datetime import UTC, datetime

import pytest

from c360.contract import KeyKind
from c360.http import Transport
from c360.testing import ConnectorSuite, Known
from plugins.hotel.connector import CloudbedsHotel
from sandbox.framework import World
from sandbox.partners import hotel
from tests.conftest import InProcess
from tests.fixtures.specifications import SPECIFICATIONS
from tests.fixtures.standings import missing
from tests.plugins.hotel.conftest import BASE_URL, Town


@functools.cache
def town() -> Town:
    """Two guests, one of them with stays on several days."""
    made = Town()
    ada = made.add("Ada", family_name="Lindqvist")
    for day in (-300, -200, -100, -20):
        made.stay(ada, arrives=day)
    made.stay(made.add("Bo", family_name="Okonkwo"), arrives=-50)
    return made


ADA, BO = town().people.values()


class TestCloudbedsConformance(ConnectorSuite):
    connector = CloudbedsHotel
    config = {  # noqa: RUF012  # the suite's own way
        "base_url": BASE_URL,
        "api_key": hotel.CREDENTIALS["api_key"],
        "page_size": 2,
    }
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    unknown = "799999999"
    customers = tuple(
        Known(
            party_id=guest.party_id,
            keys={
                KeyKind.EMAIL: str(guest.email),
                KeyKind.PHONE: str(guest.phone),
                KeyKind.NAME: f"{guest.given_name} {guest.family_name}",
            },
            records={"party.profile": 1, "hotel.stays": stays, "hotel.preferences": 1},
        )
        for guest, stays in ((ADA, 4), (BO, 1))
    )
    openapi = SPECIFICATIONS / "hotel-cloudbeds-pms-v1.3.yaml"

    def partner(self) -> Transport:
        """The hotels of a world of their own."""
        # httpx carries the requests here, as it does not in the hub, and logs whole addresses.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        world = World(town())  # type: ignore[arg-type]  # stands in for a Population where only this is asked
        return InProcess(hotel.app(world), BASE_URL)


@pytest.mark.thorough  # each of its checks has run, and the kept standing is held to the code
def test_it_is_gold() -> None:
    assert not missing(TestCloudbedsConformance)
