"""The sandbox's six partners in a process of their own, and their control routes."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import httpx

from sandbox.population import Population
from sandbox.population.numbers import DOMAINS
from sandbox.server import BACK_OFFICE

CHECKOUT = Path(__file__).resolve().parents[2]
READY_WITHIN = 60.0
"""Seconds the sandbox may take to start on a busy machine."""


class StageError(Exception):
    """Something that is needed on the stage did not start; the message says what it last said."""


@dataclass(frozen=True, kw_only=True)
class People:
    """Which population: the same values make the same people."""

    people: int = 150
    companies: int = 8
    seed: int = 360
    today: date = date(2026, 6, 15)

    def population(self) -> Population:
        """The truth that the partners serve from."""
        return Population(people=self.people, companies=self.companies, seed=self.seed, today=self.today)

    def arguments(self) -> list[str]:
        """The same for the sandbox's command line."""
        return [
            *("--people", str(self.people)),
            *("--companies", str(self.companies)),
            *("--seed", str(self.seed)),
            *("--today", self.today.isoformat()),
        ]


@dataclass
class Partners:
    """Six running partners."""

    process: subprocess.Popen[str]
    connectors: Mapping[str, Mapping[str, Any]]
    """Settings of a connector instance per partner."""
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=10))

    def __enter__(self) -> Self:
        """Use the partners in a block that stops them at its end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the partners."""
        self.stop()

    def behave(self, partner: str, mode: str = "ok", **rule: Any) -> None:
        """Tell a partner how to behave; see :class:`sandbox.framework.behaviour.Rule`."""
        answer = self._client.put(self._control(partner, "behaviour"), json={"mode": mode, **rule})
        answer.raise_for_status()

    def all_behave(self, mode: str = "ok", **rule: Any) -> None:
        """Tell every partner how to behave."""
        for partner in self.connectors:
            self.behave(partner, mode, **rule)

    def calls(self, partner: str) -> dict[str, int]:
        """The calls that a partner got since :meth:`forget`, by method and route."""
        counted: dict[str, int] = self._client.get(self._control(partner, "counters")).json()
        return counted

    def all_calls(self) -> dict[str, dict[str, int]]:
        """The calls that each partner got."""
        return {partner: self.calls(partner) for partner in self.connectors}

    def effects(self, partner: str) -> dict[str, int]:
        """How often each thing took effect at a partner since it started, by name."""
        counted: dict[str, int] = self._client.get(self._control(partner, "effects")).json()
        return counted

    def total(self) -> int:
        """How many calls all partners got together."""
        return sum(sum(calls.values()) for calls in self.all_calls().values())

    def subscribe(self, partner: str, url: str | None) -> None:
        """Have a partner call an address with each change, or no more."""
        address = self._control(partner, "webhooks")
        answer = self._client.put(address, json={"url": url}) if url else self._client.delete(address)
        answer.raise_for_status()

    def forget(self) -> None:
        """Count from zero."""
        for partner in self.connectors:
            self._client.post(self._control(partner, "counters/reset")).raise_for_status()

    @contextmanager
    def behaving(self, partners: Iterable[str], mode: str, **rule: Any) -> Iterator[None]:
        """Partners that misbehave for the length of a block."""
        chosen = list(partners)
        try:
            for partner in chosen:
                self.behave(partner, mode, **rule)
            yield
        finally:
            for partner in chosen:
                self.behave(partner)

    def stop(self) -> None:
        """End the partners' process and wait for it."""
        self._client.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _control(self, partner: str, what: str) -> str:
        return urljoin(str(self.connectors[partner]["base_url"]), f"/_sandbox/{what}")


def start_partners(who: People, *, office: bool = False) -> Partners:
    """Start the six partners on free ports.

    Args:
        who: the population that they serve.
        office: whether the back office is one of them.

    Raises:
        StageError: they did not start.
    """
    process = subprocess.Popen(  # noqa: S603  # our own module with numbers as arguments
        [sys.executable, "-m", "sandbox", "serve", "--port", "0", *who.arguments()],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101  # asked for just above
    readable, _, _ = select.select([process.stdout], [], [], READY_WITHIN)
    line = process.stdout.readline() if readable else ""
    if not line:
        process.kill()
        process.wait()
        process.stdout.close()
        raise StageError(f"the sandbox did not start within {READY_WITHIN:g} s")
    connectors = json.loads(line)["connectors"]
    # What is measured and tested here is the hub, not the pace that a real bank or hotel allows it.
    for partner in ("banking", "hotel"):
        connectors[partner]["requests_per_second"] = 10_000
    wanted = (*DOMAINS, BACK_OFFICE) if office else DOMAINS
    return Partners(process, {partner: connectors[partner] for partner in wanted})
