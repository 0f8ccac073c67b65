"""The suite over a rental operator's folder: every check may have one to itself."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from c360.contract import KeyKind
from c360.testing import ConnectorSuite, Known, SourceFault, Tier, run
from c360.testing.tiers import RuleState
from plugins.files.connector import connectors
from tests.plugins.files.conftest import HEADER, MAPPING

LONG_AGO = datetime(2026, 6, 15, tzinfo=UTC).timestamp()
BOOKINGS = (
    HEADER,
    "b1,c1,A,2026-06-10T09:00:00Z,10.50,EUR,",
    "b2,c1,B,2026-05-01T09:00:00+02:00,7,EUR,",
    "b3,c2,A,2026-06-12T09:00:00Z,,,",
    "b4,c2,A,2026-06-13T09:00:00Z,1,EUR,yes",
)
PEOPLE = ("id,name,mail", "c1,Ada Lovelace,ada@mail.example", "c2,Bo,")


def written(folder: Path, name: str, *lines: str) -> None:
    file = folder / name
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    os.utime(file, (LONG_AGO, LONG_AGO))


class TestFilesConformance(ConnectorSuite):
    connector = next(each for each in connectors() if each.describe().domain == "rental")
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    unknown = "c4711"
    customers = (
        Known(
            party_id="c1",
            keys={KeyKind.EMAIL: "ada@mail.example"},
            records={"party.profile": 1, "rental.bookings": 2},
        ),
        Known(party_id="c2", records={"party.profile": 1, "rental.bookings": 1}),
    )

    def setup(self, folder: Path) -> Mapping[str, Any]:
        """A folder with one file of each kind."""
        drops = folder / "drops"
        drops.mkdir(exist_ok=True)
        written(drops, "bookings-2026-06-14.csv", *BOOKINGS)
        written(drops, "people-2026-06-14.csv", *PEOPLE)
        return {
            "folder": str(drops), "index": str(folder / "index.db"), "poll": 3600, **tomllib.loads(MAPPING)
        }  # fmt: skip

    def fault(self, fault: SourceFault, folder: Path) -> Mapping[str, Any] | None:
        """Break the files before any was read."""
        drops = folder / "drops"
        match fault:
            case SourceFault.UNREACHABLE:
                return {"folder": str(folder / "elsewhere")}
            case SourceFault.REFUSED:
                (folder / "taken").write_text("no folder")
                return {"index": str(folder / "taken" / "index.db")}
            case SourceFault.MISSING:
                written(drops, "bookings-2026-06-14.csv", HEADER.replace("state", "stage"), *BOOKINGS[1:])
                written(drops, "people-2026-06-14.csv", "id,nom,mail", *PEOPLE[1:])
            case SourceFault.RETYPED:
                written(
                    drops, "bookings-2026-06-14.csv", *(line.replace("10.50", "a lot") for line in BOOKINGS)
                )
            case SourceFault.ADDED:
                written(drops, "people-2026-06-14.csv", *(f"{line},1" for line in PEOPLE))
            case SourceFault.TRUNCATED:
                for name, lines in (("bookings", BOOKINGS), ("people", PEOPLE)):
                    written(drops, f"{name}-2026-06-14.csv", lines[0][:-4])
        return {}


@pytest.mark.thorough  # each of its checks has run, and the kept standing is held to the code
def test_it_is_gold() -> None:
    standing = run(TestFilesConformance).standing
    assert standing.tier is Tier.GOLD, [rule for rule in standing.rules if rule.state is RuleState.MISSING]
