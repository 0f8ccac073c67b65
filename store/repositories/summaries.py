"""What the hub keeps of the behaviour of customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, bindparam, case, func, select, update

from store.columns import UtcDateTime
from store.data import FigureData, PartyFigures
from store.data_identity import PartyRef
from store.models import Summary
from store.models.base import table
from store.repositories.base import Repository

_FIGURES = msgspec.json.Decoder(tuple[FigureData, ...])
_COLUMNS = (Summary.customer_id, Summary.connector, Summary.party_id, Summary.as_of, Summary.figures)


class SummaryRepository(Repository):
    """The figures of each party, and which parties are due to be reckoned anew."""

    async def of(self, customer_ids: Iterable[str]) -> dict[str, tuple[PartyFigures, ...]]:
        """What is kept of each customer's parties, by connector and party. One query."""
        return await self._read(
            select(*_COLUMNS)
            .where(
                Summary.tenant == self._tenant,
                self._scope.among(Summary.customer_id, customer_ids),
                *self._scope.told_by(Summary.connector),
            )
            .order_by(Summary.customer_id, Summary.connector, Summary.party_id)
        )

    async def everybody(self, after: str | None, limit: int) -> dict[str, tuple[PartyFigures, ...]]:
        """What is kept of the customers next in the order of their ids, for work on the population.

        Customers without any party are passed over: nothing can be known of their behaviour.

        Args:
            after: id of the last customer before; the first ones by default.
            limit: customers at the most; fewer come only at the end.
        """
        mine = Summary.tenant == self._tenant
        if after is not None:
            mine &= Summary.customer_id > after
        page = select(Summary.customer_id).where(mine).distinct().order_by(Summary.customer_id).limit(limit)
        return await self._read(
            select(*_COLUMNS)
            .where(Summary.tenant == self._tenant, Summary.customer_id.in_(page.scalar_subquery()))
            .order_by(Summary.customer_id, Summary.connector, Summary.party_id)
        )

    async def due(self, connector: str, at: datetime, limit: int) -> tuple[PartyFigures, ...]:
        """The parties of one connector instance that are due at a moment, the longest due first."""
        rows = await self._session.execute(
            select(*_COLUMNS)
            .where(Summary.tenant == self._tenant, Summary.connector == connector, Summary.due_at <= at)
            .order_by(Summary.due_at)
            .limit(limit)
        )
        return tuple(map(_party, rows))

    async def awaited(self, connector: str, at: datetime) -> bool:
        """Whether any party of a connector instance is due of which nothing was ever reckoned."""
        found = await self._session.execute(
            select(Summary.party_id)
            .where(
                Summary.tenant == self._tenant,
                Summary.connector == connector,
                Summary.due_at <= at,
                Summary.as_of.is_(None),
            )
            .limit(1)
        )
        return found.first() is not None

    async def put(self, found: Sequence[PartyFigures], *, again: datetime) -> int:
        """Keep what was reckoned of parties, in place of all that was kept of them before.

        Who was erased meanwhile, or is another customer's by now, is passed over.

        Args:
            found: each with ``as_of``, the moment at which its records were asked for.
            again: when they are due again; a party that was marked after ``as_of`` is due at once.

        Returns:
            how many parties were kept.
        """
        if not found:
            return 0
        summary = table(Summary)
        as_of = bindparam("new_as_of", type_=UtcDateTime())
        marked_since = summary.c.marked_at > as_of
        return await self._scope.change(
            update(summary)
            .where(
                summary.c.tenant == self._tenant,
                summary.c.connector == bindparam("of_connector"),
                summary.c.party_id == bindparam("of_party"),
                summary.c.customer_id == bindparam("of_customer"),
            )
            .values(
                figures=bindparam("new_figures"),
                as_of=as_of,
                due_at=case(
                    (marked_since, summary.c.marked_at), else_=bindparam("again", type_=UtcDateTime())
                ),
            ),
            [
                {
                    "of_connector": each.connector,
                    "of_party": each.party_id,
                    "of_customer": each.customer_id,
                    "new_figures": msgspec.json.encode(each.figures).decode(),
                    "new_as_of": each.as_of,
                    "again": again,
                }
                for each in sorted(found, key=lambda each: (each.connector, each.party_id))
            ],
        )

    async def mark(self, connector: str, parties: Iterable[str]) -> None:
        """Let parties of a connector instance be due now: their records changed."""
        now = self._scope.clock()
        await self._scope.change(
            update(Summary)
            .where(*self._at(connector, parties))
            .values(marked_at=now, due_at=case((Summary.due_at < now, Summary.due_at), else_=now))
        )

    async def put_off(self, connector: str, parties: Iterable[str], until: datetime) -> None:
        """Let parties that could not be reckoned be due later, with what was kept of them before."""
        await self._scope.change(update(Summary).where(*self._at(connector, parties)).values(due_at=until))

    async def forget(self, connector: str, parties: Iterable[str], until: datetime) -> None:
        """Keep nothing of parties whose records may not be read any more; look again later."""
        await self._scope.change(
            update(Summary)
            .where(*self._at(connector, parties))
            .values(figures=None, as_of=None, due_at=until)
        )

    async def count_due(self, connector: str, at: datetime) -> int:
        """How many parties of a connector instance are due at a moment."""
        counted = await self._session.scalar(
            select(func.count())
            .select_from(Summary)
            .where(Summary.tenant == self._tenant, Summary.connector == connector, Summary.due_at <= at)
        )
        return counted or 0

    async def expect(self, customers: Mapping[PartyRef, str]) -> None:
        """Let newly linked parties be due, each of the customer given."""
        if not customers:
            return
        now = self._scope.clock()
        insert = self._scope.upsert(Summary)
        await self._session.execute(
            insert.on_conflict_do_update(
                index_elements=["tenant", "connector", "party_id"],
                set_={"customer_id": insert.excluded.customer_id},
            ),
            [
                {
                    "tenant": self._tenant,
                    "connector": party.connector,
                    "party_id": party.party_id,
                    "customer_id": customer,
                    "due_at": now,
                }
                for party, customer in sorted(customers.items())
            ],
        )

    def _at(self, connector: str, parties: Iterable[str]) -> tuple[Any, ...]:
        return (
            Summary.tenant == self._tenant,
            Summary.connector == connector,
            self._scope.among(Summary.party_id, parties),
        )

    async def _read(self, statement: Select[*tuple[Any, ...]]) -> dict[str, tuple[PartyFigures, ...]]:
        found: dict[str, list[PartyFigures]] = {}
        for row in await self._session.execute(statement):
            found.setdefault(row.customer_id, []).append(_party(row))
        return {customer: tuple(mine) for customer, mine in found.items()}


def _party(row: Row[*tuple[Any, ...]]) -> PartyFigures:
    customer, connector, party, as_of, figures = row
    return PartyFigures(
        customer_id=customer,
        connector=connector,
        party_id=party,
        as_of=as_of,
        figures=_FIGURES.decode(figures) if figures else (),
    )
