"""The connector ``opin_br_insurance``: one insurer that speaks Open Insurance Brasil (OPIN).

Read: customers 2.0.0 (personal and business identifications), auto 1.4.0, person 1.6.1 and housing
1.4.0 (the lists, and of every policy the details, the premium and the claims). The API asks policy by
policy: a list, then one call a policy and kind. The customer's consent token *is* the customer, so
there is nothing to search by and one customer a call.

Whether a customer is a person or a company is known by which identification answers: a consent covers
one of the two, and the other one answers 403, 404 or an empty list. The personal one is asked first,
the business one only where that had nobody.

A kind's records are all or none: one policy that fails makes the kind fail, since a total over the
others would be wrong without saying so. A policy that the list names and the details deny (404) is the
partner's fault; *no content* (204) leaves what the list says.

Not covered of the published API, and why:

- ``resources`` 3.0.0: says which products a consent covers; the lists themselves answer that.
- ``consents`` 3.0.0: granting happens in the insurer's own pages with the hub's client credential and
  is not reading. The hub keeps the tokens that came of it.
- ``qualifications`` and ``complimentary-information``: income, patrimony, occupation, political
  exposure, procurators. No record carries them, and what is not needed is not fetched.
- Insured persons, beneficiaries, dependents, drivers, lenders, intermediaries, payers and recipients
  of income: other people, who have consented to nothing. The recipients among the entries of the
  person API's claims are left out for the same reason.
- Motor repair conditions, bonus class, tariff category, POS, co-insurance, biometric tables and price
  indices: terms of the insurer's calculation that nothing in the graph uses.
- The surrender value: no field of the API states one. The mathematical reserve (``PMBaC``), its
  guaranteed rate, grace periods, withdrawals and transfers are what it has, and are mapped as such.
- Home insurance outside mortgages (*patrimonial*), pension plans outside the person API, financial
  assistance and capitalisation titles: APIs of their own, not in the published bundle.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar, TypeVar
from urllib.parse import quote
from uuid import uuid4

import msgspec

from c360.contract import (
    Connector,
    Description,
    Exemption,
    Fetch,
    Fetched,
    Limits,
    Lookup,
    Need,
    Ref,
    fetch_each,
)
from c360.errors import PartnerFault, Reauthorise, SkipCustomer
from c360.kinds import PARTY
from c360.lookups import together
from c360.records.base import Record
from c360.records.insurance import Claim, Policy, Premium
from c360.records.party import Party
from plugins.insurance import identifications, mapping, payloads
from plugins.insurance.client import Client
from plugins.insurance.config import OpinConfig, Product
from plugins.insurance.payloads import One, Page

POLICIES = "insurance.policies"
PREMIUMS = "insurance.premiums"
CLAIMS = "insurance.claims"

PERSONAL = "/customers/v2/personal/identifications"
BUSINESS = "/customers/v2/business/identifications"
LISTS = {
    Product.AUTO: "/insurance-auto/v1/insurance-auto",
    Product.PERSON: "/insurance-person/v1/insurance-person",
    Product.HOUSING: "/insurance-housing/v1/insurance-housing",
}

T = TypeVar("T")


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as a list of the partner names it."""

    product: Product
    policy: payloads.ListedPolicy
    brand: str | None
    company: str | None

    def path(self, part: str) -> str:
        """Path of a part of this policy.

        Raises:
            PartnerFault: the id would lead elsewhere.
        """
        if not self.policy.policy_id.strip("."):
            raise PartnerFault("a listed policy has an id that cannot stand in an address")
        return f"{LISTS[self.product]}/{quote(self.policy.policy_id, safe='')}/{part}"


class OpinBrInsurance(Connector[OpinConfig]):
    """An insurer that speaks Open Insurance Brasil."""

    description: ClassVar[Description] = Description(
        name="opin_br_insurance",
        title="Insurance (Open Insurance Brasil)",
        domain="insurance",
        lookup=Lookup.BY_GRANT,
        fetches=tuple(Fetch(kind=kind) for kind in (PARTY, POLICIES, PREMIUMS, CLAIMS)),
        config=OpinConfig,
        limits=Limits(concurrency=16),
        exemptions=(
            Exemption(
                rule="identify",
                reason="A consent's token is the customer: the API searches by no key.",
            ),
            Exemption(rule="feeds", reason="The API has no list of changes, nor of the customers."),
            Exemption(rule="webhooks", reason="Insurers do not call when a customer's data change."),
            Exemption(rule="actions", reason="Customers, policies and claims are there to read alone."),
            Exemption(rule="rate-limit", reason="The API has an answer 429, but states no rate."),
        ),
        documentation="https://br-openinsurance.github.io/areadesenvolvedor/",
    )

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """See :meth:`c360.contract.Connector.fetch`."""
        interaction = str(uuid4())
        fetchers = {
            PARTY: self._parties,
            POLICIES: self._policies,
            PREMIUMS: self._premiums,
            CLAIMS: self._claims,
        }

        async def run(kind: str, ref: Ref, _need: Need) -> Sequence[Record]:
            client = Client(
                self.ctx.http, ref.auth(), interaction=interaction, page_size=self.config.page_size
            )
            return await fetchers[kind](client, ref)

        return fetch_each(needs, refs, {kind: partial(run, kind) for kind in fetchers})

    async def _parties(self, client: Client, ref: Ref) -> Sequence[Party]:
        personal = await client.get(PERSONAL, accept=(403, 404))
        if personal.status == 200:
            people = personal.decode(Page[payloads.PersonalIdentification]).data
            if people:
                return [identifications.person(ref.party_id, found) for found in people]
        business = await client.get(BUSINESS, accept=(403, 404))
        if business.status == 200:
            companies = business.decode(Page[payloads.BusinessIdentification]).data
            if companies:
                return [identifications.company(ref.party_id, found) for found in companies]
        if personal.status == business.status == 403:
            raise Reauthorise("the grant covers no identification")
        raise SkipCustomer("the partner identifies nobody by this grant")

    async def _policies(self, client: Client, _ref: Ref) -> Sequence[Policy]:
        async def detail(listing: Listing) -> Policy:
            info = await client.one(listing.path("policy-info"), One[payloads.PolicyInfo])
            return mapping.policy(
                listing.product, listing.policy, info, brand=listing.brand, company=listing.company
            )

        return await self._of_each_policy(client, detail)

    async def _premiums(self, client: Client, _ref: Ref) -> Sequence[Premium]:
        async def detail(listing: Listing) -> Premium | None:
            info = await client.one(listing.path("premium"), One[payloads.PremiumInfo])
            return mapping.premium(listing.policy.policy_id, info) if info else None

        premiums = await self._of_each_policy(client, detail)
        return [premium for premium in premiums if premium]

    async def _claims(self, client: Client, _ref: Ref) -> Sequence[Claim]:
        async def detail(listing: Listing) -> Sequence[Claim]:
            path, policy_id = listing.path("claim"), listing.policy.policy_id
            if listing.product is Product.PERSON:
                entries = await client.pages(path, Page[payloads.PersonClaimEntry], listed=True)
                return mapping.claims(policy_id, entries)
            found = await client.pages(path, Page[payloads.ClaimInfo], listed=True)
            return mapping.claims(policy_id, found)

        return [claim for claims in await self._of_each_policy(client, detail) for claim in claims]

    async def _of_each_policy(self, client: Client, detail: Callable[[Listing], Awaitable[T]]) -> list[T]:
        """A detail of every policy of the customer: the lists at once, then the policies at once."""
        products = dict.fromkeys(self.config.products)
        lists = await together([partial(_listings, client, product) for product in products])
        return await together([partial(detail, listing) for found in lists for listing in found])


async def _listings(client: Client, product: Product) -> list[Listing]:
    """The policies in one list; one that two pages name counts once."""
    if product is Product.PERSON:
        wrapped = await client.pages(LISTS[product], Page[payloads.BrandOfPersons])
        brands = [(entry.brand.name, entry.brand.companies) for entry in wrapped]
    else:
        plain = await client.pages(LISTS[product], Page[payloads.BrandOfDamages])
        brands = [(entry.brand, entry.companies) for entry in plain]
    found = {
        policy.policy_id: Listing(product=product, policy=policy, brand=brand, company=company.company_name)
        for brand, companies in brands
        for company in companies
        for policy in company.policies
    }
    return list(found.values())
