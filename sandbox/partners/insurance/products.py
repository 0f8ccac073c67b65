"""The insurer's policy APIs, companies and products."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from decimal import Decimal

from starlette.exceptions import HTTPException

from sandbox.population.model import InsurancePolicy, Life, Line

JsonObject = dict[str, object]

BRAND = "Ipê Seguros"
DAMAGES_COMPANY = ("Ipê Seguros Gerais S.A.", "11222333000181")
PERSONS_COMPANY = ("Ipê Vida e Previdência S.A.", "11444777000161")

PRODUCTS = {
    Line.AUTO: "Ipê Auto Completo",
    Line.LIFE: "Ipê Vida Individual",
    Line.PENSION: "Ipê Previdência Futuro",
    Line.HOUSING: "Ipê Habitacional",
}


class Api(enum.Enum):
    """A policy API: its resource name, its version, and the lines of business it serves."""

    AUTO = ("insurance-auto", "1.4.0", (Line.AUTO,), DAMAGES_COMPANY)
    PERSON = ("insurance-person", "1.6.1", (Line.LIFE, Line.PENSION), PERSONS_COMPANY)
    HOUSING = ("insurance-housing", "1.4.0", (Line.HOUSING,), DAMAGES_COMPANY)

    def __init__(
        self, resource: str, version: str, lines: tuple[Line, ...], company: tuple[str, str]
    ) -> None:
        self.path = f"/open-insurance/{resource}/v1/{resource}"
        self.version = version
        self.lines = lines
        self.company = company

    def policies(self, life: Life) -> Iterator[InsurancePolicy]:
        """The policies of a life that this API serves."""
        return (policy for policy in life.policies if policy.line in self.lines)

    def policy(self, life: Life, policy_id: str) -> InsurancePolicy:
        """The policy with that id.

        Raises:
            HTTPException: 404, this customer has no such policy in this API.
        """
        found = next((policy for policy in self.policies(life) if policy.id == policy_id), None)
        if found is None:
            raise HTTPException(404, "Apólice não encontrada")
        return found


def money(amount: Decimal) -> JsonObject:
    """``AmountDetails`` of an amount in the insurer's currency."""
    return {
        "amount": f"{amount:.2f}",
        "unitType": "MONETARIO",
        "unit": {"code": "R$", "description": "BRL"},
    }


def branch(line: Line) -> str:
    """Group and branch in the regulator's (SUSEP) numbering."""
    return {Line.AUTO: "0531", Line.LIFE: "1391", Line.PENSION: "1392", Line.HOUSING: "1065"}[line]
