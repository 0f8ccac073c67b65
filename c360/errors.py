"""Errors of the connector contract, named for what the caller does next.

::

    C360Error
    ├── ConnectorError                what a connector may raise towards the host
    │   ├── RetryLater                the partner is busy or down: try again after a while
    │   │   ├── DeadlineExceeded      no time was left in this operation
    │   │   └── OutcomeUnknown        a change was sent and nobody told what became of it: trace it
    │   ├── Reauthorise               the customer's grant is gone: ask the customer again
    │   ├── Reconfigure               the instance's credential or settings are wrong: call its operator
    │   ├── SkipCustomer              the partner does not know this customer: go on without
    │   └── PartnerFault              the partner answered what its API does not allow
    ├── WebhookRefused                a call that claims to be the partner's: drop it
    ├── ConfigError                   a setting is wrong: names the field, what was found, what would do
    └── UnknownKindError              a kind of record that nobody declared

``user_message`` may be shown to a front end; ``str(error)`` is for operators. Neither carries
personal data, a secret or a partner's text.
"""

from __future__ import annotations

import enum
import traceback
from pathlib import Path
from typing import ClassVar


class ProblemCode(enum.Enum):
    """Why a source did not answer in full. A closed list; front ends may switch on it."""

    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    """It had not answered when the operation's time was up; a longer deadline may help."""
    PARTNER_UNAVAILABLE = "PARTNER_UNAVAILABLE"
    """It is down or cannot be reached; try again later."""
    RATE_LIMITED = "RATE_LIMITED"
    """It wants fewer requests; try again after ``retryAfter``."""
    GRANT_MISSING = "GRANT_MISSING"
    """The customer has never granted access to it; ask them."""
    REAUTHORISATION_REQUIRED = "REAUTHORISATION_REQUIRED"
    """The customer's grant has ended or was withdrawn; ask them again."""
    MISCONFIGURED = "MISCONFIGURED"
    """Its address or credential is wrong here; tell the operator."""
    CUSTOMER_UNKNOWN = "CUSTOMER_UNKNOWN"
    """It answered that it does not know this customer."""
    PARTNER_FAULT = "PARTNER_FAULT"
    """It answered what its published API does not allow."""
    CONNECTOR_FAULT = "CONNECTOR_FAULT"
    """Its plugin failed; tell the operator."""
    TOO_MUCH_DATA = "TOO_MUCH_DATA"
    """It holds more than is fetched at once; what is shown is cut."""
    DISABLED = "DISABLED"
    """Its instance is switched off here."""
    NOT_SEARCHABLE = "NOT_SEARCHABLE"
    """It cannot be searched by such a key."""
    NOT_INDEXED = "NOT_INDEXED"
    """The hub has not yet read the partner's list that tells which records are the customer's."""
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    """The customer does not want it used for this purpose; it is not asked."""
    NOT_KEPT = "NOT_KEPT"
    """Last-known copies alone were asked for, and there is none that covers what was needed."""


class C360Error(Exception):
    """Base of every error of the project."""


class ConnectorError(C360Error):
    """Something kept a connector from answering."""

    code: ClassVar[ProblemCode] = ProblemCode.CONNECTOR_FAULT
    user_message: ClassVar[str] = "The partner's data could not be fetched."

    def __init__(self, internal_message: str = "", *, code: ProblemCode | None = None) -> None:
        super().__init__(internal_message or self.user_message)
        if code is not None:
            self.code = code  # type: ignore[misc]  # an instance may be more precise than its class


class RetryLater(ConnectorError):
    """The partner is down, slow or asks for patience."""

    code = ProblemCode.PARTNER_UNAVAILABLE
    user_message = "The partner does not answer at the moment."

    def __init__(
        self,
        internal_message: str = "",
        *,
        code: ProblemCode | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(internal_message, code=code)
        self.retry_after = retry_after
        """Seconds the partner asked to wait, where it said so."""


class DeadlineExceeded(RetryLater):
    """The operation's deadline passed before the partner answered."""

    code = ProblemCode.DEADLINE_EXCEEDED
    user_message = "The partner did not answer in time."


class OutcomeUnknown(RetryLater):
    """A request that changes something may have reached the partner, but no answer tells."""

    user_message = "The partner has not told whether it took effect."


class Reauthorise(ConnectorError):
    """The customer's grant is missing, expired or withdrawn."""

    code = ProblemCode.REAUTHORISATION_REQUIRED
    user_message = "The customer has to grant access to this partner again."


class Reconfigure(ConnectorError):
    """The partner refuses the credential or the settings of this instance."""

    code = ProblemCode.MISCONFIGURED
    user_message = "The connection to this partner is not set up correctly."


class SkipCustomer(ConnectorError):
    """The partner does not know this customer (any more)."""

    code = ProblemCode.CUSTOMER_UNKNOWN
    user_message = "The partner does not know this customer."


class PartnerFault(ConnectorError):
    """The partner's answer does not fit its own API: wrong shape, status or content type."""

    code = ProblemCode.PARTNER_FAULT
    user_message = "The partner gave an answer that could not be understood."


class RefusalCode(enum.Enum):
    """Why a partner's call was refused."""

    SIGNATURE = "SIGNATURE"
    """It is not signed by the partner."""
    REPLAYED = "REPLAYED"
    """It is older than calls may be."""
    MALFORMED = "MALFORMED"
    """It is not what the partner's API sends."""


class WebhookRefused(C360Error):
    """A call that claims to be the partner's is not to be believed. The message quotes nothing of it."""

    def __init__(self, internal_message: str, *, code: RefusalCode) -> None:
        super().__init__(internal_message)
        self.code = code


class ConfigError(C360Error):
    """A setting cannot be used.

    Args:
        field: dotted name of the setting, such as ``connectors.bank.base_url``.
        found: what stands there, with secrets already hidden.
        remedy: what would do instead.
    """

    def __init__(self, field: str, found: str, remedy: str) -> None:
        super().__init__(f"{field}: found {found}; {remedy}")
        self.field = field
        self.found = found
        self.remedy = remedy


class UnknownKindError(C360Error):
    """A kind of record that no module of :mod:`c360.records` declares."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"unknown kind of record {name!r}; known: {', '.join(known)}")
        self.name = name


def place(error: BaseException, lines: int = 1) -> str:
    """An exception's type and the lines it came through: what a log may say of an unexpected one.

    Its message stays out, because it may quote a customer's data or a secret. Of a group, the first
    exception counts.

    Args:
        error: the exception.
        lines: how many lines at the most, the one that raised it first.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)[-lines:]
    where = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {where}" if where else type(error).__name__
