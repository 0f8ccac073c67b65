"""Figures about customers that the hub keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from store.data import SummaryData
from store.models import Summary
from store.repositories.base import Repository


class SummaryRepository(Repository):
    """One figure per party, line and measure; a customer with several parties at a partner has several."""

    async def put(self, summaries: Sequence[SummaryData]) -> None:
        """Keep figures, each replacing the one before."""
        unique = {(each.connector, each.party_id, each.line, each.measure): each for each in summaries}
        await self._scope.replace_many(
            Summary,
            [
                {
                    "customer_id": each.customer_id,
                    "connector": each.connector,
                    "party_id": each.party_id,
                    "line": each.line,
                    "measure": each.measure,
                    "number": each.number,
                    "text": each.text,
                    "as_of": each.as_of,
                }
                for _, each in sorted(unique.items())
            ],
        )

    async def of(self, customer_ids: Iterable[str]) -> dict[str, tuple[SummaryData, ...]]:
        """All figures of each customer, by connector, party, line and measure."""
        rows = await self._session.scalars(
            select(Summary)
            .where(Summary.tenant == self._tenant, self._scope.among(Summary.customer_id, customer_ids))
            .order_by(Summary.customer_id, Summary.connector, Summary.party_id, Summary.line, Summary.measure)
        )
        found: dict[str, tuple[SummaryData, ...]] = {}
        for row in rows:
            data = SummaryData(
                customer_id=row.customer_id,
                connector=row.connector,
                party_id=row.party_id,
                line=row.line,
                measure=row.measure,
                number=row.number,
                text=row.text,
                as_of=row.as_of,
            )
            found[row.customer_id] = (*found.get(row.customer_id, ()), data)
        return found
