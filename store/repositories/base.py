"""What repositories share: the scope they work in, and statements that differ between the databases."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CursorResult,
    Dialect,
    LargeBinary,
    Select,
    TableClause,
    Text,
    any_,
    bindparam,
    column,
    false,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import expression
from sqlalchemy.sql.dml import UpdateBase

from c360.access import TenantId
from store.columns import storable
from store.copying import Always, Columns, Written, arranged, count, lines
from store.copying import rows as copied_rows
from store.errors import KeyringError
from store.keyring import Keyring
from store.models import Customer
from store.models.base import Base, table
from store.models.customers import PRESENT
from store.repositories.sighting import Terms, blind, seen
from store.sight import EVERYTHING, Sight
from store.transaction import Transaction

T = TypeVar("T")
Rows = Sequence[dict[str, Any]]
COPIED = 200
"""Rows from which on COPY is worth its own round trips."""


@functools.lru_cache(maxsize=64)
def _salt(keyring: Keyring, tenant: TenantId) -> bytes:
    return keyring.lookup_hash(tenant, "SALT", "")


@dataclass(frozen=True, slots=True)
class Scope:
    """The transaction, the tenant and the keys that a repository works with, and what it may show."""

    session: Transaction
    tenant: TenantId
    keyring_or_none: Keyring | None
    clock: Callable[[], datetime]
    sight: Sight = EVERYTHING

    @property
    def keyring(self) -> Keyring:
        """The keyring.

        Raises:
            KeyringError: the database was opened without one.
        """
        if self.keyring_or_none is None:
            raise KeyringError("this needs the keyring; open the database with one")
        return self.keyring_or_none

    @property
    def salt(self) -> bytes:
        """A secret of the tenant's; none without a keyring. See :attr:`store.data.CustomerData.salt`."""
        return b"" if self.keyring_or_none is None else _salt(self.keyring_or_none, self.tenant)

    @property
    def dialect(self) -> Dialect:
        """The database's."""
        return self.session.dialect

    @property
    def postgres(self) -> bool:
        """Whether this is PostgreSQL; otherwise it is SQLite."""
        return self.dialect.name == "postgresql"

    def among(
        self, column: ColumnElement[str] | ColumnElement[str | None], values: Iterable[str]
    ) -> ColumnElement[bool]:
        """Whether a column's value is among many: one parameter, whatever their number.

        The statement stays the same (so it is prepared once), and no limit on parameters is met.
        """
        wanted = sorted({value for value in values if storable(value)})
        if self.postgres:
            return column == any_(bindparam(None, wanted, ARRAY(Text)))
        listed = func.json_each(json.dumps(wanted, ensure_ascii=False)).table_valued("value")
        return column.in_(select(listed.c.value))

    def among_bytes(self, column: ColumnElement[bytes], values: Collection[bytes]) -> ColumnElement[bool]:
        """The same of bytes."""
        if self.postgres:
            return column == any_(bindparam(None, list(values), ARRAY(LargeBinary)))
        return column.in_(list(values))

    def seen(self, *customers: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """What holds of rows that are in sight: for everything that finds customers, or lists of them.

        Args:
            customers: columns with the present ids of customers, all of whom are to be in sight.

        Returns:
            conditions to be added to a statement's others; none where everybody is in sight.
        """
        if self.sight.whole:
            return []
        if blind(self.sight):
            return [false()]
        return [seen(self.sight.reach, column, self._terms()) for column in customers]

    def _terms(self) -> Terms:
        own = sorted(filter(storable, self.sight.connectors))
        return Terms(
            tenant=self.tenant,
            subject=self.sight.subject,
            now=self.clock(),
            customer_id=self.sight.customer_id,
            own=lambda connector: connector.in_(own),
        )

    def told_by(self, connector: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """What holds of rows of single partners' records that are in sight: those of a partner's own."""
        return [connector.in_(sorted(self.sight.connectors))] if self.sight.partial else []

    def upsert(self, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
        """An ``INSERT`` that can be given ``ON CONFLICT``, of which both databases have the same kind."""
        return postgresql.insert(table(model)) if self.postgres else sqlite.insert(table(model))

    async def living(self, customer_ids: Iterable[str]) -> set[str]:
        """Those ids that are present customers, not erased, who stay so until this unit of work ends.

        For everything that writes about a person: nothing is written after they were erased.
        """
        return set(
            await self.session.scalars(
                select(Customer.id)
                .where(
                    Customer.tenant == self.tenant,
                    self.among(Customer.id, customer_ids),
                    *PRESENT,
                )
                .order_by(Customer.id)
                .with_for_update(read=True)
            )
        )

    async def insert_many(self, model: type[Base], rows: Rows) -> None:
        """Insert rows in one round trip."""
        if rows:
            await self.insert_columns(model, {name: [row[name] for row in rows] for name in rows[0]})

    async def insert_columns(self, model: type[Base], columns: Columns) -> None:
        """Insert rows that are given column by column, in one round trip."""
        made = functools.partial(self.written, model, columns, self.dialect)
        await self.insert_written([await asyncio.to_thread(made) if count(columns) >= COPIED else made()])

    def written(self, model: type[Base], columns: Columns, dialect: Dialect) -> Written:
        """Rows as they are sent to a database; touches no transaction, and may be done in a thread.

        Args:
            model: whose rows they are.
            columns: all but the tenant.
            dialect: the database's.
        """
        columns = arranged({"tenant": Always(self.tenant), **columns})
        target = table(model)
        large = dialect.name == "postgresql" and count(columns) >= COPIED
        return Written(target, columns, lines(target, columns, dialect).encode() if large else b"")

    async def insert_written(self, rows: Iterable[Written]) -> None:
        """Insert into one table after the other, in the order given."""
        for each in rows:
            if each.text:
                await self._copy(each.table.name, each.columns, each.text)
            elif count(each.columns):
                await self.session.execute(each.table.insert(), copied_rows(each.columns))

    async def stage(self, model: type[Base], rows: Rows) -> TableClause:
        """Many rows in a table of this transaction's own, from which one statement moves them on.

        On PostgreSQL alone.

        Args:
            model: whose columns they have.
            rows: all of the same columns.
        """
        target = table(model).name
        stage = expression.table(f"stage_{target}", *(column(each) for each in rows[0]))
        await self.session.execute(
            text(
                f'CREATE TEMPORARY TABLE IF NOT EXISTS "{stage.name}" '
                f'(LIKE "{target}" INCLUDING DEFAULTS) ON COMMIT DELETE ROWS'
            )
        )
        # What an earlier call of this transaction staged is not to be moved on again.
        await self.session.execute(text(f'TRUNCATE "{stage.name}"'))
        columns: Columns = {name: [row[name] for row in rows] for name in rows[0]}
        text_of = await asyncio.to_thread(lines, table(model), columns, self.dialect)
        await self._copy(stage.name, columns, text_of.encode())
        return stage

    async def _copy(self, name: str, columns: Iterable[str], written: bytes) -> None:
        """Insert many rows on PostgreSQL by its COPY, several times as fast as by an INSERT.

        Args:
            name: the table.
            columns: those that are written.
            written: the rows as COPY takes them.
        """
        import psycopg  # the engine has loaded it where it is used

        driver: Any = await self.session.driver()
        listed = ", ".join(f'"{each}"' for each in columns)
        try:
            async with (
                driver.cursor() as cursor,
                cursor.copy(f'COPY "{name}" ({listed}) FROM STDIN') as copy,
            ):
                await copy.write(written)
        except psycopg.Error as error:
            # As of any other statement: what the store makes of it, and without the rows that it quotes.
            raise DBAPIError.instance(
                None,
                None,
                error,
                psycopg.Error,
                hide_parameters=True,
                dialect=self.dialect,
            ) from None

    async def replace_many(self, model: type[Base], rows: Rows) -> None:
        """Insert rows, each replacing the one with the same primary key."""
        if not rows:
            return
        insert = self.upsert(model)
        keys = [column.name for column in table(model).primary_key]
        changed = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        await self.session.execute(
            insert.on_conflict_do_update(index_elements=keys, set_=changed), self._tenanted(rows)
        )

    async def add_many(self, model: type[Base], rows: Rows) -> None:
        """Insert rows, leaving those that are there already."""
        if len(rows) >= COPIED and self.postgres:
            rows = self._tenanted(rows)
            stage = await self.stage(model, rows)
            insert = postgresql.insert(table(model)).from_select(list(rows[0]), select(*stage.c))
            await self.session.execute(insert.on_conflict_do_nothing())
        elif rows:
            await self.session.execute(self.upsert(model).on_conflict_do_nothing(), self._tenanted(rows))

    async def first(self, statement: Select[T]) -> T | None:
        """The first row of a model that a statement finds: its values by the names of its columns."""
        return cast("T | None", (await self.session.execute(statement)).first())

    async def every(self, statement: Select[T]) -> Sequence[T]:
        """All rows of a model that a statement finds."""
        return cast("Sequence[T]", (await self.session.execute(statement)).all())

    async def change(self, statement: UpdateBase, rows: Rows | None = None) -> int:
        """Run an ``UPDATE`` or ``DELETE``; how many rows it touched."""
        result = await self.session.execute(statement, rows)
        return result.rowcount if isinstance(result, CursorResult) else 0

    def _tenanted(self, rows: Rows) -> list[dict[str, Any]]:
        return [{"tenant": self.tenant, **row} for row in rows]


class Repository:
    """Base of the repositories."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._tenant = scope.tenant

    @property
    def _session(self) -> Transaction:
        return self._scope.session
