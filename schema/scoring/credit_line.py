"""What can be lent to a customer, as the graph shows it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol

from c360.kinds import kind as kind_of
from c360.records.insurance import Policy
from c360.values import Money
from resolvers.money import rounded
from resolvers.references import Referrer
from resolvers.risk import credit_line as lending
from resolvers.risk.combined import Combined
from resolvers.risk.models import RiskModels
from resolvers.risk.option_pricing import OptionPrice
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure
from resolvers.view import CustomerView
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.scoring import risk_shapes as shapes

_POLICY = "Policy"
_POLICIES = "insurance.policies"
_MOST = Decimal(10) ** 12
_LONGEST = 1_200


class Both(Protocol):
    """What both methods say together."""

    @property
    def found(self) -> Combined:
        """As it was reckoned."""

    @property
    def notice(self) -> tuple[str, ...]:
        """For a notice of adverse action."""


class Risked(Protocol):
    """A customer's risk."""

    view: CustomerView
    models: RiskModels
    summaries: Summaries

    @property
    def price(self) -> OptionPrice:
        """By means."""

    @property
    def combined(self) -> Both:
        """By both methods."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Connectors of whose part nothing is known."""


def credit_line(risk: Risked, _info: object, **given: Any) -> shapes.CreditLine:
    """What can be lent to a customer.

    Raises:
        InputError: The amount, the months or the id of the policy cannot be used.
    """
    amount, term = given["amount"], given["term"]
    if not (amount.is_finite() and 0 < amount < _MOST):
        message = "Ask for an amount above 0, in the hub's own currency."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="amount")
    if not 0 < term <= _LONGEST:
        message = f"Ask for 1 to {_LONGEST} months."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="term")
    request = lending.Request(amount=float(amount), months=term)
    rules, price = risk.models.lending, risk.price
    convert = risk.view.models.rates.convert
    income = risk.summaries.get(Line.DEPOSITS, Measure.INCOME_12M)
    is_open = bool(price.gaps.debts or price.sheet.debts_unconverted)
    borrower = lending.Borrower(
        risk=risk.combined.found,
        monthly_income=None if income is None else income / 12,
        monthly_instalments=None if is_open else rules.instalments(price.sheet, convert),
        unsecured_debts=price.sheet.unsecured,
    )
    policy_id = given.get("against_policy")
    if policy_id is None:
        found = lending.unsecured(request, borrower, rules)
    else:
        pledge = _pledge(risk.view, policy_id)
        found = lending.against_policy(request, borrower, pledge, risk.view.today, rules)
    return _shown(found, risk)


def _pledge(view: CustomerView, policy_id: str) -> lending.Pledge:
    """The policy of an id among the customer's own.

    Raises:
        InputError: ``INVALID_ID``, it is no id of a policy.
    """
    local = ids.decode_as(_POLICY, policy_id, argument="againstPolicy")
    referrer = Referrer(kind_of(_POLICIES))
    reference = referrer.read(local)
    found = None if reference is None else referrer.find(reference, view.of(_POLICIES, Policy))
    policy = found if isinstance(found, Policy) else None
    reserve = None if policy is None else policy.reserve
    convert = view.models.rates.convert
    return lending.Pledge(
        policy=policy, reserve=None if reserve is None else convert(float(reserve.amount), reserve.currency)
    )


def _shown(found: lending.CreditLine, risk: Risked) -> shapes.CreditLine:
    currency = risk.view.models.rates.base
    too_high = any(one.code is lending.CreditReasonCode.RISK_TOO_HIGH for one in found.reasons)

    def money(value: float | None) -> Money | None:
        return None if value is None else rounded(value, currency)

    return shapes.CreditLine(
        decision=found.decision,
        eligible=found.decision is not lending.CreditDecision.DECLINED,
        human_review=found.human_review,
        limit=rounded(found.limit, currency),
        rate=found.rate,
        instalment=money(found.instalment),
        monthly_income=money(found.monthly_income),
        monthly_instalments=money(found.monthly_instalments),
        loan_to_value=found.loan_to_value,
        reasons=tuple(shapes.CreditReason(code=one.code, text=one.text) for one in found.reasons),
        notice=risk.combined.notice if too_high else (),
        missing=risk.missing,
    )
