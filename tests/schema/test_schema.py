"""The printed schema: described throughout, stable, committed, and its changes classified."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import graphql
import pytest

from c360.kinds import domains
from schema.__main__ import main
from schema.build import build_schema
from schema.docs import description, member_descriptions, prose
from schema.sdl import COMMITTED, compare


def undescribed(schema: graphql.GraphQLSchema) -> Iterator[str]:
    standard = {"String", "Int", "Float", "Boolean", "ID"}
    for name, kind in schema.type_map.items():
        if name.startswith("__") or name in standard:
            continue
        if not kind.description:
            yield name
        for key, value in getattr(kind, "values", {}).items():
            if not value.description:
                yield f"{name}.{key}"
        for key, field in getattr(kind, "fields", {}).items():
            if not field.description:
                yield f"{name}.{key}"
            for argument, value in getattr(field, "args", {}).items():
                if not value.description:
                    yield f"{name}.{key}({argument}:)"


def test_everything_is_described(schema: Any) -> None:
    printed = graphql.build_schema(schema.as_str())
    assert list(undescribed(printed)) == []


def test_the_check_of_descriptions_can_fail() -> None:
    bare = graphql.build_schema("type Query { a(b: E): Int } enum E { X }")
    assert set(undescribed(bare)) == {"Query", "Query.a", "Query.a(b:)", "E", "E.X"}


def test_enum_members_say_more_than_their_name(schema: Any) -> None:
    """But for classes of vehicle, whose names are plain words."""
    bare = {
        f"{name}.{key}"
        for name, kind in schema.graphql.type_map.items()
        for key, value in getattr(kind, "values", {}).items()
        if not name.startswith("__") and value.description == key.replace("_", " ").capitalize() + "."
    }
    assert {one.partition(".")[0] for one in bare} <= {"VehicleClass"}, bare


def test_a_connector_is_named_by_an_id_everywhere(schema: Any) -> None:
    """So that a client's variable fits wherever it goes."""
    named = {
        f"{name}.{key}": str(field.type)
        for name, kind in schema.graphql.type_map.items()
        for key, field in getattr(kind, "fields", {}).items()
        if key == "connector"
    }
    assert "Account.connector" in named
    assert "PartnerRef.connector" in named
    assert {kind.removesuffix("!") for kind in named.values()} == {"ID"}


def test_the_committed_schema_is_the_present_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff"]) == 0, capsys.readouterr().out


def test_printing_is_stable(schema: Any) -> None:
    assert build_schema().as_str() == schema.as_str()


def test_every_domain_has_its_group(schema: Any) -> None:
    customer = schema.graphql.type_map["Customer"]
    assert set(domains()) <= set(customer.fields)
    assert {name.lower() for name in schema.graphql.type_map["Domain"].values} == set(domains())


def test_changes_are_classified() -> None:
    old = 'type Query { "a" a: Int b(c: Int): Int } enum E { X }'
    assert not compare(old, old)
    gone = compare(old, 'type Query { "a" a: Int } enum E { X }')
    assert gone.breaking == ("Field Query.b was removed.",)
    more = compare(old, 'type Query { "a" a: Int b(c: Int, d: Int): Int } enum E { X Y }')
    assert not more.breaking
    assert len(more.dangerous) == 2
    assert set(more.additions) == {"E.Y was added.", "Query.b(d:) was added."}
    assert compare(old, old.replace('"a"', '"b"')).wording


def test_the_command_says_what_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "schema.graphql"
    assert main(["--file", str(file), "diff"]) == 1
    text = COMMITTED.read_text()
    file.write_text(text.replace("enum CustomerKind {", "enum CustomerKind {\n  ALIEN"))
    assert main(["--file", str(file), "diff"]) == 1
    assert "breaking: Enum value CustomerKind.ALIEN was removed." in capsys.readouterr().out
    assert main(["--file", str(file), "print", "--write"]) == 0
    assert main(["--file", str(file), "diff"]) == 0


class Mood(enum.Enum):
    """How somebody feels."""

    GOOD = "GOOD"
    """Like :class:`schema.docs.Sunshine`,
    and ``bright``."""
    SO_SO = "SO_SO"


def test_members_are_described_by_the_text_beneath_them() -> None:
    assert member_descriptions(Mood) == {"GOOD": "Like Sunshine, and `bright`.", "SO_SO": "So so."}
    assert description(Mood) == "How somebody feels."
    assert prose("One\ntwo.\n\nThree.") == "One two.\n\nThree."


def test_two_schemas_live_side_by_side(schema: Any, world: Any) -> None:
    other = build_schema()
    assert other.graphql is not schema.graphql
    assert world.data("{ connectors { instance } }")["connectors"]
