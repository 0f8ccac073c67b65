"""Who a customer is at the partners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from store.columns import new_id
from store.data import HUB, LinkData
from store.data_identity import PartyRef
from store.models import IdentityLink
from store.repositories.base import Repository
from store.repositories.record_index import RecordIndexRepository
from store.repositories.summaries import SummaryRepository


class LinkRepository(Repository):
    """Links with their evidence. A party belongs to one customer at a time; ended links are kept."""

    async def of(self, customer_ids: Iterable[str]) -> dict[str, tuple[LinkData, ...]]:
        """Active links of each customer, with the ids of the parties' records. Three queries."""
        rows = (
            await self._session.execute(
                select(
                    IdentityLink.customer_id,
                    IdentityLink.connector,
                    IdentityLink.party_id,
                    IdentityLink.method,
                    IdentityLink.confidence,
                    IdentityLink.evidence,
                    IdentityLink.linked_at,
                )
                .where(
                    IdentityLink.tenant == self._tenant,
                    self._scope.among(IdentityLink.customer_id, customer_ids),
                    IdentityLink.unlinked_at.is_(None),
                    *self._scope.told_by(IdentityLink.connector),
                )
                .order_by(IdentityLink.connector, IdentityLink.linked_at, IdentityLink.party_id)
            )
        ).all()
        objects = await RecordIndexRepository(self._scope).of([(row.connector, row.party_id) for row in rows])
        found: dict[str, tuple[LinkData, ...]] = {}
        for customer_id, connector, party_id, method, confidence, evidence, linked_at in rows:
            link = LinkData(
                connector=connector,
                party_id=party_id,
                method=method,
                confidence=confidence,
                evidence=evidence,
                linked_at=linked_at,
                objects=objects.get((connector, party_id), {}),
            )
            found[customer_id] = (*found.get(customer_id, ()), link)
        return found

    async def add(
        self,
        links: Mapping[tuple[str, str], LinkData],
        *,
        of: Mapping[tuple[str, str], str],
        homes: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """Link parties, given by (instance id, party id), to the customers that ``of`` names.

        Args:
            links: the links.
            of: the customer that answers for each.
            homes: the node that each hangs on, where it is not that customer itself.

        Raises:
            Conflict: a party is linked already.
        """
        now = self._scope.clock()
        await self._scope.insert_many(
            IdentityLink,
            [
                {
                    "id": new_id(),
                    "customer_id": of[party],
                    "home_id": (homes or of)[party],
                    "connector": link.connector,
                    "party_id": link.party_id,
                    "status": "ACTIVE",
                    "method": link.method,
                    "confidence": link.confidence,
                    "evidence": link.evidence,
                    "linked_at": link.linked_at,
                    "unlinked_at": None,
                    "recorded_at": now,
                }
                for party, link in links.items()
            ],
        )
        # What the hub says itself has no records behind it, of which figures could be reckoned.
        await SummaryRepository(self._scope).expect(
            {PartyRef(*party): of[party] for party in links if party[0] != HUB}
        )
