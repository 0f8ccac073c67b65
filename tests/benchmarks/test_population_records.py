"""What is made without HTTP is what the connectors fetch from the sandbox's applications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from benchmarks.population.records import Moment, records_of
from c360.contract import Connector, Fetched, Need, Ref, connect
from c360.records.base import Record
from c360.values import Secret
from plugins.banking.config import CdsAuBankingConfig
from plugins.banking.connector import CdsAuBanking
from plugins.brokerage.config import CustodyConfig
from plugins.brokerage.connector import OpenWealthCustody
from plugins.hotel.config import CloudbedsConfig
from plugins.hotel.connector import CloudbedsHotel
from plugins.insurance.config import OpinConfig
from plugins.insurance.connector import OpinBrInsurance
from plugins.loyalty.config import SquareConfig
from plugins.loyalty.connector import SquareLoyalty
from plugins.rental.config import RentalConfig
from plugins.rental.connector import TompRental
from sandbox.partners.rental.bookings import bookings_of
from sandbox.population import Population, people
from sandbox.population.living import first_day
from sandbox.population.model import Presence
from sandbox.server import Partner, partners
from tests.conftest import InProcess

CONNECTORS: dict[str, tuple[type[Connector[Any]], type[Any]]] = {
    "banking": (CdsAuBanking, CdsAuBankingConfig),
    "insurance": (OpinBrInsurance, OpinConfig),
    "brokerage": (OpenWealthCustody, CustodyConfig),
    "loyalty": (SquareLoyalty, SquareConfig),
    "hotel": (CloudbedsHotel, CloudbedsConfig),
    "rental": (TompRental, RentalConfig),
}
WINDOWS = {"brokerage": 30}
"""Days asked for; the custodian is asked day by day."""
USUAL_WINDOW = 1096


def connector_to(partner: Partner, day: date) -> Connector[Any]:
    kind, config = CONNECTORS[partner.name]
    base = f"http://{partner.name}.test{partner.base_path}"
    given = {
        name: Secret(value) if name != "maas_id" and isinstance(value, str) else value
        for name, value in partner.credentials.items()
    }
    noon = datetime.combine(day, time(12), tzinfo=UTC)
    return connect(
        kind,
        config(base_url=base, **given),
        InProcess(partner.app, base),
        instance=partner.name,
        now=lambda: noon,
    )


async def fetched(
    connector: Connector[Any], presence: Presence, needs: Sequence[Need], bookings: Sequence[str]
) -> dict[str, tuple[Record, ...]]:
    ref = Ref(
        party_id=presence.party_id,
        grant=Secret(presence.token) if presence.token else None,
        objects={"rental.bookings": tuple(bookings)},
    )
    found: list[Fetched] = [it async for it in connector.fetch(needs, [ref])]
    assert [it.error for it in found] == [None] * len(needs)
    return {it.kind: it.records for it in found}


@pytest.mark.parametrize(
    "day", [date(2024, 6, 30), pytest.param(date(2025, 11, 17), marks=pytest.mark.thorough)]
)
def test_records_are_what_the_connectors_fetch(day: date, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # The sandbox serves no day before its registration; its partners could tell of one all the same.
    monkeypatch.setattr(people, "EPOCH", date(2020, 1, 1))
    town = Population(people=26, companies=6, seed=360, today=day)
    later = Population(
        people=26, companies=6, seed=360, today=day + timedelta(days=365), start=first_day(day)
    )
    served = {partner.name: connector_to(partner, day) for partner in partners(town, live=False)[:6]}
    compared: Counter[str] = Counter()
    for member in town.members:
        known, _ = later.life_around(member.id, day)
        for domain, presence in town.member_presences(member.id).items():
            if presence.since > day:
                continue
            since = day - timedelta(days=WINDOWS.get(domain, USUAL_WINDOW))
            made = records_of(presence, known, Moment.noon(day, since))
            windowed = {"banking.transactions", "brokerage.transactions", "loyalty.activity", "hotel.stays"}
            windowed |= {"rental.bookings", "rental.charges"}
            needs = [Need(kind=kind, since=since if kind in windowed else None) for kind in made]
            bookings = [it.id for it in bookings_of(town.life(member.id), presence)]
            asked = run(fetched(served[domain], presence, needs, bookings if domain == "rental" else ()))
            for kind in made:
                assert made[kind] == tuple(asked[kind]), (member.id, kind)
                compared[kind] += len(made[kind])
    assert len(compared) == 15
    assert min(compared.values()) > 0, compared
