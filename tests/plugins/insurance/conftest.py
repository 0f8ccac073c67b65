"""What the tests of the insurance connector share: a scripted partner and ways to ask the connector."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from c360.contract import Connector, Fetched, Need, Ref, connect
from c360.http import Request, Response, Transport
from c360.values import Secret
from plugins.insurance.config import OpinConfig
from plugins.insurance.connector import OpinBrInsurance

BASE_URL = "http://insurer.test/open-insurance"
TOKEN = "grant-that-nobody-may-see"


@dataclass
class Script:
    """A transport that answers each path with a status and a body, and 404 where it knows none."""

    answers: Mapping[str, Any]
    requests: list[Request] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        await asyncio.sleep(0)
        path = request.url.removeprefix(BASE_URL)
        answer = self.answers.get(path, 404)
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return Response(status=answer, headers={})
        return Response(
            status=200, headers={"content-type": "application/json"}, content=msgspec.json.encode(answer)
        )


@dataclass
class Insurer:
    """The connector over a partner."""

    partner: Any
    connector: Connector[OpinConfig]

    def ask(self, kinds: str | Sequence[str], *, token: str | None = TOKEN) -> dict[str, Fetched]:
        """Fetch kinds of one customer; answers by kind."""
        needs = [Need(kind=name) for name in ([kinds] if isinstance(kinds, str) else kinds)]
        ref = Ref(party_id="P-1", grant=Secret(token) if token else None)

        async def collect() -> dict[str, Fetched]:
            return {fetched.kind: fetched async for fetched in self.connector.fetch(needs, [ref])}

        return asyncio.run(collect())

    @property
    def requests(self) -> list[Request]:
        found: list[Request] = self.partner.requests
        return found

    @property
    def paths(self) -> list[str]:
        return [request.url.removeprefix(BASE_URL) for request in self.requests]


@pytest.fixture
def insurer() -> Callable[..., Insurer]:
    """Factory: the connector, with settings, over a transport or a partner that answers as told."""

    def build(answers: Mapping[str, Any] | Transport, **settings: Any) -> Insurer:
        partner = Script(answers) if isinstance(answers, Mapping) else answers
        connector = connect(
            OpinBrInsurance,
            msgspec.convert({"base_url": BASE_URL} | settings, OpinConfig),
            partner,
            instance="insurer",
            now=lambda: datetime(2026, 6, 15, 12, tzinfo=UTC),
        )
        return Insurer(partner, connector)

    return build


@pytest.fixture(scope="session")
def schemas(partner_specs: Path) -> dict[str, Any]:
    """The schemas of the published specification."""
    text = (partner_specs / "insurance-opin-bundle.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)["components"]["schemas"]
    return found


@pytest.fixture
def money() -> Callable[[str], dict[str, Any]]:
    """An amount in BRL as the API writes it."""
    return lambda amount: {
        "amount": amount,
        "unitType": "MONETARIO",
        "unit": {"code": "R$", "description": "BRL"},
    }


@pytest.fixture
def book(money: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """The answers of an insurer where one person holds a policy of each API."""
    auto, person, housing = (
        f"/insurance-{name}/v1/insurance-{name}" for name in ("auto", "person", "housing")
    )

    def pages(data: list[Any]) -> dict[str, Any]:
        return {"data": data, "links": {}, "meta": {"totalRecords": len(data), "totalPages": 1}}

    def companies(*policies: str) -> list[Any]:
        listed = [{"policyId": policy, "productName": f"Produto {policy}"} for policy in policies]
        return [{"companyName": "Seguradora S.A.", "cnpjNumber": "1" * 14, "policies": listed}]

    term = {"termStartDate": "2025-01-01", "termEndDate": "2026-01-01"}
    payment = {
        "movementDate": "2025-02-03",
        "movementType": "LIQUIDACAO_DE_PREMIO",
        "amount": money("50.00"),
        "maturityDate": "2025-02-01",
        "paymentType": "PIX",
    }
    claim = {
        "identification": "S-1",
        "status": "ENCERRADO_SEM_INDENIZACAO",
        "statusAlterationDate": "2025-04-01",
        "occurrenceDate": "2025-03-01",
        "warningDate": "2025-03-02",
        "amount": money("700.00"),
        "denialJustification": "FORA_COBERTURA",
        "coverages": [{"branch": "0531", "code": "VIDROS"}, {"branch": "0531", "code": "VIDROS"}],
    }
    return {
        "/customers/v2/personal/identifications": pages(
            [
                {
                    "updateDateTime": "2025-05-01T10:00:00Z",
                    "personalId": "C-9",
                    "civilName": "João Araújo",
                    "cpfNumber": "12345678909",
                    "birthDate": "1980-02-29",
                    "contact": {
                        "postalAddresses": [
                            {
                                "address": {
                                    "flagPostCode": "NACIONAL",
                                    "address": {
                                        "type": "RUA",
                                        "name": "Augusta",
                                        "number": "12",
                                        "addressComplementaryInfo": "Ap 3",
                                        "districtName": "Centro",
                                        "townName": "São Paulo",
                                        "countrySubDivision": "SP",
                                        "postCode": "01310100",
                                    },
                                }
                            }
                        ],
                        "phones": [{"countryCallingCode": "55", "areaCode": "11", "number": "987654321"}],
                        "emails": [{"email": "joao@mail.example"}],
                    },
                }
            ]
        ),
        auto: pages([{"brand": "Marca", "companies": companies("A1")}]),
        person: pages([{"brand": {"name": "Marca", "companies": companies("B1")}}]),
        housing: pages([{"brand": "Marca", "companies": companies("C1")}]),
        f"{auto}/A1/policy-info": {
            "data": {
                "policyId": "A1",
                "documentType": "APOLICE_FROTA_AUTOMOVEL",
                "issuanceDate": "2024-12-20",
                **term,
                "maxLMG": money("90000.00"),
                "insuredObjects": [
                    {
                        "identification": "ABC1D23",
                        "type": "AUTOMOVEL",
                        "description": "Fiat Uno",
                        "model": "001234-5",
                        "year": "2019",
                        "riskPostCode": "01310100",
                        "coverages": [
                            {
                                "branch": "0531",
                                "code": "CASCO_COMPREENSIVA",
                                "LMI": money("90000.00"),
                                "isMainCoverage": True,
                                "premiumAmount": money("600.00"),
                                **term,
                            }
                        ],
                    }
                ],
                "coverages": [
                    {
                        "branch": "0531",
                        "code": "CASCO_COMPREENSIVA",
                        "deductible": {"type": "NORMAL", "amount": money("4500.00")},
                    }
                ],
            }
        },
        f"{person}/B1/policy-info": {
            "data": {
                "policyId": "B1",
                "documentType": "CERTIFICADO",
                **term,
                "withdrawals": [
                    {"occurrenceWithdrawal": False},
                    {
                        "occurrenceWithdrawal": True,
                        "type": "PARCIAL",
                        "amount": money("100.00"),
                        "requestDate": "2025-05-01",
                        "movementDate": "2025-05-09",
                        "withdrawalCause": "RESGATE_REGULAR",
                    },
                ],
                "portabilities": [
                    {
                        "occurrencePortability": True,
                        "direction": "ENTRADA",
                        "type": "TOTAL",
                        "amount": money("5000.00"),
                        "movementDate": "2025-01-09",
                    }
                ],
                "insuredObjects": [
                    {
                        "type": "PESSOA",
                        "description": "Titular",
                        "coverages": [
                            {
                                "branch": "1392",
                                "code": "SOBREVIVENCIA",
                                "LMI": {"amount": "10.00", "unitType": "PORCENTAGEM"},
                                "isMainCoverage": True,
                                "financialType": "CAPITALIZACAO",
                                "pmbacInterestRate": "3.25",
                                "incomeInterestRate": "2.50",
                                "grace": [
                                    {
                                        "type": "RESGATE",
                                        "gracePeriodStartDate": "2025-01-01",
                                        "gracePeriodEndDate": "2025-03-01",
                                    }
                                ],
                                **term,
                            },
                            {"branch": "1391", "code": "MORTE", "isMainCoverage": False, **term},
                        ],
                    }
                ],
                "PMBaC": {"pmbacAmount": money("12345.67")},
            }
        },
        f"{housing}/C1/policy-info": {
            "data": {
                "policyId": "C1",
                "documentType": "APOLICE_INDIVIDUAL",
                **term,
                "maxLMG": money("300000.00"),
                "insuredObjects": [
                    {
                        "identification": "I-1",
                        "type": "OUTROS",
                        "description": "Apartamento",
                        "amount": money("300000.00"),
                        "coverages": [],
                    }
                ],
                "branchInfo": {
                    "insuredObjects": [
                        {"identification": "I-0", "propertyType": "CASA", "postCode": "1"},
                        {"identification": "I-1", "propertyType": "APARTAMENTO", "postCode": "20000000"},
                    ],
                    "insureds": [],
                },
            }
        },
        f"{auto}/A1/premium": {
            "data": {
                "paymentsQuantity": "12",
                "amount": money("600.00"),
                "payments": [
                    payment | {"movementPaymentsNumber": 1.0},
                    payment | {"movementPaymentsNumber": 2, "movementDate": "2025-03-03"},
                ],
            }
        },
        f"{person}/B1/premium": {
            "data": {
                "paymentsQuantity": 1,
                "amount": money("600.00"),
                "payments": [payment | {"movementPaymentsNumber": 7}],
            }
        },
        f"{housing}/C1/premium": {
            "data": {
                "paymentsQuantity": 3,
                "amount": money("600.00"),
                "payments": [payment | {"movementPaymentsNumber": "2"}],
            }
        },
        f"{auto}/A1/claim": pages([claim, claim | {"identification": "S-2", "occurrenceDate": "2025-06-01"}]),
        f"{person}/B1/claim": pages(
            [{"recipientIdentification": "1", "recipientName": "Outra Pessoa"}, claim | {"status": "ABERTO"}]
        ),
        f"{housing}/C1/claim": 204,
    }
