"""The tables of the documentation say what the code says."""

from __future__ import annotations

import pytest

from c360.errors import ProblemCode
from connectors.problems import problem
from connectors.results import SourceProblem
from schema.build import built_schema
from tests.docs.generating import COMMAND, TABLES


@pytest.mark.parametrize("name", TABLES)
def test_the_table_is_in_step(name: str, tables: dict[str, str]) -> None:
    expected = TABLES[name]()
    assert tables.get(name) == expected, f"the table {name!r} is out of step: run {COMMAND}\n\n{expected}"


def test_every_mark_has_its_table(tables: dict[str, str]) -> None:
    assert sorted(tables) == sorted(TABLES)


def test_every_problem_of_a_source_is_in_the_graph() -> None:
    built = built_schema().graphql.type_map["SourceProblemCode"]
    assert sorted(built.values) == sorted(each.name for each in ProblemCode)  # type: ignore[attr-defined]  # an enum
    assert {each.name for each in ProblemCode} == {problem(each).code.name for each in ProblemCode}
    assert isinstance(problem(ProblemCode.RATE_LIMITED, 3.0), SourceProblem)
