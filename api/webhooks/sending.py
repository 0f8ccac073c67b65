"""One delivery on the wire: signed, bounded in time and size, never beyond the addresses that are allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from c360.addresses import AddressPolicy, AddressRefused
from c360.pools import Pools
from store.data_endpoints import DeliveryFailure

_MOST_READ = 64 * 1024
"""Bytes of an answer beyond which the connection is closed; nothing of it is of interest."""
_GONE = 410


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """How an endpoint answered."""

    failure: DeliveryFailure | None = None
    status: int | None = None
    retry_after: timedelta | None = None


class Sender:
    """Sends deliveries. Holds connections: close it.

    Args:
        addresses: where deliveries may go, asked again for each connection with what the name resolves to.
        timeout: seconds that a delivery may take.
    """

    def __init__(self, addresses: AddressPolicy, timeout: float) -> None:
        self._pools = Pools(addresses)
        self._addresses = addresses
        self._timeout = timeout

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a delivery; what goes wrong is told and not raised. No redirect is followed."""
        try:
            self._addresses.check_url(url)
            async with asyncio.timeout(self._timeout):
                return await self._exchange(self._request(url, headers, body))
        except AddressRefused:
            return Reply(failure=DeliveryFailure.ADDRESS)
        except (TimeoutError, httpx.TimeoutException):
            return Reply(failure=DeliveryFailure.TIMEOUT)
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return Reply(failure=DeliveryFailure.CONNECTION)

    def _request(self, url: str, headers: Mapping[str, str], body: bytes) -> httpx.Request:
        seconds = self._timeout
        fixed = {"content-type": "application/json", "user-agent": "c360-webhooks", "accept": "*/*"}
        timeouts = {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}
        return httpx.Request(
            "POST", url, headers={**fixed, **headers}, content=body, extensions={"timeout": timeouts}
        )

    async def _exchange(self, request: httpx.Request) -> Reply:
        answer = await self._pools.handle_async_request(request)
        try:
            read = 0
            async for chunk in answer.aiter_raw():  # so that the connection can be used again
                read += len(chunk)
                if read > _MOST_READ:
                    break
        finally:
            await answer.aclose()
        return Reply(
            failure=_failure(answer.status_code),
            status=answer.status_code,
            retry_after=_retry_after(answer.headers.get("retry-after", "")),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pools.aclose()


def _failure(status: int) -> DeliveryFailure | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return DeliveryFailure.REDIRECT
    return DeliveryFailure.GONE if status == _GONE else DeliveryFailure.STATUS


def _retry_after(text: str) -> timedelta | None:
    """For how long an endpoint asks to be left alone: in seconds, or until a date of HTTP."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - datetime.now(UTC), timedelta())
