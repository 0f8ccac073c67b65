"""The API's Portuguese enumerations in the graph's terms; what is not listed becomes ``OTHER``.

The tables are complete over the published specification, which a test reads.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from c360.records.insurance import (
    ClaimStatus,
    CoverageFunding,
    DenialReason,
    GraceKind,
    InsuredObjectKind,
    MoveExtent,
    PaymentMeans,
    PolicyDocument,
    PolicyLine,
    PremiumMovement,
    PropertyKind,
    TransferDirection,
    WithdrawalCause,
)
from c360.records.party import IdentifierKind

E = TypeVar("E", bound=enum.Enum)

POLICY_DOCUMENTS: Mapping[str, PolicyDocument] = MappingProxyType(
    {
        "APOLICE_INDIVIDUAL": PolicyDocument.INDIVIDUAL_POLICY,
        "APOLICE_INDIVIDUAL_AUTOMOVEL": PolicyDocument.INDIVIDUAL_POLICY,
        "APOLICE_FROTA_AUTOMOVEL": PolicyDocument.FLEET_POLICY,
        "BILHETE": PolicyDocument.TICKET,
        "CERTIFICADO": PolicyDocument.GROUP_CERTIFICATE,
        "CERTIFICADO_AUTOMOVEL": PolicyDocument.GROUP_CERTIFICATE,
    }
)

INSURED_OBJECTS: Mapping[str, InsuredObjectKind] = MappingProxyType(
    {
        "AUTOMOVEL": InsuredObjectKind.VEHICLE,
        "CONDUTOR": InsuredObjectKind.DRIVER,
        "FROTA": InsuredObjectKind.FLEET,
        "PESSOA": InsuredObjectKind.PERSON,
        "CONTRATO": InsuredObjectKind.CONTRACT,
        "PROCESSO_ADMINISTRATIVO": InsuredObjectKind.LEGAL_PROCEEDING,
        "PROCESSO_JUDICIAL": InsuredObjectKind.LEGAL_PROCEEDING,
        "OUTROS": InsuredObjectKind.OTHER,
    }
)

PROPERTIES: Mapping[str, PropertyKind] = MappingProxyType(
    {
        "CASA": PropertyKind.HOUSE,
        "APARTAMENTO": PropertyKind.APARTMENT,
        "COMERCIAL": PropertyKind.COMMERCIAL,
        "OUTROS": PropertyKind.OTHER,
    }
)

PERSON_LINES: Mapping[str, PolicyLine] = MappingProxyType(
    {
        "SOBREVIVENCIA": PolicyLine.PENSION,
        "MORTE": PolicyLine.LIFE,
        "MORTE_ACIDENTAL": PolicyLine.LIFE,
        "INVALIDEZ_TOTAL_POR_ACIDENTE": PolicyLine.LIFE,
        "INVALIDEZ_PARCIAL_POR_ACIDENTE": PolicyLine.LIFE,
        "INVALIDEZ_TOTAL_E_PARCIAL_POR_ACIDENTE": PolicyLine.LIFE,
        "INVALIDEZ_FUNCIONAL_PERMANENTE_TOTAL_POR_DOENCA": PolicyLine.LIFE,
        "INVALIDEZ_LABORATIVA_PERMANENTE_TOTAL_POR_DOENCA": PolicyLine.LIFE,
        "INCAPACIDADE_TEMPORARIA": PolicyLine.LIFE,
        "DOENCA_GRAVE": PolicyLine.LIFE,
        "DESEMPREGO_PERDA_DE_RENDA": PolicyLine.OTHER,
        "INTERNACAO_HOSPITALAR": PolicyLine.OTHER,
        "DESPESAS_MEDICAS_HOSPITALARES_E_ODONTOLOGICAS_BRASIL": PolicyLine.OTHER,
        "DESPESAS_MEDICAS_HOSPITALARES_E_ODONTOLOGICAS_EXTERIOR": PolicyLine.OTHER,
        "TRANSPLANTE_DE_ORGAOS": PolicyLine.OTHER,
        "CIRURGIA": PolicyLine.OTHER,
        "TRASLADO_DE_CORPO": PolicyLine.OTHER,
        "REGRESSO_SANITARIO": PolicyLine.OTHER,
        "TRASLADO_MEDICO": PolicyLine.OTHER,
        "CANCELAMENTO_DE_VIAGEM": PolicyLine.OTHER,
        "REGRESSO_ANTECIPADO": PolicyLine.OTHER,
        "OUTRAS": PolicyLine.OTHER,
    }
)
"""What a cover of the person API makes of its policy. The API names no line itself; cover for
survival is what its pension plans consist of, cover of travel, income and treatment is neither."""

FUNDINGS: Mapping[str, CoverageFunding] = MappingProxyType(
    {
        "REPARTICAO_SIMPLES": CoverageFunding.PAY_AS_YOU_GO,
        "REPARTICAO_POR_CAPITAIS_DE_COBERTURA": CoverageFunding.TERMINAL_FUNDING,
        "CAPITALIZACAO": CoverageFunding.CAPITALISATION,
    }
)

GRACES: Mapping[str, GraceKind] = MappingProxyType(
    {"PORTABILIDADE": GraceKind.TRANSFER, "RESGATE": GraceKind.WITHDRAWAL}
)

EXTENTS: Mapping[str, MoveExtent] = MappingProxyType(
    {"TOTAL": MoveExtent.TOTAL, "PARCIAL": MoveExtent.PARTIAL}
)

WITHDRAWAL_CAUSES: Mapping[str, WithdrawalCause] = MappingProxyType(
    {
        "RESGATE_REGULAR": WithdrawalCause.REGULAR,
        "MORTE": WithdrawalCause.DEATH,
        "INVALIDEZ": WithdrawalCause.DISABILITY,
        "PAGAMENTO_FINANCEIRO_PROGRAMADO": WithdrawalCause.SCHEDULED_PAYMENT,
        "CUSTEIO_DE_COBERTURA_DE_RISCOS_EM_PLANOS_CONJUGADOS": WithdrawalCause.FUNDING_OF_RISK_COVER,
        "ASSISTENCIA_FINANCEIRA": WithdrawalCause.FINANCIAL_ASSISTANCE,
    }
)

DIRECTIONS: Mapping[str, TransferDirection] = MappingProxyType(
    {"ENTRADA": TransferDirection.IN, "SAIDA": TransferDirection.OUT}
)

MOVEMENTS: Mapping[str, PremiumMovement] = MappingProxyType(
    {
        "EMISSAO_DE_PREMIO_SEM_ENDOSSO": PremiumMovement.PREMIUM_ISSUED,
        "LIQUIDACAO_DE_PREMIO": PremiumMovement.PREMIUM_SETTLED,
        "ESTORNO_DE_PREMIO": PremiumMovement.PREMIUM_REVERSED,
        "CANCELAMENTO_DE_PREMIO_E_PARCELA_SEM_ENDOSSO": PremiumMovement.PREMIUM_CANCELLED,
        "EMISSAO_DE_RESTITUICAO_DE_PREMIO_SEM_ENDOSSO": PremiumMovement.REFUND_ISSUED,
        "LIQUIDACAO_DE_RESTITUICAO_DE_PREMIO": PremiumMovement.REFUND_SETTLED,
        "ESTORNO_DE_RESTITUICAO_DE_PREMIO": PremiumMovement.REFUND_REVERSED,
        "LIQUIDACAO_DE_CUSTO_DE_AQUISICAO": PremiumMovement.ACQUISITION_COST_SETTLED,
        "ESTORNO_DE_CUSTO_DE_AQUISICAO": PremiumMovement.ACQUISITION_COST_REVERSED,
        "LIQUIDACAO_DE_RESTITUICAO_DE_CUSTO_DE_AQUISICAO": (PremiumMovement.ACQUISITION_COST_REFUND_SETTLED),
        "CANCELAMENTO_DE_PARCELA": PremiumMovement.INSTALMENT_CANCELLED,
        "REABERTURA_DE_PARCELA": PremiumMovement.INSTALMENT_REOPENED,
        "BAIXA_POR_PERDA": PremiumMovement.WRITTEN_OFF,
        "COMPENSACAO_FINANCEIRA": PremiumMovement.OFFSET,
    }
)

MEANS: Mapping[str, PaymentMeans] = MappingProxyType(
    {
        "BOLETO": PaymentMeans.BANK_SLIP,
        "TED": PaymentMeans.BANK_TRANSFER,
        "TEF": PaymentMeans.BANK_TRANSFER,
        "DOC": PaymentMeans.BANK_TRANSFER,
        "PIX": PaymentMeans.INSTANT_PAYMENT,
        "CARTAO": PaymentMeans.CARD,
        "CHEQUE": PaymentMeans.CHEQUE,
        "DESCONTO_EM_FOLHA": PaymentMeans.PAYROLL_DEDUCTION,
        "DINHEIRO_EM_ESPECIE": PaymentMeans.CASH,
        "COMUNICABILIDADE": PaymentMeans.RESERVE,
        "OUTROS": PaymentMeans.OTHER,
    }
)

CLAIM_STATUSES: Mapping[str, ClaimStatus] = MappingProxyType(
    {
        "AVALIACAO_INICIAL": ClaimStatus.IN_ASSESSMENT,
        "ABERTO": ClaimStatus.OPEN,
        "REABERTO": ClaimStatus.REOPENED,
        "ENCERRADO_COM_INDENIZACAO": ClaimStatus.CLOSED_PAID,
        "ENCERRADO_COM_PAGAMENTO_UNICO_BENEFICIO": ClaimStatus.CLOSED_PAID,
        "ENCERRADO_COM_CONCESSAO_DE_RENDA_BENEFICIO": ClaimStatus.CLOSED_PAID,
        "ENCERRADO_SEM_INDENIZACAO": ClaimStatus.CLOSED_UNPAID,
        "ENCERRADO_INDEFERIDO_BENEFICIO": ClaimStatus.CLOSED_UNPAID,
        "CANCELADO_POR_ERRO_OPERACIONAL": ClaimStatus.CANCELLED,
    }
)

DENIALS: Mapping[str, DenialReason] = MappingProxyType(
    {
        "RISCO_EXCLUIDO": DenialReason.RISK_EXCLUDED,
        "RISCO_AGRAVADO": DenialReason.RISK_AGGRAVATED,
        "SEM_DOCUMENTACAO": DenialReason.NO_DOCUMENTS,
        "DOCUMENTACAO_INCOMPLETA": DenialReason.DOCUMENTS_INCOMPLETE,
        "PRESCRICAO": DenialReason.TIME_BARRED,
        "FORA_COBERTURA": DenialReason.NOT_COVERED,
        "OUTROS": DenialReason.OTHER,
    }
)

DOCUMENTS: Mapping[str, IdentifierKind | None] = MappingProxyType(
    {
        "RG": IdentifierKind.NATIONAL_ID,
        "RNE": IdentifierKind.NATIONAL_ID,
        "CNH": IdentifierKind.OTHER,
        "NIF": IdentifierKind.TAX_ID,
        "OUTROS": IdentifierKind.OTHER,
        "SEM_OUTROS_DOCUMENTOS": None,
    }
)
"""Kinds of personal documents; ``None`` says that there is no document."""


def translate(table: Mapping[str, E], value: str, other: E) -> E:
    """The graph's term for a value of the API, ``other`` where the table does not have it."""
    return table.get(value, other)


def translate_optional(table: Mapping[str, E], value: str | None, other: E) -> E | None:
    """Like :func:`translate`, and ``None`` where the API says nothing."""
    return None if value is None else table.get(value, other)
