"""What the partners said of customers, and when; see :mod:`store.bitemporal`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, select, update

from store.bitemporal import Belief, Revision, revise
from store.columns import UtcDateTime, new_id
from store.data import ProfileValueData, StatedValue, Statement
from store.data_identity import PartyRef, PastProfile
from store.models import ProfileValue
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.families import Families
from store.repositories.history import History
from store.repositories.relocation import Relocation

_ROUNDS = 20
"""How often whose a party is is looked up again because it was moved meanwhile."""
_Party = tuple[str, str, str]
"""Customer id, instance id, party id."""


class ProfileRepository(Repository):
    """Bitemporal profile values."""

    async def observe(
        self, statements: Mapping[str, Sequence[Statement]], *, recorded_at: datetime | None = None
    ) -> set[str]:
        """Record what parties said of customers, by customer id. Erased customers are passed over.

        What a party says is noted for the customer it is linked to at this moment, whoever it was linked
        to when the caller looked; the id given counts for parties that are not linked at all.

        Args:
            recorded_at: when the hub learns it; ``None``: now. Where another machine's clock was ahead,
                it counts as learnt no earlier than what is known already.

        Returns:
            ids of the customers of whom something is known anew.
        """
        recorded_at = recorded_at or self._scope.clock()
        said = await self._owned(statements)
        news: set[str] = set()
        while said:
            # A party that speaks twice is heard twice: the second statement meets what the first one left.
            now, said = _first_of_each(said)
            news |= await self._record(now, recorded_at)
        return news

    async def _owned(self, statements: Mapping[str, Sequence[Statement]]) -> list[tuple[str, Statement]]:
        """The statements with whom they are about, who is held until this unit of work ends."""
        said = [(customer_id, each) for customer_id in sorted(statements) for each in statements[customer_id]]
        parties = {PartyRef(statement.connector, statement.party_id) for _, statement in said}
        relocation, families = Relocation(self._scope), Families(self._scope)
        owners = await relocation.links_of(parties)
        for _ in range(_ROUNDS):
            held = await families.hold(
                {link.customer_id for link in owners.values()} | set(statements), shared=True
            )
            # Behind the locks: whoever moved a party held the customers that it left and came to.
            again = await relocation.links_of(parties) if self._scope.postgres else owners
            if {party: link.customer_id for party, link in again.items()} == {
                party: link.customer_id for party, link in owners.items()
            }:
                break
            owners = again
        found = []
        for customer_id, statement in said:
            link = owners.get(PartyRef(statement.connector, statement.party_id))
            owner = held.get(link.customer_id if link else customer_id)
            if owner is not None:
                found.append((owner, statement))
        return sorted(found, key=lambda each: each[0])

    async def _record(self, said: Sequence[tuple[str, Statement]], recorded_at: datetime) -> set[str]:
        """Record statements of different parties."""
        beliefs, newest = await self._beliefs({customer_id for customer_id, _ in said})
        recorded_at = max(recorded_at, newest or recorded_at)
        revisions: list[tuple[_Party, Revision]] = []
        for customer_id, statement in said:
            party = (customer_id, statement.connector, statement.party_id)
            revision = revise(beliefs.get(party, ()), statement.values, statement.observed_at, recorded_at)
            if revision:
                revisions.append((party, revision))
        await self._apply(revisions, recorded_at)
        return {party[0] for party, revision in revisions if revision.ended or revision.recorded}

    async def present(self, customer_ids: Iterable[str]) -> dict[str, tuple[ProfileValueData, ...]]:
        """What is known now of each customer as it is now."""
        return await self._read(
            customer_ids,
            ProfileValue.recorded_to.is_(None),
            *_valid(self._scope.clock()),
            *self._scope.told_by(ProfileValue.connector),
        )

    async def as_of(
        self, customer_ids: Iterable[str], *, valid_at: datetime, recorded_at: datetime | None = None
    ) -> dict[str, tuple[ProfileValueData, ...]]:
        """What the hub took, at ``recorded_at``, to hold at ``valid_at``, by the id asked for.

        Of the parties that the customer had at ``recorded_at``: customers merged since are separate.

        Args:
            customer_ids: ids of customers, old ones too.
            valid_at: the moment at which the values held.
            recorded_at: ``None``: what it takes for true now.
        """
        past = await self.past(customer_ids, valid_at=valid_at, recorded_at=recorded_at)
        return {asked: each.values for asked, each in past.items() if each.values}

    async def past(
        self, customer_ids: Iterable[str], *, valid_at: datetime, recorded_at: datetime | None = None
    ) -> dict[str, PastProfile]:
        """See :meth:`store.repositories.ledger.LedgerRepository.past`."""
        stood = await History(self._scope).memberships(customer_ids, recorded_at)
        parties = {party for each in stood.values() for party in each.parties}
        believed = (
            [ProfileValue.recorded_to.is_(None)]
            if recorded_at is None
            else [
                ProfileValue.recorded_from <= recorded_at,
                or_(ProfileValue.recorded_to.is_(None), ProfileValue.recorded_to > recorded_at),
            ]
        )
        said: dict[PartyRef, list[ProfileValueData]] = {}
        if parties:
            which = Relocation(self._scope).values_of(parties)
            for _, value in await self._select(which, *believed, *_valid(valid_at)):
                said.setdefault(PartyRef(value.connector, value.party_id), []).append(value)
        return {
            asked: PastProfile(
                asked=asked,
                customer_id=each.customer_id,
                parties=each.parties,
                values=tuple(
                    sorted((value for party in each.parties for value in said.get(party, ())), key=place)
                ),
            )
            for asked, each in stood.items()
        }

    async def _read(
        self, customer_ids: Iterable[str], *conditions: ColumnElement[bool]
    ) -> dict[str, tuple[ProfileValueData, ...]]:
        found: dict[str, list[ProfileValueData]] = {}
        for customer_id, value in await self._select(
            self._scope.among(ProfileValue.customer_id, customer_ids), *conditions
        ):
            found.setdefault(customer_id, []).append(value)
        return {customer_id: tuple(values) for customer_id, values in found.items()}

    async def _select(self, *conditions: ColumnElement[bool]) -> list[tuple[str, ProfileValueData]]:
        """Values with whose they are, in the order of attribute, party and rank."""
        rows = await self._session.execute(
            select(
                ProfileValue.customer_id,
                ProfileValue.attribute,
                ProfileValue.value,
                ProfileValue.connector,
                ProfileValue.party_id,
                ProfileValue.observed_at,
                ProfileValue.verified,
                ProfileValue.rank,
                ProfileValue.valid_from,
                ProfileValue.recorded_from,
                (ProfileValue.observed_at != ProfileValue.recorded_from).label("dated"),
            )
            .where(ProfileValue.tenant == self._tenant, *conditions)
            .order_by(
                ProfileValue.attribute,
                ProfileValue.connector,
                ProfileValue.party_id,
                ProfileValue.rank,
                ProfileValue.value,
            )
        )
        return [
            (
                row.customer_id,
                ProfileValueData(
                    attribute=row.attribute,
                    value=row.value,
                    connector=row.connector,
                    party_id=row.party_id,
                    observed_at=row.observed_at,
                    dated=row.dated,
                    verified=row.verified,
                    rank=row.rank,
                    valid_from=row.valid_from,
                    recorded_at=row.recorded_from,
                ),
            )
            for row in rows
        ]

    async def _beliefs(
        self, customer_ids: Iterable[str]
    ) -> tuple[dict[_Party, list[Belief]], datetime | None]:
        """Present beliefs by party, and when the newest of them was recorded."""
        rows = await self._session.execute(
            select(
                ProfileValue.customer_id,
                ProfileValue.connector,
                ProfileValue.party_id,
                ProfileValue.id,
                ProfileValue.attribute,
                ProfileValue.value,
                ProfileValue.verified,
                ProfileValue.rank,
                ProfileValue.observed_at,
                ProfileValue.valid_from,
                ProfileValue.valid_to,
                ProfileValue.recorded_from,
            ).where(
                ProfileValue.tenant == self._tenant,
                self._scope.among(ProfileValue.customer_id, customer_ids),
                ProfileValue.recorded_to.is_(None),
            )
        )
        found: dict[_Party, list[Belief]] = {}
        newest: datetime | None = None
        for row in rows:
            stated = StatedValue(
                attribute=row.attribute, value=row.value, verified=row.verified, rank=row.rank
            )
            belief = Belief(
                id=row.id,
                stated=stated,
                observed_at=row.observed_at,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
            )
            found.setdefault((row.customer_id, row.connector, row.party_id), []).append(belief)
            newest = max(newest or row.recorded_from, row.recorded_from)
        return found, newest

    async def _apply(self, revisions: Sequence[tuple[_Party, Revision]], recorded_at: datetime) -> None:
        values = table(ProfileValue)
        this_row = (values.c.tenant == self._tenant, values.c.id == bindparam("belief"))
        ended = [{"belief": belief} for _, revision in revisions for belief in revision.ended]
        if ended:
            await self._session.execute(
                update(values).where(*this_row).values(recorded_to=recorded_at), ended
            )
        confirmed = [
            {"belief": belief, "seen": revision.observed_at}
            for _, revision in revisions
            for belief in revision.confirmed
        ]
        if confirmed:
            seen = bindparam("seen", type_=UtcDateTime())
            await self._session.execute(update(values).where(*this_row).values(observed_at=seen), confirmed)
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "customer_id": customer_id,
                "connector": connector,
                "party_id": party_id,
                "attribute": belief.stated.attribute,
                "rank": belief.stated.rank,
                "value": belief.stated.value,
                "verified": belief.stated.verified,
                "observed_at": belief.observed_at,
                "valid_from": belief.valid_from,
                "valid_to": belief.valid_to,
                "recorded_from": recorded_at,
                "recorded_to": None,
            }
            for (customer_id, connector, party_id), revision in revisions
            for belief in revision.recorded
        ]
        await self._scope.insert_many(ProfileValue, rows)


def _first_of_each(
    said: Sequence[tuple[str, Statement]],
) -> tuple[list[tuple[str, Statement]], list[tuple[str, Statement]]]:
    """The first statement of each party, and the rest."""
    first: dict[_Party, tuple[str, Statement]] = {}
    rest = []
    for customer_id, statement in said:
        party = (customer_id, statement.connector, statement.party_id)
        if party in first:
            rest.append((customer_id, statement))
        else:
            first[party] = (customer_id, statement)
    return list(first.values()), rest


def _valid(at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return ProfileValue.valid_from <= at, or_(ProfileValue.valid_to.is_(None), ProfileValue.valid_to > at)


def place(value: ProfileValueData) -> tuple[str, str, str, int, str]:
    """By what the values of a customer are ordered."""
    return (value.attribute, value.connector, value.party_id, value.rank, value.value)
