"""Every field that queries lead to, selected by itself, by every role: nothing crashes and nothing leaks."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_required_argument

from c360.access import DEFAULT_TENANT, Principal, Purpose, Reach, TenantId
from schema.build import Schema
from schema.permissions.roles import ROLES, granted, purposes
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of
from tests.fixtures.reach import Hub, populated
from tests.fixtures.sizes import size

Run = Callable[[Coroutine[Any, Any, Any]], Any]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TENANT = TenantId("a")


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def hub(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, run: Run, schema: Schema
) -> Iterator[Hub]:
    file = tmp_path_factory.mktemp("fields") / "c360.db"
    shutil.copyfile(sqlite_template, file)
    keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
    database = Database(f"sqlite:///{file}", keyring=keyring, clock=lambda: NOW)
    made = run(populated(database, lambda: NOW, schema, people=4))
    yield made
    run(made.host.close())
    run(database.dispose())


def leaves(hub: Hub) -> Iterator[tuple[Sequence[tuple[str, str]], str]]:
    """A query for every leaf, the shortest there is, with the fields that lead to it."""
    schema = hub.engine._schema.graphql
    asked = {
        ("Query", "customer"): f'(by: {{id: "{hub.node("a003")}"}})',
        ("Query", "search"): '(text: "a003bankgiven")',
        ("Risk", "creditLine"): "(amount: 100, term: 12)",
    }
    seen: set[str] = set()
    level: list[tuple[str, tuple[tuple[str, str], ...], str, str]] = [("Query", (), "{", "}")]
    while level:
        following = []
        for type_name, way, before, after in level:
            kind: Any = schema.type_map[type_name]
            for name, field in kind.fields.items():
                given = asked.get((type_name, name), "")
                if not given and any(is_required_argument(one) for one in field.args.values()):
                    continue
                here = (*way, (type_name, name))
                inner = get_named_type(field.type)
                if isinstance(inner, GraphQLObjectType) and inner.name not in seen:
                    seen.add(inner.name)
                    following.append((inner.name, here, f"{before} {name}{given} {{", f"}} {after}"))
                elif not isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
                    yield here, f"{before} {name}{given} {after}"
        level = following


def values(data: Any) -> Iterator[Any]:
    """Everything in an answer that is a value."""
    if isinstance(data, dict):
        for one in data.values():
            yield from values(one)
    elif isinstance(data, list):
        for one in data:
            yield from values(one)
    elif data is not None:
        yield data


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_what_is_its_and_nothing_else(hub: Hub, run: Run, role: str) -> None:
    table = hub.engine._schema.permits.table.fields
    scopes = granted([role])
    counted = {"shown": 0, "refused": 0}
    every = list(leaves(hub))
    # Every day each role takes each ninth leaf, another one than the others; thoroughly each takes all.
    step = size(len(ROLES), 1)
    mine = every[list(ROLES).index(role) % step :: step]
    for purpose in sorted(purposes([role]), key=lambda one: one.value)[: size(1, len(Purpose))]:
        access = access_of(role, tenant=TENANT, scopes=scopes, purpose=purpose)
        for way, query in mine:
            answer = run(hub.ask(access, query))
            codes = {error["extensions"]["code"] for error in answer.errors}
            assert "INTERNAL" not in codes, (query, answer.errors)
            may = all(table[type_name][name].met_by(scopes) for type_name, name in way)
            fits = all(purpose in table[type_name][name].purposes for type_name, name in way)
            counted["shown" if may and fits else "refused"] += 1
            if not (may and fits):
                assert not list(values(answer.data)), query
            elif "FORBIDDEN" in codes:
                raise AssertionError((query, answer.errors))
    assert counted["shown"] + counted["refused"] >= len(mine)


def test_a_principal_with_nothing_gets_nothing(hub: Hub, run: Run) -> None:
    nobody = Principal(subject="nobody", tenant=DEFAULT_TENANT, reach=Reach.EVERYBODY)
    access = access_of(tenant=TENANT, scopes=nobody.scopes, purpose=Purpose.SERVICE)
    for _, query in list(leaves(hub))[:: size(9, 1)]:
        assert not list(values(run(hub.ask(access, query)).data)), query
