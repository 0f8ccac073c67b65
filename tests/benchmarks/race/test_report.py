from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from benchmarks.race import report
from benchmarks.race.gates import Gate, gates, slow_peer
from benchmarks.race.outcomes import Memory, Outcome, RaceReport


def outcome(workload: str, contender: str, processor: float, **more: object) -> Outcome:
    known = {"concurrency": 16, "requests": 100, "p50": 50.0, "p99": 90.0, "calls": 11.0, "memory": 120.0}
    told = {"workload": workload, "contender": contender, "processor": processor, "rate": 90.0}
    return msgspec.convert({**known, "calls_by_partner": {"loyalty": 0.25}, **told, **more}, Outcome)


@pytest.fixture
def raced() -> RaceReport:
    rows = [
        outcome("A", "c360", 1.0),
        outcome("A", "strawberry", 45.0),
        outcome("A", "mercurius", 3.5),
        outcome("A", "bare", 2.0),
        outcome("A", "c360 +100,000", 1.05),
        outcome("A64", "c360", 0.9),
        outcome("B", "c360", 0.5),
        outcome("B", "mercurius", 0.4),
        outcome("E1", "c360", 1.0, p50=44.0),
        outcome("F", "c360", 0.2, calls=0.0),
        outcome("C", "c360", 21.0),
        outcome("C10", "c360", 4.0),
    ]
    at = datetime(2026, 6, 1, tzinfo=UTC)
    memory = Memory(requests=1000, before=90.0, after=(100.0, 120.0))
    return RaceReport(at=at, backend="postgresql", processors=2, outcomes=rows, cold_start=1.4, memory=memory)


def found(raced: RaceReport, name: str) -> Gate:
    return next(gate for gate in gates(raced) if gate.name.startswith(name))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("A: processor time of Mercurius", 3.5, "goal reached"),
        ("A: processor time of stock", 45.0, "gate held"),
        ("B: processor time of Mercurius", 0.8, "**missed**"),
        ("C: processor time of Mercurius", None, "not measured"),
        ("E1: p50 beyond", 4.0, "gate held"),
        ("F: requests", 5.0, "goal reached"),
        ("F: calls", 0.0, "gate held"),
        ("C: processor time of a listed customer", 1.05, "gate held"),
        ("calls of the partner with batches", 0.25, "goal reached"),
        ("A with 100,000 more customers", 1.05, "gate held"),
        ("memory after 1,000", 120.0, "gate held"),
        ("growth of memory", 20.0, "**missed**"),
        ("first answer", 1.4, "gate held"),
    ],
)
def test_promises_are_held_against_what_was_measured(
    raced: RaceReport, name: str, value: float | None, said: str
) -> None:
    gate = found(raced, name)
    assert gate.value == (value if value is None else pytest.approx(value))
    assert gate.said == said


def test_a_peer_that_is_not_at_its_best_is_named(raced: RaceReport) -> None:
    assert slow_peer(raced) is None
    rows = [*raced.outcomes[:2], outcome("A", "mercurius", 7.0), outcome("A", "bare", 2.0)]
    said = slow_peer(msgspec.structs.replace(raced, outcomes=rows))
    assert said is not None
    assert "3.5 times" in said


def test_a_later_run_replaces_only_what_it_measured(raced: RaceReport) -> None:
    later = RaceReport(at=raced.at, backend="postgresql", processors=2, outcomes=[outcome("B", "c360", 0.3)])
    merged = later.over(raced)
    again = {each.contender: each.processor for each in merged.outcomes if each.workload == "B"}
    assert again == {"c360": 0.3, "mercurius": 0.4}
    assert sum(each.workload == "A" for each in merged.outcomes) == 5
    assert merged.memory == raced.memory


def test_a_resumed_run_knows_what_was_measured_lately(raced: RaceReport) -> None:
    rows = [outcome("A", "c360", 1.0, at=raced.at), outcome("A", "bare", 2.0)]
    kept = msgspec.structs.replace(raced, outcomes=rows)
    assert kept.has("A", "c360", raced.at)
    assert not kept.has("A", "c360", raced.at + timedelta(seconds=1))
    assert not kept.has("A", "bare", raced.at)  # nobody knows when
    assert not kept.has("B", "c360", raced.at)


def test_rows_of_several_runs_are_told_apart(raced: RaceReport) -> None:
    def page(later: timedelta) -> str:
        rows = [outcome("A", "c360", 1.0, at=raced.at), outcome("A", "bare", 2.0, at=raced.at + later)]
        return report.page(msgspec.structs.replace(raced, outcomes=rows), [])

    assert "Not all of these rows" not in page(timedelta(seconds=20))
    assert "Not all of these rows" in page(timedelta(hours=1))


def test_every_promise_has_its_line_before_anything_was_measured(raced: RaceReport) -> None:
    found = gates(msgspec.structs.replace(raced, outcomes=[], cold_start=None, memory=None))
    assert {gate.said for gate in found} == {"not measured"}
    names = " ".join(gate.name for gate in found)
    for promised in ("1,000,000 more customers", "54 more connectors", "listed customer", "first answer"):
        assert promised in names


def test_the_page_and_its_picture_are_written_from_files(raced: RaceReport, tmp_path: Path) -> None:
    (tmp_path / "race.json").write_bytes(msgspec.json.encode(raced))
    (tmp_path / "bench.json").write_bytes(
        b'{"figures": [{"workload": "sockets at once", "name": "sqlite: told", "value": 12.5, "unit": "ms"}]}'
    )
    arguments = ["--race", str(tmp_path / "race.json"), "--bench", str(tmp_path / "bench.json")]
    assert report.main([*arguments, "--docs", str(tmp_path)]) == 0
    page = (tmp_path / "performance.md").read_text("utf-8")
    assert "| mercurius | 3.500 | 3.50 | 286 | 50.0 | 90.0 | 11.00 | 120 |" in page
    assert "| B: processor time of Mercurius, against c360's | ≥ 1 | ≥ 2 | 0.80 times | **missed** |" in page
    assert "| sqlite: told | 12.5 ms |" in page
    picture = (tmp_path / "performance.svg").read_bytes()
    assert picture.startswith(b"<?xml")
    assert picture == report.picture(raced.outcomes)
