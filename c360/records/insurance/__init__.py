"""Policies of any line (motor, life, pension, home), their premiums and claims."""

from c360.records.base import Kind
from c360.records.insurance.claims import Claim, ClaimStatus, DenialReason
from c360.records.insurance.consents import ACTIONS, ConsentPart, RequestConsent, RevokeConsent
from c360.records.insurance.covers import (
    Coverage,
    CoverageFunding,
    GraceKind,
    GracePeriod,
    InsuredObject,
    InsuredObjectKind,
    PropertyKind,
)
from c360.records.insurance.policies import Policy, PolicyDocument, PolicyLine
from c360.records.insurance.premiums import PaymentMeans, Premium, PremiumMovement, PremiumPayment
from c360.records.insurance.reserves import (
    MoveExtent,
    ReserveTransfer,
    TransferDirection,
    Withdrawal,
    WithdrawalCause,
)

__all__ = [
    "ACTIONS",
    "KINDS",
    "Claim",
    "ClaimStatus",
    "ConsentPart",
    "Coverage",
    "CoverageFunding",
    "DenialReason",
    "GraceKind",
    "GracePeriod",
    "InsuredObject",
    "InsuredObjectKind",
    "MoveExtent",
    "PaymentMeans",
    "Policy",
    "PolicyDocument",
    "PolicyLine",
    "Premium",
    "PremiumMovement",
    "PremiumPayment",
    "PropertyKind",
    "RequestConsent",
    "ReserveTransfer",
    "RevokeConsent",
    "TransferDirection",
    "Withdrawal",
    "WithdrawalCause",
]

KINDS = (
    Kind(name="insurance.policies", record=Policy, identity="policy_id", ttl=300),
    Kind(name="insurance.premiums", record=Premium, ttl=300),
    Kind(name="insurance.claims", record=Claim, identity="claim_id"),
)
