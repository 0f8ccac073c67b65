"""``identity evaluate``: the quality of linking a file whose truth is known, as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from resolvers.identity.population.columns import Field
from resolvers.identity.population.engine import Report
from resolvers.identity.population.errors import PopulationError
from resolvers.identity.population.evaluate import THRESHOLDS, Evaluation, Row, evaluate
from resolvers.identity.population.metrics import Quality


def run(
    files: Sequence[Path],
    truth: str,
    *,
    thresholds: Sequence[float],
    mapped: Sequence[str],
    report: Report,
) -> Evaluation:
    """Evaluate; see :func:`resolvers.identity.population.evaluate.evaluate`.

    Args:
        files: what to read.
        truth: the column that says who is who.
        thresholds: probabilities; a ladder of them where none is given.
        mapped: ``field=column`` each.
        report: takes lines of progress.

    Raises:
        PopulationError: the file or an argument is wrong.
    """
    given = dict(_mapping(text) for text in mapped)
    return evaluate(files, truth, thresholds=tuple(thresholds) or THRESHOLDS, given=given, report=report)


def lines(evaluation: Evaluation) -> Iterator[str]:
    """The evaluation for people."""
    yield (
        f"{evaluation.records:,} records of {evaluation.entities:,}, "
        f"{evaluation.true_pairs:,} pairs belong together; {evaluation.seconds:.1f} s"
    )
    for column in evaluation.columns:
        yield f"  {column.name} compared as {column.field.value}"
    for name, reason in evaluation.dropped.items():
        yield f"  {name} left out: it {reason}"
    yield ""
    yield "            pairwise                     clusters"
    yield "threshold   precision  recall  F1        precision  recall  F1"
    for row in evaluation.rows:
        yield f"{row.threshold:<9g}   {_figures(row.pairwise)}    {_figures(row.clusters)}"


def as_json(evaluation: Evaluation) -> bytes:
    """The evaluation for programs."""
    plain = {
        "records": evaluation.records,
        "entities": evaluation.entities,
        "truePairs": evaluation.true_pairs,
        "seconds": round(evaluation.seconds, 2),
        "columns": {column.name: column.field.value for column in evaluation.columns},
        "leftOut": dict(evaluation.dropped),
        "prior": evaluation.compared.weights.prior,
        "keys": [each.rule.name for each in evaluation.compared.rules],
        "thresholds": [_row(row) for row in evaluation.rows],
    }
    return msgspec.json.format(msgspec.json.encode(plain), indent=2)


def _row(row: Row) -> dict[str, Any]:
    return {
        "threshold": row.threshold,
        "pairwise": _plain(row.pairwise),
        "clusters": _plain(row.clusters),
    }


def _plain(quality: Quality) -> dict[str, float]:
    return {
        "precision": round(quality.precision, 6),
        "recall": round(quality.recall, 6),
        "f1": round(quality.f1, 6),
    }


def _figures(quality: Quality) -> str:
    return f"{quality.precision:<9.4f}  {quality.recall:.4f}  {quality.f1:.4f}"


def _mapping(text: str) -> tuple[str, Field]:
    field, equals, column = text.partition("=")
    known = [each.value for each in Field]
    if not equals or field not in known:
        raise PopulationError(f"--map {text!r} is not field=column; fields are: {', '.join(known)}")
    return column, Field(field)
