"""Many rows at once: as they would be one by one, and what contradicts is told without their values."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from store.columns import utc_now
from store.database import Database
from store.errors import Conflict
from store.models import CustomerKey, NameToken
from store.repositories.base import COPIED
from store.repositories.vault import Vault
from tests.store.identity import Run, T, enrolled, person


def rows(customer: str, many: int) -> list[dict[str, Any]]:
    return [{"token": f"word{n}", "customer_id": customer, "home_id": customer} for n in range(many)]


def keys(customer: str, many: int) -> list[dict[str, Any]]:
    return [
        {"customer_id": f"{customer}{n}", "master": "m", "wrapped": b"\\\t\n", "created_at": utc_now()}
        for n in range(many)
    ]


@pytest.mark.parametrize("many", [2, COPIED, 3 * COPIED])
def test_rows_are_added_once_and_contradictions_are_refused(database: Database, run: Run, many: int) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            scope = unit.customers._scope
            await scope.insert_many(NameToken, rows(anna, many))
            await scope.add_many(NameToken, rows(anna, many + 5))
            await scope.add_many(NameToken, rows(anna, many))
            counted = select(func.count()).select_from(NameToken).where(NameToken.token.like("word%"))
            assert await scope.session.scalar(counted) == many + 5
        with pytest.raises(Conflict) as refused:
            async with database.unit(T) as unit:
                await unit.customers._scope.insert_many(NameToken, rows(anna, many))
        assert "word1" not in str(refused.value)
        with pytest.raises(Conflict):
            async with database.unit(T) as unit:
                await unit.customers._scope.insert_many(CustomerKey, keys("nobody", many))
        async with database.read(T) as unit:
            assert await unit.customers._session.scalar(counted) == many + 5

    run(go())


def test_keys_of_many_customers_are_made_once(database: Database, run: Run) -> None:
    async def go() -> None:
        people = [person(f"p{n}", f"b{n}") for n in range(COPIED + 1)]
        async with database.unit(T) as unit:
            everybody = await enrolled(unit, *people)
        vault = []
        for _ in range(2):
            async with database.unit(T) as unit:
                scope = unit.customers._scope
                vault.append(await Vault(scope).ensure(everybody))
                assert await scope.session.scalar(select(func.count()).select_from(CustomerKey)) == COPIED + 1
        sealed = {one: key.seal(b"x", one) for one, key in vault[0].items()}
        assert all(vault[1][one].open(content, one) == b"x" for one, content in sealed.items())

    run(go())
