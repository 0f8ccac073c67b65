"""Runs the pipeline over any file with a truth column, which is used for scoring alone."""

from __future__ import annotations

import re
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from resolvers.identity.population import metrics
from resolvers.identity.population.clusters import cluster
from resolvers.identity.population.columns import Column, Field, recognise
from resolvers.identity.population.engine import Report
from resolvers.identity.population.errors import PopulationError
from resolvers.identity.population.levels import layout
from resolvers.identity.population.pipeline import LEAST, Compared, compare
from resolvers.identity.population.reading import ROW, read
from resolvers.identity.population.splink_engine import SplinkEngine
from resolvers.identity.population.sql import quoted
from resolvers.identity.scoring import bits

THRESHOLDS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
"""Probabilities for which quality is told where none is asked for."""
_NUMBERED = re.compile(r"(.+?)-(?:org|dup(?:-\d+)?)")
"""Record ids that hold the truth: ``rec-223-org`` and ``rec-223-dup-0`` are both ``rec-223``."""


@dataclass(frozen=True)
class Row:
    """Quality at one threshold."""

    threshold: float
    pairwise: metrics.Quality
    """Of the pairs whose probability reaches the threshold."""
    clusters: metrics.Quality
    """Of all pairs within the clusters that are made of them."""


@dataclass(frozen=True)
class Evaluation:
    """What was done and how good it is."""

    records: int
    entities: int
    true_pairs: int
    columns: tuple[Column, ...]
    dropped: Mapping[str, str]
    """Columns that were not compared, and why."""
    compared: Compared
    rows: tuple[Row, ...]
    seconds: float


def evaluate(
    files: Sequence[Path],
    truth: str,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    given: Mapping[str, Field] | None = None,
    report: Report = lambda _: None,
) -> Evaluation:
    """Link the records of files without their truth, and compare with it.

    Args:
        files: CSV or Parquet, read one after the other.
        truth: the column that says who is who.
        thresholds: probabilities in (0, 1).
        given: what columns hold, where their names and values do not tell.
        report: takes lines of progress.

    Raises:
        PopulationError: a file is not readable, the column is missing or says nothing, or there is
            nothing to compare.
    """
    started = time.monotonic()
    with duckdb.connect() as connection:
        names = read(connection, files, "source")
        wrong = next((name for name in (truth, *(given or {})) if name not in names), None)
        if wrong is not None:
            raise PopulationError(f"there is no column {wrong!r}; the columns are: {', '.join(names)}")
        entities = _entities(connection, truth)
        if len(entities) < 2:
            raise PopulationError("one record has nothing to be linked with; name a file with more")
        others = [name for name in names if name != truth]
        columns, dropped = recognise(connection, "source", others, given=given or {})
        report(f"{len(entities):,} records")
        engine = SplinkEngine(connection)
        compared = compare(engine, "source", layout(columns), len(entities), report=report)
        edges = [edge for batch in engine.edges(LEAST) for edge in batch]
    true = metrics.true_pairs(entities)
    rows = []
    for threshold in thresholds:
        report(f"clustering at {threshold:g}")
        least = bits(threshold)
        sure = ((left, right) for left, right, weight in edges if weight >= least)
        pairwise = metrics.of_pairs(sure, entities, true)
        grouped = cluster(edges, threshold=least)
        rows.append(Row(threshold, pairwise, metrics.of_clusters(grouped, entities, true)))
    return Evaluation(
        records=len(entities),
        entities=len({entity for entity in entities.values() if entity is not None}),
        true_pairs=true,
        columns=tuple(columns),
        dropped=dropped,
        compared=compared,
        rows=tuple(rows),
        seconds=time.monotonic() - started,
    )


def _entities(connection: duckdb.DuckDBPyConnection, truth: str) -> dict[int, Hashable]:
    """Who each record is about, by its number; ``None`` where the file does not say."""
    query = f"SELECT {ROW}, nullif(trim({quoted(truth)}), '') FROM source"
    rows: dict[int, Hashable] = dict(connection.execute(query).fetchall())
    values = [str(value) for value in rows.values() if value is not None]
    if not values:
        raise PopulationError(f"column {truth!r} is empty; name the column that says who is who")
    if all(map(_NUMBERED.fullmatch, values)):
        return {
            row: None if value is None else _NUMBERED.sub(r"\1", str(value)) for row, value in rows.items()
        }
    if len(values) > 1 and len(set(values)) == len(values):
        raise PopulationError(
            f"column {truth!r} differs in every record, so that nothing belongs together; "
            "name the column that says who is who"
        )
    return rows
