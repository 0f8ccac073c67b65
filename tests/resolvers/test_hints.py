"""What a struct's fields are, read for all of it at once, is what the standard library reads one by one."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator
from typing import Annotated

import msgspec
import pytest

from resolvers.hints import defaults_of, hints_of
from schema.build import built_schema


class Base(msgspec.Struct, frozen=True, kw_only=True):
    first: Annotated[int, msgspec.Meta(description="One, two")]
    second: str | None = None


class Derived(Base, frozen=True, kw_only=True):
    second: tuple[str, ...] = ()  # type: ignore[assignment]  # says otherwise than its base
    third: int


def _below(kind: type) -> Iterator[type]:
    each: type
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def test_the_types_are_those_that_the_standard_library_reads() -> None:
    built_schema()
    # The tutorials' tests leave classes behind whose modules are gone.
    ours = [
        each
        for each in _below(msgspec.Struct)
        if each.__module__.startswith(("c360.records", "schema.")) and each.__module__ in sys.modules
    ]
    assert len(ours) > 400
    for each in ours:
        assert hints_of(each) == typing.get_type_hints(each, include_extras=True), each


def test_a_class_says_more_than_its_base() -> None:
    assert list(hints_of(Derived)) == ["first", "second", "third"]
    assert hints_of(Derived)["second"] == tuple[str, ...]
    assert hints_of(Base)["second"] == str | None


def test_defaults_stand_beside_their_fields() -> None:
    assert defaults_of(Derived) == {"first": msgspec.NODEFAULT, "second": (), "third": msgspec.NODEFAULT}
    assert defaults_of(Base) == {"first": msgspec.NODEFAULT, "second": None}


def test_what_is_made_anew_is_no_default() -> None:
    class Making(msgspec.Struct):
        several: list[str] = msgspec.field(default_factory=list)

    with pytest.raises(TypeError, match=r"Making\.several"):
        defaults_of(Making)
