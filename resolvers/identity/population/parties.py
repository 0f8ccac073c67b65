"""Partners' records as a table: their features, the keys by which they are compared, their scores.

What agreement is and what it weighs is said by :mod:`resolvers.identity.comparisons` and the model; a pair
gets the same score here as in a request, to the last bits of a double.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from c360.records.party import PartyKind
from resolvers.identity.comparisons import COMPARISONS
from resolvers.identity.comparisons import Comparison as PartyComparison
from resolvers.identity.features import columns
from resolvers.identity.model import KindModel, LevelWeights, Model
from resolvers.identity.population.levels import Comparison, Level
from resolvers.identity.population.reading import ROW
from resolvers.identity.population.sql import literal
from resolvers.identity.scoring import bits

MAX_BLOCK = 200
"""Parties that may share a key; a value that more share says too little to compare all of them."""

KEYS: Mapping[str, tuple[str, str]] = {
    "email": ("unnest(emails)", "true"),
    "phone": ("unnest(phones)", "true"),
    "id": ("unnest(ids)", "true"),
    "mailbox": ("unnest(email_locals)", "true"),
    "born-initial": ("birth_date || initial", "kind = 'PERSON'"),
    "born-family": ("birth_date || family_tokens[1]", "kind = 'PERSON'"),
    "name-born": ("name || left(birth_date, 4)", "kind = 'PERSON'"),
    "name-city": ("name || '/' || city", "kind = 'PERSON'"),
    "name-postcode": ("family_sound || initial || '/' || postcode", "kind = 'PERSON'"),
    "address-initial": (
        "unnest(list_transform(addresses, lambda a: a || '/' || initial))",
        "kind = 'PERSON'",
    ),
    "company": ("company_words", "kind = 'ORGANIZATION'"),
    "company-city": ("company_tokens[1] || '/' || city", "kind = 'ORGANIZATION'"),
    "company-address": ("unnest(addresses)", "kind = 'ORGANIZATION'"),
}
"""Compound keys: name → value in SQL over features, and for which parties. Null makes no key."""


def create(connection: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> int:
    """Read Parquet files of parties into the table ``parties``; how many there are."""
    listed = ", ".join(literal(str(file)) for file in files)
    connection.execute(
        f"CREATE OR REPLACE TABLE parties AS SELECT * FROM read_parquet([{listed}]) ORDER BY {ROW}"
    )
    return int(connection.execute("SELECT count(*) FROM parties").fetchall()[0][0])


def key_rows(source: str = "parties") -> str:
    """SQL of all keys of the parties of a table, as (row_id, key); the key is a number."""
    selects = (
        f"SELECT {ROW}, hash({literal(name)}, v) AS key FROM "
        f"(SELECT {ROW}, {value} AS v FROM {source} WHERE {where}) WHERE v IS NOT NULL"
        for name, (value, where) in KEYS.items()
    )
    return " UNION ALL ".join(selects)


def find_pairs(connection: duckdb.DuckDBPyConnection) -> int:
    """Make the table ``pairs`` of parties that share a key; how many there are."""
    connection.execute(f"CREATE OR REPLACE TABLE keys AS SELECT DISTINCT {ROW}, key FROM ({key_rows()})")
    connection.execute(
        f"DELETE FROM keys WHERE key IN "
        f"(SELECT key FROM keys GROUP BY key HAVING count(*) NOT BETWEEN 2 AND {MAX_BLOCK})"
    )
    connection.execute(
        f"""CREATE OR REPLACE TABLE pairs AS
        SELECT DISTINCT l.{ROW} AS l, r.{ROW} AS r FROM keys AS l JOIN keys AS r
        ON l.key = r.key AND l.{ROW} < r.{ROW}"""
    )
    return int(connection.execute("SELECT count(*) FROM pairs").fetchall()[0][0])


def learn_shared(connection: duckdb.DuckDBPyConnection, model: Model) -> dict[str, frozenset[str]]:
    """By column the values that parties of more names share than the model's limit: switchboards."""
    found: dict[str, frozenset[str]] = {}
    for column, limit in model.limits.shared.items():
        rows = connection.execute(
            f"""SELECT v FROM (SELECT unnest({column}) AS v, coalesce(company, name, given, family) AS n,
                left(birth_date, 4) AS y
            FROM parties) WHERE n IS NOT NULL GROUP BY v
            HAVING count(DISTINCT n) > {2 * limit} OR count(DISTINCT y) > 1"""
        ).fetchall()
        found[column] = frozenset(value for (value,) in rows)
    return found


def score(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    shared: Mapping[str, frozenset[str]],
    *,
    least: float,
    pairs: str = "pairs",
) -> int:
    """Make the table ``scored`` of the pairs of at least so many bits; how many there are.

    Args:
        connection: holds the table ``parties``.
        model: says what levels weigh.
        shared: values that many share, by column, see :func:`learn_shared`.
        least: bits from which a pair is kept.
        pairs: the table of pairs to score.

    Columns are ``l``, ``r``, ``kind``, ``levels`` (places of the comparisons' levels, 0 where nothing can be
    said), ``shared_email`` and ``shared_phone`` (agreement by values that many share alone) and ``bits``.
    Pairs of which both have verified numbers are kept whatever they score: rules look at them.
    """
    connection.execute("DROP TABLE IF EXISTS scored")
    for kind in PartyKind:
        _with_frequencies(connection, model.of(kind), kind, shared)
        query = _scoring(model.of(kind), kind, least, pairs)
        made = "INSERT INTO scored" if kind is not next(iter(PartyKind)) else "CREATE TABLE scored AS"
        connection.execute(f"{made} {query}")
    connection.execute("DROP TABLE comparable")
    return int(connection.execute("SELECT count(*) FROM scored").fetchall()[0][0])


def _with_frequencies(
    connection: duckdb.DuckDBPyConnection,
    model: KindModel,
    kind: PartyKind,
    shared: Mapping[str, frozenset[str]],
) -> None:
    """The parties of a kind with the frequency of each value that adjusts a weight."""
    extra, joins = [], []
    for number, (column, table) in enumerate(sorted(model.term_frequencies.items())):
        name = f"term_{number}"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} (value VARCHAR, frequency DOUBLE)")
        rows = list(table.values.items())
        if rows:
            values, frequencies = zip(*rows, strict=True)
            connection.execute(
                f"INSERT INTO {name} SELECT unnest(?), unnest(?)", [list(values), list(frequencies)]
            )
        joins.append(f"LEFT JOIN {name} ON {name}.value = p.{column}")
        extra.append(f"coalesce({name}.frequency, {table.rest!r}) AS tf_{column}")
    for column in ("emails", "phones"):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE many_{column} (value VARCHAR)")
        if shared.get(column):
            connection.execute(f"INSERT INTO many_{column} SELECT unnest(?)", [sorted(shared[column])])
        joins.append(
            f"""LEFT JOIN (SELECT {ROW}, list(v) AS own
            FROM (SELECT {ROW}, unnest({column}) AS v FROM parties)
            WHERE v NOT IN (FROM many_{column}) GROUP BY {ROW}) AS o_{column} ON o_{column}.{ROW} = p.{ROW}"""
        )
        extra.append(f"coalesce(o_{column}.own, []) AS own_{column}")
    connection.execute(
        f"""CREATE OR REPLACE TABLE comparable AS SELECT p.*, {", ".join(extra)} FROM parties AS p
        {" ".join(joins)} WHERE p.kind = '{kind.value}'"""
    )


def _scoring(model: KindModel, kind: PartyKind, least: float, pairs: str) -> str:
    comparisons = COMPARISONS[kind]
    needed = sorted({*columns(), *(f"tf_{c}" for c in model.term_frequencies), "own_emails", "own_phones"})
    used = " ".join(level.test.sql for each in comparisons for level in each.levels)
    wide = [
        name
        for name in needed
        if f"{name}_l" in used or name.startswith(("tf_", "own_")) or name == "verified_ids"
    ]
    both = ", ".join(f"{side}.{name} AS {name}_{side}" for name in wide for side in ("l", "r"))
    levels = ", ".join(f"{each.sql()} AS g{number}" for number, each in enumerate(comparisons))
    weights = {each.comparison: each for each in model.comparisons}
    total = " + ".join(
        [f"CAST({bits(model.prior)!r} AS DOUBLE)"]
        + [
            _weight(each, weights[each.name].levels, f"g{number}", model)
            for number, each in enumerate(comparisons)
        ]
    )
    places = ", ".join(f"g{number}" for number in range(len(comparisons)))
    shares = ", ".join(
        f"list_has_any({column}_l, {column}_r) AND NOT list_has_any(own_{column}_l, own_{column}_r) "
        f"AS shared_{column}"
        for column in ("emails", "phones")
    )
    return f"""SELECT l, r, '{kind.value}' AS kind, [{places}]::UTINYINT[] AS levels,
        shared_emails, shared_phones, verified, bits FROM (
            SELECT *, {total} AS bits FROM (
                SELECT pair_l AS l, pair_r AS r, {levels}, {shares},
                len(verified_ids_l) > 0 AND len(verified_ids_r) > 0 AS verified
                {"".join(f", tf_{c}_l, tf_{c}_r" for c in model.term_frequencies)}
                FROM (SELECT p.l AS pair_l, p.r AS pair_r, {both} FROM {pairs} AS p
                    JOIN comparable AS l ON l.{ROW} = p.l JOIN comparable AS r ON r.{ROW} = p.r)
            )
        ) WHERE bits >= {least!r} OR verified"""


def _weight(comparison: PartyComparison, levels: Sequence[LevelWeights], place: str, model: KindModel) -> str:
    """SQL of a comparison's weight in bits, by the place of its level."""
    known = {level.level: level for level in levels}
    plain = [0.0 if level.null else known[level.name].weight for level in comparison.levels]
    adjusted = "".join(
        f"WHEN {place} = {number} THEN "
        f"log2({known[level.name].m!r} / greatest(tf_{level.term}_l, tf_{level.term}_r)) "
        for number, level in enumerate(comparison.levels)
        if level.term and level.term in model.term_frequencies
    )
    listed = f"[{', '.join(f'{weight!r}::DOUBLE' for weight in plain)}][{place} + 1]"
    return f"CASE {adjusted}ELSE {listed} END" if adjusted else listed


def trainable(kind: PartyKind) -> tuple[Comparison, ...]:
    """The comparisons of parties as an engine learns them."""
    made = []
    for comparison in COMPARISONS[kind]:
        missing, *levels = comparison.levels
        sql = " ".join(level.test.sql for level in comparison.levels)
        features = tuple(name for name in columns() if f"{name}_l" in sql)
        made.append(
            Comparison(
                name=comparison.name,
                features=features,
                missing=missing.test.sql,
                levels=tuple(
                    Level(label=level.name, sql=level.test.sql, frequency_of=level.term) for level in levels
                ),
            )
        )
    return tuple(made)
