"""Policies of any line (motor, life, pension, home), their premiums and claims."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from c360.actions import ActionKind
from c360.records.base import Kind, Record
from c360.values import Money, Percentage, Value


class PolicyLine(enum.Enum):
    """Line of business of a policy."""

    MOTOR = "MOTOR"
    """Damage to or by vehicles."""
    LIFE = "LIFE"
    """Death, disability and serious illness."""
    PENSION = "PENSION"
    """Savings paid out as a capital or an income later."""
    HOME = "HOME"
    """Buildings people live in and what is inside."""
    OTHER = "OTHER"


class PolicyDocument(enum.Enum):
    """The form in which a policy was issued."""

    INDIVIDUAL_POLICY = "INDIVIDUAL_POLICY"
    """A policy of one holder's own."""
    FLEET_POLICY = "FLEET_POLICY"
    """One policy over many vehicles."""
    TICKET = "TICKET"
    """A simplified policy, issued at the point of sale without a proposal."""
    GROUP_CERTIFICATE = "GROUP_CERTIFICATE"
    """Proof of one member's cover under a group's policy."""
    OTHER = "OTHER"


class InsuredObjectKind(enum.Enum):
    """What sort of thing is insured."""

    VEHICLE = "VEHICLE"
    """A car or another vehicle."""
    DRIVER = "DRIVER"
    """A person in whatever vehicle they drive."""
    FLEET = "FLEET"
    """All vehicles of an owner."""
    PERSON = "PERSON"
    """A human being's life, health or income."""
    CONTRACT = "CONTRACT"
    """What somebody owes under a contract."""
    LEGAL_PROCEEDING = "LEGAL_PROCEEDING"
    """A case at a court or an authority, for which security is given."""
    OTHER = "OTHER"


class PropertyKind(enum.Enum):
    """What sort of building is insured."""

    HOUSE = "HOUSE"
    """A detached, semi-detached or terraced house."""
    APARTMENT = "APARTMENT"
    """A home within a building of several."""
    COMMERCIAL = "COMMERCIAL"
    """Business premises."""
    OTHER = "OTHER"


class CoverageFunding(enum.Enum):
    """How the insurer funds a cover of a life or pension policy."""

    PAY_AS_YOU_GO = "PAY_AS_YOU_GO"
    """This year's premiums pay for this year's claims; nothing is saved up for the customer."""
    TERMINAL_FUNDING = "TERMINAL_FUNDING"
    """Benefits in payment are funded when they are granted."""
    CAPITALISATION = "CAPITALISATION"
    """Premiums build up a mathematical reserve of the policy."""
    OTHER = "OTHER"


class GraceKind(enum.Enum):
    """What a grace period keeps the customer from."""

    WITHDRAWAL = "WITHDRAWAL"
    """Taking money out (surrender)."""
    TRANSFER = "TRANSFER"
    """Moving it to another insurer."""
    OTHER = "OTHER"


class GracePeriod(Value, frozen=True, kw_only=True):
    """A time in which the reserve of a cover cannot be touched."""

    kind: Annotated[GraceKind, Meta(description="What it keeps the customer from.")]
    starts_on: Annotated[date | None, Meta(description="First day.")] = None
    ends_on: Annotated[date | None, Meta(description="Last day.")] = None


class Coverage(Value, frozen=True, kw_only=True):
    """One cover of a policy."""

    code: Annotated[str, Meta(description="The insurer's or regulator's code of the cover.")]
    branch: Annotated[str | None, Meta(description="The regulator's group and branch of the cover.")] = None
    description: Annotated[str | None, Meta(description="The cover in words.")] = None
    sum_insured: Annotated[Money | None, Meta(description="Limit of indemnity or insured capital.")] = None
    deductible: Annotated[Money | None, Meta(description="What the customer bears of a claim.")] = None
    premium: Annotated[Money | None, Meta(description="Premium of this cover alone.")] = None
    starts_on: Annotated[date | None, Meta(description="First day of the cover.")] = None
    ends_on: Annotated[date | None, Meta(description="Last day of the cover.")] = None
    main: Annotated[bool | None, Meta(description="Whether it is the policy's main cover.")] = None
    funding: Annotated[
        CoverageFunding | None, Meta(description="How a cover of a life or pension policy is funded.")
    ] = None
    reserve_rate: Annotated[
        Percentage | None, Meta(description="Interest rate guaranteed on the mathematical reserve.")
    ] = None
    income_rate: Annotated[
        Percentage | None, Meta(description="Interest rate of the income paid out later.")
    ] = None
    grace_periods: Annotated[
        tuple[GracePeriod, ...], Meta(description="When the reserve cannot be withdrawn or transferred.")
    ] = ()


class InsuredObject(Value, frozen=True, kw_only=True):
    """What is insured."""

    description: Annotated[str, Meta(description="The object in words.", extra={"personal": True})]
    kind: Annotated[InsuredObjectKind, Meta(description="What sort of thing it is.")] = (
        InsuredObjectKind.OTHER
    )
    identification: Annotated[
        str | None, Meta(description="Number of the object.", extra={"personal": True})
    ] = None
    model: Annotated[str | None, Meta(description="Model code of a vehicle.")] = None
    year: Annotated[str | None, Meta(description="Model year of a vehicle.")] = None
    building: Annotated[PropertyKind | None, Meta(description="What sort of building it is.")] = None
    postal_code: Annotated[
        str | None, Meta(description="Where the building or the vehicle's risk is.", extra={"personal": True})
    ] = None
    value: Annotated[Money | None, Meta(description="Insured value of the object.")] = None


class MoveExtent(enum.Enum):
    """Whether all of a reserve moved, or a part."""

    TOTAL = "TOTAL"
    """All of it."""
    PARTIAL = "PARTIAL"
    """A part; the rest stays."""
    OTHER = "OTHER"


class WithdrawalCause(enum.Enum):
    """Why money was taken out of a reserve."""

    REGULAR = "REGULAR"
    """The customer asked for it."""
    DEATH = "DEATH"
    """The insured person died."""
    DISABILITY = "DISABILITY"
    """The insured person became disabled."""
    SCHEDULED_PAYMENT = "SCHEDULED_PAYMENT"
    """One of a series that was agreed in advance."""
    FUNDING_OF_RISK_COVER = "FUNDING_OF_RISK_COVER"
    """It paid for the risk cover of a combined plan."""
    FINANCIAL_ASSISTANCE = "FINANCIAL_ASSISTANCE"
    """A loan to the customer against the reserve (policy loan)."""
    OTHER = "OTHER"


class Withdrawal(Value, frozen=True, kw_only=True):
    """Money taken out of the reserve of a policy: a surrender, whole or in part."""

    amount: Annotated[Money | None, Meta(description="Amount taken out.")] = None
    extent: Annotated[MoveExtent | None, Meta(description="All of the reserve, or a part.")] = None
    cause: Annotated[WithdrawalCause | None, Meta(description="Why it was taken out.")] = None
    requested_on: Annotated[date | None, Meta(description="When it was asked for.")] = None
    paid_on: Annotated[date | None, Meta(description="When it was paid.")] = None


class TransferDirection(enum.Enum):
    """Which way a reserve moved between insurers."""

    IN = "IN"
    """From another insurer into this policy."""
    OUT = "OUT"
    """From this policy to another insurer."""
    OTHER = "OTHER"


class ReserveTransfer(Value, frozen=True, kw_only=True):
    """Part of a reserve that moved from or to another insurer."""

    direction: Annotated[TransferDirection | None, Meta(description="Into this policy or out of it.")] = None
    amount: Annotated[Money | None, Meta(description="Amount moved.")] = None
    extent: Annotated[MoveExtent | None, Meta(description="All of the reserve, or a part.")] = None
    requested_on: Annotated[date | None, Meta(description="When it was asked for.")] = None
    moved_on: Annotated[date | None, Meta(description="When it moved.")] = None


class PremiumMovement(enum.Enum):
    """What happened to an instalment of premium."""

    PREMIUM_ISSUED = "PREMIUM_ISSUED"
    """Billed to the customer."""
    PREMIUM_SETTLED = "PREMIUM_SETTLED"
    """Paid by the customer."""
    PREMIUM_REVERSED = "PREMIUM_REVERSED"
    """A payment undone: it is owed again."""
    PREMIUM_CANCELLED = "PREMIUM_CANCELLED"
    """A bill withdrawn: it is not owed any more."""
    REFUND_ISSUED = "REFUND_ISSUED"
    """A refund credited to the customer, not paid yet."""
    REFUND_SETTLED = "REFUND_SETTLED"
    """A refund paid to the customer."""
    REFUND_REVERSED = "REFUND_REVERSED"
    """A payment of a refund undone."""
    ACQUISITION_COST_SETTLED = "ACQUISITION_COST_SETTLED"
    """Cost of selling the policy, such as commission, paid by the customer."""
    ACQUISITION_COST_REVERSED = "ACQUISITION_COST_REVERSED"
    """Such a payment undone."""
    ACQUISITION_COST_REFUND_SETTLED = "ACQUISITION_COST_REFUND_SETTLED"
    """Such a cost paid back to the customer."""
    INSTALMENT_CANCELLED = "INSTALMENT_CANCELLED"
    """An instalment withdrawn: it is not owed any more."""
    INSTALMENT_REOPENED = "INSTALMENT_REOPENED"
    """An instalment that is owed again."""
    WRITTEN_OFF = "WRITTEN_OFF"
    """Given up by the insurer as a loss."""
    OFFSET = "OFFSET"
    """Settled against something the insurer owed."""
    OTHER = "OTHER"


class PaymentMeans(enum.Enum):
    """How a premium was paid."""

    BANK_SLIP = "BANK_SLIP"
    """A printed or electronic slip paid at any bank (boleto)."""
    BANK_TRANSFER = "BANK_TRANSFER"
    """An ordinary transfer between accounts."""
    INSTANT_PAYMENT = "INSTANT_PAYMENT"
    """A transfer that arrives within seconds (Pix)."""
    CARD = "CARD"
    """A credit or debit card."""
    CHEQUE = "CHEQUE"
    """A cheque."""
    PAYROLL_DEDUCTION = "PAYROLL_DEDUCTION"
    """Kept back from wages by the employer."""
    CASH = "CASH"
    """Notes and coins."""
    RESERVE = "RESERVE"
    """Taken from the reserve of a combined plan."""
    OTHER = "OTHER"


class PremiumPayment(Value, frozen=True, kw_only=True):
    """One movement of premium."""

    movement: Annotated[PremiumMovement, Meta(description="What happened; says which way the money went.")]
    amount: Annotated[
        Money | None, Meta(description="Amount moved, never negative; null where it is not money.")
    ] = None
    instalment: Annotated[str | None, Meta(description="Number of the instalment.")] = None
    moved_on: Annotated[date | None, Meta(description="When it moved.")] = None
    due_on: Annotated[date | None, Meta(description="When it was due.")] = None
    means: Annotated[PaymentMeans | None, Meta(description="How it was paid, once it is.")] = None


class Premium(Record, frozen=True, kw_only=True):
    """What a policy costs and what was paid."""

    policy_id: Annotated[str, Meta(description="The policy it is paid for.", extra={"personal": True})]
    total: Annotated[
        Money | None, Meta(description="Total premium of the contract; null where it is not money.")
    ] = None
    instalments: Annotated[int | None, Meta(description="Number of instalments.")] = None
    payments: Annotated[tuple[PremiumPayment, ...], Meta(description="Movements, newest first.")] = ()


class ClaimStatus(enum.Enum):
    """Where a claim stands."""

    IN_ASSESSMENT = "IN_ASSESSMENT"
    """Notified; the insurer looks at whether it is covered."""
    OPEN = "OPEN"
    """Accepted for handling, not decided."""
    CLOSED_PAID = "CLOSED_PAID"
    """Decided: an indemnity or a benefit was paid or granted."""
    CLOSED_UNPAID = "CLOSED_UNPAID"
    """Decided: nothing was paid."""
    REOPENED = "REOPENED"
    """Handled again after it was closed."""
    CANCELLED = "CANCELLED"
    """Opened by mistake."""
    OTHER = "OTHER"


class DenialReason(enum.Enum):
    """Why a claim was denied."""

    RISK_EXCLUDED = "RISK_EXCLUDED"
    """The contract excludes what caused it."""
    RISK_AGGRAVATED = "RISK_AGGRAVATED"
    """The customer had made the risk greater than agreed."""
    NO_DOCUMENTS = "NO_DOCUMENTS"
    """Proof was not handed in."""
    DOCUMENTS_INCOMPLETE = "DOCUMENTS_INCOMPLETE"
    """Proof was handed in only in part."""
    TIME_BARRED = "TIME_BARRED"
    """Claimed too late: the period of limitation is over."""
    NOT_COVERED = "NOT_COVERED"
    """No cover of the policy reaches it."""
    OTHER = "OTHER"


class Claim(Record, frozen=True, kw_only=True):
    """A claim under a policy."""

    claim_id: Annotated[str, Meta(description="The insurer's id of the claim.", extra={"personal": True})]
    policy_id: Annotated[str, Meta(description="The policy it is made under.", extra={"personal": True})]
    status: Annotated[ClaimStatus, Meta(description="Where it stands.")]
    status_changed_on: Annotated[date | None, Meta(description="When it got there.")] = None
    occurred_on: Annotated[date | None, Meta(description="Date of the event.")] = None
    reported_on: Annotated[date | None, Meta(description="Date of the notice.")] = None
    amount: Annotated[
        Money | None, Meta(description="Gross amount of the claim, as the insurer states it.")
    ] = None
    denial_reason: Annotated[DenialReason | None, Meta(description="Why it was denied.")] = None
    denial_explanation: Annotated[
        str | None,
        Meta(description="The insurer's words where the reason is another one.", extra={"personal": True}),
    ] = None
    coverages: Annotated[tuple[str, ...], Meta(description="Codes of the covers it falls under.")] = ()


class Policy(Record, frozen=True, kw_only=True):
    """An insurance policy."""

    policy_id: Annotated[str, Meta(description="The insurer's id of the policy.", extra={"personal": True})]
    line: Annotated[PolicyLine, Meta(description="Line of business.")]
    document: Annotated[PolicyDocument | None, Meta(description="The form it was issued in.")] = None
    product_name: Annotated[str | None, Meta(description="Product it was sold as.")] = None
    brand: Annotated[str | None, Meta(description="Brand it was sold under.")] = None
    insurer: Annotated[str | None, Meta(description="Company that insures.")] = None
    issued_on: Annotated[date | None, Meta(description="Date of issue.")] = None
    starts_on: Annotated[date | None, Meta(description="First day of the term.")] = None
    ends_on: Annotated[date | None, Meta(description="Last day of the term.")] = None
    sum_insured: Annotated[Money | None, Meta(description="Maximum limit of the policy.")] = None
    objects: Annotated[tuple[InsuredObject, ...], Meta(description="What is insured.")] = ()
    coverages: Annotated[tuple[Coverage, ...], Meta(description="Covers.")] = ()
    reserve: Annotated[
        Money | None,
        Meta(
            description="Mathematical reserve (capitalised value) of a life or pension policy "
            "at the end of the last month."
        ),
    ] = None
    withdrawals: Annotated[
        tuple[Withdrawal, ...], Meta(description="Surrenders out of the reserve, newest first.")
    ] = ()
    transfers: Annotated[
        tuple[ReserveTransfer, ...],
        Meta(description="Parts of the reserve that came from or went to another insurer, newest first."),
    ] = ()
    premium: Annotated[
        Premium | None,
        Meta(description="What it costs.", extra={"joined": "insurance.premiums"}),
    ] = None
    claims: Annotated[
        tuple[Claim, ...],
        Meta(description="Claims, newest first.", extra={"joined": "insurance.claims"}),
    ] = ()


KINDS = (
    Kind(name="insurance.policies", record=Policy, identity="policy_id", ttl=300),
    Kind(name="insurance.premiums", record=Premium, ttl=300),
    Kind(name="insurance.claims", record=Claim, identity="claim_id"),
)


class ConsentPart(enum.Enum):
    """Something of a customer at an insurer that a consent opens."""

    IDENTIFICATION = "IDENTIFICATION"
    """Who they are."""
    MOTOR = "MOTOR"
    """Policies of vehicles, with premiums and claims."""
    PERSON = "PERSON"
    """Policies of life and pension, with premiums and claims."""
    HOME = "HOME"
    """Policies of homes, with premiums and claims."""


class RequestConsent(Value, frozen=True, kw_only=True):
    """A consent that the customer is to give on the insurer's own pages."""

    document: Annotated[
        str,
        Meta(
            description="Number for taxes of the person who is asked, as 11 digits.",
            pattern=r"^\d{11}$",
            extra={"personal": True},
        ),
    ]
    company_document: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Z0-9]{12}\d{2}$")] | None,
        Meta(
            description="Number for taxes of the company whose data it is, where that is one: 12 letters or "
            "digits and 2 digits.",
            extra={"personal": True},
        ),
    ] = None
    parts: Annotated[
        tuple[ConsentPart, ...], Meta(description="What it is to open.", min_length=1, max_length=4)
    ]
    expires_at: Annotated[
        datetime, Meta(description="Until when it is to last, a year at the most, with its zone.", tz=True)
    ]


class RevokeConsent(Value, frozen=True, kw_only=True):
    """A consent that is to end."""

    consent_id: Annotated[
        str,
        Meta(
            description="The insurer's id of the consent: the reference of the action that asked for it.",
            min_length=1,
            max_length=256,
        ),
    ]


ACTIONS = (
    ActionKind(
        name="insurance.request_consent",
        input=RequestConsent,
        summary="Asks the insurer for a consent; it takes effect when the customer gives it there.",
        undone_by="insurance.revoke_consent",
    ),
    ActionKind(
        name="insurance.revoke_consent",
        input=RevokeConsent,
        summary="Ends a consent at the insurer, or the asking for it.",
    ),
)
