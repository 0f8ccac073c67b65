"""Reading query parameters, and answers as Cloudbeds writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

T = TypeVar("T")
Json = dict[str, Any]

MAX_PAGE = 100
MAX_IDS = 100


class Refused(Exception):
    """A request that Cloudbeds answers without success."""

    def __init__(self, message: str, *, status: int = 200) -> None:
        super().__init__(message)
        self.message = message
        self.status = status

    def response(self) -> Response:
        """The answer: mostly HTTP 200, with ``success`` false."""
        return failure(self.status, self.message)


def failure(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without success."""
    return JSONResponse(
        {"success": False, "message": message}, status_code=status, headers=dict(headers or {})
    )


def render_error(status: int, message: str, headers: Mapping[str, str]) -> Response:
    """Errors that come from outside the operations; a refused key has a body of its own."""
    if status in {401, 403}:
        body = {"error": "access_denied", "message": message}
        return JSONResponse(body, status_code=status, headers=dict(headers))
    return failure(status, message, headers)


class Query:
    """The query parameters of a request."""

    def __init__(self, request: Request) -> None:
        self._values = request.query_params

    def text(self, name: str) -> str | None:
        """A text; ``None`` where it is missing or empty."""
        return self._values.get(name) or None

    def ids(self, name: str) -> list[str]:
        """Identifiers separated by commas."""
        values = [part.strip() for part in (self.text(name) or "").split(",")]
        found = [value for value in values if value]
        if len(found) > MAX_IDS:
            raise Refused(f"Parameter {name} takes at most {MAX_IDS} identifiers", status=400)
        return found

    def flag(self, name: str) -> bool:
        """A boolean, false where it is missing."""
        value = (self.text(name) or "false").lower()
        if value not in {"true", "false", "1", "0"}:
            raise Refused(f"Parameter {name} is invalid", status=400)
        return value in {"true", "1"}

    def number(self, name: str, default: int, most: int) -> int:
        """A number from 1 to ``most``."""
        text = self.text(name) or str(default)
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise Refused(f"Parameter {name} is invalid", status=400)
        return int(text)

    def moments(self, start: str, end: str) -> tuple[datetime, datetime]:
        """Two limits of a range of moments; those missing are very early and very late."""
        earliest, latest = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
        return self._moment(start, earliest), self._moment(end, latest)

    def days(self, start: str, end: str) -> tuple[date, date]:
        """Two limits of a range of days, both included."""
        return self._day(start, date.min), self._day(end, date.max)

    def _moment(self, name: str, default: datetime) -> datetime:
        text = self.text(name)
        if text is None:
            return default
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise Refused(f"Parameter {name} is invalid", status=400) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _day(self, name: str, default: date) -> date:
        text = self.text(name)
        try:
            return default if text is None else date.fromisoformat(text)
        except ValueError:
            raise Refused(f"Parameter {name} is invalid", status=400) from None

    def page(self, things: Sequence[T], *, size: int = MAX_PAGE) -> Sequence[T]:
        """The page of a result that is asked for."""
        number = self.number("pageNumber", 1, 10**6)
        length = self.number("pageSize", size, MAX_PAGE)
        return things[(number - 1) * length : number * length]


def listed(some: Any, total: int) -> Json:
    """A page of things, in a list or a map; an empty map is written as a list."""
    return {"success": True, "data": some, "count": len(some), "total": total}


def today(now: datetime) -> tuple[datetime, datetime]:
    """The current day."""
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)
