"""What all rows of the hub's own about a customer have in common: whose they are, seals, versions, pages."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, delete, false, func, literal, select, tuple_, update
from sqlalchemy.sql import ColumnCollection

from store import cursors
from store.columns import UtcDateTime
from store.data_service import Own, OwnPage
from store.errors import Conflict, CursorError
from store.errors_identity import CustomerUnknown
from store.errors_service import NotNow, NotThere, VersionDiffers
from store.keyring import DataKey
from store.models.base import Base, table
from store.repositories.base import Repository, Scope
from store.repositories.entries import decode_cursor, encode_cursor
from store.repositories.families import Families
from store.repositories.vault import Vault

DataT = TypeVar("DataT", bound=Own)
_PART = "\x1f"
"""Parts the values in a cursor: no moment and no id holds it."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order of rows; the last column is their id, so that no two rows have one place."""

    columns: tuple[str, ...] = ("id",)
    descending: bool = False

    @property
    def name(self) -> str:
        """What its cursors are marked by."""
        return f"{'-' if self.descending else ''}{','.join(self.columns)}"


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list is wanted: so many from the start or behind ``after``, or the other way round."""

    size: int = 20
    after: str | None = None
    before: str | None = None
    forward: bool = True


BY_ID = Order()


class OwnRepository(Repository, Generic[DataT]):
    """Rows of one table. A subclass says which, and what it lets be changed.

    ``content`` of a row is sealed with the key of the customer that it was noted for, whoever answers for
    them now: what a merge joined, an erasure still destroys alone.
    """

    model: ClassVar[type[Base]]
    data: type[DataT]

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        names = self.data.__struct_fields__
        self._names = tuple(name for name in names if name != "content")
        self._sealing = "content" in names

    @property
    def plain_names(self) -> tuple[str, ...]:
        """Names of the columns that are not sealed."""
        return self._names

    @property
    def _columns(self) -> ColumnCollection[str, Any]:
        return table(self.model).c

    async def get(self, ids: Iterable[str]) -> Mapping[str, DataT]:
        """Rows by id; unknown ones, and those out of sight, are left out."""
        found = await self._read(self._scope.among(self._columns["id"], ids), *self._in_sight())
        return {each.id: each for each in found}

    async def holder(self, customer_id: str) -> str:
        """The customer that answers for an id, who stays so until this unit of work ends.

        Raises:
            CustomerUnknown: there is none.
        """
        held = await Families(self._scope).hold([customer_id], shared=True)
        if customer_id not in held:
            raise CustomerUnknown(customer_id)
        return held[customer_id]

    async def _insert(self, rows: Sequence[DataT]) -> None:
        """Insert rows of customers that are held; each hangs on its customer."""
        homes = {each.customer_id for each in rows}  # every row has one
        keys = await Vault(self._scope).ensure(homes) if any(map(_content, rows)) else {}
        await self._scope.insert_many(self.model, [self._row(each, keys) for each in rows])

    def _row(self, data: DataT, keys: Mapping[str, DataKey]) -> dict[str, Any]:
        row = {name: plain(getattr(data, name)) for name in self._names}
        row["home_id"] = row["customer_id"]
        if self._sealing:
            content = _content(data)
            row["content"] = None if content is None else self.seal(keys, row["home_id"], row["id"], content)
        return row

    def seal(self, keys: Mapping[str, DataKey], home: str, row_id: str, content: msgspec.Struct) -> bytes:
        """Content as it is kept."""
        return keys[home].seal(msgspec.json.encode(content), self._tenant, table(self.model).name, row_id)

    async def _change(
        self,
        row_id: str,
        *,
        expected: int | None,
        allowed: Mapping[str, Sequence[enum.Enum]] | None = None,
        content: Any = None,
        **values: Any,
    ) -> DataT:
        """Change one row that is in one of the allowed states.

        Args:
            row_id: which.
            expected: the version that the caller has seen; ``None``: whichever.
            allowed: states in which it may be changed, by the name of the column.
            content: what is sealed anew, or a function of what was there; ``None``: as it is.
            values: what is set.

        Raises:
            NotThere: there is no such row, or its customer is gone.
            VersionDiffers: somebody changed it.
            NotNow: its state does not allow it.
            Conflict: somebody changes it at this moment.
        """
        before = await self._held(row_id)
        version = before.version
        if expected is not None and expected != version:
            raise VersionDiffers(row_id, expected, version)
        for name, states in (allowed or {}).items():
            state = getattr(before, name)
            if state not in states:
                raise NotNow(row_id, state.value, tuple(each.value for each in states))
        changes = {name: plain(value) for name, value in values.items()} | {"version": version + 1}
        if content is not None:
            made = content(_content(before)) if callable(content) else content
            home = await self._home(row_id)
            changes["content"] = self.seal(await Vault(self._scope).ensure([home]), home, row_id, made)
        columns = self._columns
        touched = await self._scope.change(
            update(table(self.model))
            .where(columns.tenant == self._tenant, columns["id"] == row_id, columns["version"] == version)
            .values(**changes)
        )
        if not touched:
            raise Conflict(f"{table(self.model).name}.version")
        return (await self.get([row_id]))[row_id]

    async def _delete(self, row_id: str, *, expected: int | None) -> DataT:
        """Delete one row; what it was."""
        before = await self._held(row_id)
        version = before.version
        if expected is not None and expected != version:
            raise VersionDiffers(row_id, expected, version)
        columns = self._columns
        touched = await self._scope.change(
            delete(table(self.model)).where(
                columns.tenant == self._tenant, columns["id"] == row_id, columns["version"] == version
            )
        )
        if not touched:
            raise Conflict(f"{table(self.model).name}.version")
        return before

    async def _held(self, row_id: str) -> DataT:
        """A row whose customer stays the same until this unit of work ends."""
        found = (await self.get([row_id])).get(row_id)
        if found is None:
            raise NotThere(row_id)
        held = await Families(self._scope).hold([found.customer_id], shared=True)
        again = (await self.get([row_id])).get(row_id) if self._scope.postgres else found
        if not held or again is None:
            raise NotThere(row_id)
        return again

    async def _home(self, row_id: str) -> str:
        columns = self._columns
        return str(
            (
                await self._session.execute(
                    select(columns.home_id).where(columns.tenant == self._tenant, columns["id"] == row_id)
                )
            ).scalar_one()
        )

    async def _read(
        self,
        *conditions: ColumnElement[bool],
        order: Order = BY_ID,
        limit: int | None = None,
    ) -> list[DataT]:
        rows = await self._session.execute(
            select(*self._selected())
            .where(self._columns.tenant == self._tenant, *conditions)
            .order_by(*self._ordered(order))
            .limit(limit)
        )
        return await self._made([dict(row) for row in rows.mappings()])

    async def _page(self, *conditions: ColumnElement[bool], order: Order, stretch: Stretch) -> OwnPage[DataT]:
        """A stretch of the rows that meet conditions.

        Raises:
            CursorError: a cursor is damaged, or of another list.
        """
        after = None if stretch.after is None else self._beyond(order, stretch.after)
        before = None if stretch.before is None else self._beyond(order, stretch.before, reverse=True)
        bounds = [bound for bound in (after, before) if bound is not None]
        conditions = (*conditions, *self._in_sight())
        turned = msgspec.structs.replace(order, descending=order.descending == stretch.forward)
        rows = await self._read(
            *conditions, *bounds, order=order if stretch.forward else turned, limit=stretch.size + 1
        )
        more, kept = len(rows) > stretch.size, rows[: stretch.size]
        if not stretch.forward:
            kept = kept[::-1]
        return OwnPage(
            items=tuple(kept),
            cursors=tuple(self._cursor(order, each) for each in kept),
            has_next=(stretch.forward and more)
            or (
                stretch.before is not None and await self._any(*conditions, self._from(order, stretch.before))
            ),
            has_previous=(not stretch.forward and more)
            or (stretch.after is not None and await self._any(*conditions, self._upto(order, stretch.after))),
        )

    async def _pages(
        self,
        customer_ids: Collection[str],
        *conditions: ColumnElement[bool],
        order: Order,
        stretch: Stretch,
    ) -> Mapping[str, OwnPage[DataT]]:
        """The first rows of each of several customers, or those behind one cursor. One query.

        Raises:
            CursorError: the cursor is damaged, or of another list.
        """
        columns = self._columns
        conditions = (*conditions, *self._in_sight())
        if stretch.after is not None:
            conditions = (*conditions, self._beyond(order, stretch.after))
        place = func.row_number().over(partition_by=columns.customer_id, order_by=self._ordered(order))
        numbered = (
            select(*self._selected(), place.label("place"))
            .where(
                columns.tenant == self._tenant,
                self._scope.among(columns.customer_id, customer_ids),
                *conditions,
            )
            .subquery()
        )
        rows = await self._session.execute(
            select(numbered).where(numbered.c.place <= stretch.size + 1).order_by(numbered.c.place)
        )
        found: dict[str, list[DataT]] = {}
        for each in await self._made(
            [{k: v for k, v in row.items() if k != "place"} for row in rows.mappings()]
        ):
            found.setdefault(each.customer_id, []).append(each)  # every row has one
        return {
            customer: OwnPage(
                items=tuple(mine[: stretch.size]),
                cursors=tuple(self._cursor(order, each) for each in mine[: stretch.size]),
                has_next=len(mine) > stretch.size,
                has_previous=stretch.after is not None,
            )
            for customer, mine in found.items()
        }

    async def _count(self, *conditions: ColumnElement[bool]) -> int:
        statement = (
            select(func.count())
            .select_from(table(self.model))
            .where(self._columns.tenant == self._tenant, *conditions, *self._in_sight())
        )
        return (await self._session.execute(statement)).scalar_one()

    def _in_sight(self) -> list[ColumnElement[bool]]:
        """Of customers in sight. What people here noted is none of a partner's."""
        return [false()] if self._scope.sight.partial else self._scope.seen(self._columns.customer_id)

    async def _any(self, *conditions: ColumnElement[bool]) -> bool:
        statement = select(literal(1)).where(self._columns.tenant == self._tenant, *conditions).limit(1)
        return (await self._session.execute(statement)).first() is not None

    def _selected(self) -> list[Any]:
        extra = ("home_id", "content") if self._sealing else ()
        return [self._columns[name] for name in (*self._names, *extra)]

    def _ordered(self, order: Order) -> list[Any]:
        columns = (self._columns[name] for name in order.columns)
        return [column.desc() if order.descending else column.asc() for column in columns]

    def _cursor(self, order: Order, data: DataT) -> str:
        values = (getattr(data, name) for name in order.columns)
        texts = (each.isoformat() if isinstance(each, datetime) else str(each) for each in values)
        return encode_cursor(_PART.join((table(self.model).name, order.name, *texts)))

    def _beyond(self, order: Order, cursor: str, *, reverse: bool = False) -> ColumnElement[bool]:
        """Whether a row comes behind a cursor; in front of it where reversed."""
        row, place = self._place(order, cursor)
        beyond: ColumnElement[bool] = row < place if order.descending is not reverse else row > place
        return beyond

    def _from(self, order: Order, cursor: str) -> ColumnElement[bool]:
        row, place = self._place(order, cursor)
        onwards: ColumnElement[bool] = row <= place if order.descending else row >= place
        return onwards

    def _upto(self, order: Order, cursor: str) -> ColumnElement[bool]:
        row, place = self._place(order, cursor)
        before: ColumnElement[bool] = row >= place if order.descending else row <= place
        return before

    def _place(self, order: Order, cursor: str) -> tuple[Any, Any]:
        """The columns of an order, and the values that a cursor says they have."""
        name, ordered, *texts = [*decode_cursor(cursor).split(_PART), "", ""]
        columns = [self._columns[each] for each in order.columns]
        texts = texts[:-2]
        if (name, ordered) != (table(self.model).name, order.name) or len(texts) != len(columns):
            raise CursorError("is of another list")
        values = [_read(column, text) for column, text in zip(columns, texts, strict=True)]
        return tuple_(*columns), tuple_(*(literal(v, c.type) for v, c in zip(values, columns, strict=True)))

    async def _made(self, rows: Sequence[Mapping[str, Any]]) -> list[DataT]:
        homes = {row["home_id"] for row in rows if row.get("content") is not None} if self._sealing else set()
        keys = await Vault(self._scope).keys(homes) if homes else {}
        return [self._data(row, keys) for row in rows]

    def _data(self, row: Mapping[str, Any], keys: Mapping[str, DataKey]) -> DataT:
        values = {name: row[name] for name in self._names}
        if self._sealing and row["content"] is not None:
            # Without its key the text is gone, as it is meant to be; what is left is that there was one.
            key = keys.get(row["home_id"])
            if key is not None:
                opened = key.open(row["content"], self._tenant, table(self.model).name, row["id"])
                values["content"] = msgspec.json.decode(opened)
        return msgspec.convert(values, self.data)


def plain(value: Any) -> Any:
    """A value as a column takes it."""
    return value.value if isinstance(value, enum.Enum) else value


def _content(data: msgspec.Struct) -> msgspec.Struct | None:
    content: msgspec.Struct | None = getattr(data, "content", None)
    return content


def _read(column: Any, text: str) -> Any:
    return cursors.moment(text) if isinstance(column.type, UtcDateTime) else text
