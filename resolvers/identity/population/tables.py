"""Parquet files of parties: written in batches as feeds deliver, read by the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from resolvers.identity.features import Features, columns, row
from resolvers.identity.population.reading import ROW

BATCH = 20_000
Row = tuple[int, str, str, bytes | None, Features]
"""A party's number, its connector, the partner's id, the record as JSON where it is needed, its features."""
_TYPES = {"VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "VARCHAR[]": pa.list_(pa.string())}
SCHEMA = pa.schema(
    [
        (ROW, pa.int64()),
        ("connector", pa.string()),
        ("party_id", pa.string()),
        ("document", pa.binary()),
        *((name, _TYPES[kind]) for name, kind in columns().items()),
    ]
)
"""The columns of a party: its number, whose it is, the record itself as JSON, and its features."""


def table(rows: Sequence[Row]) -> pa.Table:
    """Some parties as a table."""
    made: list[tuple[Any, ...]] = [
        (number, connector, party_id, document, *row(features))
        for number, connector, party_id, document, features in rows
    ]
    values = zip(*made, strict=True) if made else ([] for _ in SCHEMA)
    arrays = [pa.array(list(each), type=field.type) for each, field in zip(values, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def write(file: Path, rows: Iterable[Row]) -> int:
    """Write parties to a file that appears whole or not at all; how many they were."""
    part = file.with_name(f".{file.name}.part")
    count = 0
    with pq.ParquetWriter(part, SCHEMA, compression="zstd") as writer:
        for batch in _batches(rows):
            writer.write_table(table(batch))
            count += len(batch)
    part.replace(file)
    return count


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
