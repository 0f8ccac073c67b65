"""Load: so many requests at the same time, one following the other, for a while."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from pyreqwest.client import Client, ClientBuilder

from benchmarks.figures import Sample

_PATIENCE = 60.0
"""Seconds after which an answer is given up, and the run with it."""


class LoadError(Exception):
    """An answer is not what the workload asks for; the message says what came instead."""


class Shot(msgspec.Struct, frozen=True):
    """A request, ready to be sent."""

    body: bytes
    headers: Mapping[str, str]


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a stretch of load."""

    seconds: float
    latencies: tuple[float, ...]
    """Of each answer, in seconds."""

    @property
    def requests(self) -> int:
        """How many were answered."""
        return len(self.latencies)

    @property
    def sample(self) -> Sample:
        """The latencies as a sample."""
        return Sample.of(self.latencies)


async def ask(client: Client, url: str, shot: Shot) -> Any:
    """One answer's ``data``.

    Raises:
        LoadError: there are errors, or none came.
    """
    answer = msgspec.json.decode(await _send(client, url, shot))
    if answer.get("errors") or answer.get("data") is None:
        message = f"{url}: {str(answer.get('errors'))[:600]}"
        raise LoadError(message)
    return answer["data"]


async def fire(
    client: Client,
    url: str,
    shots: Sequence[Shot],
    *,
    concurrency: int,
    seconds: float,
    most: int | None = None,
) -> Round:
    """Keep so many requests going until the time is over; all that were sent are waited for.

    Args:
        client: what sends them.
        url: where to.
        shots: the requests, one after the other, round and round.
        concurrency: how many are under way at the same time.
        seconds: how long new ones are sent.
        most: the most that are sent.

    Raises:
        LoadError: an answer has errors. Answers are looked through as text: to decode them would take the
            generator longer than the request.
    """
    turns = itertools.islice(itertools.cycle(shots), most)
    took: list[float] = []
    started = time.perf_counter()
    until = started + seconds

    async def one_after_the_other() -> None:
        while (begun := time.perf_counter()) < until and (shot := next(turns, None)) is not None:
            body = await _send(client, url, shot)
            took.append(time.perf_counter() - begun)
            if not body.startswith(b'{"data":{') or b'"errors":[' in body[-4096:]:
                raise LoadError(f"{url}: {body[:300]!r} … {body[-300:]!r}")

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(one_after_the_other())
    except* LoadError as errors:
        raise errors.exceptions[0] from None
    return Round(seconds=time.perf_counter() - started, latencies=tuple(took))


def opened() -> ClientBuilder:
    """A client for any number of connections to this machine."""
    # Servers of Node.js close what was idle for five seconds, which is while others have their turn.
    return ClientBuilder().http1_only().no_proxy().pool_idle_timeout(timedelta(seconds=2))


async def _send(client: Client, url: str, shot: Shot) -> bytes:
    async with asyncio.timeout(_PATIENCE):
        answer = await client.post(url).headers(shot.headers).body_bytes(shot.body).build().send()
        body = bytes(await answer.bytes())
    if answer.status != 200:
        raise LoadError(f"{url} answered {answer.status}: {body[:300]!r}")
    return body
