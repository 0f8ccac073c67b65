"""The guide's example of a mapping reads a real table."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import Any

import pytest

from c360.contract import KeyKind, PartyQuery
from c360.records.hotel import Stay, StayStatus
from c360.records.party import Party
from tests.conftest import CHECKOUT
from tests.plugins.sql.conftest import House

COLUMNS = {
    "guests": "guest_no, first_name, last_name, mail, mobile, landline, street, town, zip, country,"
    " updated_at, deleted_at",
    "reservations": "guest_no, res_no, state, arrival, departure, created_at, total",
}


def example() -> dict[str, Any]:
    """The block whose first line is ``# sql.toml``, wherever in the documentation it stands."""
    for document in sorted((CHECKOUT / "docs").rglob("*.md")):
        found = re.search(r"```toml\n# sql\.toml\n(.*?)```", document.read_text("utf-8"), re.DOTALL)
        if found:
            (instance,) = tomllib.loads(found[1])["connectors"].values()
            assert instance.pop("plugin") == "sql/hotel"
            settings: dict[str, Any] = instance
            return settings
    pytest.fail("the documentation has no example of a mapping")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_example_reads_a_table(house: House) -> None:
    for table, columns in COLUMNS.items():
        house.run(f"DROP TABLE IF EXISTS {table}")
        house.run(f"CREATE TABLE {table} ({columns})")
    house.run(
        "INSERT INTO guests VALUES (7, 'Ada', 'Lovelace', 'ada@mail.example', NULL, '+4131', 'Gasse 1',"
        " 'Bern', '3000', 'CH', '2026-06-01 10:00', NULL)"
    )
    house.run(
        "INSERT INTO reservations VALUES"
        " (7, 'R1', 'I', '2026-06-10', '2026-06-12', '2026-05-01 09:30', '120.50')"
    )
    settings = {**example(), "url": house.url}
    made = house.connector("", **settings)
    (stay,) = house.fetch("hotel.stays", "7", connector=made)["7"].records
    assert isinstance(stay, Stay)
    assert (stay.status, stay.check_in) == (StayStatus.CHECKED_IN, date(2026, 6, 10))
    assert str(stay.booked_at) == "2026-05-01 09:30:00+02:00"
    (found,) = house.identify(
        PartyQuery(key=KeyKind.EMAIL, value="ada@mail.example"), house.connector("", **settings)
    )
    assert isinstance(found, Party)
    assert (found.party_id, found.phones, found.addresses[0].city) == ("7", ("+4131",), "Bern")
