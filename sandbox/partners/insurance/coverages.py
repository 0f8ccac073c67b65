"""The covers of the insurer's products, as the details and the premiums write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sandbox.partners.insurance.products import JsonObject, branch, money
from sandbox.population.model import InsurancePolicy, Line

SUSEP_PROCESS = "15414.900000/2020-00"
GRACE = timedelta(days=60)


@dataclass(frozen=True)
class Cover:
    """A cover of a product."""

    code: str
    line: Line
    main: bool
    of_sum: Decimal
    """Its limit, as a share of the policy's sum insured."""
    of_premium: Decimal
    """Its premium, as a share of the policy's."""
    deductible: Decimal | None = None
    """What the customer bears, as a share of the limit."""
    trigger: str = "OUTROS"

    def key(self) -> JsonObject:
        """What names the cover everywhere."""
        return {"branch": branch(self.line), "code": self.code}

    def of_object(self, policy: InsurancePolicy) -> JsonObject:
        """The cover as part of an insured object."""
        cover = self.key() | {
            "susepProcessNumber": SUSEP_PROCESS,
            "LMI": money(policy.sum_insured * self.of_sum),
            "termStartDate": policy.start.isoformat(),
            "termEndDate": policy.end.isoformat(),
            "isMainCoverage": self.main,
            "feature": "MASSIFICADOS",
            "type": "REGULAR_COMUM",
        }
        if self.line in {Line.LIFE, Line.PENSION}:
            return cover | self._of_person(policy)
        cover["premiumPeriodicity"] = "MENSAL"
        if self.line is Line.AUTO:
            cover["premiumAmount"] = money(policy.monthly_premium * self.of_premium)
        return cover

    def of_policy(self, policy: InsurancePolicy, share: Decimal) -> JsonObject:
        """The cover as part of the policy: what the customer bears, as a share of its limit."""
        deductible: JsonObject = {
            "type": "NORMAL",
            "amount": money(policy.sum_insured * self.of_sum * share),
        }
        if self.line is not Line.AUTO:
            deductible |= {
                "period": 0,
                "periodicity": "DIA",
                "periodStartDate": policy.start.isoformat(),
                "periodEndDate": policy.start.isoformat(),
                "description": "Participação obrigatória do segurado",
            }
        return self.key() | {"deductible": deductible}

    def of_bill(self, total: Decimal) -> JsonObject:
        """The cover's share in a premium."""
        return self.key() | {"premiumAmount": money(total * self.of_premium)}

    def _of_person(self, policy: InsurancePolicy) -> JsonObject:
        terms: JsonObject = {
            "triggerEvent": self.trigger,
            "financialType": "REPARTICAO_SIMPLES",
            "benefitPaymentModality": "UNICO",
        }
        if self.trigger == "OUTROS":
            terms["triggerEventOthers"] = "Sobrevivência ao prazo"
        if policy.reserve is not None and self.main:
            terms |= {
                "financialType": "CAPITALIZACAO",
                "benefitPaymentModality": "RENDA" if self.line is Line.PENSION else "UNICO",
                "pmbacInterestRate": "3.00",
                "incomeInterestRate": "2.50",
                "pmbacMonetaryUpdateIndex": "IPCA-IBGE",
                "pmbacIndexLag": 1,
                "grace": [
                    {
                        "type": kind,
                        "gracePeriod": GRACE.days,
                        "gracePeriodicity": "DIA",
                        "gracePeriodCountingMethod": "DIAS_CORRIDOS",
                        "gracePeriodStartDate": policy.start.isoformat(),
                        "gracePeriodEndDate": (policy.start + GRACE).isoformat(),
                        "period": GRACE.days,
                    }
                    for kind in ("RESGATE", "PORTABILIDADE")
                ],
            }
        return terms


_COVERS = {
    Line.AUTO: (
        Cover("CASCO_COMPREENSIVA", Line.AUTO, True, Decimal(1), Decimal("0.7"), Decimal("0.05")),
        Cover(
            "RESPONSABILIDADE_CIVIL_FACULTATIVA_DE_VEICULOS_RCFV",
            Line.AUTO,
            False,
            Decimal("0.5"),
            Decimal("0.3"),
        ),
    ),
    Line.LIFE: (
        Cover("MORTE", Line.LIFE, True, Decimal(1), Decimal("0.8"), trigger="MORTE"),
        Cover(
            "INVALIDEZ_TOTAL_POR_ACIDENTE",
            Line.LIFE,
            False,
            Decimal("0.5"),
            Decimal("0.2"),
            trigger="INVALIDEZ",
        ),
    ),
    Line.PENSION: (Cover("SOBREVIVENCIA", Line.PENSION, True, Decimal(1), Decimal(1)),),
    Line.HOUSING: (
        Cover("DANOS_FISICOS_AO_IMOVEL", Line.HOUSING, True, Decimal(1), Decimal("0.75"), Decimal("0.01")),
        Cover("DANOS_ELETRICOS", Line.HOUSING, False, Decimal("0.05"), Decimal("0.25")),
    ),
}


def covers(line: Line) -> Sequence[Cover]:
    """The covers of the product of a line of business, the main one first."""
    return _COVERS[line]


def deductibles(policy: InsurancePolicy) -> Sequence[JsonObject]:
    """What the customer bears under each cover that has a deductible."""
    return [
        cover.of_policy(policy, cover.deductible)
        for cover in covers(policy.line)
        if cover.deductible is not None
    ]
