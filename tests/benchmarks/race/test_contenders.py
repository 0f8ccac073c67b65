import json
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from benchmarks.race.contenders import PEERS, differs
from benchmarks.race.facts import types
from benchmarks.race.stock.graph import schema
from benchmarks.race.workloads import WORKLOADS

COMPARED = [each.document for each in WORKLOADS.values() if each.compared]


def test_contenders_are_given_all_that_is_asked_for_and_no_more() -> None:
    text = types(COMPARED)
    given = build_schema(text)
    for document in COMPARED:
        assert validate(given, parse(document)) == []
    assert "@" not in text
    assert "mutation" not in text.lower()


def test_stock_strawberry_has_all_that_is_asked_for() -> None:
    graph = build_schema(schema().as_str())
    for document in COMPARED:
        assert validate(graph, parse(document)) == []


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ({"amount": "1092.0"}, {"amount": "1092"}),
        ({"startsAt": "2026-06-01T10:00:00+00:00"}, {"startsAt": "2026-06-01T10:00:00Z"}),
        ({"list": [{"a": 1}, None]}, {"list": [{"a": 1}, None]}),
    ],
)
def test_the_same_may_be_written_otherwise(expected: object, found: object) -> None:
    assert differs(expected, found) is None


@pytest.mark.parametrize(
    ("expected", "found", "where"),
    [
        ({"amount": "1092.0"}, {"amount": "1092.1"}, "data.amount"),
        ({"startsAt": "2026-06-01T10:00:00Z"}, {"startsAt": "2026-06-01T11:00:00Z"}, "data.startsAt"),
        ({"a": 1}, {"a": 1, "b": 2}, "data has"),
        ({"list": [1, 2]}, {"list": [1]}, "data.list has 1"),
        ({"list": [{"a": 1}]}, {"list": [{"a": 2}]}, "data.list.0.a"),
        ({"name": "1.0"}, {"name": "1"}, "data.name"),
        ({"a": None}, {"a": {}}, "data.a"),
    ],
)
def test_a_difference_is_found_and_named(expected: object, found: object, where: str) -> None:
    difference = differs(expected, found)
    assert difference is not None
    assert difference.startswith(where)


def locked() -> dict[str, dict[str, str]]:
    lock = json.loads((Path(PEERS) / "package-lock.json").read_text("utf-8"))
    return {name: entry for name, entry in lock["packages"].items() if name}


def test_packages_are_pinned_by_their_content_and_name_no_host() -> None:
    assert all("integrity" in entry and "resolved" not in entry for entry in locked().values())
    wanted = json.loads((Path(PEERS) / "package.json").read_text("utf-8"))["dependencies"]
    for name, version in wanted.items():
        assert locked()[f"node_modules/{name}"]["version"] == version
