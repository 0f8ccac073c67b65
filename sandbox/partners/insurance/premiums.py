"""Premiums: the contract's total and every movement so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from sandbox.partners.insurance.access import Visit
from sandbox.partners.insurance.answers import Answer
from sandbox.partners.insurance.coverages import covers
from sandbox.partners.insurance.products import Api, JsonObject, money
from sandbox.partners.insurance.spelling import digits
from sandbox.population.model import Event, EventKind, InsurancePolicy, Life, Presence


def premium(api: Api) -> Callable[[Visit], Answer]:
    """The premium of one policy."""

    def answer(visit: Visit) -> Answer:
        policy = api.policy(visit.life, visit.request.path_params["policyId"])
        return Answer(premium_of(api, visit.life, visit.presence, policy))

    return answer


def premium_of(api: Api, life: Life, presence: Presence, policy: InsurancePolicy) -> JsonObject:
    """The premium of a policy, and what became of each instalment."""
    count = months(policy.start, policy.end)
    total = policy.monthly_premium * count
    return {
        "paymentsQuantity": f"{count}" if api is Api.AUTO else count,
        "amount": money(total),
        "coverages": [cover.of_bill(total) for cover in covers(policy.line)],
        "payments": [
            movement
            for number, event in enumerate(_instalments(life, policy), start=1)
            for movement in _movements(api, presence, number, event, policy)
        ],
    }


def months(start: date, end: date) -> int:
    """Monthly instalments of a term, from 1 to the 999 that the API can count."""
    return min(max((end.year - start.year) * 12 + end.month - start.month, 1), 999)


def _instalments(life: Life, policy: InsurancePolicy) -> Sequence[Event]:
    """What became of each instalment that fell due, oldest first."""
    return [
        event
        for event in life.at("insurance")
        if event.holding == policy.id and event.kind in {EventKind.PREMIUM_PAID, EventKind.PREMIUM_MISSED}
    ]


def _movements(
    api: Api, presence: Presence, number: int, event: Event, policy: InsurancePolicy
) -> Iterator[JsonObject]:
    """An instalment is issued when it falls due; only one that was paid is settled as well."""
    due = event.detail.get("due_on") or event.at.date().isoformat()
    instalment: JsonObject = {
        "movementPaymentsNumber": f"{number}" if api is Api.HOUSING else number,
        "amount": money(event.amount or policy.monthly_premium),
        "maturityDate": due,
    }
    yield instalment | {"movementDate": due, "movementType": "EMISSAO_DE_PREMIO_SEM_ENDOSSO"}
    if event.kind is EventKind.PREMIUM_PAID:
        name = presence.organization_name or f"{presence.given_name} {presence.family_name}"
        yield instalment | {
            "movementDate": event.at.date().isoformat(),
            "movementType": "LIQUIDACAO_DE_PREMIO",
            "movementOrigin": "EMISSAO_DIRETA",
            "tellerId": digits(presence.tax_id),
            "tellerIdType": "CNPJ" if presence.organization else "CPF",
            "tellerName": name[:100],
            "financialInstitutionCode": "001",
            "paymentType": "TEF",
        }
