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
- of ``consents`` 3.0.0 what belongs to changes of contracts (endorsements, claim notifications). Consents are
  asked for, read and revoked; the customer gives them in the insurer's own pages, and the hub keeps the
  tokens that came of it.
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

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import ClassVar, TypeVar
from urllib.parse import quote

import msgspec

from c360.auth import Auth
from c360.contract import (
    Action,
    ActionOutcome,
    ActionSpec,
    Connector,
    Context,
    Description,
    Effect,
    Exemption,
    Fetch,
    Fetched,
    Limits,
    Lookup,
    Need,
    Ref,
    fetch_each,
)
from c360.correlation import correlation_id
from c360.errors import PartnerFault, Reauthorise, SkipCustomer
from c360.kinds import PARTY
from c360.lookups import Once, together
from c360.records.base import Record
from c360.records.insurance import Claim, Policy, Premium
from c360.records.party import Party
from plugins.insurance import consents, identifications, mapping, payloads
from plugins.insurance.client import Client, paging
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

_PEOPLE = Page[payloads.PersonalIdentification]
_COMPANIES = Page[payloads.BusinessIdentification]
_BRANDS_OF_PERSONS = Page[payloads.BrandOfPersons]
_BRANDS_OF_DAMAGES = Page[payloads.BrandOfDamages]
_POLICY = One[payloads.PolicyInfo]
_PREMIUM = One[payloads.PremiumInfo]
_CLAIMS = Page[payloads.ClaimInfo]
_PERSON_CLAIMS = Page[payloads.PersonClaimEntry]

T = TypeVar("T")


class Listing(msgspec.Struct, frozen=True, gc=False, kw_only=True):
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
        actions=(
            ActionSpec(kind="insurance.request_consent", effect=Effect.KEYED, granted=False),
            ActionSpec(kind="insurance.revoke_consent", effect=Effect.TRACEABLE, granted=False),
        ),
        limits=Limits(concurrency=16),
        exemptions=(
            Exemption(
                rule="identify",
                reason="A consent's token is the customer: the API searches by no key.",
            ),
            Exemption(rule="feeds", reason="The API has no list of changes, nor of the customers."),
            Exemption(rule="webhooks", reason="Insurers do not call when a customer's data change."),
            Exemption(rule="rate-limit", reason="The API has an answer 429, but states no rate."),
        ),
        documentation="https://br-openinsurance.github.io/areadesenvolvedor/",
    )

    def __init__(self, config: OpinConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        self._paging = paging(config.page_size)
        self._products = tuple(dict.fromkeys(config.products))

    @classmethod
    def configured(cls, config: OpinConfig) -> Description:
        """What the class says, without consents where the settings have no client for them."""
        whole = cls.describe()
        if consents.credential(config) is not None:
            return whole
        return msgspec.structs.replace(whole, actions=())

    def auth(self) -> Auth | None:
        """The hub's own credential, for consents alone: whatever else is read has its customer's grant."""
        return consents.credential(self.config)

    async def act(self, action: Action) -> ActionOutcome:
        """Ask for a consent, or end one."""
        return await consents.perform(self.ctx.http, action, self.ctx.now())

    async def trace(self, action: Action) -> ActionOutcome | None:
        """Whether a consent was given, or has ended."""
        return await consents.trace(self.ctx.http, action)

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """See :meth:`c360.contract.Connector.fetch`."""
        interaction = correlation_id()
        readings: dict[Ref, Reading] = {}

        def reading(ref: Ref) -> Reading:
            if ref not in readings:
                client = Client(self.ctx.http, ref.auth(), interaction=interaction, paging=self._paging)
                readings[ref] = Reading(client, ref, self._products)
            return readings[ref]

        async def read(ref: Ref, need: Need) -> Sequence[Record]:
            return await _READERS[need.kind](reading(ref))

        return fetch_each(needs, refs, {need.kind: read for need in needs})


class Reading:
    """What one fetch reads of one customer. The lists, which all kinds need, are asked for once."""

    def __init__(self, client: Client, ref: Ref, products: Sequence[Product]) -> None:
        self._client = client
        self._party_id = ref.party_id
        self._products = products
        self._listed = Once(self._lists)

    async def parties(self) -> Sequence[Party]:
        """Whoever granted access: a person, or else a company.

        Raises:
            Reauthorise: the grant covers no identification.
            SkipCustomer: there is none.
        """
        personal = await self._client.get(PERSONAL, accept=(403, 404))
        if personal.status == 200:
            people = personal.decode(_PEOPLE).data
            if people:
                return [identifications.person(self._party_id, found) for found in people]
        business = await self._client.get(BUSINESS, accept=(403, 404))
        if business.status == 200:
            companies = business.decode(_COMPANIES).data
            if companies:
                return [identifications.company(self._party_id, found) for found in companies]
        if personal.status == business.status == 403:
            raise Reauthorise("the grant covers no identification")
        raise SkipCustomer("the partner identifies nobody by this grant")

    async def policies(self) -> Sequence[Policy]:
        """The policies, each by its entry in the list and its details."""

        async def detail(listing: Listing) -> Policy:
            info = await self._client.one(listing.path("policy-info"), _POLICY)
            return mapping.policy(
                listing.product, listing.policy, info, brand=listing.brand, company=listing.company
            )

        return await self._of_each_policy(detail)

    async def premiums(self) -> Sequence[Premium]:
        """What the policies cost, as far as the partner has content for it."""

        async def detail(listing: Listing) -> Premium | None:
            info = await self._client.one(listing.path("premium"), _PREMIUM)
            return mapping.premium(listing.policy.policy_id, info) if info else None

        return [premium for premium in await self._of_each_policy(detail) if premium]

    async def claims(self) -> Sequence[Claim]:
        """The claims under all policies."""

        async def detail(listing: Listing) -> Sequence[Claim]:
            path, policy_id = listing.path("claim"), listing.policy.policy_id
            if listing.product is Product.PERSON:
                entries = await self._client.pages(path, _PERSON_CLAIMS, listed=True)
                return mapping.claims(policy_id, entries)
            found = await self._client.pages(path, _CLAIMS, listed=True)
            return mapping.claims(policy_id, found)

        return [claim for claims in await self._of_each_policy(detail) for claim in claims]

    async def _of_each_policy(self, detail: Callable[[Listing], Awaitable[T]]) -> list[T]:
        """A detail of every policy of the customer: the lists at once, then the policies at once."""
        return await together([partial(detail, listing) for listing in await self._listed()])

    async def _lists(self) -> list[Listing]:
        lists = await together([partial(_listings, self._client, product) for product in self._products])
        return [listing for found in lists for listing in found]


_READERS: Mapping[str, Callable[[Reading], Awaitable[Sequence[Record]]]] = MappingProxyType(
    {
        PARTY: Reading.parties,
        POLICIES: Reading.policies,
        PREMIUMS: Reading.premiums,
        CLAIMS: Reading.claims,
    }
)


async def _listings(client: Client, product: Product) -> list[Listing]:
    """The policies in one list; one that two pages name counts once."""
    if product is Product.PERSON:
        wrapped = await client.pages(LISTS[product], _BRANDS_OF_PERSONS)
        brands = [(entry.brand.name, entry.brand.companies) for entry in wrapped]
    else:
        plain = await client.pages(LISTS[product], _BRANDS_OF_DAMAGES)
        brands = [(entry.brand, entry.companies) for entry in plain]
    found = {
        policy.policy_id: Listing(product=product, policy=policy, brand=brand, company=company.company_name)
        for brand, companies in brands
        for company in companies
        for policy in company.policies
    }
    return list(found.values())
