"""The suite over a hotel's database: an SQLite file that each check may have to itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from c360.contract import KeyKind
from c360.testing import ConnectorSuite, Known, SourceFault, Tier, run
from c360.testing.tiers import RuleState
from plugins.sql.connector import connectors
from tests.plugins.sql.conftest import MAPPING, TABLES

import tomllib  # isort: skip

BREAKS: Mapping[SourceFault, str] = {
    SourceFault.MISSING: "ALTER TABLE guests RENAME COLUMN last TO surname",
    SourceFault.RETYPED: "UPDATE guests SET country = 'somewhere'",
    SourceFault.ADDED: "ALTER TABLE guests ADD COLUMN height REAL",
}


class TestSqlConformance(ConnectorSuite):
    connector = next(each for each in connectors() if each.describe().domain == "hotel")
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    unknown = "4711"
    customers = (
        Known(
            party_id="1",
            keys={
                KeyKind.EMAIL: "ada@mail.example",
                KeyKind.PHONE: "+41791234567",
                KeyKind.CUSTOMER_NUMBER: "1",
            },
            records={"party.profile": 1, "hotel.stays": 2, "hotel.preferences": 1},
        ),
        Known(
            party_id="2",
            keys={KeyKind.EMAIL: "bo@mail.example", KeyKind.CUSTOMER_NUMBER: "2"},
            records={"party.profile": 1, "hotel.stays": 1, "hotel.preferences": 0},
        ),
    )

    def setup(self, folder: Path) -> Mapping[str, Any]:
        """A fresh file with the hotel's tables."""
        with closing(sqlite3.connect(folder / "hotel.db")) as database:
            database.executescript(TABLES)
        return {"url": f"sqlite:///{folder / 'hotel.db'}", **tomllib.loads(MAPPING)}

    def fault(self, fault: SourceFault, folder: Path) -> Mapping[str, Any] | None:
        """Break the file, or lead elsewhere."""
        if fault is SourceFault.UNREACHABLE:
            return {"url": "postgresql+psycopg://hub@127.0.0.1:1/hotel"}
        if fault is SourceFault.REFUSED:
            return {"url": f"sqlite:///{folder / 'elsewhere' / 'hotel.db'}"}
        if fault is SourceFault.TRUNCATED:
            return None
        with closing(sqlite3.connect(folder / "hotel.db")) as database:
            database.execute(BREAKS[fault])
            database.commit()
        return {}


@pytest.mark.thorough  # each of its checks has run, and the kept standing is held to the code
def test_it_is_gold() -> None:
    standing = run(TestSqlConformance).standing
    assert standing.tier is Tier.GOLD, [rule for rule in standing.rules if rule.state is RuleState.MISSING]
