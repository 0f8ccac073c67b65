"""Who answers has a core to itself, whoever else was put on one before."""

from __future__ import annotations

import os

from benchmarks.race.cores import cores, on_core


def test_the_cores_are_the_same_while_one_keeps_to_one_of_them() -> None:
    cores.cache_clear()
    before = os.sched_getaffinity(0)
    answering, other = cores()
    with on_core(other):
        assert os.sched_getaffinity(0) == {other}
        assert cores() == (answering, other)
    assert os.sched_getaffinity(0) == before
