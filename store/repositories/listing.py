"""Lists of customers: conditions, orders, cursors and pages by key, forward and backward."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, exists, false, func, select, tuple_

from store import cursors, names
from store.columns import storable
from store.data import CustomerFilter, CustomerOrder, OrderField, Page
from store.errors import CursorError
from store.models import Customer, IdentityLink, NameToken, SegmentMember
from store.models.customers import PRESENT
from store.repositories.base import Repository
from store.repositories.instances import InstanceRepository

_MOST_WORDS = 40
"""Words of a name at the most: each costs a look-up of its own, and no name has more."""
_COLUMNS: dict[OrderField, ColumnElement[Any]] = {
    OrderField.NAME: Customer.sort_name,
    OrderField.CREATED_AT: Customer.created_at,
    OrderField.UPDATED_AT: Customer.updated_at,
}


class _Position(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A place in an order: what a cursor carries."""

    field: OrderField
    descending: bool
    value: str
    id: str


class _Key(msgspec.Struct, frozen=True):
    value: str | datetime
    id: str


def encode_cursor(order: CustomerOrder, value: str | datetime, customer_id: str) -> str:
    """The cursor of a customer in an order."""
    text = value.isoformat() if isinstance(value, datetime) else value
    position = _Position(order.field, order.descending, text, customer_id)
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode_cursor(order: CustomerOrder, cursor: str) -> _Key:
    """The place that a cursor of this order names.

    Raises:
        CursorError: it is damaged, or of another order.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        position = msgspec.json.decode(
            base64.b64decode(padded, altchars=b"-_", validate=True), type=_Position
        )
    except (UnicodeError, binascii.Error, msgspec.DecodeError):
        raise CursorError("is damaged") from None
    if (position.field, position.descending) != (order.field, order.descending):
        raise CursorError("belongs to another order")
    if not (storable(position.value) and storable(position.id)):
        raise CursorError("is damaged")
    if order.field is OrderField.NAME:
        return _Key(position.value, position.id)
    return _Key(cursors.moment(position.value), position.id)


class Listing(Repository):
    """Pages and counts of customers."""

    async def count(self, which: CustomerFilter) -> int:
        """How many customers meet a filter."""
        statement = select(func.count()).select_from(Customer).where(*await self._conditions(which))
        return (await self._session.execute(statement)).scalar_one()

    async def page(
        self,
        which: CustomerFilter,
        order: CustomerOrder,
        *,
        first: int | None,
        after: str | None,
        last: int | None,
        before: str | None,
    ) -> Page:
        """See :meth:`store.repositories.customers.CustomerRepository.page`."""
        order = self._possible(order)
        forward = last is None
        size = first if last is None else last
        if size is None or size < 0 or (first is not None and last is not None):
            raise ValueError("a page takes either `first` or `last`, not negative")
        start = None if after is None else decode_cursor(order, after)
        end = None if before is None else decode_cursor(order, before)
        conditions = await self._conditions(which)
        bounds = [
            *([] if start is None else [_beyond(order, start)]),
            *([] if end is None else [_beyond(_reversed(order), end)]),
        ]
        rows = (await self._session.execute(_stretch(order, conditions, bounds, size, forward=forward))).all()
        more, rows = len(rows) > size, rows[:size]
        if not forward:
            rows = rows[::-1]
        outside_start = start is not None and await self._any(conditions, ~_beyond(order, start))
        outside_end = end is not None and await self._any(conditions, ~_beyond(_reversed(order), end))
        return Page(
            ids=tuple(row[0] for row in rows),
            cursors=tuple(encode_cursor(order, row[1], row[0]) for row in rows),
            has_next=(forward and more) or outside_end,
            has_previous=(not forward and more) or outside_start,
        )

    async def _any(self, conditions: Sequence[ColumnElement[bool]], bound: ColumnElement[bool]) -> bool:
        statement = select(Customer.id).where(*conditions, bound).limit(1)
        return (await self._session.execute(statement)).first() is not None

    async def _conditions(self, which: CustomerFilter) -> list[ColumnElement[bool]]:
        conditions = [Customer.tenant == self._tenant, *PRESENT, *self._scope.seen(Customer.id)]
        if self._scope.sight.partial and _of_everybody(which):
            return [*conditions, false()]
        if which.country is not None:
            conditions.append(Customer.country == which.country if storable(which.country) else false())
        if which.kind is not None:
            conditions.append(Customer.kind == which.kind.value)
        if which.name is not None:
            words = names.words(which.name)
            if 0 < len(words) <= _MOST_WORDS:
                conditions.extend(self._named(word) for word in words)
            else:
                conditions.append(false())
        if which.segment is not None:
            conditions.append(self._within(which.segment))
        conditions.extend(self._linked((connector,)) for connector in which.connectors)
        if which.domains:
            instances = await InstanceRepository(self._scope).of_domains(which.domains)
            conditions.extend(self._linked(instances[domain]) for domain in which.domains)
        return conditions

    def _possible(self, order: CustomerOrder) -> CustomerOrder:
        """The order asked for; by their dates where the order of names would tell what is not shown."""
        sight = self._scope.sight
        if order.field is OrderField.NAME and (sight.veiled or sight.partial):
            return CustomerOrder(field=OrderField.CREATED_AT, descending=order.descending)
        return order

    def _named(self, word: str) -> ColumnElement[bool]:
        # Whose names are masked would be spelt out letter by letter if prefixes were found.
        meant = (
            [NameToken.token == word]
            if self._scope.sight.veiled
            else [NameToken.token >= word, NameToken.token < names.prefix_end(word)]
        )
        return Customer.id.in_(select(NameToken.customer_id).where(NameToken.tenant == self._tenant, *meant))

    def _within(self, segment: str) -> ColumnElement[bool]:
        if not storable(segment):
            return false()
        return Customer.id.in_(
            select(SegmentMember.customer_id).where(
                SegmentMember.tenant == self._tenant, SegmentMember.name == segment
            )
        )

    def _linked(self, connectors: Sequence[str]) -> ColumnElement[bool]:
        usable = [connector for connector in connectors if storable(connector)]
        if self._scope.sight.partial:
            usable = [connector for connector in usable if connector in self._scope.sight.connectors]
        if not usable:
            return false()
        return exists().where(
            IdentityLink.tenant == self._tenant,
            IdentityLink.customer_id == Customer.id,
            IdentityLink.connector.in_(usable),
            IdentityLink.unlinked_at.is_(None),
        )


def _of_everybody(which: CustomerFilter) -> bool:
    """Whether a filter asks for what the hub knows from all partners together."""
    return not (which.name is None and which.country is None and which.segment is None)


def _stretch(
    order: CustomerOrder,
    conditions: Sequence[ColumnElement[bool]],
    bounds: Sequence[ColumnElement[bool]],
    size: int,
    *,
    forward: bool,
) -> Select[tuple[str, Any]]:
    """The rows of a page in reading direction, and one more to see whether the list goes on."""
    column = _COLUMNS[order.field]
    keys = (column, Customer.id)
    ordering = [key.desc() for key in keys] if order.descending == forward else [key.asc() for key in keys]
    return select(Customer.id, column).where(*conditions, *bounds).order_by(*ordering).limit(size + 1)


def _beyond(order: CustomerOrder, key: _Key) -> ColumnElement[bool]:
    """Whether a row comes after a place, as one comparison of pairs: both databases run it on the index."""
    column = _COLUMNS[order.field]
    here = tuple_(column, Customer.id)
    there = tuple_(
        bindparam(None, key.value, type_=column.type), bindparam(None, key.id, type_=Customer.id.type)
    )
    return here < there if order.descending else here > there


def _reversed(order: CustomerOrder) -> CustomerOrder:
    return CustomerOrder(field=order.field, descending=not order.descending)
