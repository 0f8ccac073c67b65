"""Every table that refers to a customer says how it moves, and a later one joins by one declaration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from store import moving
from store.columns import Key, Moment
from store.database import Database
from store.mapping import Mapped, mapped_column
from store.models import Base
from store.models.base import of_customer, of_home, table
from store.moving import MOVABLES, Hangs, Movable
from store.repositories import erasure, relocation
from tests.store.identity import MACHINE, STEWARD, Run, T, enrolled, person


def test_every_table_with_a_customer_says_how_it_moves() -> None:
    with_customer = {each.name for each in Base.metadata.sorted_tables if "customer_id" in each.c}
    assert {each.name for each in MOVABLES} == with_customer
    needed = {
        Hangs.PARTY: {"connector", "party_id"},
        Hangs.HOME: {"home_id"},
        Hangs.PARTIES: {"connector", "parties"},
        Hangs.NODE: set(),
    }
    for each in MOVABLES:
        columns = {column.name for column in table(each.model).c}
        assert needed[each.hangs] <= columns, each.name
        assert each.noted is None or {each.noted, each.key} <= columns, each.name
        assert type(each.name) is str  # what no encoder takes would end in answers


@pytest.fixture
def consents(monkeypatch: pytest.MonkeyPatch, database: Database, run: Run) -> Iterator[Any]:
    """A table as another release may bring it, of which one answer holds: the stricter one."""

    class Consent(Base):
        __tablename__ = "test_consent"

        home_id: Mapped[Key] = mapped_column(primary_key=True)
        purpose: Mapped[Key] = mapped_column(primary_key=True)
        customer_id: Mapped[Key]
        given: Mapped[bool]
        at: Mapped[Moment]
        __table_args__: Any = (of_customer(), of_home("test_consent"))

    added = (*MOVABLES, Movable(Consent, Hangs.HOME, noted="at", key="purpose"))
    for module in (moving, relocation, erasure):
        monkeypatch.setattr(module, "MOVABLES", added)

    async def create(statement: str) -> None:
        async with database.unit(T) as unit:
            await unit.customers._session.execute(text(statement))

    moment = "timestamptz" if "postgresql" in str(database._writer.url) else "datetime"
    run(
        create(
            "CREATE TABLE test_consent (tenant text, home_id text, purpose text, customer_id text, "
            f"given boolean, at {moment}, PRIMARY KEY (tenant, home_id, purpose))"
        )
    )
    yield Consent
    run(create("DROP TABLE test_consent"))
    Base.metadata.remove(table(Consent))


def test_a_later_table_moves_without_loss_and_its_stricter_answer_holds(
    database: Database, clock: Any, run: Run, consents: Any
) -> None:
    async def may(unit: Any, customer_id: str) -> list[bool]:
        rows = await unit.customers._session.scalars(
            select(consents.given).where(consents.tenant == T, consents.customer_id == customer_id)
        )
        return sorted(rows)

    async def note(unit: Any, customer_id: str, *, given: bool, at: datetime) -> None:
        await unit.customers._scope.insert_many(
            consents,
            [
                {
                    "home_id": customer_id,
                    "customer_id": customer_id,
                    "purpose": "MAIL",
                    "given": given,
                    "at": at,
                }
            ],
        )

    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea = await enrolled(unit, person("Ada", "b1"), person("Bea", "b2"))
            await note(unit, bea, given=False, at=clock.now)
        clock.tick()
        async with database.unit(T) as unit:
            merge = await unit.ledger.merge(ada, [bea], MACHINE)
            assert {each.table: each.rows for each in merge.plan.moves}["test_consent"] == 1
            await note(unit, ada, given=True, at=clock.now)
            # Both are kept, and the stricter of them is the answer.
            assert all(await may(unit, ada)) is False
            result = await unit.ledger.unmerge(STEWARD, customer_id=bea)
            assert [(each.table, each.key) for each in result.later_facts] == [("test_consent", "MAIL")]
            assert await may(unit, ada) == [True]
            assert await may(unit, bea) == [False]
            await unit.customers.erase(bea)
            assert await may(unit, bea) == []

    run(go())
