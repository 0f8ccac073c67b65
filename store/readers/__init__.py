"""How kept statements reach the databases: past the toolkit, in one round trip each."""

from __future__ import annotations

from sqlalchemy import URL

from store.readers.base import Reader


def reader(url: URL, *, lanes: int) -> Reader:
    """What reads a database.

    Args:
        url: its address.
        lanes: statements that run side by side at the most.
    """
    # Each with the client library of its database, of which a process needs one.
    if url.get_backend_name() == "sqlite":
        from store.readers.sqlite import SqliteReader

        return SqliteReader(url, lanes=lanes)
    from store.readers.postgres import PostgresReader

    return PostgresReader(url)
