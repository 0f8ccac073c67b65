"""Who will take a product: learnt from who has it, judged by how many owners the top of the list holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from sklearn.metrics import roc_auc_score

from resolvers.training.binning import Floats, Labels
from resolvers.training.files import FileError
from resolvers.training.tables import Column, Frame, read_frame
from resolvers.training.weights import Fitted, cross_validated, fit, without


class Top(msgspec.Struct, frozen=True, kw_only=True):
    """The top of a ranked list. Where a tie is cut, its owners count in proportion."""

    customers: int
    owners: int | None
    """Of the product, in all; ``None`` where the file does not tell."""
    addressed: int
    hits: float | None
    lift: float | None
    """How many times more owners the top holds than as many customers drawn by lot."""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """How a model does on customers it has not seen."""

    folds: int
    auc: float
    top: Top
    """By cross-validation within the first file."""
    second: Top | None
    """Of the second file, by a model of the whole first one."""
    second_auc: float | None
    drivers: tuple[tuple[str, float], ...]
    """The ten features that move the log-odds most, by the standard deviation of what they contribute."""


def evaluate(
    file: Path, *, target: str, top: float, second: Path | None, folds: int, report: Callable[[str], None]
) -> Evaluation:
    """Judge a propensity model.

    Raises:
        FileError: a file or a column cannot be used.
        CannotJudgeError: the file does not allow a model.
    """
    if not 0 < top <= 1:
        raise FileError(f"top: found {top:g}; give a share above 0 and up to 1, such as 0.2")
    frame = read_frame(file)
    name = _target(frame, target, file)
    owner = _owners(frame.columns[name], name, file)
    frame = without(frame, {name})
    report(f"{folds}-fold cross-validation on {frame.rows:,} customers, {len(frame.columns)} features")
    found, _ = cross_validated(frame, owner, folds=folds)
    model = fit(frame, owner)
    later, later_auc = (None, None) if second is None else _scored(second, model, frame, name, top)
    return Evaluation(
        folds=folds,
        auc=float(roc_auc_score(owner, found)),
        top=_top(found, owner, top),
        second=later,
        second_auc=later_auc,
        drivers=_drivers(model, frame),
    )


def _scored(file: Path, model: Fitted, frame: Frame, target: str, top: float) -> tuple[Top, float | None]:
    scored = _renamed(read_frame(file), frame, target, file)
    owner = _owners(scored.columns[target], target, file) if target in scored.columns else None
    log_odds = model.log_odds(scored)
    two_kinds = owner is not None and bool(owner.any()) and not bool(owner.all())
    return _top(log_odds, owner, top), float(roc_auc_score(owner, log_odds)) if two_kinds else None


def _top(scores: Floats, owner: Labels | None, share: float) -> Top:
    count = len(scores)
    addressed = round(share * count)
    if owner is None:
        return Top(customers=count, owners=None, addressed=addressed, hits=None, lift=None)
    hits = 0.0
    if addressed:
        cut = np.sort(scores)[-addressed]
        above, tied = scores > cut, scores == cut
        hits = float(owner[above].sum() + owner[tied].mean() * (addressed - above.sum()))
    owners = int(owner.sum())
    by_lot = owners * addressed / count
    return Top(
        customers=count,
        owners=owners,
        addressed=addressed,
        hits=hits,
        lift=hits / by_lot if by_lot else None,
    )


def _drivers(model: Fitted, frame: Frame) -> tuple[tuple[str, float], ...]:
    spread = {name: float(column.std()) for name, column in model.contributions(frame).items()}
    return tuple(sorted(spread.items(), key=lambda item: -item[1])[:10])


def _target(frame: Frame, target: str, file: Path) -> str:
    """The column of that name, or of that number counted from 1; a negative one counts from the end."""
    names = list(frame.columns)
    if target in frame.columns:
        return target
    try:
        number = int(target)
        return names[number - 1 if number > 0 else number]
    except (ValueError, IndexError):
        raise FileError(f"{file}: there is no column {target!r}; there are {', '.join(names)}") from None


def _owners(column: Column, name: str, file: Path) -> Labels:
    values = {_number(each) for each in column}
    if not values <= {0.0, 1.0}:
        raise FileError(f"{file}: column {name!r} holds more than 0 and 1; write 1 for who has the product")
    return np.array([_number(each) == 1.0 for each in column])


def _number(value: object) -> float | None:
    text = str(value).strip().lower()
    if text in {"true", "yes"}:
        return 1.0
    if text in {"false", "no"}:
        return 0.0
    try:
        return float(text)
    except ValueError:
        return None


def _renamed(scored: Frame, frame: Frame, target: str, file: Path) -> Frame:
    """The second file's columns under the first one's names: by name, or by place where none has one."""
    if set(frame.columns) <= set(scored.columns):
        return scored
    names, wanted = list(scored.columns), list(frame.columns)
    if len(names) in {len(wanted), len(wanted) + 1}:
        full = [*wanted, target][: len(names)]
        return Frame(
            columns={new: scored.columns[old] for new, old in zip(full, names, strict=True)}, rows=scored.rows
        )
    missing = sorted(set(frame.columns) - set(scored.columns))
    raise FileError(f"{file}: it lacks the columns {', '.join(missing)} of the first file")
