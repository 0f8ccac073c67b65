"""What became of several runs of kills, kept in a file and told together."""

from __future__ import annotations

from pathlib import Path

from benchmarks.kills.reckoning import Reckoning, keep, kept, together


def run_on(backend: str, seed: int, *, lost: tuple[str, ...] = ()) -> Reckoning:
    return Reckoning(
        backend=backend,
        seeds=(seed,),
        seconds=10.0,
        sent=100,
        acknowledged=100,
        resent=3,
        kills=5,
        kills_of={"serve": 4, "worker": 1},
        lost=lost,
        twice=(),
        settling=float(seed),
        open=(),
        effects={"adjust": (40, 40)},
    )


def test_runs_are_kept_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "runs.jsonl"
    assert kept(file, "sqlite") == []

    for run in (run_on("sqlite", 1), run_on("postgresql", 2), run_on("sqlite", 3)):
        keep(file, run)

    assert [run.seeds for run in kept(file, "sqlite")] == [(1,), (3,)]
    assert [run.seeds for run in kept(file, "postgresql")] == [(2,)]


def test_runs_together_held_only_if_each_did() -> None:
    both = together([run_on("sqlite", 1), run_on("sqlite", 3)])

    assert both.held
    assert (both.sent, both.kills, both.settling) == (200, 10, 3.0)
    assert both.kills_of == {"serve": 8, "worker": 2}
    assert both.effects == {"adjust": (80, 80)}
    assert not together([run_on("sqlite", 1), run_on("sqlite", 3, lost=("key",))]).held
