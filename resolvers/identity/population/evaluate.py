"""Runs the pipeline over any file with a truth column, which is used for scoring alone."""

from __future__ import annotations

import itertools
import math
import re
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from resolvers.identity.population import metrics
from resolvers.identity.population.blocking import Chosen, Rule, budget, candidates, choose
from resolvers.identity.population.clusters import cluster
from resolvers.identity.population.columns import Column, Field, recognise
from resolvers.identity.population.engine import Engine, Report, Weights
from resolvers.identity.population.errors import PopulationError
from resolvers.identity.population.levels import Layout, Part, layout
from resolvers.identity.population.reading import ROW, read
from resolvers.identity.population.splink_engine import SplinkEngine
from resolvers.identity.population.sql import one, quoted
from resolvers.identity.population.training import Agreement, prior_of, sessions, without_matches

THRESHOLDS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
LEAST = -10.0
PROBE = 100_000
_FEBRL = re.compile(r"(.+?)-(?:org|dup(?:-\d+)?)")


@dataclass(frozen=True)
class Row:
    """Quality at one threshold."""

    threshold: float
    pairwise: metrics.Quality
    clusters: metrics.Quality


@dataclass(frozen=True)
class Evaluation:
    """What was done and how good it is."""

    records: int
    entities: int
    true_pairs: int
    columns: tuple[Column, ...]
    dropped: Mapping[str, str]
    rules: tuple[Chosen, ...]
    weights: Weights
    compared: int
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
    started = time.monotonic()
    connection = duckdb.connect()
    names = read(connection, files, "source")
    if truth not in names:
        raise PopulationError(f"there is no column {truth!r}; the file has: {', '.join(names)}")
    unknown = set(given or ()) - set(names)
    if unknown:
        raise PopulationError(f"there is no column {min(unknown)!r}; the file has: {', '.join(names)}")
    entities = _entities(connection, truth)
    records = len(entities)
    if records < 2:
        raise PopulationError("one record has nothing to be linked with; name a file with more")
    columns, dropped = recognise(
        connection, "source", [name for name in names if name != truth], given=given or {}
    )
    made = layout(columns)
    report(f"{records:,} records; " + ", ".join(f"{c.name} is {c.field.value}" for c in columns))
    engine = SplinkEngine(connection)
    engine.prepare("source", made.features)
    raw, chosen = _trained(engine, made, records, report)
    rules = _rules(engine, made, raw, chosen, records, report)
    engine.block([each.rule.sql for each in rules])
    report(f"{len(rules)} keys, at most {sum(each.pairs for each in rules):,} pairs")
    weights = _settled(engine, made, raw, records, report)
    report("comparing")
    compared = engine.score(made.comparisons, weights, least=LEAST, report=report)
    kept = [edge for batch in engine.edges(LEAST) for edge in batch]
    true = metrics.true_pairs(entities)
    rows = []
    for threshold in thresholds:
        bits = math.log2(threshold / (1 - threshold))
        pairwise = metrics.of_pairs(((l, r) for l, r, b in kept if b >= bits), entities, true)
        grouped = cluster(kept, threshold=bits)
        rows.append(Row(threshold, pairwise, metrics.of_clusters(grouped, entities, true)))
        report(f"clustered at {threshold:g}")
    return Evaluation(
        records=records,
        entities=len(set(entities.values())),
        true_pairs=true,
        columns=tuple(columns),
        dropped=dropped,
        rules=tuple(rules),
        weights=weights,
        compared=compared,
        rows=tuple(rows),
        seconds=time.monotonic() - started,
    )


def _entities(connection: duckdb.DuckDBPyConnection, truth: str) -> dict[int, Hashable]:
    rows = connection.execute(f"SELECT {ROW}, nullif(trim({quoted(truth)}), '') FROM source").fetchall()
    values = [value for _, value in rows if value is not None]
    if not values:
        raise PopulationError(f"column {truth!r} is empty; name the column that says who is who")
    parts = [_FEBRL.fullmatch(value) for value in values]
    if all(parts):
        return {row: match[1] if value and (match := _FEBRL.fullmatch(value)) else None for row, value in rows}
    if len(values) > 1 and len(set(values)) == len(values):
        raise PopulationError(
            f"column {truth!r} differs in every record, so that nothing belongs together; "
            "name the column that says who is who"
        )
    return dict(rows)


def _trained(engine: Engine, made: Layout, records: int, report: Report) -> tuple[Weights, list[tuple[str, ...]]]:
    """Weights without truth, and the agreements they were learnt from."""
    chosen = sessions(made.comparisons, _agreements(engine, made.parts), records)
    report("training on " + "; ".join(" + ".join(each) for each in chosen))
    return engine.train(made.comparisons, chosen, report=report), chosen


def _rules(engine, made, weights, chosen, records, report):
    whole = {part.name: part for part in made.parts if part.whole}
    prior = 1 / records
    engine.block([Rule(tuple(whole[n] for n in each)).sql for each in chosen], most=PROBE)
    engine.score(made.comparisons, without_matches(weights, prior), least=0.0, report=report)
    found = prior_of(engine.histogram(), records, prior)
    prior = max(found, prior)
    patterns = engine.patterns({part.name: part.sql for part in made.parts}, least=math.log2(prior/(1-prior)) * 0 + 3.3)
    rules = list(candidates(made.parts))
    costs = dict(zip(rules, engine.count([r.sql for r in rules]), strict=True))
    report("counted")
    return choose(costs, patterns, matches=prior * records * (records - 1) / 2, pairs=budget(records))


def _settled(engine, made, raw, records, report) -> Weights:
    prior = 1 / records
    for _ in range(2):
        engine.score(made.comparisons, without_matches(raw, prior), least=LEAST, report=report)
        found = prior_of(engine.histogram(), records, prior)
        report(f"prior {prior:.3g} -> {found:.3g}")
        prior = found
    return without_matches(raw, prior)


def _agreements(engine: Engine, parts: Sequence[Part]) -> list[Agreement]:
    wholes = [part for part in parts if part.whole]
    some = [*((part,) for part in wholes), *itertools.combinations(wholes, 2)]
    counts = engine.count([Rule(each).sql for each in some])
    return [Agreement(tuple(p.name for p in each), n) for each, n in zip(some, counts)]
