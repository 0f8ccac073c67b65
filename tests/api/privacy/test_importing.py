"""Consents come in from a file: what cannot be taken is told row by row, nothing comes in twice."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from api.privacy import importing
from api.privacy.importing import ConsentFileError, bring_in
from api.wiring import open_store
from benchmarks.stage.graph import make_settings
from c360.access import TenantId
from c360.records.party import PartyKind
from store.data import EnrolCustomer, EnrolLink
from store.errors import DatabaseUnavailable

TENANT = TenantId("default")


@pytest.fixture
def settings(database_url: str) -> Any:
    """Settings over a store in which there is Ada."""
    made = make_settings(database_url, {})

    async def enrol() -> None:
        async with open_store(made) as store, store.database.unit(TENANT) as unit:
            await unit.customers.enrol(
                [
                    EnrolCustomer(
                        external_id="ada",
                        kind=PartyKind.PERSON,
                        display_name="Ada",
                        links=(EnrolLink(connector="bank", party_id="b1"),),
                    )
                ]
            )

    asyncio.run(enrol())
    return made


def row(day: int, **differing: Any) -> dict[str, Any]:
    plain = {
        "connector": "bank",
        "party_id": "b1",
        "purpose": "MARKETING",
        "state": "GIVEN",
        "at": f"2026-01-{day:02}T09:00:00Z",
        "proof_text": "signed",
    }
    return plain | differing


def jsonl(file: Path, rows: list[dict[str, Any]]) -> Path:
    file.write_text("".join(f"{json.dumps(one)}\n" for one in rows), "utf-8")
    return file


def decisions(settings: Any) -> Any:
    async def read() -> Any:
        async with open_store(settings) as store, store.database.read(TENANT) as unit:
            ada = (await unit.customers.by_party_refs([("bank", "b1")]))["bank", "b1"]
            return (await unit.consents.of([ada])).get(ada, ()), await unit.consents.proofs([ada])

    return asyncio.run(read())


def test_rows_are_recorded_once_and_problems_name_no_value(settings: Any, tmp_path: Path) -> None:
    rows = [
        row(1),
        row(2, state="WITHDRAWN", channel="EMAIL"),
        row(3, purpose="Zaphod"),
        row(4, channel="PIGEON"),
        row(5, party_id="nobody"),
        row(6, at="2026-01-06T09:00:00"),
        row(7, reference="r7"),
        row(8, reference="r7"),
    ]
    file = jsonl(tmp_path / "consents.jsonl", rows)
    found = asyncio.run(bring_in(settings, file))
    assert (found.rows, found.recorded, found.known, found.resumed_at) == (8, 3, 1, 0)
    assert [one.number for one in found.problems] == [3, 4, 5, 6]
    assert "Zaphod" not in str(found.problems)
    again = asyncio.run(bring_in(settings, file))
    assert (again.recorded, again.known) == (0, 4)
    kept, proofs = decisions(settings)
    assert len(kept) == 3
    assert {one.text for one in proofs.values()} == {"signed"}


def test_a_csv_says_the_same(settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "consents.csv"
    lines = [
        "connector,party_id,purpose,state,at,expires_at",
        "bank,b1,MARKETING,REFUSED,2026-01-01T00:00:00Z,",
    ]
    file.write_text("\n".join(lines), "utf-8")
    assert asyncio.run(bring_in(settings, file)).recorded == 1
    with pytest.raises(ConsentFileError):
        asyncio.run(bring_in(settings, tmp_path / "consents.xml"))


def test_an_import_that_is_killed_goes_on(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    file = jsonl(tmp_path / "consents.jsonl", [row(day) for day in range(1, 8)])
    record = importing._record
    calls = 0

    async def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise DatabaseUnavailable("gone")
        return await record(*args, **kwargs)

    with monkeypatch.context() as broken:
        broken.setattr(importing, "_record", dying)
        with pytest.raises(DatabaseUnavailable):
            asyncio.run(bring_in(settings, file))
    found = asyncio.run(bring_in(settings, file))
    assert (found.resumed_at, found.rows, found.recorded, found.known) == (4, 3, 3, 0)
    assert len(decisions(settings)[0]) == 7
