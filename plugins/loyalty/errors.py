"""What Square's errors mean to the caller."""

from __future__ import annotations

from collections.abc import Sequence

from c360.errors import (
    ConnectorError,
    PartnerFault,
    ProblemCode,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)
from plugins.loyalty import payloads

_UNKNOWN = frozenset({"NOT_FOUND", "CUSTOMER_NOT_FOUND"})


def explain(errors: Sequence[payloads.Error]) -> ConnectorError:
    """The error that stands for a part that failed inside a successful answer.

    Only the category is quoted: it comes from a closed list, while Square's details may name a person.
    """
    first = errors[0]
    if first.code in _UNKNOWN:
        return SkipCustomer("Square does not know the customer")
    match first.category:
        case "AUTHENTICATION_ERROR" | "MERCHANT_SUBSCRIPTION_ERROR":
            return Reconfigure(f"Square: {first.category}")
        case "RATE_LIMIT_ERROR":
            return RetryLater("Square: RATE_LIMIT_ERROR", code=ProblemCode.RATE_LIMITED)
        case "API_ERROR" | "EXTERNAL_VENDOR_ERROR":
            return RetryLater(f"Square: {first.category}")
        case _:
            return PartnerFault("Square refused a part of the request")


def check(errors: Sequence[payloads.Error] | None) -> None:
    """Raise what the errors of an answer stand for.

    Raises:
        ConnectorError: there is at least one.
    """
    if errors:
        raise explain(errors)


def check_batch(errors: Sequence[payloads.Error] | None) -> None:
    """Raise what the errors of an answer about many customers stand for.

    Raises:
        ConnectorError: there is at least one. Never :class:`~c360.errors.SkipCustomer`: what is not found
            here is the search itself, and would take customers for unknown that nobody looked for.
    """
    try:
        check(errors)
    except SkipCustomer:
        raise PartnerFault("Square does not find what a search of many asks for") from None
