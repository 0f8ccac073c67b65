"""Claims of one policy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from sandbox.partners.insurance.access import Visit
from sandbox.partners.insurance.answers import Answer, Paging, paged
from sandbox.partners.insurance.coverages import covers
from sandbox.partners.insurance.products import Api, JsonObject, money
from sandbox.population.model import Event, EventKind, InsurancePolicy, Life

STATUSES = {
    "OPEN": "ABERTO",
    "CLOSED_PAID": "ENCERRADO_COM_INDENIZACAO",
    "CLOSED_UNPAID": "ENCERRADO_SEM_INDENIZACAO",
}


def claims(api: Api) -> Callable[[Visit], Answer]:
    """A page of the claims made under a policy, oldest first."""

    def answer(visit: Visit) -> Answer:
        policy = api.policy(visit.life, visit.request.path_params["policyId"])
        paging = Paging.of(visit.request)
        found = claims_of(api, visit.life, policy)
        return paged(visit.request, paging, paging.cut(found), len(found))

    return answer


def claims_of(api: Api, life: Life, policy: InsurancePolicy) -> list[JsonObject]:
    """Every claim made under a policy, oldest first."""
    return [
        _claim(api, policy, event)
        for event in life.at("insurance")
        if event.kind is EventKind.CLAIM and event.holding == policy.id
    ]


def _claim(api: Api, policy: InsurancePolicy, event: Event) -> JsonObject:
    status = event.detail.get("status", "OPEN")
    reported = date.fromisoformat(event.detail.get("reported_on") or event.at.date().isoformat())
    main = covers(policy.line)[0]
    claim: JsonObject = {
        "identification": event.id[:50],
        "status": STATUSES[status],
        "statusAlterationDate": event.detail.get("settled_on") or reported.isoformat(),
        "occurrenceDate": event.at.date().isoformat(),
        "warningDate": reported.isoformat(),
        "amount": money(event.amount or Decimal(0)),
        "coverages": [main.key()],
    }
    if status == "CLOSED_UNPAID":
        claim["denialJustification"] = "FORA_COBERTURA"
    if api is Api.PERSON:
        claim["warningRegisterDate"] = reported.isoformat()
    return claim
