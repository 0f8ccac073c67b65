"""What the hub's own people say of customers: a party of the hub's own, kept like any partner's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import delete, select, update

from store import names
from store.data import HUB, CustomerData, EnrolLink, Statement
from store.data_identity import CustomerDraft, LinkDecision, PartyRef
from store.models import Customer, NameToken
from store.repositories.admission import Admissions
from store.repositories.base import Repository
from store.repositories.customers import CustomerRepository
from store.repositories.keys import KeyRepository
from store.repositories.profiles import ProfileRepository
from store.repositories.relocation import Relocation

Called = Callable[[CustomerData], CustomerDraft]
"""What a customer is called, by all that is said of them."""


class StatementRepository(Repository):
    """Keeps the hub's own party of each customer, who gets one when somebody first says something of them.

    So what was said merges, parts and is erased with the customer as everything else does, and stands in the
    golden profile beside what partners say, by the rules of survivorship.
    """

    async def party_of(self, customer_id: str) -> str | None:
        """Id of the hub's own party of a customer: where a merge left several, the one linked first."""
        links = [link for link in await Relocation(self._scope).links([customer_id]) if _own(link.party)]
        first = min(links, key=lambda link: (link.recorded_at, link.party.party_id), default=None)
        return None if first is None else first.party.party_id

    async def say(
        self, customer_id: str, link: EnrolLink, draft: CustomerDraft, decision: LinkDecision
    ) -> bool:
        """Let a customer's own party say this, all of it; what it leaves out it no longer says.

        Args:
            customer_id: a customer who is held.
            link: the party with keys, blocks and values.
            draft: what the customer is called from now on.
            decision: who says so.

        Returns:
            whether anything is different now.

        Raises:
            IdentityError: the party cannot be linked to the customer.
        """
        new = await Admissions(self._scope).link(customer_id, link, decision) is not None
        keys = await KeyRepository(self._scope).put([(customer_id, link)])
        said = Statement(
            connector=link.connector,
            party_id=link.party_id,
            values=link.values,
            observed_at=link.observed_at,
        )
        news = await ProfileRepository(self._scope).observe({customer_id: [said]})
        called = await self._call(customer_id, draft)
        changed = bool(new or keys or news or called)
        if changed:
            await self._touch(customer_id)
        return changed

    async def say_many(self, said: Sequence[tuple[str, EnrolLink]], called: Called) -> tuple[str, ...]:
        """Let parties that are linked already say this, all of it, many at once.

        Args:
            said: customer and party, no two of the same party.
            called: what a customer of whom something else is said now is called.

        Returns:
            the customers of whom anything is different now.
        """
        if not said:
            return ()
        owners = {PartyRef(link.connector, link.party_id): owner for owner, link in said}
        keys = await KeyRepository(self._scope).put(said)
        statements: dict[str, list[Statement]] = {}
        for owner, link in said:
            statement = Statement(
                connector=link.connector,
                party_id=link.party_id,
                values=link.values,
                observed_at=link.observed_at,
            )
            statements.setdefault(owner, []).append(statement)
        news = await ProfileRepository(self._scope).observe(statements)
        changed = tuple(sorted(news | {owners[party] for party in keys}))
        for customer in (await CustomerRepository(self._scope).load(changed)).values():
            draft = called(customer)
            if (draft.display_name, draft.country) != (customer.display_name, customer.country):
                await self._call(customer.id, draft)
            await self._touch(customer.id)
        return changed

    async def _call(self, customer_id: str, draft: CustomerDraft) -> bool:
        """Call a customer by a name from now on; whether they were called otherwise."""
        fields = {
            "display_name": draft.display_name,
            "sort_name": names.sort_name(draft.sort_name or draft.display_name),
            "country": draft.country,
        }
        row = (
            await self._session.execute(
                select(Customer.display_name, Customer.sort_name, Customer.country).where(
                    Customer.tenant == self._tenant, Customer.id == customer_id
                )
            )
        ).one()
        otherwise = tuple(row) != tuple(fields.values())
        if otherwise:
            await self._scope.change(
                update(Customer)
                .where(Customer.tenant == self._tenant, Customer.id == customer_id)
                .values(**fields)
            )
        tokens = await Relocation(self._scope).name_tokens(customer_id)
        held = set(
            await self._session.scalars(
                select(NameToken.token).where(
                    NameToken.tenant == self._tenant,
                    NameToken.customer_id == customer_id,
                    NameToken.home_id == customer_id,
                )
            )
        )
        await self._scope.change(
            delete(NameToken).where(
                NameToken.tenant == self._tenant,
                NameToken.customer_id == customer_id,
                NameToken.home_id == customer_id,
                self._scope.among(NameToken.token, held - tokens),
            )
        )
        await self._scope.add_many(
            NameToken,
            [
                {"token": token, "customer_id": customer_id, "home_id": customer_id}
                for token in sorted(tokens - held)
            ],
        )
        return otherwise

    async def _touch(self, customer_id: str) -> None:
        await self._scope.change(
            update(Customer)
            .where(Customer.tenant == self._tenant, Customer.id == customer_id)
            .values(updated_at=self._scope.clock())
        )


def _own(party: PartyRef) -> bool:
    return party.connector == HUB
