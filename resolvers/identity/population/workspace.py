"""The population on disk: what the feeds told, what was compared, and what is yet to be.

One DuckDB file in a folder that only its owner can read. Every step is one transaction, so that a run that
was killed goes on from the last one. A run compares what changed since the last one, and ends with the same
pairs as a run over everything: a pair is compared again where one of its parties changed, where it has a key
in common that it had not (or that had too many parties to be followed), and where a value became one that
many share, or ceased to be.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from resolvers.identity.clusters import Clusters, Edge, Member, cluster
from resolvers.identity.features import Features, columns, from_row
from resolvers.identity.model import Model
from resolvers.identity.population import parties, tables
from resolvers.identity.population.deciding import Judge
from resolvers.identity.population.engine import Report
from resolvers.identity.population.errors import PopulationError
from resolvers.identity.population.reading import ROW
from resolvers.identity.population.sql import literal, one
from resolvers.identity.scoring import bits

FILE = "population.duckdb"
_BATCH = 100_000

Key = tuple[str, str]
"""Connector instance id and the partner's own id."""


@dataclass(frozen=True)
class Told:
    """A party as a partner holds it now."""

    connector: str
    party_id: str
    document: bytes
    """The record as JSON."""
    features: Features


@dataclass(frozen=True)
class Compared:
    """What one run compared."""

    parties: int
    changed: int
    pairs: int
    """Pairs that share a key."""
    compared: int
    """Of these, pairs that were compared in this run."""


@dataclass(frozen=True)
class Groups:
    """Who is one, by the parties' keys."""

    groups: tuple[tuple[Key, ...], ...]
    """Groups of two and more."""
    edges: Mapping[tuple[Key, Key], Edge[int]]
    """The pairs that made the groups or are in question."""
    reviews: tuple[tuple[Key, Key], ...]
    """Pairs of different groups for a person to say, the surest first."""


class Workspace:
    """See the module. Use :func:`open_workspace`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = self._connection = connection
        self._folder = folder
        made = ", ".join(f"{name} {kind}" for name, kind in columns().items())
        connection.execute(
            f"""CREATE SEQUENCE IF NOT EXISTS numbers;
            CREATE TABLE IF NOT EXISTS parties ({ROW} BIGINT, connector VARCHAR, party_id VARCHAR,
                document BLOB, {made}, changed BOOLEAN);
            CREATE TABLE IF NOT EXISTS cursors (connector VARCHAR PRIMARY KEY, cursor VARCHAR);
            CREATE TABLE IF NOT EXISTS facts (name VARCHAR PRIMARY KEY, value VARCHAR);
            CREATE TABLE IF NOT EXISTS pairs (l BIGINT, r BIGINT);
            CREATE TABLE IF NOT EXISTS many (field VARCHAR, value VARCHAR);
            CREATE TABLE IF NOT EXISTS scored (l BIGINT, r BIGINT, kind VARCHAR, levels UTINYINT[],
                shared_emails BOOLEAN, shared_phones BOOLEAN, verified BOOLEAN, bits DOUBLE);"""
        ).fetchall()

    def cursor(self, connector: str) -> str | None:
        """How far a connector's feed was read."""
        rows = self._connection.execute(
            "SELECT cursor FROM cursors WHERE connector = ?", [connector]
        ).fetchall()
        return rows[0][0] if rows else None

    def tell(
        self, connector: str, told: Sequence[Told], gone: Iterable[str] = (), *, cursor: str | None = None
    ) -> int:
        """Take over what a feed told up to a cursor; how many parties are new or differ.

        A party that is told as it is already changes nothing.
        """
        latest = {(each.connector, each.party_id): each for each in told}
        file = self._folder / f"{connector}.parquet"
        tables.write(
            file,
            ((0, each.connector, each.party_id, each.document, each.features) for each in latest.values()),
        )
        names = ", ".join(["connector", "party_id", "document", *columns()])
        same = " AND ".join(f"p.{name} IS NOT DISTINCT FROM n.{name}" for name in ("document", *columns()))
        with self._transaction():
            self._connection.execute(
                f"""CREATE OR REPLACE TEMP TABLE news AS SELECT n.*, p.{ROW} AS known
                FROM (SELECT {names} FROM read_parquet({literal(str(file))})) AS n
                LEFT JOIN parties AS p USING (connector, party_id)
                WHERE p.{ROW} IS NULL OR NOT ({same})"""
            )
            (count,) = one(self._connection, "SELECT count(*) FROM news")
            self._connection.execute(f"DELETE FROM parties WHERE {ROW} IN (SELECT known FROM news)")
            self._connection.execute(
                f"""INSERT INTO parties BY NAME SELECT coalesce(known, nextval('numbers')) AS {ROW},
                {names}, true AS changed FROM news"""
            )
            for party_id in gone:
                self._connection.execute(
                    "DELETE FROM parties WHERE connector = ? AND party_id = ?", [connector, party_id]
                )
            if cursor is not None:
                self._connection.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", [connector, cursor])
        file.unlink(missing_ok=True)
        return int(count)

    def compare(self, model: Model, *, full: bool = False, report: Report) -> Compared:
        """Find the pairs that share a key and compare those that were not compared as they are now.

        Args:
            model: says what agreement weighs; another one than before means a run over everything.
            full: compare everything again.
            report: takes lines of progress.
        """
        connection = self._connection
        with self._transaction():
            if full or self._fact("model") != model.version:
                connection.execute("DELETE FROM scored; DELETE FROM pairs; UPDATE parties SET changed = true")
            shared = parties.learn_shared(connection, model)
            self._mark_shared(shared)
            (count, changed) = one(connection, "SELECT count(*), coalesce(count_if(changed), 0) FROM parties")
            report(f"{count:,} parties, {changed:,} of them new or changed; looking for pairs")
            connection.execute("CREATE OR REPLACE TEMP TABLE before AS SELECT * FROM pairs")
            connection.execute("CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM scored")
            pairs = parties.find_pairs(connection)
            connection.execute(
                f"""CREATE OR REPLACE TEMP TABLE todo AS SELECT l, r FROM pairs
                WHERE l IN (SELECT {ROW} FROM parties WHERE changed)
                OR r IN (SELECT {ROW} FROM parties WHERE changed)
                UNION (SELECT l, r FROM pairs EXCEPT SELECT l, r FROM before)"""
            )
            (todo,) = one(connection, "SELECT count(*) FROM todo")
            report(f"{pairs:,} pairs share a key, {todo:,} of them are to be compared")
            parties.score(connection, model, shared, least=bits(model.thresholds.review), pairs="todo")
            connection.execute(
                """INSERT INTO scored SELECT kept.* FROM kept JOIN pairs USING (l, r)
                WHERE NOT EXISTS (FROM todo WHERE todo.l = kept.l AND todo.r = kept.r)"""
            )
            connection.execute("UPDATE parties SET changed = false WHERE changed")
            connection.execute("INSERT OR REPLACE INTO facts VALUES ('model', ?)", [model.version])
            connection.execute("DROP TABLE keys")
        return Compared(parties=int(count), changed=int(changed), pairs=pairs, compared=int(todo))

    def group(self, model: Model, *, apart: Iterable[tuple[Key, Key]] = ()) -> Groups:
        """Group the parties by what was compared.

        Args:
            model: thresholds and limits.
            apart: pairs of which a human said that they are two.
        """
        connection = self._connection
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE ranks AS SELECT {ROW}, connector, party_id, verified_ids,
            row_number() OVER (ORDER BY connector, party_id) AS rank FROM parties"""
        )
        verified = dict(
            connection.execute("SELECT rank, verified_ids FROM ranks WHERE len(verified_ids) > 0").fetchall()
        )
        judge = Judge(model, verified)
        edges = list(judge.edges(self._scored()))
        involved = {rank for edge in edges for rank in (edge.left, edge.right)}
        names = self._names(involved)
        known = {key: rank for rank, key in names.items()}
        said = [(known[one_], known[other]) for one_, other in apart if one_ in known and other in known]
        found: Clusters[int] = cluster(
            (Member(rank, names[rank][0], tuple(verified.get(rank, ()))) for rank in sorted(involved)),
            edges,
            model.limits,
            [*said, *((a, b) for a, b in judge.apart if a in involved and b in involved)],
        )
        return Groups(
            groups=tuple(tuple(names[rank] for rank in group) for group in found.groups if len(group) > 1),
            edges={(names[edge.left], names[edge.right]): edge for edge in edges},
            reviews=tuple((names[each.edge.left], names[each.edge.right]) for each in found.reviews),
        )

    def forget(self) -> None:
        """Compare everything again in the next run, because other work used the tables of pairs."""
        self._connection.execute("DELETE FROM facts WHERE name = 'model'").fetchall()

    def documents(self, keys: Iterable[Key]) -> dict[Key, bytes]:
        """The records of parties, as JSON."""
        wanted = list(keys)
        rows = self._connection.execute(
            """SELECT connector, party_id, document FROM parties JOIN
            (SELECT unnest(?::VARCHAR[]) AS connector, unnest(?::VARCHAR[]) AS party_id)
            USING (connector, party_id)""",
            [[connector for connector, _ in wanted], [party_id for _, party_id in wanted]],
        ).fetchall()
        return {(connector, party_id): bytes(document) for connector, party_id, document in rows}

    def features(self, keys: Iterable[Key]) -> dict[Key, Features]:
        """What of parties is compared."""
        wanted = list(keys)
        names = ", ".join(columns())
        rows = self._connection.execute(
            f"""SELECT connector, party_id, {names} FROM parties JOIN
            (SELECT unnest(?::VARCHAR[]) AS connector, unnest(?::VARCHAR[]) AS party_id)
            USING (connector, party_id)""",
            [[connector for connector, _ in wanted], [party_id for _, party_id in wanted]],
        ).fetchall()
        return {(connector, party_id): from_row(values) for connector, party_id, *values in rows}

    def everybody(self) -> Iterator[Sequence[Key]]:
        """The keys of all parties, in order, in batches."""
        cursor = self._connection.cursor()
        result = cursor.execute("SELECT connector, party_id FROM parties ORDER BY ALL")
        while batch := result.fetchmany(_BATCH):
            yield [(connector, party_id) for connector, party_id in batch]

    def _scored(self) -> Iterator[tuple[int, int, str, Sequence[int], bool, bool, float]]:
        result = self._connection.execute(
            f"""SELECT least(a.rank, b.rank), greatest(a.rank, b.rank), kind, levels, shared_emails,
            shared_phones, bits FROM scored JOIN ranks AS a ON a.{ROW} = l JOIN ranks AS b ON b.{ROW} = r
            ORDER BY 1, 2"""
        )
        while batch := result.fetchmany(_BATCH):
            yield from batch

    def _names(self, ranks: Iterable[int]) -> dict[int, Key]:
        rows = self._connection.execute(
            "SELECT rank, connector, party_id FROM ranks WHERE rank IN (SELECT unnest(?))", [list(ranks)]
        ).fetchall()
        return {rank: (connector, party_id) for rank, connector, party_id in rows}

    def _mark_shared(self, shared: Mapping[str, frozenset[str]]) -> None:
        """Parties with a value that many share now and did not before, or the other way round, changed."""
        self._connection.execute("CREATE OR REPLACE TEMP TABLE now (field VARCHAR, value VARCHAR)")
        for field, values in shared.items():
            if values:
                self._connection.execute("INSERT INTO now SELECT ?, unnest(?)", [field, sorted(values)])
        for field in shared:
            self._connection.execute(
                f"""UPDATE parties SET changed = true WHERE {ROW} IN (
                    SELECT {ROW} FROM (SELECT {ROW}, unnest({field}) AS v FROM parties) WHERE v IN (
                        SELECT value FROM (
                            (SELECT * FROM now EXCEPT SELECT * FROM many) UNION
                            (SELECT * FROM many EXCEPT SELECT * FROM now)
                        ) WHERE field = '{field}'))"""
            )
        self._connection.execute("DELETE FROM many; INSERT INTO many SELECT * FROM now").fetchall()

    def _fact(self, name: str) -> str | None:
        rows = self._connection.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchall()
        return rows[0][0] if rows else None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


@contextlib.contextmanager
def open_workspace(folder: Path, *, memory: str = "3GB") -> Iterator[Workspace]:
    """Open the population in a folder, which is made where it is not there.

    Args:
        folder: readable by its owner alone; nothing else should be in it.
        memory: what the engine may use before it goes to disk.

    Raises:
        PopulationError: another process has it open, or it is of another release.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        connection = duckdb.connect(str(folder / FILE), config={"memory_limit": memory})
    except duckdb.Error as error:
        raise PopulationError(
            f"{folder / FILE} cannot be opened ({type(error).__name__}): another process has it, or it was "
            "made by another release; wait, or remove it to begin anew"
        ) from None
    with connection:
        yield Workspace(connection, folder)
