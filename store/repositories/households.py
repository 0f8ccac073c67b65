"""Customers who live together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from store.data_identity import HouseholdData, HouseholdGroup
from store.repositories.base import Repository


class HouseholdRepository(Repository):
    """Households: groups of customers, never a merge of them."""

    async def put(self, groups: Sequence[HouseholdGroup]) -> tuple[str, ...]:
        """Keep groups as they were found now, for their members.

        A household keeps its id while most of its members stay; members found elsewhere leave it, and a
        household of fewer than two ends. Doing it again with the same groups changes nothing.

        Returns:
            the household of each group, in the order given.
        """
        raise NotImplementedError

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[HouseholdData, ...]]:
        """The households of each customer, with all members; more than one only after a merge."""
        raise NotImplementedError

    async def get(self, ids: Iterable[str]) -> Mapping[str, HouseholdData]:
        """Households by id."""
        raise NotImplementedError

    async def leave(self, household_id: str, customer_id: str) -> bool:
        """End a customer's membership; whether there was one. A household of fewer than two ends."""
        raise NotImplementedError
