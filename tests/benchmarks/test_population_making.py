"""The population's files: the same however they are made, and none half-done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.population import making
from benchmarks.population.command import main
from benchmarks.population.making import Progress, Refused, Task, make
from resolvers.summaries.measures import Line, Measure
from resolvers.training.learning import read_learning

DAY = date(2025, 7, 1)
TASK = Task(people=9, companies=3, day=DAY)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PART", 3)


def test_any_number_of_processes_makes_the_same_files(tmp_path: Path) -> None:
    told: list[Progress] = []
    one = make(TASK, tmp_path / "one", processes=1, told=told.append)
    two = make(TASK, tmp_path / "two", processes=2, told=lambda _: None)
    assert one == two
    assert [each.done for each in told] == [3, 6, 9, 12]
    for name in ("figures.parquet", "outcomes.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    outcomes = pq.read_table(tmp_path / "one" / "outcomes.parquet").to_pylist()
    assert one.customers == len(outcomes) <= 12
    assert {row["kind"] for row in outcomes} == {"PERSON", "ORGANIZATION"}
    assert all(row["age_group"] is None for row in outcomes if row["kind"] == "ORGANIZATION")
    figures = pq.read_table(tmp_path / "one" / "figures.parquet").to_pylist()
    assert one.figures == len(figures)
    assert {row["customer"] for row in figures} <= {row["customer"] for row in outcomes}
    learning = read_learning(tmp_path / "one", report=lambda _: None)
    assert len(learning) == len(outcomes)
    assert learning.about.day == DAY
    assert set(learning.groups) == {"sex", "age_group"}
    for row in figures:
        assert row["line"] in Line.__members__
        assert (row["currency"] == "AUD") is (Measure(row["measure"]).unit.value == "MONEY")


def test_it_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(TASK, tmp_path, processes=1, told=interrupt)
    assert not (tmp_path / "outcomes.parquet").exists()
    told: list[Progress] = []
    made = make(TASK, tmp_path, processes=1, told=told.append)
    assert [each.done for each in told] == [9, 12]
    assert made == make(TASK, tmp_path / "whole", processes=1, told=lambda _: None)


def test_a_folder_of_another_population_is_left_alone(tmp_path: Path) -> None:
    make(Task(people=1, companies=0, day=DAY), tmp_path, processes=1, told=lambda _: None)
    before = (tmp_path / "outcomes.parquet").read_bytes()
    with pytest.raises(Refused, match="another population"):
        make(TASK, tmp_path, processes=1, told=lambda _: None)
    assert (tmp_path / "outcomes.parquet").read_bytes() == before


def test_a_day_whose_next_year_the_sandbox_has_not_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--people", "2", "--day", "2020-01-01", "--out", str(tmp_path / "none")]) == 2
    assert "choose another day" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_an_interruption_from_outside_leaves_nothing_half_done(tmp_path: Path) -> None:
    # A shell lets what it starts in the background ignore Ctrl-C, and so would the tests' own children.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from benchmarks.population import making; making.PART = 10; "
        "from benchmarks.population.command import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "--people", "201", "--companies", "0"]
    with subprocess.Popen(
        [*command, "--out", str(tmp_path), "--processes", "2"],
        cwd=making.CHECKOUT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 50
        while not list(tmp_path.glob("parts/outcomes-*.parquet")) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "goes on from here" in said
    assert "Traceback" not in said
    assert not list(tmp_path.rglob("*.partial"))
