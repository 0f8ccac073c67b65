"""Bringing in many customers at once, as often as one likes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update

from store import names
from store.columns import new_id
from store.data import EnrolCustomer, EnrolGrant, EnrolLink, EnrolResult, LinkData, Statement
from store.data_identity import PartyRef
from store.models import Customer, IdentityLink, NameToken
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.erasure import erased_id
from store.repositories.families import Families
from store.repositories.grants import GrantRepository
from store.repositories.keys import KeyRepository
from store.repositories.links import LinkRepository
from store.repositories.profiles import ProfileRepository

_CHUNK = 500
"""Customers handled together: some twenty statements for each chunk."""


@dataclass(slots=True)
class _Batch:
    """A chunk under way: its lines by customer id, and what came of them.

    The ids are of the customers that the lines brought. Where one of them was merged, it is a node of the
    present customer, who gets what the line brings.
    """

    lines: dict[str, EnrolCustomer] = field(default_factory=dict)
    present: dict[str, str] = field(default_factory=dict)
    """The customer that answers for each of them."""
    links: list[tuple[str, EnrolLink]] = field(default_factory=list)
    """Customer id and link, without those that are in conflict."""
    created: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    erased: int = 0
    conflicts: list[tuple[str, str]] = field(default_factory=list)

    def result(self) -> EnrolResult:
        changed = len(self.changed - self.created)
        return EnrolResult(
            created=len(self.created),
            changed=changed,
            unchanged=len(self.lines) - len(self.created) - changed,
            erased=self.erased,
            conflicts=tuple(self.conflicts),
        )


class Enrolment(Repository):
    """Compares what is brought with what is there, chunk by chunk, and writes the difference."""

    async def run(self, customers: Sequence[EnrolCustomer]) -> EnrolResult:
        """See :meth:`store.repositories.customers.CustomerRepository.enrol`."""
        result = EnrolResult()
        for chunk in _chunks(customers):
            result += await self._chunk(chunk)
        return result

    async def _chunk(self, lines: Sequence[EnrolCustomer]) -> EnrolResult:
        batch = _Batch()
        await self._customers(lines, batch)
        batch.present = await Families(self._scope).hold(batch.lines)
        await self._names(batch)
        await self._links(batch)
        await self._keys(batch)
        await self._values(batch)
        await self._grants(batch)
        await self._touch(batch.changed - batch.created)
        return batch.result()

    async def _customers(self, lines: Sequence[EnrolCustomer], batch: _Batch) -> None:
        known = await self._known(lines)
        now = self._scope.clock()
        new = {line.external_id: new_id() for line in lines if line.external_id not in known}
        if new:
            await self._scope.add_many(
                Customer,
                [
                    {
                        "id": new[line.external_id],
                        "external_id": line.external_id,
                        **_fields(line),
                        "created_at": now,
                        "updated_at": now,
                        "erased_at": None,
                    }
                    for line in lines
                    if line.external_id in new
                ],
            )
            # Read back: another import may have been faster with some of them.
            known = await self._known(lines)
        different = []
        for line in lines:
            row = known[line.external_id]
            if row.erased_at is not None:
                batch.erased += 1
                continue
            batch.lines[row.id] = line
            if new.get(line.external_id) == row.id:
                batch.created.add(row.id)
            elif {name: getattr(row, name) for name in _fields(line)} != _fields(line):
                different.append({"customer": row.id, **_fields(line)})
        if different:
            customers = table(Customer)
            statement = update(customers).where(
                customers.c.tenant == self._tenant, customers.c.id == bindparam("customer")
            )
            await self._session.execute(statement, different)
            batch.changed.update(row["customer"] for row in different)

    async def _known(self, lines: Sequence[EnrolCustomer]) -> dict[str, Row[*tuple[Any, ...]]]:
        """By the external ids that are brought; those of erased customers are kept as hashes alone."""
        customers = table(Customer).c
        asked = {line.external_id: line.external_id for line in lines}
        if self._scope.keyring_or_none is not None:
            asked |= {erased_id(self._scope, line.external_id): line.external_id for line in lines}
        rows = await self._session.execute(
            select(
                customers.external_id,
                customers.id,
                customers.kind,
                customers.display_name,
                customers.sort_name,
                customers.country,
                customers.erased_at,
            )
            .where(
                Customer.tenant == self._tenant,
                self._scope.among(Customer.external_id, [*asked.values(), *asked]),
            )
            .order_by(Customer.id)
            .with_for_update()
        )
        return {asked[row.external_id]: row for row in rows}

    async def _names(self, batch: _Batch) -> None:
        wanted = {
            (customer_id, token)
            for customer_id, line in batch.lines.items()
            for token in names.tokens((line.display_name, *line.names))
        }
        rows = await self._session.execute(
            select(NameToken.home_id, NameToken.token).where(
                NameToken.tenant == self._tenant,
                self._scope.among(NameToken.customer_id, set(batch.present.values())),
                self._scope.among(NameToken.home_id, batch.lines),
            )
        )
        held = {(customer_id, token) for customer_id, token in rows}
        gone, new = held - wanted, wanted - held
        if gone:
            tokens = table(NameToken)
            await self._session.execute(
                delete(tokens).where(
                    tokens.c.tenant == self._tenant,
                    tokens.c.home_id == bindparam("customer"),
                    tokens.c.token == bindparam("word"),
                ),
                [{"customer": customer_id, "word": token} for customer_id, token in sorted(gone)],
            )
        await self._scope.insert_many(
            NameToken,
            [
                {"customer_id": batch.present[customer_id], "home_id": customer_id, "token": token}
                for customer_id, token in sorted(new)
            ],
        )
        batch.changed.update(customer_id for customer_id, _ in gone | new)

    async def _links(self, batch: _Batch) -> None:
        brought = [(customer_id, link) for customer_id, line in batch.lines.items() for link in line.links]
        active = await self._active([link for _, link in brought])
        new: dict[tuple[str, str], LinkData] = {}
        owners = {party: row.customer_id for party, row in active.items()}
        homes: dict[tuple[str, str], str] = {}
        different = []
        for customer_id, link in brought:
            party = (link.connector, link.party_id)
            owner = batch.present[customer_id]
            if owners.setdefault(party, owner) != owner:
                batch.conflicts.append(party)
                continue
            batch.links.append((customer_id, link))
            row = active.get(party)
            if row is None:
                new[party] = link_data(link, self._scope.clock())
                homes[party] = customer_id
            elif (row.method, row.confidence, row.evidence) != (link.method, link.confidence, link.evidence):
                different.append((row.id, customer_id, link))
        await LinkRepository(self._scope).add(new, of=owners, homes=homes)
        if different:
            links = table(IdentityLink)
            statement = update(links).where(links.c.tenant == self._tenant, links.c.id == bindparam("link"))
            changes = [
                {
                    "link": row_id,
                    "method": link.method,
                    "confidence": link.confidence,
                    "evidence": link.evidence,
                }
                for row_id, _, link in different
            ]
            await self._session.execute(statement, changes)
        batch.changed.update(homes[party] for party in new)
        batch.changed.update(customer_id for _, customer_id, _ in different)

    async def _active(self, links: Sequence[EnrolLink]) -> dict[tuple[str, str], Row[*tuple[Any, ...]]]:
        rows = await self._session.execute(
            select(
                IdentityLink.id,
                IdentityLink.customer_id,
                IdentityLink.connector,
                IdentityLink.party_id,
                IdentityLink.method,
                IdentityLink.confidence,
                IdentityLink.evidence,
            ).where(
                IdentityLink.tenant == self._tenant,
                self._scope.among(IdentityLink.connector, {link.connector for link in links}),
                self._scope.among(IdentityLink.party_id, {link.party_id for link in links}),
                IdentityLink.unlinked_at.is_(None),
            )
        )
        return {(row.connector, row.party_id): row for row in rows}

    async def _keys(self, batch: _Batch) -> None:
        brought = {PartyRef(link.connector, link.party_id): customer_id for customer_id, link in batch.links}
        changed = await KeyRepository(self._scope).put(
            [(batch.present[customer_id], link) for customer_id, link in batch.links]
        )
        batch.changed.update(brought[party] for party in changed)

    async def _values(self, batch: _Batch) -> None:
        statements: dict[str, list[Statement]] = {}
        for customer_id, link in batch.links:
            statements.setdefault(batch.present[customer_id], []).append(
                Statement(
                    connector=link.connector,
                    party_id=link.party_id,
                    values=link.values,
                    observed_at=link.observed_at,
                )
            )
        news = await ProfileRepository(self._scope).observe(statements)
        batch.changed.update(
            customer_id for customer_id, _ in batch.links if batch.present[customer_id] in news
        )

    async def _grants(self, batch: _Batch) -> None:
        grants: Mapping[tuple[str, str, str], EnrolGrant] = {
            (batch.present[customer_id], link.connector, link.party_id): link.grant
            for customer_id, link in batch.links
            if link.grant is not None
        }
        changed = await GrantRepository(self._scope).put(grants)
        news = {customer_id for customer_id, _, _ in changed}
        batch.changed.update(customer_id for customer_id in batch.lines if batch.present[customer_id] in news)

    async def _touch(self, customer_ids: set[str]) -> None:
        if customer_ids:
            await self._scope.change(
                update(Customer)
                .where(Customer.tenant == self._tenant, self._scope.among(Customer.id, customer_ids))
                .values(updated_at=self._scope.clock())
            )


def _chunks(customers: Sequence[EnrolCustomer]) -> Iterator[list[EnrolCustomer]]:
    """Chunks in which no customer comes twice, so that a later line sees what an earlier one wrote."""
    chunk: dict[str, EnrolCustomer] = {}
    for customer in customers:
        if customer.external_id in chunk or len(chunk) == _CHUNK:
            yield list(chunk.values())
            chunk = {}
        chunk[customer.external_id] = customer
    if chunk:
        yield list(chunk.values())


def _fields(line: EnrolCustomer) -> dict[str, Any]:
    return {
        "kind": line.kind.value,
        "display_name": line.display_name,
        "sort_name": names.sort_name(line.sort_name or line.display_name),
        "country": line.country,
    }


def link_data(link: EnrolLink, now: datetime) -> LinkData:
    """The link that a line brings."""
    return LinkData(
        connector=link.connector,
        party_id=link.party_id,
        method=link.method,
        confidence=link.confidence,
        evidence=link.evidence,
        linked_at=link.linked_at or now,
    )
