"""The guide to what is live: its samples are valid, and it names every setting and code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from api.sections import LiveSettings
from schema.build import built_schema
from schema.subscriptions import SUBSCRIPTIONS


@pytest.fixture(scope="module")
def guide(checkout: Path) -> str:
    return (checkout / "docs" / "live.md").read_text("utf-8")


def test_its_operations_are_valid(guide: str) -> None:
    samples = re.findall(r"```gql\n(.*?)```", guide, re.DOTALL)
    assert len(samples) == 3
    schema = built_schema().graphql
    for sample in samples:
        assert validate(schema, parse(sample)) == []


def test_it_tells_of_every_subscription_and_what_it_needs(guide: str) -> None:
    for field in SUBSCRIPTIONS:
        row = re.search(rf"^\| `{field.name}\(.*$", guide, re.MULTILINE)
        assert row, field.name
        assert field.rule is not None
        assert [getattr(scope, "value", scope) for scope in field.rule.scopes[0]] == re.findall(
            r"`(\w+:\w+)`", row[0]
        )


def test_it_tells_of_every_setting(guide: str) -> None:
    told = set(re.findall(r"`live\.(\w+)`", guide))
    assert set(LiveSettings.__struct_fields__) - told <= {"init_timeout", "sockets"}, (
        "which the table of settings has"
    )
