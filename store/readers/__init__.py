"""How kept statements reach the databases: past the toolkit, in one round trip each."""

from __future__ import annotations

from sqlalchemy import URL

from store.readers.base import Reader
from store.readers.postgres import PostgresReader
from store.readers.sqlite import SqliteReader


def reader(url: URL, *, lanes: int) -> Reader:
    """What reads a database.

    Args:
        url: its address.
        lanes: statements that run side by side at the most.
    """
    if url.get_backend_name() == "sqlite":
        return SqliteReader(url, lanes=lanes)
    return PostgresReader(url)
