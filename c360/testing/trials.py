"""What a connector was asked once: the operation, what came of it, and the fault that was put into it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from c360.contract import Connector
from c360.http import Request
from c360.testing.driving import Result
from c360.testing.wire import Heard, Misbehave, Wire

T = TypeVar("T")


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A connector instance and what is on its wire."""

    connector: Connector[Any]
    wire: Wire


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """Something the connector can be asked."""

    name: str
    run: Callable[[Connector[Any]], Awaitable[Result]]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that was run once."""

    operation: Operation
    result: Result
    wire: Wire
    heard: Heard | None = None
    """The exchange of the baseline into which a fault was put."""

    @property
    def where(self) -> str:
        """The operation and the exchange, for a report."""
        if self.heard is None:
            return self.operation.name
        return f"{self.operation.name}, at {self.heard.request.method} {self.shape}"

    @property
    def shape(self) -> str:
        """The path of the exchange, without ids."""
        return shape(self.heard.request) if self.heard else ""


LASTING = frozenset({"status-401"})
"""Faults that stay when the same is asked again: a credential may be renewed after a refusal."""


def at(heard: Heard, misbehave: Misbehave, *, lasting: bool = False) -> Callable[[Heard], Misbehave | None]:
    """A fault at one exchange: the same request, the same time that it was sent, or from then on.

    What misbehaves sees the exchange as it was in the baseline, with its answer.
    """

    def fault(now: Heard) -> Misbehave | None:
        due = now.nth >= heard.nth if lasting else now.nth == heard.nth
        return (lambda _: misbehave(heard)) if now.key == heard.key and due else None

    return fault


def shape(request: Request) -> str:
    """A path with its ids left out, so that requests of one operation look alike."""
    segments = urlsplit(request.url).path.split("/")
    return "/".join(
        "…" if re.search(r"\d{2}|%|^[A-Z]*\d|.{20}", it) and not _VERSION.fullmatch(it) else it
        for it in segments
    )


_VERSION = re.compile(r"v\d+(\.\d+)*")


async def alone(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Await work, and end every task that it left, so that none disturbs what runs next."""
    try:
        return await work()
    finally:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=1)


async def unless_endless(work: Awaitable[Result], wire: Wire) -> Result:
    """Await work, but stop it once it sends requests without an end."""
    task = asyncio.ensure_future(work)
    alarm = asyncio.ensure_future(wire.endless.wait())
    try:
        await asyncio.wait({task, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            return Result()
        return task.result()
    finally:
        for it in (task, alarm):
            it.cancel()
        await asyncio.gather(task, alarm, return_exceptions=True)
