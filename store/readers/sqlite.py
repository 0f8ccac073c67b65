"""Reading from a SQLite file: one hop into a thread for each statement, with all of its rows."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from sqlalchemy import URL

from store.columns import sqlite_text
from store.engines import BUSY_TIMEOUT
from store.errors import refused
from store.readers.base import Row, Statement, Value


class SqliteReader:
    """Connections to one file that cannot write to it, each used by one thread at a time.

    Args:
        url: the database's address.
        lanes: statements that run side by side.
    """

    postgres = False

    def __init__(self, url: URL, *, lanes: int) -> None:
        self._file = str(url.database)
        self._idle: list[sqlite3.Connection] = []
        self._threads = ThreadPoolExecutor(lanes, thread_name_prefix="reads")

    async def run(self, statement: Statement, values: Mapping[str, Value]) -> Sequence[Row]:
        """See :class:`~store.readers.base.Reader`."""
        given = {name: _encoded(values[name]) for name in statement.parameters}
        work = partial(self._read, statement.text, given)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def dispose(self) -> None:
        """See :class:`~store.readers.base.Reader`."""
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)
        while self._idle:
            self._idle.pop().close()

    def _read(self, text: str, given: Mapping[str, str]) -> list[Row]:
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._opened()
            try:
                return connection.execute(text, given).fetchall()
            finally:
                self._idle.append(connection)
        except sqlite3.Error as error:
            raise refused(error) from None

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA query_only = ON")
        connection.create_function("c360_bytes", 1, bytes.fromhex, deterministic=True)
        return connection


def _encoded(value: Value) -> str:
    """A value as it stands in a column, or many as a JSON list."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return sqlite_text(value)
    return json.dumps(value, ensure_ascii=False)
