"""How many requests a partner still allows, read from the headers of its answers.

Understood, in this order: ``RateLimit`` and ``RateLimit-Policy`` of the IETF's draft (as structured
fields, and in the two forms of its older versions), ``X-RateLimit-Limit``, ``-Remaining`` and
``-Reset``, and ``Retry-After`` (RFC 9110, section 10.2.3). What cannot be read counts as not said.

Source: draft-ietf-httpapi-ratelimit-headers, versions 6, 7 and 10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

__all__ = ["Quota", "RateLimit", "rate_limit", "retry_after"]

_SECONDS = re.compile(r"\d{1,9}(\.\d{1,6})?\Z")
_ITEM = re.compile(r'\s*(?:"(?P<name>[^"]*)"|(?P<bare>[^;,="]+))(?P<parameters>(?:\s*;[^;,]*)*)\s*(?:,|\Z)')
_EPOCH = 1_000_000_000
"""Seconds: a reset beyond it (31 years) is a moment since 1970, not a wait."""


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """One of a partner's limits, as it stands."""

    name: str = ""
    """The partner's name of it, where it has several."""
    limit: int | None = None
    """Requests allowed in a window."""
    window: float | None = None
    """Length of the window in seconds."""
    remaining: int | None = None
    """Requests left in the present window."""
    reset: float | None = None
    """Seconds until there are more, counted from the answer."""


class RateLimit(msgspec.Struct, frozen=True, kw_only=True):
    """All that an answer says of limits."""

    quotas: tuple[Quota, ...] = ()
    retry_after: float | None = None
    """Seconds for which the partner wants to be left alone."""

    @property
    def pause(self) -> float:
        """Seconds to send nothing for: as asked, or until a used-up quota is filled again."""
        waits = [quota.reset for quota in self.quotas if quota.remaining == 0 and quota.reset]
        return max([self.retry_after or 0.0, *waits])


NOTHING = RateLimit()
"""What most answers say."""


def rate_limit(headers: Mapping[str, str]) -> RateLimit:
    """What the headers of an answer, their names in lower case, say of limits."""
    wait = retry_after(headers) if "retry-after" in headers else None
    quotas = tuple(_quotas(headers))
    return RateLimit(quotas=quotas, retry_after=wait) if quotas or wait is not None else NOTHING


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of ``Retry-After``; a date in it counts from the answer's own ``Date``."""
    value = headers.get("retry-after", "").strip()
    if _SECONDS.match(value):
        return float(value)
    return _until(value, headers)


def _until(value: str, headers: Mapping[str, str]) -> float | None:
    """Seconds from the answer to an HTTP date; the partner's clock alone counts."""
    try:
        at, sent = parsedate_to_datetime(value), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (_aware(at) - _aware(sent)).total_seconds())
    except ValueError:
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _quotas(headers: Mapping[str, str]) -> Iterator[Quota]:
    said, policy = headers.get("ratelimit"), headers.get("ratelimit-policy", "")
    if said is not None:
        yield from _structured(said, policy)
        return
    for prefix in ("ratelimit-", "x-ratelimit-", "x-rate-limit-"):
        remaining = _whole(headers.get(prefix + "remaining"))
        limit = _whole(headers.get(prefix + "limit"))
        if remaining is not None or limit is not None:
            reset = _reset(headers.get(prefix + "reset", ""), headers)
            yield Quota(limit=limit, remaining=remaining, reset=reset, window=_window(policy))
            return


def _structured(said: str, policy: str) -> Iterator[Quota]:
    allowed = {name: parameters for name, parameters in _items(policy) if name}
    for name, found in _items(said):
        rule = allowed.get(name, {})
        yield Quota(
            name=name,
            limit=_whole(rule.get("q")),
            window=_number(rule.get("w")),
            remaining=_whole(found.get("r")),
            reset=_number(found.get("t")),
        )
    if "=" in said and ";" not in said:  # version 7: limit=100, remaining=50, reset=50
        pairs = dict(part.strip().partition("=")[::2] for part in said.split(","))
        if "remaining" in pairs:
            yield Quota(
                limit=_whole(pairs.get("limit")),
                remaining=_whole(pairs["remaining"]),
                reset=_number(pairs.get("reset")),
                window=_window(policy),
            )


def _items(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The members of a structured list with their parameters (RFC 9651)."""
    for match in _ITEM.finditer(text):
        parameters = match["parameters"]
        if parameters:
            pairs = (part.strip().partition("=") for part in parameters.split(";") if part.strip())
            yield match["name"] or (match["bare"] or "").strip(), {key: value for key, _, value in pairs}


def _window(policy: str) -> float | None:
    """The window of the older ``100;w=60``."""
    return next((_number(parameters.get("w")) for _, parameters in _items(policy)), None)


def _reset(value: str, headers: Mapping[str, str]) -> float | None:
    """Seconds of a reset that may be a wait, a moment since 1970 in seconds or milliseconds, or a date."""
    value = value.strip()
    number = _number(value)
    if number is None:
        return _until(value, headers)
    if number < _EPOCH:
        return number
    if number >= _EPOCH * 1000:
        number /= 1000
    try:
        sent = _aware(parsedate_to_datetime(headers.get("date", ""))).timestamp()
    except ValueError:
        return None
    return max(0.0, number - sent)


def _number(text: str | None) -> float | None:
    text = (text or "").strip()
    return float(text) if re.fullmatch(r"\d{1,15}(\.\d{1,6})?", text) else None


def _whole(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else int(number)
