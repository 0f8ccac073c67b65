"""Segments by the command line: definitions in and out, counts that are interrupted and go on, sizes."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from api.commands import main
from api.segments.counting import Population
from api.segments.daily import PATIENCE, DailyCount
from api.settings import Settings, load
from api.wiring import open_hub, open_store
from c360.access import Purpose, TenantId
from c360.errors import ConfigError
from c360.records.party import PartyKind
from resolvers.segments import definitions
from resolvers.serving import shipped
from resolvers.summaries.keeping import kept_of
from resolvers.summaries.measures import Figure, Line, Measure
from store.data import EnrolCustomer, EnrolLink, PartyFigures
from store.data_consents import ConsentSource, DecisionDraft, DecisionKind, DecisionState
from store.data_segments import CountData

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TODAY = NOW.date()
PEOPLE = 23
DOMAINS = {"shop": "loyalty"}


@pytest.fixture
def config(sqlite_template: Path, tmp_path: Path) -> Path:
    """Settings of a migrated store without connectors."""
    file = tmp_path / "c360.toml"
    file.write_text(
        f"[security]\nmaster_key = '{'ab' * 32}'\nlookup_pepper = '{'cd' * 32}'\n"
        "[database]\nurl = 'sqlite:///c360.db'\n",
        encoding="utf-8",
    )
    shutil.copyfile(sqlite_template, tmp_path / "c360.db")
    return file


@pytest.fixture
def settings(config: Path) -> Settings:
    return load(config, {})


def behaviour(number: int) -> tuple[Figure, ...]:
    """Customers who bought for the first time 200, 300 … days ago, and every third one only then."""
    today = TODAY.toordinal()
    first = today - 200 - 100 * number
    last = first if number % 3 == 0 else today - 10
    counts = {
        Measure.FIRST_ON: first,
        Measure.LAST_ON: last,
        Measure.PURCHASE_DAYS: 1 if first == last else 40,
    }
    return tuple(
        Figure(line=Line.LOYALTY, measure=measure, value=float(value)) for measure, value in counts.items()
    )


async def populated(settings: Settings) -> None:
    """Twenty customers with figures, two of whom nothing was reckoned, one without any party."""
    tenant = TenantId(settings.tenant)
    async with open_store(settings, clock=lambda: NOW) as store, store.database.unit(tenant) as unit:
        await unit.customers.enrol(
            [
                EnrolCustomer(
                    external_id=str(number),
                    kind=PartyKind.ORGANIZATION if number % 10 == 0 else PartyKind.PERSON,
                    display_name=f"Customer {number:02}",
                    links=(EnrolLink(connector="shop", party_id=str(number)),) if number else (),
                )
                for number in range(PEOPLE)
            ]
        )
        refs = [("shop", str(number)) for number in range(1, PEOPLE - 2)]
        owners = await unit.customers.by_party_refs(refs)
        found = [
            PartyFigures(
                customer_id=owners[ref],
                connector="shop",
                party_id=ref[1],
                as_of=NOW,
                figures=kept_of(behaviour(int(ref[1]))),
            )
            for ref in refs
        ]
        await unit.summaries.put(found, again=NOW + timedelta(days=1))


def population(store: Any, settings: Settings, lines: list[str], *, page: int) -> Population:
    return Population(
        store.database,
        TenantId(settings.tenant),
        shipped(),
        DOMAINS,
        lambda: NOW,
        report=lines.append,
        page=page,
    )


def amounts(count: CountData) -> dict[str, float]:
    """Every number of a count by a name of its own."""
    tallies = {**count.segments, **count.cells}
    return {
        f"{name} {what}": value
        for name, tally in tallies.items()
        for what, value in msgspec.structs.asdict(tally).items()
    }


def test_a_count_in_pages_of_any_size_is_the_same(settings: Settings) -> None:
    async def go() -> None:
        await populated(settings)
        found: list[CountData] = []
        async with open_store(settings, clock=lambda: NOW) as store:
            for page in (1, 7, 22, 500):
                lines: list[str] = []
                counted = await population(store, settings, lines, page=page).count(TODAY, anew=True)
                found.append(counted)
                assert len(lines) == 22 // page + 1
                assert lines[-1] == "counted 22 of 23 customers"
            async with store.database.read(TenantId(settings.tenant)) as unit:
                sizes = await unit.segments.sizes(since=TODAY, until=TODAY)
        assert {each.customers for each in found} == {22}
        for each in found[1:]:
            assert amounts(each) == pytest.approx(amounts(found[0]))
        counts = {name: each[0].tally.customers for name, each in sizes.items()}
        assert counts == {name: each.customers for name, each in found[0].segments.items()}
        # One each third is gone for two years at least; who came last is new; of two nothing is known.
        assert (counts["lapsed"], counts["welcome"], counts["unknown"]) == (5, 1, 2)
        assert sum(each.customers for each in found[0].cells.values()) == 22

    asyncio.run(go())


def test_a_count_that_was_interrupted_goes_on_behind_what_it_kept(settings: Settings) -> None:
    async def go() -> None:
        await populated(settings)
        async with open_store(settings, clock=lambda: NOW) as store:
            whole = await population(store, settings, [], page=5).count(TODAY)
            lines: list[str] = []

            class Stopped(Exception):
                pass

            def stop(line: str) -> None:
                lines.append(line)
                if len(lines) == 2:
                    raise Stopped

            one = Population(
                store.database,
                TenantId(settings.tenant),
                shipped(),
                DOMAINS,
                lambda: NOW,
                report=stop,
                page=5,
            )
            with pytest.raises(Stopped):
                await one.count(TODAY, anew=True)
            lines = []
            other = population(store, settings, lines, page=5)
            again = await other.count(TODAY)
            assert amounts(again) == pytest.approx(amounts(whole))
            assert lines[0] == "going on after customer 10"
            assert len(lines) == 4
            # Counted to the end is counted.
            lines.clear()
            assert await other.count(TODAY) == again
            assert lines == []

    asyncio.run(go())


def test_other_definitions_begin_a_count_anew(settings: Settings, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"

    async def count() -> CountData:
        async with open_store(settings, clock=lambda: NOW) as store:
            return await population(store, settings, [], page=5).count(TODAY)

    asyncio.run(populated(settings))
    before = asyncio.run(count())
    assert set(before.versions.values()) == {0}
    mine = msgspec.structs.replace(definitions.load(), segments=definitions.load().segments[:2])
    file.write_bytes(definitions.encode(mine))
    arguments = ["--config", str(config), "segments", "import", str(file), "--from", str(TODAY)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    after = asyncio.run(count())
    assert after.versions == {
        "dimensions": 1, "best-customers": 1, "valuable-and-leaving": 1,
    }  # fmt: skip
    assert after.customers == before.customers


@pytest.fixture
def called(config: Path) -> Any:
    """Calls ``segments`` in this process: its output; fails with another exit code than 0."""

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["--config", str(config), "segments", *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    return call


def test_definitions_come_in_and_go_out(called: Any, config: Path, tmp_path: Path) -> None:
    assert "shipped" in called("list")
    file = tmp_path / "segments.json"
    called("export", "--output", str(file))
    assert definitions.decode(file.read_bytes()) == definitions.decode(definitions.encode(definitions.load()))
    assert "dry run" in called("import", str(file), "--dry-run")
    assert "shipped" in called("list")
    assert called("import", str(file), "--by", "eve").splitlines()[-1] == "0 unchanged; kept"
    assert called("import", str(file)).splitlines() == ["17 unchanged; nothing to change"]
    assert called("export").encode() == file.read_bytes()
    changed = json.loads(file.read_bytes())
    changed["segments"] = changed["segments"][:3]
    changed["segments"][0]["strategy"] = "Something else."
    file.write_text(json.dumps(changed), encoding="utf-8")
    said = called("import", str(file), "--from", "2030-01-01")
    assert said.count("ended") == 13
    assert said.count("changed  ") == 1
    assert len(json.loads(called("list", "--json"))) == 16
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"format": 1, "segments": [{"name": "x"}]}', encoding="utf-8")
    result = CliRunner().invoke(main, ["--config", str(config), "segments", "import", str(wrong)])
    assert isinstance(result.exception, ConfigError)
    assert called("import", str(file)).splitlines() == ["4 unchanged; nothing to change"]


def test_count_sizes_and_members_are_printed(called: Any, settings: Settings) -> None:
    asyncio.run(populated(settings))
    assert "22 customers on" in called("count")
    today = datetime.now(UTC).date()
    found = json.loads(called("sizes", "unknown", "--json"))
    assert list(found) == ["unknown"]
    assert [each["day"] for each in found["unknown"]] == [str(today)]
    # Without a connector called shop, nobody can say any more what the two hold there.
    assert "shipped" in called("sizes", "unknown", "--until", str(today))
    assert called("sizes", "--until", "2020-01-01") == ""
    cells = json.loads(called("cells", "--json"))
    assert sum(each["tally"]["customers"] for each in cells) == 22
    assert json.loads(called("cells", "--json", "--day", str(today))) == cells
    assert len(called("cells").splitlines()) == len(cells)
    assert called("cells", "--day", "2020-01-01") == ""
    members = called("members", "unknown").splitlines()
    assert len(set(members)) == found["unknown"][0]["tally"]["customers"] == 2


def test_who_objects_is_in_no_list_at_once_and_in_no_later_count(settings: Settings) -> None:
    def draft(kind: DecisionKind, state: DecisionState, purpose: Purpose | None) -> DecisionDraft:
        return DecisionDraft(
            kind=kind, state=state, purpose=purpose, at=NOW, source=ConsentSource.CUSTOMER_PORTAL
        )

    async def go() -> None:
        await populated(settings)
        tenant = TenantId(settings.tenant)
        async with open_store(settings, clock=lambda: NOW) as store:

            async def named() -> set[str]:
                async with store.database.read(tenant) as unit:
                    segments = [each.segment.name for each in definitions.shipped().segments]
                    pages = [await unit.standings.members(one, first=PEOPLE) for one in segments]
                    best = await unit.standings.best("LIFETIME_VALUE", first=PEOPLE)
                assert best.ids
                return {one for page in (*pages, best) for one in page.ids}

            async def tell(customer: str, said: DecisionDraft) -> None:
                async with store.database.unit(tenant) as unit:
                    await unit.consents.record(customer, said, by="agent")

            before = await population(store, settings, [], page=7).count(TODAY)
            everybody = sorted(await named())
            objecting, restricted, other, *_ = everybody
            await tell(objecting, draft(DecisionKind.OBJECTION, DecisionState.RAISED, Purpose.ANALYTICS))
            await tell(restricted, draft(DecisionKind.RESTRICTION, DecisionState.RAISED, None))
            await tell(other, draft(DecisionKind.OBJECTION, DecisionState.RAISED, Purpose.MARKETING))
            assert await named() == set(everybody) - {objecting, restricted}

            after = await population(store, settings, [], page=7).count(TODAY, anew=True)
            assert after.customers == before.customers - 2
            assert await named() == set(everybody) - {objecting, restricted}

            lifted = draft(DecisionKind.RESTRICTION, DecisionState.LIFTED, None)
            await tell(restricted, msgspec.structs.replace(lifted, at=NOW + timedelta(seconds=1)))
            await population(store, settings, [], page=7).count(TODAY, anew=True)
            assert await named() == set(everybody) - {objecting}

    asyncio.run(go())


def test_the_worker_counts_once_a_day_when_figures_are_there(settings: Settings) -> None:
    async def go() -> None:
        await populated(settings)
        moment = [NOW]
        async with open_hub(settings, clock=lambda: moment[0]) as hub:
            daily = DailyCount(hub, settings)
            assert await daily.look()
            assert not await daily.look()
            moment[0] += timedelta(days=1)
            assert await daily.look()
            async with hub.store.database.read(hub.tenant) as unit:
                sizes = await unit.segments.sizes(["welcome"], since=date.min, until=date.max)
            assert [each.day for each in sizes["welcome"]] == [TODAY, TODAY + timedelta(days=1)]

    asyncio.run(go())


def test_the_worker_waits_for_parties_that_are_new_but_not_for_ever(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        await populated(settings)
        moment = [NOW]
        async with open_hub(settings, clock=lambda: moment[0]) as hub:
            daily = DailyCount(hub, settings)

            async def awaited(_: datetime) -> bool:
                return True

            monkeypatch.setattr(daily, "_awaited", awaited)
            assert not await daily.look()
            moment[0] += PATIENCE
            assert await daily.look()

    asyncio.run(go())
