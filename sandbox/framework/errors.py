"""How a partner's application writes errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from starlette.responses import JSONResponse, Response


class ErrorRenderer(Protocol):
    """Writes an error as the partner's API defines errors."""

    def __call__(self, status: int, message: str, headers: Mapping[str, str]) -> Response:
        """The answer with that status; ``headers`` (such as ``Retry-After``) have to be on it."""
        ...


def plain_error(status: int, message: str, headers: Mapping[str, str]) -> Response:
    """An error where the partner's API defines no body for errors."""
    return JSONResponse({"error": message}, status_code=status, headers=headers)
