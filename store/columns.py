"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import uuid_utils
from sqlalchemy import DateTime, Dialect, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: ``timestamptz`` on PostgreSQL, sortable text in UTC on SQLite; always aware, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone: it would mean something else on every machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def sqlite_text(value: datetime) -> str:
    """A moment as it stands in the columns of SQLite, for statements in the words of its driver."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


class ExactDecimal(TypeDecorator[Decimal]):
    """An exact number: ``numeric`` on PostgreSQL, text on SQLite (whose own numbers are binary)."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text where the database has no decimals."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """As text without an exponent on SQLite."""
        if value is None or dialect.name != "sqlite":
            return value
        return format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """As a decimal from both."""
        return None if value is None else Decimal(value)


# Code point order on both databases: prefix ranges use the index, and paging agrees with Python's order.
BINARY_TEXT = Text().with_variant(Text(collation="C"), "postgresql")

Key = Annotated[str, BINARY_TEXT]
"""Text that is compared, sorted or searched by prefix."""

Moment = Annotated[datetime, UtcDateTime]
"""A point in time in UTC."""


def new_id() -> str:
    """A new identifier: UUIDv7, so that rows written together lie together in every index."""
    return str(uuid_utils.uuid7())


def id_at(moment: datetime) -> str:
    """A new identifier that sorts by a moment, to the millisecond."""
    return str(uuid_utils.uuid7(nanoseconds=int(moment.timestamp() * 1_000_000) * 1000))


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def storable(text: str) -> bool:
    """Whether a text can stand in a column at all: PostgreSQL takes no NUL, neither takes lone surrogates.

    What is not storable is not stored, so a look-up for it finds nothing instead of failing.
    """
    return _UNSTORABLE.search(text) is None


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
