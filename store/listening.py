"""Hearing, on PostgreSQL, that another process committed something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from store.engines import parse
from store.errors import DatabaseUnavailable

_ALIVE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""So that a connection that a firewall forgot is noticed within a minute."""


def can_listen(url: str) -> bool:
    """Whether the database of an address tells its listeners; SQLite does not."""
    return parse(url).get_backend_name() == "postgresql"


async def listen(url: str, channel: str, heard: Callable[[str], None]) -> None:
    """Listen on a connection of its own until it breaks or the task is cancelled.

    Args:
        url: the database's address.
        channel: what to listen on.
        heard: called with what is announced; once with nothing as soon as the connection listens, since
            something may have been announced before.

    Raises:
        DatabaseUnavailable: the database is not reached, or not any more.
    """
    import psycopg  # a server on SQLite has no use for it
    from psycopg import sql

    address = parse(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        async with await psycopg.AsyncConnection.connect(address, autocommit=True, **_ALIVE) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            heard("")
            async for notice in connection.notifies():
                heard(notice.payload)
    except psycopg.Error as error:
        # Its message holds the address.
        raise DatabaseUnavailable(f"listening ended: {type(error).__name__}") from None
