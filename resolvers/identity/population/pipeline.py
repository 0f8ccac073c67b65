"""Compares the records of one table with each other: learns, finds candidate pairs, scores."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from resolvers.identity.population.blocking import Chosen, Rule, budget, candidates, choose
from resolvers.identity.population.engine import Engine, Report, Weights
from resolvers.identity.population.levels import Layout, Part
from resolvers.identity.population.training import Agreement, prior_of, sessions, without_matches

LEAST = -10.0
"""Bits below which a compared pair is not kept: it says no more than a pair never compared."""
PROBE = 100_000
"""Pairs of each round of training from which is seen in which parts matches agree."""
CLOSE = 0.1
"""How far the share of matches may be from what it was taken for; a tenth is a seventh of a bit."""
LIKELY = 3.3
"""Bits from which a pair counts as a likely match there; a probability of about .9."""


@dataclass(frozen=True)
class Compared:
    """What was learnt and done; the scored pairs are in the engine."""

    weights: Weights
    rules: tuple[Chosen, ...]
    pairs: int
    """Pairs that were kept."""


def compare(engine: Engine, source: str, layout: Layout, records: int, *, report: Report) -> Compared:
    """Compare the records of a table.

    Args:
        engine: does the work.
        source: a table with the columns that the layout reads, and ``row_id``.
        layout: what is compared.
        records: how many there are.
        report: takes lines of progress.
    """
    engine.prepare(source, layout.features)
    rounds = sessions(layout.comparisons, _agreements(engine, layout.parts), records)
    learnt = engine.train(layout.comparisons, rounds, report=report)
    report("choosing the keys to compare by")
    prior = _probe(engine, layout, learnt, rounds, records, report=report)
    rules = _rules(engine, layout, prior, records)
    engine.block([each.rule.sql for each in rules])
    for each in rules:
        report(f"comparing by {each.rule.name}: {each.pairs:,} pairs")
    weights = without_matches(learnt, prior)
    pairs = engine.score(layout.comparisons, weights, least=LEAST, report=report)
    # How many matches there are is seen only when all are compared, and moves every weight.
    found = prior_of(engine.histogram(), records, prior)
    if abs(found - prior) > CLOSE * prior:
        report(f"one pair in {1 / found:,.0f} is expected to match; comparing again with that")
        weights = without_matches(learnt, found)
        pairs = engine.score(layout.comparisons, weights, least=LEAST, report=report)
    return Compared(weights=weights, rules=tuple(rules), pairs=pairs)


def _agreements(engine: Engine, parts: Sequence[Part]) -> list[Agreement]:
    """What pairs can be found by for training: agreement on one or two whole values."""
    wholes = [part for part in parts if part.whole]
    rules = [Rule(some) for size in (1, 2) for some in itertools.combinations(wholes, size)]
    counts = engine.count([rule.sql for rule in rules])
    return [
        Agreement(tuple(part.column for part in rule.parts), count)
        for rule, count in zip(rules, counts, strict=True)
    ]


def _probe(
    engine: Engine,
    layout: Layout,
    learnt: Weights,
    rounds: Sequence[Sequence[str]],
    records: int,
    *,
    report: Report,
) -> float:
    """Compare a sample of the pairs of training; the share of matches among all pairs, as far as seen."""
    whole = {part.column: part for part in layout.parts if part.whole}
    prior = 1 / records
    engine.block([Rule(tuple(whole[name] for name in each)).sql for each in rounds], most=PROBE)
    engine.score(layout.comparisons, without_matches(learnt, prior), least=0.0, report=report)
    return max(prior, prior_of(engine.histogram(), records, prior))


def _rules(engine: Engine, layout: Layout, prior: float, records: int) -> list[Chosen]:
    """The keys to compare by, chosen by how the likely matches of the sample agree."""
    patterns = engine.patterns({part.name: part.sql for part in layout.parts}, least=LIKELY)
    rules = list(candidates(layout.parts))
    costs = dict(zip(rules, engine.count([rule.sql for rule in rules]), strict=True))
    expected = prior * records * (records - 1) / 2
    chosen = choose(costs, patterns, matches=expected, pairs=budget(records))
    # Where nothing looks like a match, the cheapest keys are followed all the same.
    return chosen or [Chosen(rule, costs[rule], 0.0) for rule in sorted(rules, key=costs.__getitem__)[:4]]
