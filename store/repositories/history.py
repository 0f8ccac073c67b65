"""Who was who at a moment of the past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, or_, select

from store.data_identity import PartyRef
from store.models import Customer, IdentityLink, Redirect
from store.repositories.base import Repository


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """What an id stood for."""

    customer_id: str
    """The customer that answered for it."""
    parties: tuple[PartyRef, ...]
    """The parties of that customer, sorted."""


class History(Repository):
    """Reads redirects and links as they stood."""

    async def memberships(self, ids: Iterable[str], at: datetime | None) -> dict[str, Membership]:
        """What ids stood for, by the id asked for; ids that were no customers then are left out.

        Args:
            ids: ids of customers, old ones too.
            at: the moment; ``None``: now.
        """
        asked = await self._existing(ids, at)
        answered = await self._answering(asked, at)
        nodes = await self._nodes(set(answered.values()), at)
        parties: dict[str, list[PartyRef]] = {}
        for home, party in await self._links(nodes, at):
            parties.setdefault(nodes[home], []).append(party)
        return {
            each: Membership(
                customer_id=answered[each], parties=tuple(sorted(parties.get(answered[each], ())))
            )
            for each in asked
        }

    async def _existing(self, ids: Iterable[str], at: datetime | None) -> set[str]:
        created = [] if at is None else [Customer.created_at <= at]
        return set(
            await self._session.scalars(
                select(Customer.id).where(
                    Customer.tenant == self._tenant,
                    self._scope.among(Customer.id, ids),
                    Customer.erased_at.is_(None),
                    *created,
                )
            )
        )

    async def _answering(self, ids: Iterable[str], at: datetime | None) -> dict[str, str]:
        """Upwards: one query for each merge that lies between."""
        found = {each: each for each in ids}
        waiting = set(found)
        while waiting:
            rows = await self._session.execute(
                select(Redirect.customer_id, Redirect.parent_id).where(
                    Redirect.tenant == self._tenant,
                    self._scope.among(Redirect.customer_id, waiting),
                    *_stood(at),
                )
            )
            up = {node: parent for node, parent in rows}  # noqa: C416  # rows are no pairs to mypy
            found = {asked: up.get(node, node) for asked, node in found.items()}
            waiting = set(up.values())
        return found

    async def _nodes(self, roots: Iterable[str], at: datetime | None) -> dict[str, str]:
        """Downwards: every node with the customer that answered for it."""
        found = {root: root for root in roots}
        waiting = set(found)
        while waiting:
            rows = await self._session.execute(
                select(Redirect.customer_id, Redirect.parent_id).where(
                    Redirect.tenant == self._tenant,
                    self._scope.among(Redirect.parent_id, waiting),
                    *_stood(at),
                )
            )
            below = {node: found[parent] for node, parent in rows}
            found.update(below)
            waiting = set(below)
        return found

    async def _links(self, nodes: Iterable[str], at: datetime | None) -> list[tuple[str, PartyRef]]:
        held = (
            [IdentityLink.unlinked_at.is_(None)]
            if at is None
            else [
                IdentityLink.recorded_at <= at,
                or_(IdentityLink.unlinked_at.is_(None), IdentityLink.unlinked_at > at),
            ]
        )
        rows = await self._session.execute(
            select(IdentityLink.home_id, IdentityLink.connector, IdentityLink.party_id).where(
                IdentityLink.tenant == self._tenant, self._scope.among(IdentityLink.home_id, nodes), *held
            )
        )
        return [(home, PartyRef(connector, party_id)) for home, connector, party_id in rows]


def _stood(at: datetime | None) -> list[ColumnElement[bool]]:
    if at is None:
        return [Redirect.ended_at.is_(None)]
    return [Redirect.merged_at <= at, or_(Redirect.ended_at.is_(None), Redirect.ended_at > at)]
