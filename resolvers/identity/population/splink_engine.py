"""The engine on one machine: Splink 5 over DuckDB."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker

from resolvers.identity.population.blocking import MAX_BLOCK
from resolvers.identity.population.engine import Report, Weights
from resolvers.identity.population.levels import Comparison
from resolvers.identity.population.reading import ROW
from resolvers.identity.population.sql import one, quoted

RANDOM_PAIRS = 300_000
"""Random pairs from which is learnt how often strangers agree."""
SESSION_PAIRS = 1_000_000
"""Pairs of one round of expectation maximisation; of more, a sample is taken."""
RARE = 1e-7
"""No level is rarer than this, neither among matches nor among strangers."""
_BATCH = 100_000
_FEATURES = "features"
_RECORDS = "records"
_SCORED = "scored"


class SplinkEngine:
    """See :class:`~resolvers.identity.population.engine.Engine`.

    Args:
        connection: an open DuckDB connection; the engine makes and replaces tables ``records`` and
            ``scored`` in it.
        seed: makes sampling repeatable.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, seed: int = 360) -> None:
        self._connection = connection
        self._seed = seed
        self._keys: list[str] = []
        logging.getLogger("splink").setLevel(logging.ERROR)

    def prepare(self, source: str, features: Mapping[str, str]) -> None:
        """See the protocol."""
        made = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in features.items())
        self._connection.execute(
            f"CREATE OR REPLACE TABLE {_FEATURES} AS SELECT {ROW} AS unique_id, {made} FROM {source}"
        )
        self.block([])

    def count(self, keys: Sequence[str]) -> list[int]:
        """See the protocol."""
        return [
            int(
                one(
                    self._connection,
                    f"""SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM
                    (SELECT count(*) AS n FROM {_FEATURES} GROUP BY {key} HAVING {key} IS NOT NULL)
                    WHERE n <= {MAX_BLOCK}""",
                )[0]
            )
            for key in keys
        ]

    def block(self, keys: Sequence[str], *, most: int | None = None) -> None:
        """See the protocol. Keys become columns, null where too many records share the value."""
        self._keys = [f"key_{number}" for number in range(len(keys))]
        made = "".join(f", {sql} AS {name}" for name, sql in zip(self._keys, keys, strict=True))
        follows = [""] * len(keys)
        if most is not None:
            shares = [max(1, pairs // most) for pairs in self.count(keys)]
            follows = [f" AND {name} % {share} = 0" for name, share in zip(self._keys, shares, strict=True)]
        capped = "".join(
            f", CASE WHEN count(*) OVER (PARTITION BY {name}) <= {MAX_BLOCK}{follow} THEN {name} END"
            f" AS {name}"
            for name, follow in zip(self._keys, follows, strict=True)
        )
        leave = f" EXCLUDE ({', '.join(self._keys)})" if keys else ""
        self._connection.execute(
            f"""CREATE OR REPLACE TABLE {_RECORDS} AS SELECT *{leave}{capped}
            FROM (SELECT *{made} FROM {_FEATURES})"""
        )

    def train(
        self, comparisons: Sequence[Comparison], sessions: Sequence[Sequence[str]], *, report: Report
    ) -> Weights:
        """See the protocol."""
        linker = self._linker(_settings(comparisons, [], None))
        (records,) = one(self._connection, f"SELECT count(*) FROM {_RECORDS}")
        report(f"learning how often strangers agree, from random pairs of {int(records):,} records")
        linker.training.estimate_u_using_random_sampling(
            max_pairs=RANDOM_PAIRS, seed=self._seed, min_count_per_level=None, num_chunks=1
        )
        for number, session in enumerate(sessions, 1):
            report(f"learning how often matches agree, round {number} of {len(sessions)}")
            rule = " AND ".join(f"l.{name} = r.{name}" for name in session)
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule,
                max_pairs=SESSION_PAIRS,
                record_sample_proportion=1.0,
                estimate_without_term_frequencies=True,
            )
        weights = _learnt(linker.misc.save_model_to_json(), comparisons)
        return Weights(m=weights.m, u=self._with_exact(weights.u, comparisons), prior=weights.prior)

    def _with_exact(
        self, sampled: Mapping[str, tuple[float, ...]], comparisons: Sequence[Comparison]
    ) -> dict[str, tuple[float, ...]]:
        """The u of exact agreement counted over all pairs: a sample sees a rare agreement too seldom."""
        counted = dict(sampled)
        for comparison in comparisons:
            first = comparison.levels[0].frequency_of
            if first is None:
                continue
            (agree, total) = one(
                self._connection,
                f"""SELECT coalesce(sum(n * (n - 1)), 0), sum(n) * (sum(n) - 1) FROM
                (SELECT count({quoted(first)}) AS n FROM {_FEATURES} GROUP BY {quoted(first)})""",
            )
            exact = max(agree / total, RARE) if total else RARE
            rest = sum(sampled[comparison.name][1:])
            others = (share * (1 - exact) / rest for share in sampled[comparison.name][1:])
            counted[comparison.name] = (exact, *others)
        return counted

    def score(
        self, comparisons: Sequence[Comparison], weights: Weights, *, least: float, report: Report
    ) -> int:
        """See the protocol."""
        linker = self._linker(_settings(comparisons, self._keys, weights))
        scored = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
        self._connection.execute(
            f"""CREATE OR REPLACE TABLE {_SCORED} AS SELECT
                least(unique_id_l, unique_id_r) AS l, greatest(unique_id_l, unique_id_r) AS r,
                match_weight AS bits FROM {scored.physical_name}"""
        )
        scored.drop_table_from_database_and_remove_from_cache()
        (count,) = one(self._connection, f"SELECT count(*) FROM {_SCORED}")
        return int(count)

    def histogram(self) -> Mapping[float, int]:
        """See the protocol."""
        query = f"SELECT round(bits, 1), count(*) FROM {_SCORED} GROUP BY 1"
        return dict(self._connection.execute(query).fetchall())

    def patterns(self, parts: Mapping[str, str], *, least: float) -> Mapping[frozenset[str], int]:
        """See the protocol."""
        names = list(parts)
        made = ", ".join(f"{sql} AS p{number}" for number, sql in enumerate(parts.values()))
        agree = ", ".join(
            f"coalesce(l.p{number} = r.p{number}, false) AS a{number}" for number in range(len(names))
        )
        rows = self._connection.execute(
            f"""WITH p AS (SELECT unique_id, {made} FROM {_FEATURES})
            SELECT {agree}, count(*) FROM {_SCORED} JOIN p AS l ON l.unique_id = {_SCORED}.l
            JOIN p AS r ON r.unique_id = {_SCORED}.r WHERE bits >= ? GROUP BY ALL""",
            [least],
        ).fetchall()
        found: dict[frozenset[str], int] = {}
        for *agrees, count in rows:
            found[frozenset(itertools.compress(names, agrees))] = count
        return found

    def edges(self, least: float) -> Iterator[Sequence[tuple[int, int, float]]]:
        """See the protocol."""
        cursor = self._connection.cursor()
        result = cursor.execute(f"SELECT l, r, bits FROM {_SCORED} WHERE bits >= ? ORDER BY l, r", [least])
        while batch := result.fetchmany(_BATCH):
            yield batch

    def _linker(self, settings: dict[str, Any]) -> Linker:
        database = DuckDBAPI(self._connection)
        return Linker(database.register(_RECORDS), settings, log_level=None, validate_settings=False)


def _settings(
    comparisons: Sequence[Comparison], keys: Sequence[str], weights: Weights | None
) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "link_type": "dedupe_only",
        "comparisons": [_comparison(each, weights) for each in comparisons],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": f"l.{quoted(key)} = r.{quoted(key)}"} for key in keys
        ],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "em_convergence": 1e-4,
        "max_iterations": 40,
    }
    if weights:
        settings["probability_two_random_records_match"] = weights.prior
    return settings


def _comparison(comparison: Comparison, weights: Weights | None) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True}
    ]
    for number, level in enumerate(comparison.levels):
        made: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": f"{number}"}
        if level.frequency_of:
            made["tf_adjustment_column"] = level.frequency_of
            made["tf_minimum_u_value"] = 1e-6
            made["disable_tf_exact_match_detection"] = True
        if weights:
            made["m_probability"] = weights.m[comparison.name][number]
            made["u_probability"] = weights.u[comparison.name][number]
        levels.append(made)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _learnt(model: Mapping[str, Any], comparisons: Sequence[Comparison]) -> Weights:
    by_name = {each["output_column_name"]: each["comparison_levels"][1:] for each in model["comparisons"]}
    m: dict[str, tuple[float, ...]] = {}
    u: dict[str, tuple[float, ...]] = {}
    for comparison in comparisons:
        levels = by_name[comparison.name]
        m[comparison.name] = _shares([level.get("m_probability") for level in levels])
        u[comparison.name] = _shares([level.get("u_probability") for level in levels])
    return Weights(m=m, u=u, prior=model["probability_two_random_records_match"])


def _shares(found: Sequence[float | str | None]) -> tuple[float, ...]:
    """Shares that add up to one, with levels that were never seen as rare ones."""
    known = [max(float(each), RARE) if isinstance(each, int | float) else RARE for each in found]
    total = sum(known)
    return tuple(each / total for each in known)
