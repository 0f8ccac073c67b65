"""Generated payloads: they fit their schemas, are the same for the same seed, and find what breaks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from c360.testing import run
from c360.testing.fuzz import SEED, Finding, fuzz
from c360.testing.generating import Generator
from c360.testing.lab import Lab
from c360.testing.openapi import Document, OpenApiError
from tests.c360.testing import suites
from tests.c360.testing.good import GoodClub, WireMember

SPEC: Mapping[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Club", "version": "1"},
    "paths": {
        "/members/{id}": {
            "get": {
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Member"}}}
                    }
                }
            }
        },
        "/members/{id}/events": {
            "get": {
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Events"}}}
                    }
                }
            }
        },
    },
    "components": {
        "schemas": {
            "Member": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "first_name": {"type": "string"},
                    "born": {"type": "string", "format": "date", "nullable": True},
                    "email": {"type": "string", "format": "email"},
                },
            },
            "Events": {
                "type": "object",
                "required": ["events"],
                "properties": {
                    "events": {
                        "type": "array",
                        "items": {
                            "allOf": [
                                {
                                    "type": "object",
                                    "required": ["id", "account_id", "type", "at"],
                                    "properties": {
                                        "id": {"type": "string", "pattern": "^E-[0-9]{2,4}$"},
                                        "account_id": {"type": "string"},
                                        "type": {"type": "string", "enum": ["EARNED", "SPENT"]},
                                        "at": {"type": "string", "format": "date-time"},
                                    },
                                },
                                {"properties": {"points": {"type": "integer", "minimum": 0, "maximum": 9}}},
                            ]
                        },
                    },
                    "next_cursor": {"type": "string", "nullable": True},
                },
            },
        }
    },
}

SPECS = (
    "banking-cds-au.json",
    "banking-cds-au-common.json",
    "insurance-opin-bundle.yaml",
    "brokerage-openwealth-custody.yaml",
    "loyalty-square.json",
    "hotel-cloudbeds-pms-v1.3.yaml",
    "rental-tomp-v1.6.1.yaml",
)


def fuzzed(kind: type[GoodClub], seed: int = SEED) -> Finding:
    class Suite(suites.ClubSuite):
        connector = kind

    with closing(Lab(Suite())) as lab:
        return fuzz(lab, [Document(SPEC)], seed=seed)


def test_a_good_connector_bears_it() -> None:
    finding = fuzzed(GoodClub)
    assert finding.problem == ""
    assert finding.cases == 200
    assert finding.matched > 150


class TrustsTheFile(GoodClub):
    """Takes what the file does not promise for given."""

    def party(self, wire: WireMember) -> Any:
        assert wire.first_name is not None
        return super().party(wire)


def test_a_bad_one_is_found_and_made_small() -> None:
    finding = fuzzed(TrustsTheFile)
    assert "AssertionError" in finding.problem
    (line,) = finding.answers.splitlines()
    assert re.fullmatch(r'\s*GET \S+/members/M-[12]: \{"id":".*"\}', line), line


def test_the_same_seed_finds_the_same() -> None:
    first, second = (fuzzed(TrustsTheFile, 7) for _ in range(2))
    assert first == second


def test_it_is_a_check(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(SPEC))

    class Suite(suites.ClubSuite):
        openapi = tmp_path / "api.json"

    class Broken(Suite):
        connector = TrustsTheFile

    assert run(Suite, only=["fuzz-openapi"]).checks[0].outcome.value == "PASSED"
    (failure,) = run(Broken, only=["fuzz-openapi"]).failures
    assert "AssertionError" in failure.found


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"type": "string", "pattern": "^[A-Z]{3}-\\d{2}$"}, lambda it: re.fullmatch(r"[A-Z]{3}-\d{2}", it)),
        ({"type": "integer", "minimum": 5, "maximum": 7}, lambda it: 5 <= it <= 7),
        ({"type": "integer", "exclusiveMinimum": 5, "maximum": 6}, lambda it: it == 6),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1}, lambda it: 0 < it <= 1),
        ({"type": "array", "minItems": 2, "items": {"type": "boolean"}}, lambda it: len(it) >= 2),
        ({"type": ["string", "null"]}, lambda it: it is None or isinstance(it, str)),
        ({"oneOf": [{"type": "integer"}, {"enum": ["a"]}]}, lambda it: it == "a" or isinstance(it, int)),
        ({"type": "string", "minLength": 3, "maxLength": 4}, lambda it: 3 <= len(it) <= 4),
        ({"const": 3}, lambda it: it == 3),
    ],
)
def test_values_fit_their_schemas(schema: Any, fits: Any) -> None:
    for seed in range(30):
        assert fits(Generator(Document({}), str(seed)).value(schema))


def test_schemas_that_contain_themselves_end() -> None:
    node = {"type": "object", "required": ["value"], "properties": {"value": {"type": "integer"}}}
    node["properties"]["next"] = {"$ref": "#/node"}  # type: ignore[index]  # it is a dict
    assert "value" in Generator(Document({"node": node}), "1").value({"$ref": "#/node"})


@pytest.mark.parametrize("text", ["swagger: '2.0'", "[]", "{", "openapi: 2.0.0"])
def test_what_is_no_openapi_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(text)
    with pytest.raises(OpenApiError, match=r"api\.yaml"):
        Document.load(file)


@pytest.mark.specs
@pytest.mark.parametrize("name", SPECS)
def test_published_specifications_are_understood(partner_specs: Path, name: str) -> None:
    document = Document.load(partner_specs / name)
    answered = [operation for operation in document.operations if operation.answers]
    assert len(answered) >= 3
    for operation in answered:
        for _, schema in operation.answers:
            first, second = (Generator(document, f"seed/{operation.path}").value(schema) for _ in range(2))
            assert first == second
            Generator(document, "other").broken(first)
