"""What the back office takes, checked as its document says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")

Text = Annotated[str, Meta(min_length=1, max_length=80)]
Words = Annotated[str, Meta(max_length=2000)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class Body(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A JSON object."""


class Money(Body):
    """An amount."""

    amount: Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}([.][0-9]{1,6})?$")]
    currency: Currency


class OpenAccount(Body):
    """See the document, as of those below."""

    product: Text
    currency: Currency
    nickname: Annotated[str, Meta(max_length=40)] | None = None


class ReissueCheque(Body):
    """See the document."""

    account_id: Text
    cheque_number: Annotated[str, Meta(pattern="^[0-9]{1,12}$")]
    reissue: bool


class PolicyLoan(Body):
    """See the document."""

    policy_id: Text
    amount: Money
    payout_account: Annotated[str, Meta(max_length=80)] | None = None


class PolicyValuation(Body):
    """See the document."""

    policy_id: Text
    as_of: date | None = None


class ReportClaim(Body):
    """See the document."""

    policy_id: Text
    occurred_on: date
    description: Annotated[str, Meta(min_length=1, max_length=2000)]
    estimate: Money | None = None


class ChangeStay(Body):
    """See the document."""

    reservation_id: Text
    check_in: date | None = None
    check_out: date | None = None
    request: Words | None = None


DETAILS: Mapping[str, type[Body]] = MappingProxyType(
    {
        "OPEN_ACCOUNT": OpenAccount,
        "REISSUE_CHEQUE": ReissueCheque,
        "POLICY_LOAN": PolicyLoan,
        "POLICY_VALUATION": PolicyValuation,
        "REPORT_CLAIM": ReportClaim,
        "CHANGE_STAY": ChangeStay,
    }
)
"""What each type of order needs."""


class NewOrder(Body):
    """An order to be placed."""

    customer_id: Text
    type: str
    details: dict[str, Any]


class Cancel(Body):
    """Who withdraws an order."""

    customer_id: Text


class Refused(Exception):
    """A request that the back office answers with a refusal."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


def read(body: bytes, kind: type[T]) -> T:
    """Read a request's body.

    Raises:
        Refused: it is not what the document says.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(400, "INVALID") from None
