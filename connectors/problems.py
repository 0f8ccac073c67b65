"""Turns what kept a source from answering into data that may be shown."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from c360.errors import (
    ConnectorError,
    DeadlineExceeded,
    PartnerFault,
    ProblemCode,
    Reauthorise,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)
from connectors.complaints import patience
from connectors.results import SourceProblem

_MESSAGES: Mapping[ProblemCode, str] = {
    ProblemCode.DEADLINE_EXCEEDED: DeadlineExceeded.user_message,
    ProblemCode.PARTNER_UNAVAILABLE: RetryLater.user_message,
    ProblemCode.RATE_LIMITED: "The partner asks for fewer requests at the moment.",
    ProblemCode.GRANT_MISSING: "The customer has not granted access to this partner.",
    ProblemCode.REAUTHORISATION_REQUIRED: Reauthorise.user_message,
    ProblemCode.MISCONFIGURED: Reconfigure.user_message,
    ProblemCode.CUSTOMER_UNKNOWN: SkipCustomer.user_message,
    ProblemCode.PARTNER_FAULT: PartnerFault.user_message,
    ProblemCode.CONNECTOR_FAULT: ConnectorError.user_message,
    ProblemCode.TOO_MUCH_DATA: "The partner holds more than can be shown at once.",
    ProblemCode.DISABLED: "The connection to this partner is switched off.",
    ProblemCode.NOT_SEARCHABLE: "This partner cannot be searched by that.",
    ProblemCode.NOT_INDEXED: "The partner's records are still being read for the first time.",
    ProblemCode.CONSENT_WITHDRAWN: "The customer does not want this partner's data used for this.",
    ProblemCode.NOT_KEPT: "No copy is held of what was asked for.",
}

_PLAIN = {code: SourceProblem(code=code, message=message) for code, message in _MESSAGES.items()}

COPY_STANDS_IN = frozenset(ProblemCode) - {
    ProblemCode.GRANT_MISSING,
    ProblemCode.REAUTHORISATION_REQUIRED,
    ProblemCode.CUSTOMER_UNKNOWN,
    ProblemCode.CONSENT_WITHDRAWN,
    ProblemCode.NOT_KEPT,
}
"""Problems for which the last-known copy stands in. Not where the customer or the partner has just
said no: the copy is for the moment a partner is down."""


def problem(code: ProblemCode, retry_after: float | None = None) -> SourceProblem:
    """The problem of that code in the host's own words."""
    if retry_after is None:
        return _PLAIN[code]
    return msgspec.structs.replace(_PLAIN[code], retry_after=retry_after)


def problem_of(error: ConnectorError) -> SourceProblem:
    """The problem that a connector's error stands for, in the host's own words."""
    code = error.code
    if not isinstance(code, ProblemCode):
        return problem(ProblemCode.CONNECTOR_FAULT)
    return problem(code, patience(error))
