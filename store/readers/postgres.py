"""Reading from PostgreSQL by prepared statements, with nothing between them and the client library.

A look-up costs one message each way. The driver's own cursors cost several times as much processor time as
the look-up itself, so that statements are sent and results taken by libpq's asynchronous functions, on
connections that the driver opens (:mod:`psycopg.pq`). They only read: the server is told so as they open.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import pq
from sqlalchemy import URL

from store.engines import BUSY_TIMEOUT, postgres_connecting
from store.errors import DatabaseLocked, DatabaseUnavailable, StoreError, refused
from store.readers.base import Row, Statement, Value

_SETTINGS = (
    "default_transaction_read_only=on",
    # A plan for whatever is asked: made once for each connection, while the statement takes a moment.
    "plan_cache_mode=force_generic_plan",
    "jit=off",
)
_STALE = frozenset({"26000", "0A000"})
"""SQLSTATEs of a statement that is not prepared, or whose tables changed, on this connection."""


class _Broken(Exception):
    """A connection cannot be used any more; another one may do."""


class PostgresReader:
    """Connections to one database, opened as they are needed and kept.

    Args:
        url: the database's address.
    """

    postgres = True

    def __init__(self, url: URL) -> None:
        self._url = url
        self._idle: list[_Wire] = []
        self._closed = False

    async def run(self, statement: Statement, values: Mapping[str, Value]) -> Sequence[Row]:
        """See :class:`~store.readers.base.Reader`. A dead connection is left for another one."""
        given = [_encoded(values[name]) for name in statement.parameters]
        while self._idle:
            wire = self._idle.pop()
            with contextlib.suppress(_Broken):
                return await self._on(wire, statement, given)
        try:
            return await self._on(await _Wire.opened(self._url), statement, given)
        except _Broken:
            raise DatabaseUnavailable("the database broke off a connection; try again") from None

    async def dispose(self) -> None:
        """See :class:`~store.readers.base.Reader`."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    async def _on(self, wire: _Wire, statement: Statement, given: Sequence[bytes]) -> Sequence[Row]:
        try:
            rows = await wire.run(statement, given)
        except StoreError:
            await self._put_back(wire)
            raise
        except BaseException:
            await wire.close()  # whatever it is at, nobody waits for it
            raise
        await self._put_back(wire)
        return rows

    async def _put_back(self, wire: _Wire) -> None:
        if wire.broken or self._closed:
            await wire.close()
        else:
            self._idle.append(wire)


class _Wire:
    """One connection, which runs one statement at a time."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._libpq.nonblocking = 1
        self._prepared: set[str] = set()
        self._awaited: asyncio.Future[pq.abc.PGresult] | None = None
        self.broken = False
        self._loop = asyncio.get_running_loop()
        self._socket = self._libpq.socket
        self._loop.add_reader(self._socket, self._readable)

    @classmethod
    async def opened(cls, url: URL) -> _Wire:
        """A new connection.

        Raises:
            DatabaseUnavailable: there is nobody.
        """
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        arguments = postgres_connecting(*_SETTINGS)
        try:
            made = await psycopg.AsyncConnection.connect(address, autocommit=True, **arguments)
        except psycopg.Error:
            # Its message holds the address.
            raise DatabaseUnavailable(
                "the database does not answer; check that it runs and its address"
            ) from None
        return cls(made)

    async def run(self, statement: Statement, given: Sequence[bytes]) -> Sequence[Row]:
        """The rows of a statement.

        Raises:
            _Broken: ask on another connection.
            StoreError: the server refuses it.
        """
        name = statement.name.encode()
        if statement.name not in self._prepared:
            await self._answer(lambda: self._libpq.send_prepare(name, statement.text.encode()))
            self._prepared.add(statement.name)
        result = await self._answer(lambda: self._libpq.send_query_prepared(name, given))
        columns = range(result.nfields)
        value = result.get_value
        return [tuple([value(row, column) for column in columns]) for row in range(result.ntuples)]

    async def close(self) -> None:
        """End the connection."""
        self._break()
        with contextlib.suppress(psycopg.Error):
            await self._connection.close()

    async def _answer(self, send: Any) -> pq.abc.PGresult:
        """What the server answers."""
        if self.broken:
            raise _Broken
        self._awaited = self._loop.create_future()
        late = self._loop.call_later(BUSY_TIMEOUT, self._give_up)
        try:
            send()
            if self._libpq.flush():
                self._loop.add_writer(self._socket, self._writable)
            result = await self._awaited
        except psycopg.Error:
            self._break()
            raise _Broken from None
        finally:
            late.cancel()
            self._awaited = None
        if result.status in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
            return result
        raise self._refusal(result)

    def _refusal(self, result: pq.abc.PGresult) -> Exception:
        state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        try:
            error = psycopg.errors.lookup(state)()
        except KeyError:
            error = psycopg.DatabaseError()
        found = refused(error)
        # The client library's own errors, such as of a connection that is gone, have no state.
        if not state or state in _STALE or isinstance(found, DatabaseUnavailable):
            self._break()
            return _Broken()
        return found

    def _readable(self) -> None:
        try:
            self._libpq.consume_input()
            if self._libpq.is_busy():
                return
            last = None
            while (result := self._libpq.get_result()) is not None:
                last = result
        except psycopg.Error:
            self._break()
            return
        if last is not None and self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(last)

    def _writable(self) -> None:
        try:
            if not self._libpq.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error:
            self._break()

    def _give_up(self) -> None:
        """Nobody waits any longer; the server, which may be at it still, loses the connection."""
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(DatabaseLocked("a look-up did not end in time; try again"))
        self._break()

    def _break(self) -> None:
        if self.broken:
            return
        self.broken = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(_Broken())


def _encoded(value: Value) -> bytes:
    """A value in the text form that the server reads."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, datetime):
        return value.isoformat().encode()
    listed = ",".join('"' + each.replace("\\", "\\\\").replace('"', '\\"') + '"' for each in value)
    return f"{{{listed}}}".encode()
