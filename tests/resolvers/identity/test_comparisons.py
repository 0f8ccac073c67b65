"""Levels of agreement: what they mean, that both sides are alike, that Python and DuckDB agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from c360.records.party import Party, PartyKind
from resolvers.identity.comparisons import COMPARISONS, Comparison
from resolvers.identity.features import Features, columns, party_features, row
from tests.resolvers.identity.parties import ORGANIZATIONS, PERSONS, address, features, tax_id


def level(field: str, left: Features, right: Features) -> str:
    (comparison,) = (one for one in COMPARISONS[left.kind] if one.name == field)
    return comparison.level(left, right).name


@pytest.mark.parametrize(
    ("field", "left", "right", "expected"),
    [
        ("given_name", {"given_name": "José"}, {"given_name": "JOSE"}, "exact"),
        ("given_name", {"given_name": "Bob"}, {"given_name": "Robert"}, "nickname"),
        ("given_name", {"given_name": "Bob"}, {"given_name": "Rob"}, "nickname"),
        ("given_name", {"given_name": "J."}, {"given_name": "John"}, "initial"),
        ("given_name", {"given_name": "Anna Maria"}, {"given_name": "Maria"}, "part"),
        ("given_name", {"given_name": "Jürg"}, {"given_name": "Juerg"}, "part"),
        ("given_name", {"given_name": "Margaret"}, {"given_name": "Margarit"}, "close"),
        ("given_name", {"given_name": "Ольга"}, {"given_name": "Olga"}, "exact"),
        ("given_name", {"given_name": "محمد"}, {"given_name": "Mohammed"}, "sound"),
        ("given_name", {"given_name": "太郎"}, {"given_name": "Tarō"}, "null"),
        ("given_name", {"given_name": "Anna"}, {"given_name": "Peter"}, "else"),
        ("given_name", {"given_name": "Anna"}, {"given_name": None}, "null"),
        ("family_name", {"family_name": "van der Berg"}, {"family_name": "Berg"}, "exact"),
        ("family_name", {"family_name": "García-López"}, {"family_name": "Garcia"}, "part"),
        ("family_name", {"family_name": "Meier geb. Huber"}, {"family_name": "Huber"}, "part"),
        ("family_name", {"family_name": "Müller"}, {"family_name": "Mueller"}, "part"),
        ("birth_date", {"birth_date": date(1980, 3, 4)}, {"birth_date": date(1980, 4, 3)}, "swapped"),
        ("birth_date", {"birth_date": date(1980, 3, 4)}, {"birth_date": date(1980, 3, 14)}, "typo"),
        ("birth_date", {"birth_date": date(1980, 3, 4)}, {"birth_date": date(1966, 3, 4)}, "other_year"),
        ("birth_date", {"birth_date": date(1980, 3, 4)}, {"birth_date": date(1980, 12, 31)}, "same_year"),
        ("birth_date", {"birth_date": date(1980, 3, 4)}, {"birth_date": date(1955, 12, 31)}, "else"),
        (
            "email",
            {"emails": ("a.b@gmail.com",)},
            {"emails": ("x@y.example", "ab+c@googlemail.com")},
            "exact",
        ),
        ("email", {"emails": ("anna.b@firm.example",)}, {"emails": ("anna.b@home.example",)}, "local"),
        ("email", {"emails": ("info@firm.example",)}, {"emails": ("info@home.test",)}, "else"),
        ("phone", {"phones": ("+41 44 668 18 00",)}, {"phones": ("0041446681800",)}, "exact"),
        ("phone", {"phones": ("+41 44 668 18 00",)}, {"phones": ("+41 44 668 18 10",)}, "typo"),
        (
            "address",
            {"addresses": (address("12, Seestr."),)},
            {"addresses": (address("Seestrasse 12"),)},
            "exact",
        ),
        ("address", {"addresses": (address(),)}, {"addresses": (address(postcode="8003"),)}, "street"),
        ("address", {"addresses": (address(),)}, {"addresses": (address("Langgasse 3"),)}, "postcode"),
        (
            "identifier",
            {"identifiers": (tax_id("529.982.247-25"),)},
            {"identifiers": (tax_id("52998224725"),)},
            "exact",
        ),
        (
            "identifier",
            {"identifiers": (tax_id("52998224725"),)},
            {"identifiers": (tax_id("52998224752"),)},
            "typo",
        ),
        (
            "identifier",
            {"identifiers": (tax_id("52998224725"),)},
            {"identifiers": (tax_id("52998224725", "CH"),)},
            "null",
        ),
    ],
)
def test_levels_of_persons(field: str, left: dict[str, Any], right: dict[str, Any], expected: str) -> None:
    assert level(field, features(**left), features(**right)) == expected


def test_names_in_another_order_are_swapped() -> None:
    left, right = features(given_name="Wei", family_name="Li"), features(given_name="李", family_name="伟")
    assert level("given_name", left, right) == level("family_name", left, right) == "swapped"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Acme Bau AG", "ACME BAU A.G.", "exact"),
        ("Acme Bau AG", "Acme Bau Aktiengesellschaft", "exact"),
        ("Bau Acme", "Acme Bau AG", "words"),
        ("Präzision Muster GmbH", "Praezision Muster Gesellschaft mbH", "close"),
        ("华为技术有限公司", "华为技术", "exact"),
        ("Padaria Sol Ltda", "Oficina Lua Ltda", "else"),
    ],
)
def test_levels_of_organisations(left: str, right: str, expected: str) -> None:
    kind = PartyKind.ORGANIZATION
    assert (
        level(
            "organization_name",
            features(kind=kind, organization_name=left),
            features(kind=kind, organization_name=right),
        )
        == expected
    )


PHASES = (Phase.explicit, Phase.generate)
"""Without shrinking: a failure names one pair, and smaller lists would not make it plainer."""

_ARROW = {"VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "VARCHAR[]": pa.list_(pa.string())}


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def in_duckdb(
    database: duckdb.DuckDBPyConnection, kind: PartyKind, pairs: list[tuple[Features, Features]]
) -> list[tuple[int, ...]]:
    names = [f"{name}_{side}" for side in "lr" for name in columns()]
    types = [_ARROW[kind] for kind in columns().values()] * 2
    values = zip(*((*row(left), *row(right)) for left, right in pairs), strict=True)
    arrays = [pa.array(column, kind) for column, kind in zip(values, types, strict=True)]
    database.register("pairs", pa.table(arrays, names=names))
    levels = ", ".join(comparison.sql() for comparison in COMPARISONS[kind])
    return database.execute(f"SELECT {levels} FROM pairs").fetchall()


def in_python(comparison: Comparison, left: Features, right: Features) -> int:
    level = comparison.level(left, right)
    return next(place for place, one in enumerate(comparison.levels) if one is level)


@pytest.mark.parametrize("kind", PartyKind)
def test_python_and_duckdb_agree(database: duckdb.DuckDBPyConnection, kind: PartyKind) -> None:
    made = PERSONS if kind is PartyKind.PERSON else ORGANIZATIONS

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
    @given(st.lists(made, min_size=8, max_size=12))
    def check(parties: list[Party]) -> None:
        some = [party_features(one) for one in parties]
        pairs = [(left, right) for left in some for right in some]
        expected = [tuple(in_python(comparison, *pair) for comparison in COMPARISONS[kind]) for pair in pairs]
        found = in_duckdb(database, kind, pairs)
        differing = [where for where in zip(pairs, expected, found, strict=True) if where[1] != where[2]]
        assert not differing, differing[0]

    check()


@given(PERSONS, PERSONS)
def test_it_does_not_matter_which_party_comes_first(one: Any, other: Any) -> None:
    left, right = party_features(one), party_features(other)
    for comparison in COMPARISONS[PartyKind.PERSON]:
        assert comparison.level(left, right) is comparison.level(right, left)
