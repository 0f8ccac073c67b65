"""Customers: finding, loading, listing, bringing in and erasing them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import and_, func, select

from c360.contract import KeyKind
from c360.records.party import PartyKind
from store.data import CustomerData, CustomerFilter, CustomerOrder, EnrolCustomer, EnrolResult, Page
from store.models import Customer, IdentityLink, LookupKey, Redirect
from store.models.customers import PRESENT
from store.repositories.base import Repository
from store.repositories.enrolment import Enrolment
from store.repositories.erasure import Erasure
from store.repositories.families import Families
from store.repositories.links import LinkRepository
from store.repositories.listing import Listing
from store.repositories.profiles import ProfileRepository
from store.repositories.survivors import merged
from store.repositories.vault import Vault

_BY_NAME = CustomerOrder()


class CustomerRepository(Repository):
    """The customers of one tenant. Neither erased ones nor those out of sight are found by anything."""

    async def by_ids(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Those ids that a customer answers for, each once, in the order asked. One query.

        Old ids are among them: :meth:`resolve` says who answers.
        """
        return tuple(await self.resolve(ids))

    async def resolve(self, ids: Iterable[str]) -> dict[str, str]:
        """The present customer that answers for each id, by the id asked for, in the order asked.

        Ids of customers that were merged lead to the survivor; others lead to themselves. Unknown ids are
        left out. One query.
        """
        wanted = tuple(dict.fromkeys(ids))
        found = await self._seen(await Families(self._scope).resolve(wanted))
        return {each: found[each] for each in wanted if each in found}

    async def by_keys(
        self, keys: Iterable[tuple[KeyKind, str]]
    ) -> dict[tuple[KeyKind, str], tuple[str, ...]]:
        """Ids of the customers that each key leads to, sorted; keys that lead nowhere are left out.

        Several customers may share a key: a family's phone, say. One query.

        Args:
            keys: values normalised as they were when they were brought in.

        Raises:
            KeyringError: the database was opened without a keyring.
        """
        keyring = self._scope.keyring
        hashes = {
            (kind.value, keyring.lookup_hash(self._tenant, kind.value, value)): (kind, value)
            for kind, value in keys
        }
        if not hashes:
            return {}
        rows = await self._session.execute(
            select(LookupKey.kind, LookupKey.hash, LookupKey.customer_id)
            .where(
                LookupKey.tenant == self._tenant,
                LookupKey.kind.in_(sorted({kind for kind, _ in hashes})),
                LookupKey.hash.in_([digest for _, digest in hashes]),
                *self._scope.seen(LookupKey.customer_id),
                *self._scope.told_by(LookupKey.connector),
            )
            .distinct()
            .order_by(LookupKey.customer_id)
        )
        found: dict[tuple[KeyKind, str], tuple[str, ...]] = {}
        for kind, digest, customer_id in rows:
            key = hashes.get((kind, digest))
            if key is not None:
                found[key] = (*found.get(key, ()), customer_id)
        return found

    async def by_party_refs(self, refs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """The customer id that each (instance id, party id) is linked to; others are left out. One query."""
        wanted = set(refs)
        rows = await self._session.execute(
            select(IdentityLink.connector, IdentityLink.party_id, IdentityLink.customer_id).where(
                IdentityLink.tenant == self._tenant,
                self._scope.among(IdentityLink.connector, {connector for connector, _ in wanted}),
                self._scope.among(IdentityLink.party_id, {party_id for _, party_id in wanted}),
                IdentityLink.unlinked_at.is_(None),
                *self._scope.seen(IdentityLink.customer_id),
                *self._scope.told_by(IdentityLink.connector),
            )
        )
        return {
            (connector, party_id): customer_id
            for connector, party_id, customer_id in rows
            if (connector, party_id) in wanted
        }

    async def parties(self, ids: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
        """The parties, as (instance id, party id), of whoever answers for each id; others are left out.

        One query, and of customers nothing else is read.
        """
        present = func.coalesce(Redirect.survivor_id, Customer.id)
        link = IdentityLink
        rows = await self._session.execute(
            select(Customer.id, link.connector, link.party_id)
            .outerjoin(Redirect, merged(Customer.tenant, Customer.id))
            .join(link, and_(link.tenant == Customer.tenant, link.customer_id == present))
            .where(
                Customer.tenant == self._tenant,
                self._scope.among(Customer.id, ids),
                Customer.erased_at.is_(None),
                link.unlinked_at.is_(None),
                *self._scope.seen(link.customer_id),
                *self._scope.told_by(link.connector),
            )
        )
        found: dict[str, set[tuple[str, str]]] = {}
        for asked, connector, party_id in rows:
            found.setdefault(asked, set()).add((connector, party_id))
        return found

    async def kinds(self, ids: Iterable[str]) -> dict[str, PartyKind]:
        """Whether each is a person or an organisation; who is merged, erased or unknown is left out."""
        rows = await self._session.execute(
            select(Customer.id, Customer.kind).where(
                Customer.tenant == self._tenant,
                self._scope.among(Customer.id, ids),
                *PRESENT,
                *self._scope.seen(Customer.id),
            )
        )
        return {row.id: PartyKind(row.kind) for row in rows}

    async def load(self, ids: Iterable[str]) -> dict[str, CustomerData]:
        """Customers with links and present values, by the id asked for; unknown ids are left out.

        For the id of a customer that was merged, the one that answers for it: its ``id`` is the present one.
        Five queries, however many ids; two more where old ids are among them.
        """
        wanted = set(ids)
        loaded = await self._load(wanted)
        old = {each: id_ for each, id_ in (await self._old(wanted - loaded.keys())).items() if id_ != each}
        survivors = await self._load(set(old.values()) - loaded.keys()) | loaded if old else loaded
        return loaded | {each: survivors[present] for each, present in old.items() if present in survivors}

    async def hold(self, ids: Iterable[str]) -> dict[str, CustomerData]:
        """The same, and nobody else changes who these customers are until this unit of work ends.

        For changing nothing that was not seen: what is read here is what the change will meet.
        """
        return await self.load(await Families(self._scope).hold(ids))

    async def in_sight(self, ids: Iterable[str]) -> set[str]:
        """Those present customers whom the one for whom this unit was opened may come to."""
        wanted = set(ids)
        if self._scope.sight.whole or not wanted:
            return wanted
        return set(
            await self._session.scalars(
                select(Customer.id).where(
                    Customer.tenant == self._tenant,
                    self._scope.among(Customer.id, wanted),
                    *self._scope.seen(Customer.id),
                )
            )
        )

    async def _seen(self, resolved: dict[str, str]) -> dict[str, str]:
        """Those ids whose customers are in sight."""
        if self._scope.sight.whole:
            return resolved
        seen = await self.in_sight(resolved.values())
        return {asked: present for asked, present in resolved.items() if present in seen}

    async def _old(self, ids: Collection[str]) -> dict[str, str]:
        return await Families(self._scope).resolve(ids) if ids else {}

    async def _load(self, ids: Collection[str]) -> dict[str, CustomerData]:
        if not ids:
            return {}
        rows = (
            await self._session.execute(
                select(
                    Customer.id,
                    Customer.kind,
                    Customer.display_name,
                    Customer.country,
                    Customer.created_at,
                    Customer.updated_at,
                ).where(
                    Customer.tenant == self._tenant,
                    self._scope.among(Customer.id, ids),
                    *PRESENT,
                    *self._scope.seen(Customer.id),
                )
            )
        ).all()
        if not rows:
            return {}
        living = [row.id for row in rows]
        links = await LinkRepository(self._scope).of(living)
        values = await ProfileRepository(self._scope).present(living)
        narrow = self._scope.sight.narrow
        return {
            row.id: narrow(
                CustomerData(
                    id=row.id,
                    kind=PartyKind(row.kind),
                    display_name=row.display_name,
                    country=row.country,
                    created_at=row.created_at,
                    updated_at=row.updated_at,
                    links=links.get(row.id, ()),
                    values=values.get(row.id, ()),
                    salt=self._scope.salt,
                )
            )
            for row in rows
        }

    async def page(
        self,
        which: CustomerFilter = CustomerFilter(),  # noqa: B008  # frozen
        order: CustomerOrder = _BY_NAME,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Page:
        """A page of the customers that meet a filter, always in the given order.

        Args:
            first: so many from the start or from behind ``after``; 20 where neither it nor ``last``
                is given.
            last: so many up to the end or up to ``before``; not together with ``first``.

        Raises:
            CursorError: a cursor is damaged or of another order.
            ValueError: both or negative numbers were given.
        """
        if first is None and last is None:
            first = 20
        return await Listing(self._scope).page(
            which, order, first=first, after=after, last=last, before=before
        )

    async def count(self, which: CustomerFilter = CustomerFilter()) -> int:  # noqa: B008  # frozen
        """How many customers meet a filter."""
        return await Listing(self._scope).count(which)

    async def search(self, text: str, *, limit: int = 20, after: str | None = None) -> Page:
        """Customers one of whose names has, for every word of the text, a word that starts with it.

        In the order of names. A text without any letter or digit finds nothing.

        Raises:
            CursorError: the cursor is damaged or of another list.
        """
        return await self.page(CustomerFilter(name=text), _BY_NAME, first=limit, after=after)

    async def enrol(self, customers: Sequence[EnrolCustomer]) -> EnrolResult:
        """Bring in customers with links, keys, grants and values, or bring them up to date.

        Known by ``external_id``. Doing it again with the same input changes nothing. Values that differ
        supersede the present ones of the same party; links that are not mentioned stay.

        Raises:
            KeyringError: there are keys or grants, and the database was opened without a keyring.
        """
        return await Enrolment(self._scope).run(customers)

    async def rewrap(self, *, limit: int) -> int:
        """See :meth:`store.repositories.vault.Vault.rewrap`."""
        return await Vault(self._scope).rewrap(limit=limit)

    async def erase(self, customer_id: str) -> bool:
        """Erase a person: destroy their data keys and delete everything personal the hub holds.

        With everybody that was ever merged into them. The rows stay without a name, so that an import does
        not bring the person back; the ledger keeps that there were decisions, when, and whose.

        Returns:
            whether there was such a customer, not erased yet.
        """
        return await Erasure(self._scope).run(customer_id) is not None
