"""Errors as the Consumer Data Standards define them: a list of code, title and detail."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping

from starlette.responses import JSONResponse, Response


class Error(enum.Enum):
    """The standard's error codes that this bank knows: status, code, title."""

    EXPECTED = (400, "cds-all:GeneralError/Expected", "Expected Error Encountered")
    FIELD_MISSING = (400, "cds-all:Field/Missing", "Missing Required Field")
    FIELD_INVALID = (400, "cds-all:Field/Invalid", "Invalid Field")
    DATE_INVALID = (400, "cds-all:Field/InvalidDateTime", "Invalid Date")
    PAGE_SIZE_INVALID = (400, "cds-all:Field/InvalidPageSize", "Invalid Page Size")
    HEADER_MISSING = (400, "cds-all:Header/Missing", "Missing Required Header")
    HEADER_INVALID = (400, "cds-all:Header/Invalid", "Invalid Header")
    VERSION_INVALID = (400, "cds-all:Header/InvalidVersion", "Invalid Version")
    CONSENT_REVOKED = (403, "cds-all:Authorisation/RevokedConsent", "Consent Is Revoked")
    ACCOUNT_INVALID = (404, "cds-banking:Authorisation/InvalidBankingAccount", "Invalid Banking Account")
    NOT_FOUND = (404, "cds-all:Resource/NotFound", "Resource Not Found")
    VERSION_UNSUPPORTED = (406, "cds-all:Header/UnsupportedVersion", "Unsupported Version")
    PAGE_INVALID = (422, "cds-all:Field/InvalidPage", "Invalid Page")
    ACCOUNT_OF_BODY_INVALID = (
        422,
        "cds-banking:Authorisation/InvalidBankingAccount",
        "Invalid Banking Account",
    )
    UNAVAILABLE = (503, "cds-all:Service/Unavailable", "Service Unavailable")
    UNEXPECTED = (500, "cds-all:GeneralError/Unexpected", "Unexpected Error Encountered")


class Problem(Exception):
    """Ends a request with one of the standard's errors."""

    def __init__(self, error: Error, detail: str) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail


class Unauthorised(Exception):
    """Ends a request whose token nobody granted."""


def problem_answer(problem: Problem, interaction: str) -> Response:
    """The answer that a problem ends in."""
    status, code, title = problem.error.value
    return _answer(status, code, title, problem.detail, {"x-fapi-interaction-id": interaction})


def unauthorised_answer(interaction: str) -> Response:
    """401, as OAuth 2.0 bearer tokens (RFC 6750) want it."""
    _, code, title = Error.EXPECTED.value
    headers = {
        "www-authenticate": 'Bearer error="invalid_token"',
        "x-fapi-interaction-id": interaction,
    }
    return _answer(401, code, title, "The access token is missing, unknown or expired", headers)


def render_error(status: int, message: str, headers: Mapping[str, str]) -> Response:
    """What the framework wants to be answered: an outage, a rate limit, a path that does not exist."""
    by_status = {404: Error.NOT_FOUND, 500: Error.UNEXPECTED, 503: Error.UNAVAILABLE}
    _, code, title = by_status.get(status, Error.EXPECTED).value
    return _answer(status, code, title, message, {"x-fapi-interaction-id": str(uuid.uuid4()), **headers})


def _answer(status: int, code: str, title: str, detail: str, headers: Mapping[str, str]) -> Response:
    error = {"code": f"urn:au-cds:error:{code}", "title": title, "detail": detail}
    return JSONResponse({"errors": [error]}, status_code=status, headers=headers)
