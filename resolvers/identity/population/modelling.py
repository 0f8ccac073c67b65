"""Trains the model that requests and runs over the population decide by, from parties without truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from importlib.metadata import version

import duckdb
import msgspec

from c360.records.party import PartyKind
from resolvers.identity.comparisons import COMPARISONS, Comparison
from resolvers.identity.features import columns
from resolvers.identity.model import (
    FORMAT,
    ComparisonWeights,
    KindModel,
    LevelWeights,
    Model,
    TermFrequencies,
    digest,
)
from resolvers.identity.population import parties
from resolvers.identity.population.engine import Report, Weights
from resolvers.identity.population.splink_engine import SplinkEngine
from resolvers.identity.population.sql import one
from resolvers.identity.population.training import prior_of, without_matches

ROUNDS: Mapping[PartyKind, Sequence[Sequence[str]]] = {
    PartyKind.PERSON: (("birth_date",), ("name",), ("emails[1]",), ("phones[1]",), ("ids[1]",)),
    PartyKind.ORGANIZATION: (("company",), ("emails[1]",), ("phones[1]",), ("ids[1]",)),
}
"""What the pairs of each round of training agree on."""
FEW = 300
"""Parties of a kind below which nothing can be learnt; the weights of the model before are kept."""
TERMS = 5_000
"""Values of a column whose frequency is kept; rarer ones are personal data."""
LEAST_COUNT = 5
"""Parties that must share a value for its frequency to be kept, for the same reason."""
LEAST = -10.0
"""Bits from which a pair counts when matches are counted."""
LEAST_M, LEAST_U = 1e-3, 1e-6
"""No level is rarer among matches, or among strangers: what a sample did not show may yet be."""


def train(connection: duckdb.DuckDBPyConnection, before: Model, *, at: datetime, report: Report) -> Model:
    """Learn weights, term frequencies and values that many share from the table ``parties``.

    Thresholds, limits and blocked values are those of the model before: they are decisions, not findings.

    Args:
        connection: holds the table ``parties``.
        before: the model whose decisions are kept, and its weights for a kind of which there is too little.
        at: the present.
        report: takes lines of progress.
    """
    (count, fingerprint) = one(
        connection, f"SELECT count(*), CAST(bit_xor(hash({', '.join(columns())})) AS VARCHAR) FROM parties"
    )
    raw = {kind: _learnt(connection, kind, report) for kind in PartyKind}
    model = _with(before, connection, raw, {kind: 1 / max(count, 2) for kind in PartyKind})
    shared = parties.learn_shared(connection, before)
    report("counting how many match")
    parties.find_pairs(connection)
    parties.score(connection, model, shared, least=LEAST)
    priors = {kind: _prior(connection, kind, model.of(kind).prior) for kind in PartyKind}
    model = _with(before, connection, raw, priors)
    name = blake2b(f"{count}/{fingerprint}".encode(), digest_size=8).hexdigest()
    return msgspec.structs.replace(
        model,
        format=FORMAT,
        version=f"{at:%Y-%m-%d}-{name[:8]}",
        engine=f"splink {version('splink')}, duckdb {version('duckdb')}",
        created_at=at,
        fingerprint=name,
        shared_values={column: frozenset(map(digest, values)) for column, values in shared.items() if values},
        metrics={},
        note=f"Trained on {int(count):,} parties, without truth.",
    )


def _learnt(connection: duckdb.DuckDBPyConnection, kind: PartyKind, report: Report) -> Weights | None:
    """What is learnt about a kind; ``None`` where there are too few of it."""
    source = f"SELECT * FROM parties WHERE kind = '{kind.value}'"
    (count,) = one(connection, f"SELECT count(*) FROM ({source})")
    if count < FEW:
        report(f"{count:,} are too few to learn about a {kind.value.lower()}")
        return None
    connection.execute(f"CREATE OR REPLACE TABLE learning AS {source}")
    engine = SplinkEngine(connection)
    engine.prepare("learning", {name: name for name in columns()})
    pairs = engine.count([f"hash({', '.join(each)})" for each in ROUNDS[kind]])
    rounds = [each for each, found in zip(ROUNDS[kind], pairs, strict=True) if found]
    weights = engine.train(parties.trainable(kind), rounds, report=report)
    for table in ("learning", "features", "records"):
        connection.execute(f"DROP TABLE {table}")
    return weights


def _with(
    before: Model,
    connection: duckdb.DuckDBPyConnection,
    raw: Mapping[PartyKind, Weights | None],
    priors: Mapping[PartyKind, float],
) -> Model:
    """The model with these weights; of a kind of which nothing was learnt with its own."""
    made = {}
    for kind, found in raw.items():
        if found is None:
            made[kind] = before.of(kind)
            continue
        weights = without_matches(found, priors[kind])
        made[kind] = KindModel(
            prior=priors[kind],
            comparisons=tuple(_weights(comparison, weights) for comparison in COMPARISONS[kind]),
            term_frequencies=_terms(connection, kind),
        )
    return msgspec.structs.replace(
        before, person=made[PartyKind.PERSON], organization=made[PartyKind.ORGANIZATION]
    )


def _weights(comparison: Comparison, weights: Weights) -> ComparisonWeights:
    names = (level.name for level in comparison.levels if not level.null)
    shares = zip(names, weights.m[comparison.name], weights.u[comparison.name], strict=True)
    return ComparisonWeights(
        comparison=comparison.name,
        levels=tuple(
            LevelWeights(level=name, m=round(max(m, LEAST_M), 9), u=round(max(u, LEAST_U), 9))
            for name, m, u in shares
        ),
    )


def _prior(connection: duckdb.DuckDBPyConnection, kind: PartyKind, before: float) -> float:
    """The share of matches among all pairs of a kind, from the pairs that were scored."""
    where = f"WHERE kind = '{kind.value}'"
    rows = connection.execute(f"SELECT round(bits, 1), count(*) FROM scored {where} GROUP BY 1").fetchall()
    (count,) = one(connection, f"SELECT count(*) FROM parties {where}")
    return prior_of(dict(rows), count, before) if count > 1 else before


def _terms(connection: duckdb.DuckDBPyConnection, kind: PartyKind) -> dict[str, TermFrequencies]:
    found = {}
    for column in dict.fromkeys(term for each in COMPARISONS[kind] for term in each.terms):
        rows = connection.execute(
            f"""SELECT {column}, count(*) AS n FROM parties
            WHERE kind = '{kind.value}' AND {column} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1"""
        ).fetchall()
        if not rows:
            continue
        total = sum(n for _, n in rows)
        values = {value: n for value, n in rows[:TERMS] if n >= LEAST_COUNT}
        rest = total - sum(values.values())
        others = max(len(rows) - len(values), 1)
        found[column] = TermFrequencies(
            values={value: round(n / total, 9) for value, n in values.items()},
            rest=round(max(rest / others, 1.0) / total, 12),
        )
    return found
