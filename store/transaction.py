"""The transaction of a unit of work, and statements in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never, TypeVar, TypeVarTuple, overload

from sqlalchemy import Connection, CursorResult, Dialect, Engine, Executable, ScalarResult
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql.selectable import TypedReturnsRows
from sqlalchemy.util import await_only, greenlet_spawn

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Transaction:
    """One transaction, of which nothing is there before its first statement.

    What SQLAlchemy has for this belongs to its mapper, of which the store needs nothing; see
    docs/decisions/0156. Statements are run one after the other.

    Args:
        engine: of an asynchronous driver.
        ended: from the start, for who reads past transactions and is to have none.
    """

    __slots__ = ("_busy", "_connection", "_ended", "_engine")

    def __init__(self, engine: Engine, *, ended: bool = False) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._busy = False
        self._ended = ended

    @property
    def dialect(self) -> Dialect:
        """The database's."""
        return self._engine.dialect

    @overload
    async def execute(self, statement: TypedReturnsRows[*Ts], values: Any = None) -> CursorResult[*Ts]: ...
    @overload
    async def execute(self, statement: Executable, values: Any = None) -> CursorResult[*tuple[Any, ...]]: ...
    async def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        """Run a statement; all that it finds is there when it returns.

        Args:
            statement: what to run.
            values: of its parameters; a list runs it for each element.

        Raises:
            SQLAlchemyError: the database refuses it.
            InvalidRequestError: the transaction has ended, or another statement is under way.
        """
        return await self._run(self._executed, statement, values)

    @overload
    async def scalar(self, statement: TypedReturnsRows[Never], values: Any = None) -> Any | None: ...
    @overload
    async def scalar(self, statement: TypedReturnsRows[T], values: Any = None) -> T | None: ...
    @overload
    async def scalar(self, statement: Executable, values: Any = None) -> Any: ...
    async def scalar(self, statement: Executable, values: Any = None) -> Any:
        """Run a statement; the first value of the first row, if there is one."""
        return (await self.execute(statement, values)).scalar()

    @overload
    async def scalars(self, statement: TypedReturnsRows[T], values: Any = None) -> ScalarResult[T]: ...
    @overload
    async def scalars(self, statement: Executable, values: Any = None) -> ScalarResult[Any]: ...
    async def scalars(self, statement: Executable, values: Any = None) -> ScalarResult[Any]:
        """Run a statement; the first value of each row."""
        return (await self.execute(statement, values)).scalars()

    async def exec_driver_sql(self, statement: str, values: Any = None) -> CursorResult[Any]:
        """Run a statement in the driver's own words."""
        return await self._run(self._driven, statement, values)

    async def driver(self) -> Any:
        """The driver's connection, for what it alone can do; it is the transaction's as before."""
        return await self._run(lambda: self._begun().connection.driver_connection)

    async def commit(self) -> None:
        """Commit what was begun."""
        if self._connection is not None:
            await greenlet_spawn(self._connection.commit)

    async def close(self) -> None:
        """End it, and undo what was not committed. Whoever still has it meets an error."""
        self._ended = True
        if self._connection is not None:
            await greenlet_spawn(self._connection.close)

    async def _run(self, step: Callable[..., T], *args: Any) -> T:
        if self._busy:
            raise InvalidRequestError("another statement of the unit of work is under way")
        self._busy = True
        try:
            return await greenlet_spawn(step, *args)
        finally:
            self._busy = False

    def _begun(self) -> Connection:
        if self._ended:
            raise InvalidRequestError("the unit of work has ended")
        if self._connection is None:
            self._connection = self._engine.connect()
            self._connection.begin()  # also for who asks for the driver first
        return self._connection

    def _executed(self, statement: Executable, values: Any) -> CursorResult[Any]:
        return _let_go(self._begun().execute(statement, values))

    def _driven(self, statement: str, values: Any) -> CursorResult[Any]:
        return _let_go(self._begun().exec_driver_sql(statement, values))


def _let_go(result: CursorResult[Any]) -> CursorResult[Any]:
    """A result whose rows were fetched, without the driver's cursor, whose end is waited for."""
    cursor: Any = result.cursor
    if cursor is not None:
        await_only(cursor._async_soft_close())  # noqa: SLF001  # as the library's own connections do
    return result
