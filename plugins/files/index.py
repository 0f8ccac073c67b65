"""The index: the newest row of every record, found by customer in microseconds.

An SQLite file in WAL mode, so that any process of the machine reads while one writes. Each file that was
dropped becomes one transaction: a killed process leaves the index as it was before.
"""
# ruff: noqa: S608  # names are quoted, values are bound, and nothing of a file becomes SQL

from __future__ import annotations

import fcntl
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from c360.contract import KeyKind, Need
from c360.tables import Plan
from plugins.files.reading import Row, quoted

_META = """
CREATE TABLE IF NOT EXISTS meta (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mappings (kind TEXT PRIMARY KEY, fingerprint TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS drops (
    kind TEXT NOT NULL, hash TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL,
    changed INTEGER NOT NULL, stamp TEXT NOT NULL, outcome TEXT NOT NULL, good INTEGER NOT NULL,
    bad INTEGER NOT NULL, PRIMARY KEY (kind, hash, name, size, changed)
);
"""
_KIND = """
CREATE TABLE IF NOT EXISTS {records} (
    object TEXT PRIMARY KEY, party TEXT NOT NULL, version REAL, stamp TEXT NOT NULL,
    deleted INTEGER NOT NULL, day TEXT, cells TEXT NOT NULL, keys TEXT NOT NULL, bad TEXT,
    seq INTEGER NOT NULL, seen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS {searched} (
    object TEXT NOT NULL, place INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (object, place, value)
) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS {parties} ON {records} (party);
CREATE INDEX IF NOT EXISTS {seqs} ON {records} (seq);
CREATE INDEX IF NOT EXISTS {values} ON {searched} (place, value);
"""
"""Made after the first file of a kind: sorting once is several times as fast as sorting in."""
_UPSERT = """
INSERT INTO {records} VALUES (?2, ?3, ?4, ?9, ?5, ?6, ?7, ?8, ?1, ?10, ?11)
ON CONFLICT (object) DO UPDATE SET
    party = excluded.party, version = excluded.version, stamp = excluded.stamp,
    deleted = excluded.deleted, day = excluded.day, cells = excluded.cells, keys = excluded.keys,
    bad = excluded.bad, seen = excluded.seen,
    seq = CASE WHEN cells = excluded.cells AND deleted = excluded.deleted AND party = excluded.party
            AND bad IS excluded.bad
        THEN seq ELSE excluded.seq END
WHERE coalesce(excluded.version, 0) > coalesce(version, 0)
    OR (coalesce(excluded.version, 0) = coalesce(version, 0) AND excluded.stamp >= stamp)
"""
"""What is newer wins; of two equals, what comes later. What says the same as before is no change."""

Cells = list[str | None]


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """A record as the index has it."""

    object_id: str
    party_id: str
    deleted: bool
    seq: int
    cells: Cells


class Drop(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the index remembers it."""

    kind: str
    hash: str
    name: str
    size: int
    changed: int
    stamp: str


class Busy(Exception):
    """Another process writes at this moment."""


class Index:
    """The index of one instance. Its methods block: call them in a thread.

    Args:
        file: where it is.
        plans: the kinds it keeps.
    """

    def __init__(self, file: Path, plans: Sequence[Plan]) -> None:
        self._file = file
        self._plans = {plan.kind.name: plan for plan in plans}

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Hold the index for writing, its tables made where they are missing.

        Raises:
            Busy: another process holds it.
        """
        with self._alone(), closing(self._connect(read_only=False)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            writer = Writer(connection)
            with writer.transaction():
                self._prepare(connection)
            yield writer

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._file.with_name(f"{self._file.name}.lock").open("w", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            yield

    def rows(self, plan: Plan, need: Need, parties: Sequence[str]) -> list[tuple[str, str | None, Cells]]:
        """Customer, bad column and cells of some customers' records that are not gone, within a window.

        A row that cannot be read belongs to any window.
        """
        where, values = [f"party IN ({', '.join('?' * len(parties))})", "deleted = 0"], list(parties)
        if plan.window is not None:
            for bound, operator in ((need.since, ">="), (need.until, "<=")):
                if bound is not None:
                    where.append(f"(day IS NULL OR bad IS NOT NULL OR day {operator} ?)")
                    values.append(bound.isoformat())
        statement = (
            f"SELECT party, bad, cells FROM {_records(plan.kind.name)}"
            f" WHERE {' AND '.join(where)} ORDER BY object"
        )
        return [(party, bad, _cells(cells)) for party, bad, cells in self._read(statement, values)]

    def search(self, plan: Plan, key: KeyKind, value: str, limit: int) -> list[str]:
        """Ids of the customers with that value in one of the key's columns."""
        places = [place for place, each in enumerate(key_places(plan)) if each is key]
        records, searched = _records(plan.kind.name), _searched(plan.kind.name)
        statement = (
            f"SELECT DISTINCT party FROM {searched} JOIN {records} USING (object)"
            f" WHERE place IN ({', '.join('?' * len(places))}) AND value = ? AND deleted = 0"
            " ORDER BY party LIMIT ?"
        )
        return [party for (party,) in self._read(statement, [*places, folded(key, value), limit])]

    def changes(self, kind: str, after: int, limit: int) -> list[Stored]:
        """Records in the order of their changes, from after a number on."""
        statement = (
            f"SELECT object, party, deleted, seq, cells FROM {_records(kind)}"
            " WHERE seq > ? AND bad IS NULL ORDER BY seq LIMIT ?"
        )
        return [
            Stored(object_id, party, bool(deleted), seq, _cells(cells))
            for object_id, party, deleted, seq, cells in self._read(statement, [after, limit])
        ]

    def name(self) -> str | None:
        """What this index is told from another by; ``None`` where there is none yet."""
        if not self._file.exists():
            return None
        found = self._read("SELECT id FROM meta", [])
        return str(found[0][0]) if found else None

    def outcomes(self, kind: str) -> set[str]:
        """What became of the files of a kind that were looked at so far; see :meth:`Writer.note`."""
        if not self._file.exists():
            return set()
        return {each for (each,) in self._read("SELECT DISTINCT outcome FROM drops WHERE kind = ?", [kind])}

    def _read(self, statement: str, values: Sequence[Any]) -> list[Any]:
        with closing(self._connect(read_only=True)) as connection:
            return connection.execute(statement, values).fetchall()

    def _connect(self, *, read_only: bool) -> sqlite3.Connection:
        if not read_only:
            self._file.touch(mode=0o600)
        mode = "ro" if read_only else "rw"
        connection = sqlite3.connect(
            f"{self._file.as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=0.5 if read_only else 5.0,
        )
        connection.execute(f"PRAGMA cache_size = {-16_000 if read_only else -128_000}")  # kilobytes
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        for statement in filter(str.strip, _META.split(";\n")):
            connection.execute(statement)
        if not connection.execute("SELECT 1 FROM meta").fetchall():
            connection.execute("INSERT INTO meta VALUES (?)", [uuid.uuid4().hex[:12]])
        for kind, plan in self._plans.items():
            mark = _fingerprint(plan)
            known = connection.execute("SELECT fingerprint FROM mappings WHERE kind = ?", [kind]).fetchall()
            if known and known[0][0] != mark:  # the cells were read by another mapping: read the files again
                for each in (_records(kind), _searched(kind)):
                    connection.execute(f"DROP TABLE IF EXISTS {each}")
                connection.execute("DELETE FROM drops WHERE kind = ?", [kind])
            connection.execute("INSERT OR REPLACE INTO mappings VALUES (?, ?)", [kind, mark])
            _script(connection, _KIND, kind)


def _script(connection: sqlite3.Connection, script: str, kind: str) -> None:
    """Run statements with the names of one kind in them."""
    names = {each: quoted(f"{kind} {each}") for each in ("parties", "seqs", "values")}
    text = script.format(records=_records(kind), searched=_searched(kind), **names)
    for statement in filter(str.strip, text.split(";\n")):
        connection.execute(statement)


class Writer:
    """What the one who holds the index can do."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def seen(self, kind: str, name: str, size: int, changed: int) -> bool:
        """Whether this very file was looked at before."""
        return self._any("kind = ? AND name = ? AND size = ? AND changed = ?", [kind, name, size, changed])

    def duplicate(self, kind: str, digest: str, *, snapshot: bool) -> bool:
        """Whether a file with this content was read before; of snapshots, whether the newest has it."""
        if not snapshot:
            return self._any("kind = ? AND hash = ? AND outcome = 'read'", [kind, digest])
        return self._any(
            "kind = ? AND hash = ? AND outcome = 'read' AND stamp ="
            " (SELECT max(stamp) FROM drops AS newest WHERE newest.kind = drops.kind AND outcome = 'read')",
            [kind, digest],
        )

    def superseded(self, kind: str, stamp: str) -> bool:
        """Whether a later file was read already."""
        return self._any("kind = ? AND stamp > ? AND outcome = 'read'", [kind, stamp])

    def note(self, drop: Drop, outcome: str, *, good: int = 0, bad: int = 0) -> None:
        """Remember a file and what became of it: ``read``, ``duplicate``, ``late`` or ``refused``."""
        self._connection.execute(
            "INSERT OR REPLACE INTO drops VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [drop.kind, drop.hash, drop.name, drop.size, drop.changed, drop.stamp, outcome, good, bad],
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def number(self, kind: str) -> int:
        """The number of the next file of a kind, by which its rows are told from older ones."""
        ((file,),) = self._connection.execute(
            f"SELECT coalesce(max(seen), 0) FROM {_records(kind)}"
        ).fetchall()
        return int(file) + 1

    def put(
        self, plan: Plan, stamp: str, file: int, chunks: Iterable[list[Row]], stop: Callable[[], bool]
    ) -> int:
        """Take the rows of a file in, the newest of each record; gives how many can be read.

        Raises:
            InterruptedError: ``stop`` said so.
        """
        kind = plan.kind.name
        upsert = _UPSERT.format(records=_records(kind))
        seq, count = self._last(kind), 0
        for rows in chunks:
            if stop():
                raise InterruptedError
            self._connection.executemany(
                upsert,
                [
                    (*msgspec.structs.astuple(row), stamp, seq + place, file)
                    for place, row in enumerate(rows, 1)
                ],
            )
            if plan.mapping.keys:
                self._put_keys(plan, rows)
            seq += len(rows)
            count += sum(row.bad is None for row in rows)
        _script(self._connection, _INDEXES, kind)
        return count

    def delete_others(self, plan: Plan, stamp: str, file: int, spared: Sequence[str]) -> int:
        """Mark as gone what the snapshot just taken in does not mention; gives how many.

        Args:
            plan: of which kind.
            stamp: the snapshot's.
            spared: records that it mentions in rows that could not be read.
        """
        kind = plan.kind.name
        records, seq = _records(kind), self._last(kind)
        for start in range(0, len(spared), 500):
            some = spared[start : start + 500]
            self._connection.execute(
                f"UPDATE {records} SET seen = ? WHERE object IN ({', '.join('?' * len(some))})",
                [file, *some],  # the name is quoted
            )
        gone = self._connection.execute(
            f"UPDATE {records} SET deleted = 1, stamp = ?, seq = ? + numbered.place FROM"
            f" (SELECT object AS gone, row_number() OVER (ORDER BY object) AS place FROM {records}"
            "  WHERE seen <> ? AND deleted = 0) AS numbered WHERE object = numbered.gone",
            [stamp, seq, file],
        )
        return gone.rowcount

    def optimise(self) -> None:
        """Let SQLite know its tables, and put the log where it belongs."""
        self._connection.execute("PRAGMA optimize = 0x10002")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _put_keys(self, plan: Plan, rows: Sequence[Row]) -> None:
        searched, places = _searched(plan.kind.name), key_places(plan)
        gone = [(row.object_id,) for row in rows]
        self._connection.executemany(f"DELETE FROM {searched} WHERE object = ?", gone)
        self._connection.executemany(
            f"INSERT OR IGNORE INTO {searched} VALUES (?, ?, ?)",
            [
                (row.object_id, place, folded(places[place], value))
                for row in rows
                if row.bad is None
                for place, value in enumerate(_cells(row.keys))
                if value is not None
            ],
        )

    def _last(self, kind: str) -> int:
        ((seq,),) = self._connection.execute(f"SELECT coalesce(max(seq), 0) FROM {_records(kind)}").fetchall()
        return int(seq)

    def _any(self, where: str, values: Sequence[Any]) -> bool:
        return bool(self._connection.execute(f"SELECT 1 FROM drops WHERE {where} LIMIT 1", values).fetchall())


def key_places(plan: Plan) -> list[KeyKind]:
    """What each of the cells in :attr:`Row.keys` is searched as."""
    return [key for key, columns in plan.mapping.keys.items() for _ in columns]


def folded(key: KeyKind, value: str) -> str:
    """A key's value as it is compared: e-mail addresses and names in any case."""
    return value.lower() if key in {KeyKind.EMAIL, KeyKind.NAME} else value


def _fingerprint(plan: Plan) -> str:
    mapping = plan.mapping
    parts = (
        plan.columns,
        mapping.keys,
        plan.party,
        plan.identity,
        plan.window,
        mapping.changed,
        mapping.zone,
    )
    return msgspec.json.encode((parts, mapping.deleted, mapping.deleted_value)).decode()


def _records(kind: str) -> str:
    return quoted(kind)


def _searched(kind: str) -> str:
    return quoted(f"{kind} keys")


def _cells(text: str) -> Cells:
    return msgspec.json.decode(text, type=list[str | None])
