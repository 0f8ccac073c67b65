"""Tables written down as classes: of the class an attribute is the column, of a row it is the value.

No row is an object that the database is kept in step with: statements write, and what is read is a record of
its moment. So nothing of SQLAlchemy's mapper is needed but its way of saying it, and without the mapper the
tables are there in a third of the time and every statement is compiled with less (docs/decisions/0159).
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, TypeVar, cast, overload

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
from sqlalchemy.types import TypeEngine

T = TypeVar("T")
_Kind = TypeEngine[Any] | type[TypeEngine[Any]]
_KINDS: Mapping[Any, _Kind] = {
    bool: Boolean,
    bytes: LargeBinary,
    date: Date,
    float: Double,
    int: Integer,
    str: String,
}
"""What stands for a type of Python's where a column does not say more."""


class Mapped(Generic[T]):
    """In the annotation of a model's attribute: a column with values of a type, which may be null."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, row: None, model: Any) -> Column[T]: ...
        @overload
        def __get__(self, row: object, model: Any) -> T: ...
        def __get__(self, row: object | None, model: Any) -> Column[T] | T: ...


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of a column beside the type of its values."""

    kind: _Kind | None
    more: Mapping[str, Any] = field(default_factory=dict)


def mapped_column(kind: _Kind | None = None, **more: Any) -> Any:
    """What a column is beside what its annotation says.

    Args:
        kind: its type, where the annotation leaves it open.
        more: as :class:`sqlalchemy.Column` takes it.
    """
    return _Said(kind, more)


class Model:
    """Base of the class of all tables of a database, which has their ``metadata``."""

    metadata: ClassVar[MetaData]
    __tablename__: ClassVar[str]
    __table_args__: Any = ()
    __table_options__: ClassVar[Mapping[str, Any]] = {}
    """How a database keeps the table, as :class:`sqlalchemy.Table` takes it."""
    __table__: ClassVar[Table]

    def __init_subclass__(cls) -> None:
        """Make the table of a class that names one, with what its bases say of every table first."""
        super().__init_subclass__()
        if "__tablename__" not in vars(cls):
            return
        columns = [
            _column(name, hint, said)
            for kind in reversed(cls.__mro__)
            if issubclass(kind, Model) and kind is not Model
            for name, hint in inspect.get_annotations(kind, eval_str=True).items()
            if _is_column(hint)
            for said in [vars(kind).get(name, _Said(None))]
        ]
        cls.__table__ = Table(
            cls.__tablename__, cls.metadata, *columns, *cls.__table_args__, **cls.__table_options__
        )
        for each in columns:
            setattr(cls, each.key, each)

    @classmethod
    def __clause_element__(cls) -> Table:
        """The table, for statements that are given the class."""
        return cls.__table__


def aliased(model: type[T]) -> type[T]:
    """A model's table under another name, for a statement that reads it twice."""
    other = cast("type[Model]", model).__table__.alias()
    columns = {each.key: each for each in other.c}
    return cast("type[T]", types.SimpleNamespace(**columns, __clause_element__=lambda: other))


def _is_column(hint: Any) -> bool:
    of: Any = typing.get_origin(hint)
    return of is Mapped


def _column(name: str, hint: Any, said: _Said) -> Column[Any]:
    (values,) = typing.get_args(hint)
    null = types.NoneType in typing.get_args(values)
    if null:
        (values,) = (each for each in typing.get_args(values) if each is not types.NoneType)
    kind = said.kind
    if typing.get_origin(values) is Annotated:
        values, told = typing.get_args(values)
        kind = kind or told
    return Column(name, kind or _KINDS[values], nullable=null, **said.more)
