"""The guide to uploads tells of every field, code and limit that there is, and its operation is valid."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest
from graphql import parse, validate

from api.bulk import endpoints
from api.bulk.settings import BulkSettings
from schema.build import built_schema
from schema.bulk.rows import FIELDS, NEEDED
from store.data_bulk import FailureReason, RowProblemCode, UploadKind


@pytest.fixture(scope="module")
def guide(checkout: Path) -> str:
    return (checkout / "docs" / "bulk.md").read_text("utf-8")


def test_it_tells_of_every_field_of_every_kind(guide: str) -> None:
    for kind in UploadKind:
        row = re.search(rf"^\| `{kind.value}` \| (.*) \|$", guide, re.MULTILINE)
        assert row, kind
        words = set(re.findall(r"\w+", row[1]))
        by_whom = {"customer", "customerId", "connector", "partyId"} if "the customer" in row[1] else set()
        assert set(FIELDS[kind]) <= words | by_whom
        assert set(re.findall(r"\*\*(\w+)\*\*", row[1])) == set(NEEDED[kind])


def test_it_tells_of_every_code(guide: str) -> None:
    rows = set(re.findall(r"^\| `([A-Z_0-9]+)` \|", guide, re.MULTILINE))
    assert {code.value for code in RowProblemCode} <= rows
    assert all(f"`{reason.value}`" in guide for reason in FailureReason)
    source = Path(endpoints.__file__).read_text("utf-8")
    refused = set(re.findall(r'(?:RefusedError|error_answer)\((?:[^()]|\([^()]*\))*?"([A-Z_]{8,})"', source))
    assert {"OFFSET_DIFFERS", "CHECKSUM_DIFFERS", "UPLOAD_CLOSED"} <= refused
    assert all(f"`{code}`" in guide for code in refused)


def test_it_tells_of_every_limit(guide: str) -> None:
    assert set(re.findall(r"`bulk\.(\w+)`", guide)) == set(BulkSettings.__struct_fields__)


def test_its_operation_is_valid(guide: str) -> None:
    samples = [dedent(each) for each in re.findall(r"```graphql\n(.*?)```", guide, re.DOTALL)]
    assert samples
    for sample in samples:
        assert validate(built_schema().graphql, parse(sample)) == []
