"""What the Open Insurance Brasil answers carry, as far as it is used. Unknown fields are ignored.

Enumerations stay texts here: a value that a later version adds must not void an answer; the
mapping turns it into ``OTHER``. Fields that the specification requires but no record depends on
are optional here, for the same reason.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec


class Wire(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """A part of an answer; its names are the specification's."""


class Meta(Wire, frozen=True, kw_only=True):
    """Size of a result over all pages."""

    total_records: int = 0
    total_pages: int = 0


class Links(Wire, frozen=True, kw_only=True):
    """Neighbouring pages. Only whether there is a next one is used, its address never is."""

    next: str | None = None


T = TypeVar("T")


class One(Wire, Generic[T], frozen=True, kw_only=True):
    """An answer with one object."""

    data: T


class Page(Wire, Generic[T], frozen=True, kw_only=True):
    """An answer with a page of objects."""

    data: tuple[T, ...]
    links: Links = Links()
    meta: Meta | None = None


class Unit(Wire, frozen=True, kw_only=True):
    """Currency of an amount: ``code`` is its sign, ``description`` its ISO 4217 code."""

    description: str | None = None


class Amount(Wire, frozen=True, kw_only=True):
    """``AmountDetails``: money, a percentage, or a number of something else."""

    amount: Decimal
    unit_type: str
    unit: Unit | None = None


# --- customers/v2: who the customer is ---------------------------------------------------------


class Email(Wire, frozen=True, kw_only=True):
    """An e-mail address."""

    email: str | None = None


class Phone(Wire, frozen=True, kw_only=True):
    """A phone number in parts; each part may be the text ``NA``."""

    country_calling_code: str | None = None
    area_code: str | None = None
    number: str | None = None


class AddressParts(Wire, frozen=True, kw_only=True):
    """A national or international address: the two differ in the district and the country."""

    type: str | None = None
    name: str | None = None
    number: str | None = None
    address_complementary_info: str | None = None
    district_name: str | None = None
    district: str | None = None
    town_name: str | None = None
    country_sub_division: str | None = None
    post_code: str | None = None
    country_code: str | None = None


class FlaggedAddress(Wire, frozen=True, kw_only=True):
    """An address with the flag that says whether it is a Brazilian one."""

    flag_post_code: str | None = None
    address: AddressParts


class PostalAddressEntry(Wire, frozen=True, kw_only=True):
    """An entry of the list of addresses."""

    address: FlaggedAddress


class Contact(Wire, frozen=True, kw_only=True):
    """Ways to reach the customer."""

    postal_addresses: tuple[PostalAddressEntry, ...] = ()
    phones: tuple[Phone, ...] = ()
    emails: tuple[Email, ...] = ()


class PersonalDocument(Wire, frozen=True, kw_only=True):
    """A Brazilian identity document."""

    type: str | None = None
    number: str | None = None


class ForeignDocument(Wire, frozen=True, kw_only=True):
    """A foreign identity document; its type and country are free text."""

    type: str | None = None
    number: str | None = None
    country: str | None = None


class PersonalIdentification(Wire, frozen=True, kw_only=True):
    """A natural person."""

    civil_name: str
    cpf_number: str | None = None
    personal_id: str | None = None
    social_name: str | None = None
    birth_date: date | None = None
    documents: tuple[PersonalDocument, ...] = ()
    other_documents: ForeignDocument | None = None
    contact: Contact = Contact()
    update_date_time: datetime | None = None


class BusinessDocument(Wire, frozen=True, kw_only=True):
    """Registrations of a company."""

    businesscnpj_number: str | None = None
    business_register_number_origin_country: str | None = None
    country: str | None = None


class BusinessIdentification(Wire, frozen=True, kw_only=True):
    """A company."""

    business_name: str
    business_id: str | None = None
    document: BusinessDocument = BusinessDocument()
    contact: Contact = Contact()
    update_date_time: datetime | None = None


# --- lists of policies ---------------------------------------------------------------------------


class ListedPolicy(Wire, frozen=True, kw_only=True):
    """A policy in a list."""

    policy_id: str
    product_name: str | None = None


class Company(Wire, frozen=True, kw_only=True):
    """A company of a brand with the policies it issued."""

    company_name: str | None = None
    policies: tuple[ListedPolicy, ...] = ()


class BrandOfDamages(Wire, frozen=True, kw_only=True):
    """A brand in the lists of the motor and housing APIs."""

    brand: str | None = None
    companies: tuple[Company, ...] = ()


class PersonBrand(Wire, frozen=True, kw_only=True):
    """The inner object of the person API's list."""

    name: str | None = None
    companies: tuple[Company, ...] = ()


class BrandOfPersons(Wire, frozen=True, kw_only=True):
    """A brand in the list of the person API, which nests one level deeper."""

    brand: PersonBrand


# --- policies --------------------------------------------------------------------------------------


class Grace(Wire, frozen=True, kw_only=True):
    """A grace period of a life or pension cover."""

    type: str
    grace_period_start_date: date | None = None
    grace_period_end_date: date | None = None


class ObjectCoverage(Wire, frozen=True, kw_only=True):
    """A cover of an insured object; the rates and ``grace`` exist in the person API alone."""

    code: str
    branch: str | None = None
    description: str | None = None
    limit: Amount | None = msgspec.field(name="LMI", default=None)
    premium_amount: Amount | None = None
    term_start_date: date | None = None
    term_end_date: date | None = None
    is_main_coverage: bool | None = None
    financial_type: str | None = None
    pmbac_interest_rate: Decimal | None = None
    income_interest_rate: Decimal | None = None
    grace: tuple[Grace, ...] = ()


class ObjectOfPolicy(Wire, frozen=True, kw_only=True):
    """An insured object."""

    type: str
    description: str
    identification: str | None = None
    model: str | None = None
    year: str | None = None
    risk_post_code: str | None = None
    amount: Amount | None = None
    coverages: tuple[ObjectCoverage, ...] = ()


class Deductible(Wire, frozen=True, kw_only=True):
    """A deductible."""

    amount: Amount | None = None


class PolicyCoverage(Wire, frozen=True, kw_only=True):
    """What the policy as a whole says of a cover."""

    code: str
    branch: str | None = None
    deductible: Deductible | None = None


class HousingObject(Wire, frozen=True, kw_only=True):
    """What the housing API adds to an insured object."""

    identification: str
    property_type: str | None = None
    post_code: str | None = None


class HousingInfo(Wire, frozen=True, kw_only=True):
    """The housing API's own part of a policy."""

    insured_objects: tuple[HousingObject, ...] = ()


class WithdrawalEntry(Wire, frozen=True, kw_only=True):
    """A surrender, or the statement that there was none."""

    occurrence_withdrawal: bool
    type: str | None = None
    request_date: date | None = None
    amount: Amount | None = None
    movement_date: date | None = None
    withdrawal_cause: str | None = None


class PortabilityEntry(Wire, frozen=True, kw_only=True):
    """A move of a reserve between insurers, or the statement that there was none."""

    occurrence_portability: bool
    direction: str | None = None
    type: str | None = None
    amount: Amount | None = None
    request_date: date | None = None
    movement_date: date | None = None


class Reserve(Wire, frozen=True, kw_only=True):
    """*Provisão Matemática de Benefícios a Conceder*; null where there is no balance."""

    pmbac_amount: Amount | None = None


class PolicyInfo(Wire, frozen=True, kw_only=True):
    """A policy. The three APIs agree but for the parts that only one of them has."""

    policy_id: str
    document_type: str | None = None
    issuance_date: date | None = None
    term_start_date: date | None = None
    term_end_date: date | None = None
    insured_objects: tuple[ObjectOfPolicy, ...] = ()
    coverages: tuple[PolicyCoverage, ...] = ()
    max_limit: Amount | None = msgspec.field(name="maxLMG", default=None)
    branch_info: HousingInfo | None = None
    withdrawals: tuple[WithdrawalEntry, ...] = ()
    portabilities: tuple[PortabilityEntry, ...] = ()
    reserve: Reserve | None = msgspec.field(name="PMBaC", default=None)


# --- premiums and claims ----------------------------------------------------------------------------


class Payment(Wire, frozen=True, kw_only=True):
    """A movement of premium; the three APIs write the instalment's number in three JSON types."""

    movement_date: date | None = None
    movement_type: str
    movement_payments_number: str | int | float | None = None
    amount: Amount | None = None
    maturity_date: date | None = None
    payment_type: str | None = None


class PremiumInfo(Wire, frozen=True, kw_only=True):
    """The premium of a policy; the number of instalments is a text in the motor API."""

    payments_quantity: str | int | None = None
    amount: Amount | None = None
    payments: tuple[Payment, ...] = ()


class ClaimCoverage(Wire, frozen=True, kw_only=True):
    """A cover that a claim falls under."""

    code: str


class ClaimBody(Wire, frozen=True, kw_only=True):
    """What both kinds of entries may carry."""

    status_alteration_date: date | None = None
    occurrence_date: date | None = None
    warning_date: date | None = None
    amount: Amount | None = None
    denial_justification: str | None = None
    denial_justification_description: str | None = None
    coverages: tuple[ClaimCoverage, ...] = ()


class ClaimInfo(ClaimBody, frozen=True, kw_only=True):
    """A claim in the motor and housing APIs."""

    identification: str
    status: str


class PersonClaimEntry(ClaimBody, frozen=True, kw_only=True):
    """An entry of the person API's list: a claim, or somebody who receives an income out of one.

    The two cannot be told apart but by the claim's identification, which recipients do not have.
    """

    identification: str | None = None
    status: str | None = None
