"""From the API's policies, premiums and claims to the graph's records. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from c360.records.insurance import (
    Claim,
    ClaimStatus,
    Coverage,
    CoverageFunding,
    DenialReason,
    GraceKind,
    GracePeriod,
    InsuredObject,
    InsuredObjectKind,
    MoveExtent,
    PaymentMeans,
    Policy,
    PolicyDocument,
    PolicyLine,
    Premium,
    PremiumMovement,
    PremiumPayment,
    PropertyKind,
    ReserveTransfer,
    TransferDirection,
    Withdrawal,
    WithdrawalCause,
)
from c360.values import CurrencyCode, Money, Percentage
from plugins.insurance import payloads, vocabulary
from plugins.insurance.config import Product
from plugins.insurance.vocabulary import translate, translate_optional


def money(amount: payloads.Amount | None) -> Money | None:
    """The money that an amount is, ``None`` where it is a percentage or a number of something else.

    The unit's ``description`` is the ISO 4217 code (its ``code`` is a sign that many currencies
    share). An amount without it has no known currency and is no money either.
    """
    if amount is None or amount.unit_type != "MONETARIO" or amount.unit is None:
        return None
    currency = amount.unit.description or ""
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        return None
    return Money(amount=amount.amount, currency=CurrencyCode(currency)) if amount.amount.is_finite() else None


def policy(
    product: Product,
    listed: payloads.ListedPolicy,
    info: payloads.PolicyInfo | None,
    *,
    brand: str | None,
    company: str | None,
) -> Policy:
    """A policy from its entry in the list and, where the partner has content for it, its details."""
    if info is None:
        return Policy(
            policy_id=listed.policy_id,
            line=line(product, ()),
            product_name=listed.product_name,
            brand=brand,
            insurer=company,
        )
    covers = [cover for thing in info.insured_objects for cover in thing.coverages]
    return Policy(
        policy_id=listed.policy_id,
        line=line(product, covers),
        document=translate_optional(vocabulary.POLICY_DOCUMENTS, info.document_type, PolicyDocument.OTHER),
        product_name=listed.product_name,
        brand=brand,
        insurer=company,
        issued_on=info.issuance_date,
        starts_on=info.term_start_date,
        ends_on=info.term_end_date,
        sum_insured=money(info.max_limit),
        objects=tuple(_object(thing, info.branch_info) for thing in info.insured_objects),
        coverages=tuple(_coverage(cover, info.coverages) for cover in covers),
        reserve=money(info.reserve.pmbac_amount) if info.reserve else None,
        withdrawals=_withdrawals(info.withdrawals),
        transfers=_transfers(info.portabilities),
    )


def line(product: Product, covers: Iterable[payloads.ObjectCoverage]) -> PolicyLine:
    """Line of business: of the motor and housing APIs by the API, of the person API by the covers.

    The main covers decide, where the insurer marks any; survival before death and disability, and
    these before travel, treatment and loss of income.
    """
    if product is Product.AUTO:
        return PolicyLine.MOTOR
    if product is Product.HOUSING:
        return PolicyLine.HOME
    known = list(covers)
    deciding = [cover for cover in known if cover.is_main_coverage] or known
    lines = {translate(vocabulary.PERSON_LINES, cover.code, PolicyLine.OTHER) for cover in deciding}
    return next(
        (found for found in (PolicyLine.PENSION, PolicyLine.LIFE) if found in lines), PolicyLine.OTHER
    )


def _object(thing: payloads.ObjectOfPolicy, housing: payloads.HousingInfo | None) -> InsuredObject:
    building = next(
        (
            item
            for item in (housing.insured_objects if housing else ())
            if item.identification == thing.identification
        ),
        None,
    )
    return InsuredObject(
        description=thing.description,
        kind=translate(vocabulary.INSURED_OBJECTS, thing.type, InsuredObjectKind.OTHER),
        identification=thing.identification,
        model=thing.model,
        year=thing.year,
        building=(
            translate_optional(vocabulary.PROPERTIES, building.property_type, PropertyKind.OTHER)
            if building
            else None
        ),
        postal_code=building.post_code if building else thing.risk_post_code,
        value=money(thing.amount),
    )


def _coverage(cover: payloads.ObjectCoverage, of_policy: tuple[payloads.PolicyCoverage, ...]) -> Coverage:
    deductible = next(
        (
            item.deductible
            for item in of_policy
            if item.deductible and (item.branch, item.code) == (cover.branch, cover.code)
        ),
        None,
    )
    return Coverage(
        code=cover.code,
        branch=cover.branch,
        description=cover.description,
        sum_insured=money(cover.limit),
        deductible=money(deductible.amount) if deductible else None,
        premium=money(cover.premium_amount),
        starts_on=cover.term_start_date,
        ends_on=cover.term_end_date,
        main=cover.is_main_coverage,
        funding=translate_optional(vocabulary.FUNDINGS, cover.financial_type, CoverageFunding.OTHER),
        reserve_rate=_percentage(cover.pmbac_interest_rate),
        income_rate=_percentage(cover.income_interest_rate),
        grace_periods=tuple(
            GracePeriod(
                kind=translate(vocabulary.GRACES, grace.type, GraceKind.OTHER),
                starts_on=grace.grace_period_start_date,
                ends_on=grace.grace_period_end_date,
            )
            for grace in cover.grace
        ),
    )


def _percentage(value: Decimal | None) -> Percentage | None:
    return Percentage(value) if value is not None and value.is_finite() else None


def _withdrawals(entries: Iterable[payloads.WithdrawalEntry]) -> tuple[Withdrawal, ...]:
    withdrawals = [
        Withdrawal(
            amount=money(entry.amount),
            extent=translate_optional(vocabulary.EXTENTS, entry.type, MoveExtent.OTHER),
            cause=translate_optional(
                vocabulary.WITHDRAWAL_CAUSES, entry.withdrawal_cause, WithdrawalCause.OTHER
            ),
            requested_on=entry.request_date,
            paid_on=entry.movement_date,
        )
        for entry in entries
        if entry.occurrence_withdrawal
    ]
    return tuple(sorted(withdrawals, key=lambda item: _day(item.paid_on, item.requested_on), reverse=True))


def _transfers(entries: Iterable[payloads.PortabilityEntry]) -> tuple[ReserveTransfer, ...]:
    transfers = [
        ReserveTransfer(
            direction=translate_optional(vocabulary.DIRECTIONS, entry.direction, TransferDirection.OTHER),
            amount=money(entry.amount),
            extent=translate_optional(vocabulary.EXTENTS, entry.type, MoveExtent.OTHER),
            requested_on=entry.request_date,
            moved_on=entry.movement_date,
        )
        for entry in entries
        if entry.occurrence_portability
    ]
    return tuple(sorted(transfers, key=lambda item: _day(item.moved_on, item.requested_on), reverse=True))


def premium(policy_id: str, info: payloads.PremiumInfo) -> Premium:
    """What a policy costs, with its movements newest first."""
    payments = [
        PremiumPayment(
            movement=translate(vocabulary.MOVEMENTS, entry.movement_type, PremiumMovement.OTHER),
            amount=money(entry.amount),
            instalment=_text(entry.movement_payments_number),
            moved_on=entry.movement_date,
            due_on=entry.maturity_date,
            means=translate_optional(vocabulary.MEANS, entry.payment_type, PaymentMeans.OTHER),
        )
        for entry in info.payments
    ]
    return Premium(
        policy_id=policy_id,
        total=money(info.amount),
        instalments=_count(info.payments_quantity),
        payments=tuple(sorted(payments, key=lambda item: _day(item.moved_on, item.due_on), reverse=True)),
    )


def claims(
    policy_id: str, entries: Iterable[payloads.ClaimInfo | payloads.PersonClaimEntry]
) -> tuple[Claim, ...]:
    """The claims among a policy's entries, newest first. Recipients of income are no claims."""
    found = [
        _claim(policy_id, entry.identification, entry)
        for entry in entries
        if entry.identification is not None
    ]
    return tuple(sorted(found, key=lambda item: _day(item.occurred_on, item.reported_on), reverse=True))


def _claim(policy_id: str, claim_id: str, entry: payloads.ClaimInfo | payloads.PersonClaimEntry) -> Claim:
    return Claim(
        claim_id=claim_id,
        policy_id=policy_id,
        status=translate(vocabulary.CLAIM_STATUSES, entry.status or "", ClaimStatus.OTHER),
        status_changed_on=entry.status_alteration_date,
        occurred_on=entry.occurrence_date,
        reported_on=entry.warning_date,
        amount=money(entry.amount),
        denial_reason=translate_optional(vocabulary.DENIALS, entry.denial_justification, DenialReason.OTHER),
        denial_explanation=entry.denial_justification_description,
        coverages=tuple(dict.fromkeys(cover.code for cover in entry.coverages)),
    )


def _day(*candidates: date | None) -> date:
    """The first date that is known; unknown ones sort as the oldest."""
    return next((day for day in candidates if day is not None), date.min)


def _text(number: str | float | None) -> str | None:
    if isinstance(number, float) and number.is_integer():
        return str(int(number))
    return None if number is None else str(number)


def _count(quantity: str | int | None) -> int | None:
    if isinstance(quantity, str):
        return int(quantity) if quantity.isascii() and quantity.isdigit() else None
    return quantity
