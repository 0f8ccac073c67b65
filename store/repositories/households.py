"""Customers who live together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, func, select, update

from store.columns import new_id
from store.data_identity import EvidenceData, HouseholdData, HouseholdGroup
from store.models import Household, HouseholdMember
from store.repositories.base import Repository
from store.repositories.families import Families

_evidence = msgspec.json.Decoder(tuple[EvidenceData, ...]).decode


class HouseholdRepository(Repository):
    """Households: groups of customers, never a merge of them."""

    async def put(self, groups: Sequence[HouseholdGroup]) -> tuple[str | None, ...]:
        """Keep groups as they were found now, for their members.

        A household keeps its id while most of its members stay; members found elsewhere leave it, and a
        household of fewer than two ends. Doing it again with the same groups changes nothing.

        Returns:
            the household of each group, in the order given; ``None`` where fewer than two of its members
            are different customers.
        """
        ids = {member for group in groups for member in group.members}
        present = await Families(self._scope).hold(ids, shared=True)
        members = [{present[each] for each in group.members if each in present} for group in groups]
        held = await self.of({each for group in members for each in group})
        taken: set[str] = set()
        found: list[str | None] = []
        for group, mine in zip(groups, members, strict=True):
            if len(mine) < 2:
                found.append(None)
                continue
            household = _same(mine, held, taken)
            taken.add(household or "")
            found.append(await self._keep(household, group, mine))
        old = {each.id for mine in held.values() for each in mine}
        await self._end(old)
        return tuple(found)

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[HouseholdData, ...]]:
        """The households of each customer, with all members; more than one only after a merge."""
        wanted = set(customer_ids)
        rows = await self._session.scalars(
            select(HouseholdMember.household_id).where(
                HouseholdMember.tenant == self._tenant,
                self._scope.among(HouseholdMember.customer_id, wanted),
            )
        )
        found: dict[str, tuple[HouseholdData, ...]] = {}
        for _, household in sorted((await self.get(set(rows))).items()):
            for member in household.members:
                if member in wanted:
                    found[member] = (*found.get(member, ()), household)
        return found

    async def get(self, ids: Iterable[str]) -> Mapping[str, HouseholdData]:
        """Households by id; those of fewer than two customers, such as after a merge, are left out."""
        wanted = set(ids)
        if not wanted:
            return {}
        rows = await self._session.execute(
            select(
                Household.id,
                Household.since,
                Household.rule,
                Household.evidence,
                HouseholdMember.customer_id,
            )
            .join(
                HouseholdMember,
                (HouseholdMember.tenant == Household.tenant) & (HouseholdMember.household_id == Household.id),
            )
            .where(Household.tenant == self._tenant, self._scope.among(Household.id, wanted))
        )
        members: dict[str, set[str]] = {}
        about: dict[str, Any] = {}
        for row in rows:
            members.setdefault(row.id, set()).add(row.customer_id)
            about[row.id] = row
        return {
            household_id: HouseholdData(
                id=household_id,
                members=tuple(sorted(mine)),
                since=about[household_id].since,
                rule=about[household_id].rule,
                evidence=_evidence(about[household_id].evidence),
            )
            for household_id, mine in members.items()
            if len(mine) > 1
        }

    async def leave(self, household_id: str, customer_id: str) -> bool:
        """End a customer's membership; whether there was one. A household of fewer than two ends."""
        present = (await Families(self._scope).hold([customer_id], shared=True)).get(customer_id, customer_id)
        left = await self._leave(household_id, [present])
        await self._end({household_id})
        return bool(left)

    async def _keep(self, household_id: str | None, group: HouseholdGroup, members: set[str]) -> str:
        """Let a household, or a new one, have these members, who have no other."""
        now = self._scope.clock()
        values = {"rule": group.rule, "evidence": msgspec.json.encode(group.evidence).decode()}
        known = household_id or new_id()
        if household_id is None:
            await self._scope.insert_many(Household, [{"id": known, "since": now, **values}])
        else:
            await self._scope.change(
                update(Household)
                .where(Household.tenant == self._tenant, Household.id == known)
                .values(values)
            )
        rows = (
            await self._session.execute(
                select(HouseholdMember.household_id, HouseholdMember.customer_id).where(
                    HouseholdMember.tenant == self._tenant,
                    self._scope.among(HouseholdMember.customer_id, members)
                    | (HouseholdMember.household_id == known),
                )
            )
        ).all()
        for other in sorted({row.household_id for row in rows}):
            gone = {
                row.customer_id
                for row in rows
                if row.household_id == other and (row.customer_id in members) != (other == known)
            }
            await self._leave(other, gone)
        here = {row.customer_id for row in rows if row.household_id == known}
        await self._scope.insert_many(
            HouseholdMember,
            [
                {"household_id": known, "home_id": each, "customer_id": each, "noted_at": now}
                for each in sorted(members - here)
            ],
        )
        return known

    async def _leave(self, household_id: str, customer_ids: Collection[str]) -> int:
        if not customer_ids:
            return 0
        return await self._scope.change(
            delete(HouseholdMember).where(
                HouseholdMember.tenant == self._tenant,
                HouseholdMember.household_id == household_id,
                self._scope.among(HouseholdMember.customer_id, customer_ids),
            )
        )

    async def _end(self, ids: Collection[str]) -> None:
        """End those of these households that have fewer than two members left."""
        if not ids:
            return
        many = (
            select(HouseholdMember.household_id)
            .where(
                HouseholdMember.tenant == self._tenant, self._scope.among(HouseholdMember.household_id, ids)
            )
            .group_by(HouseholdMember.household_id)
            .having(func.count() > 1)
        )
        over = set(ids) - set(await self._session.scalars(many))
        for model, column in ((HouseholdMember, HouseholdMember.household_id), (Household, Household.id)):
            await self._scope.change(
                delete(model).where(model.tenant == self._tenant, self._scope.among(column, over))
            )


def _same(
    members: Collection[str], held: Mapping[str, tuple[HouseholdData, ...]], taken: Collection[str]
) -> str | None:
    """The household that most of these customers have already, unless another group has it."""
    counts = Counter(
        household.id for each in members for household in held.get(each, ()) if household.id not in taken
    )
    return min(counts, key=lambda household: (-counts[household], household)) if counts else None
