"""Anybody's file is read, or it is said what would do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from resolvers.training import propensity, scorecard
from resolvers.training.files import FileError
from resolvers.training.histories import Columns, read_histories
from resolvers.training.weights import CannotJudgeError

COLUMNS = Columns(customer="who", date="day", amount="paid")
HEADER = "who,day,paid\n"


Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(text: str) -> Path:
        path = tmp_path / "file.csv"
        path.write_text(text)
        return path

    return file


@pytest.mark.parametrize("days", [("2026-01-01", "2026-01-15"), ("20260101", "20260115")])
def test_days_are_read_however_they_are_written(write: Write, days: tuple[str, str]) -> None:
    file = write(HEADER + f"a,{days[0]},10\na,{days[1]},20\na,{days[1]},4\nb,{days[0]},5\n")
    found = read_histories(file, COLUMNS, calibration_end=date(2026, 1, 29))
    assert found.customer == ("a", "b")
    np.testing.assert_allclose(found.frequency, [1, 0])
    np.testing.assert_allclose(found.recency, [2, 0])
    np.testing.assert_allclose(found.age, [4, 4])
    np.testing.assert_allclose(found.mean, [24, 0])
    np.testing.assert_allclose(found.first_amount, [10, 5])


def test_what_comes_after_the_calibration_is_held_out(write: Write) -> None:
    file = write(HEADER + "a,2026-01-01,10\na,2026-02-01,7\nb,2026-02-03,9\n")
    found = read_histories(file, COLUMNS, calibration_end=date(2026, 1, 29))
    assert (found.customer, found.holdout_end) == (("a",), date(2026, 2, 3))
    np.testing.assert_allclose(found.held_out, [7])


def test_bad_rows_are_counted(write: Write) -> None:
    file = write(HEADER + "a,2026-01-01,10\na,someday,7\na,2026-01-03,much\n")
    assert read_histories(file, COLUMNS, calibration_end=None).dropped == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("who,when,paid\na,2026-01-01,1\n", "no column 'day'; there are who, when, paid"),
        (HEADER + "a,someday,1\n", "holds no day"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(write: Write, text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_histories(write(text), COLUMNS, calibration_end=None)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such file"):
        read_histories(tmp_path / "none.csv", COLUMNS, calibration_end=None)


def quiet(_line: str) -> None:
    """Take a line of progress."""


def test_a_target_is_one_of_two(write: Write) -> None:
    file = write("x,y\n1,good\n2,bad\n")
    with pytest.raises(FileError, match="name the good one"):
        scorecard.evaluate(file, target="y", good="best", report=quiet)
    with pytest.raises(CannotJudgeError, match="the rarer one has 1"):
        scorecard.evaluate(file, target="y", good="good", report=quiet)
    with pytest.raises(FileError, match="more than 0 and 1"):
        propensity.evaluate(file, target="y", top=0.2, second=None, folds=2, report=quiet)
    with pytest.raises(FileError, match="a share above 0"):
        propensity.evaluate(file, target="y", top=2, second=None, folds=2, report=quiet)


def test_points_are_the_log_odds_of_the_model(write: Write) -> None:
    rng = np.random.default_rng(360)
    x, kind = rng.normal(size=600), rng.integers(0, 3, 600)
    bad = rng.random(600) < 1 / (1 + np.exp(2 - x - 0.7 * kind))
    rows = "".join(f"{a:.4f},k{b},{'bad' if c else 'good'}\n" for a, b, c in zip(x, kind, bad, strict=True))
    file = write("x,kind,y\n" + rows)
    found = scorecard.evaluate(file, target="y", good="good", report=quiet)
    scores = [
        found.scorecard.score({"x": float(f"{a:.4f}"), "kind": f"k{b}"}) for a, b in zip(x, kind, strict=True)
    ]
    expected = np.mean([score.probability for score in scores])
    assert expected == pytest.approx(bad.mean(), abs=0.005)
    assert all(row.share > 0.04 for feature in found.scorecard.features for row in feature.bins)
    better = [score.points for score, is_bad in zip(scores, bad, strict=True) if not is_bad]
    worse = [score.points for score, is_bad in zip(scores, bad, strict=True) if is_bad]
    assert np.mean(better) > np.mean(worse) + 10
