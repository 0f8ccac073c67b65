"""Lists of policies and their details."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal

from c360.countries import alpha3
from sandbox.partners.insurance.access import Visit
from sandbox.partners.insurance.answers import Answer, Paging, paged
from sandbox.partners.insurance.coverages import covers, deductibles
from sandbox.partners.insurance.customers import EMAIL, state
from sandbox.partners.insurance.products import BRAND, PRODUCTS, Api, JsonObject, money
from sandbox.partners.insurance.spelling import digits
from sandbox.population.model import InsurancePolicy, Presence


def listing(api: Api) -> Callable[[Visit], Answer]:
    """The list of an API: a page of policies, under their company and brand."""

    def answer(visit: Visit) -> Answer:
        policies = sorted(api.policies(visit.life), key=lambda policy: (policy.start, policy.id))
        paging = Paging.of(visit.request)
        name, cnpj = api.company
        company = {
            "companyName": name,
            "cnpjNumber": cnpj,
            "policies": [
                {"policyId": policy.id, "productName": PRODUCTS[policy.line]}
                for policy in policies[(paging.number - 1) * paging.size : paging.number * paging.size]
            ],
        }
        brand: JsonObject = (
            {"brand": {"name": BRAND, "companies": [company]}}
            if api is Api.PERSON
            else {"brand": BRAND, "companies": [company]}
        )
        return paged(visit.request, paging, [brand] if policies else [], len(policies))

    return answer


def details(api: Api) -> Callable[[Visit], Answer]:
    """What the insurer states of one policy."""

    def answer(visit: Visit) -> Answer:
        policy = api.policy(visit.life, visit.request.path_params["policyId"])
        return Answer(policy_info(api, visit.presence, policy))

    return answer


def policy_info(api: Api, presence: Presence, policy: InsurancePolicy) -> JsonObject:
    """The details of a policy."""
    special = {Api.AUTO: _motor, Api.PERSON: _person, Api.HOUSING: _housing}[api]
    return _common(presence, policy) | special(presence, policy)


def _common(presence: Presence, policy: InsurancePolicy) -> JsonObject:
    return {
        "documentType": "APOLICE_INDIVIDUAL",
        "policyId": policy.id,
        "issuanceType": "EMISSAO_PROPRIA",
        "issuanceDate": (policy.start - timedelta(days=5)).isoformat(),
        "termStartDate": policy.start.isoformat(),
        "termEndDate": policy.end.isoformat(),
        "proposalId": f"P-{policy.id}"[:60],
        "insureds": _insureds(presence),
    }


def _insureds(presence: Presence) -> Sequence[JsonObject]:
    """The customer as insured person; the API requires a birth date, which a company has not."""
    if presence.birth_date is None:
        return []
    address = presence.address
    person: JsonObject = {
        "identification": digits(presence.tax_id),
        "identificationType": "CPF",
        "name": f"{presence.given_name} {presence.family_name}"[:60],
        "birthDate": presence.birth_date.isoformat(),
        "postCode": address.postal_code,
        "city": address.city,
        "state": state(address),
        "country": alpha3(address.country),
        "address": f"{address.street}, {address.number}"[:60],
    }
    if presence.email and EMAIL.fullmatch(presence.email):
        person["email"] = presence.email
    return [person]


def _motor(_presence: Presence, policy: InsurancePolicy) -> JsonObject:
    vehicle: JsonObject = {
        "identification": f"V-{policy.id}",
        "type": "AUTOMOVEL",
        "description": policy.thing,
        "modality": "VALOR_DE_MERCADO_REFERENCIADO",
        "amountReferenceTable": "FIPE",
        "vehicleUsage": "LOCOMOCAO_DIARIA",
        "coverages": [cover.of_object(policy) for cover in covers(policy.line)],
    }
    year = policy.thing.split(" ")[-1]
    if len(year) == 4 and year.isdigit():
        vehicle["year"] = year
    return {
        "documentType": "APOLICE_INDIVIDUAL_AUTOMOVEL",
        "maxLMG": money(policy.sum_insured),
        "insuredObjects": [vehicle],
        "coverages": deductibles(policy),
        "repairNetwork": "REDE_REFERENCIADA",
        "repairedPartsUsageType": "NOVA",
        "repairedPartsClassification": "ORIGINAL",
        "repairedPartsNationality": "NACIONAL_E_IMPORTADA",
        "validityType": "ANUAL",
    }


def _person(_presence: Presence, policy: InsurancePolicy) -> JsonObject:
    return {
        "withdrawals": [{"occurrenceWithdrawal": False}],
        "portabilities": [{"occurrencePortability": False}],
        "insuredObjects": [
            {
                "type": "PESSOA",
                "description": policy.thing,
                "coverages": [cover.of_object(policy) for cover in covers(policy.line)],
            }
        ],
        "coverages": deductibles(policy),
        "PMBaC": {"pmbacAmount": money(policy.reserve or Decimal(0))},
    }


def _housing(presence: Presence, policy: InsurancePolicy) -> JsonObject:
    thing = f"I-{policy.id}"
    return {
        "maxLMG": money(policy.sum_insured),
        "insuredObjects": [
            {
                "identification": thing,
                "type": "OUTROS",
                "typeAdditionalInfo": "Imóvel",
                "description": policy.thing,
                "amount": money(policy.sum_insured),
                "coverages": [cover.of_object(policy) for cover in covers(policy.line)],
            }
        ],
        "coverages": deductibles(policy),
        "branchInfo": {
            "insuredObjects": [
                {
                    "identification": thing,
                    "propertyType": "APARTAMENTO" if "part" in policy.thing.casefold() else "CASA",
                    "postCode": presence.address.postal_code,
                    "interestRate": "8.50",
                    "costRate": "0.90",
                    "updateIndex": "TR_BC",
                    "lenders": [],
                }
            ],
            "insureds": [
                {
                    "identification": digits(presence.tax_id),
                    "identificationType": "CNPJ" if presence.organization else "CPF",
                }
            ],
        },
    }
