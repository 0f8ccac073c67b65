"""Fixtures that several test folders share, and what holds for every test of the project."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
import hypothesis
import pytest
from starlette.types import ASGIApp

from c360.errors import RetryLater
from c360.http import Request, Response
from sandbox.framework import World
from sandbox.population import Population
from tests.fixtures.databases import (  # noqa: F401  # fixtures are offered by being here
    backend,
    database_url,
    empty_database_url,
    postgres_server,
    sqlite_template,
)
from tests.fixtures.leaks import _no_leak, _watch  # noqa: F401  # watches every test by being here
from tests.fixtures.reference import reference_data  # noqa: F401  # a fixture is offered by being here
from tests.fixtures.sizes import size
from tests.fixtures.specifications import SPECIFICATIONS

T = TypeVar("T")
R = TypeVar("R", pytest.TestReport, pytest.CollectReport)

# How long an example takes says more of the machine than of the code; benchmarks measure.
# Each run draws other examples: what half of them do not meet today they meet tomorrow, or `make thorough`.
hypothesis.settings.register_profile("project", deadline=None, max_examples=size(50, 200))
hypothesis.settings.load_profile("project")

CHECKOUT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 6, 15)

# With CI=true any other reason to skip fails the run.
# A check of the conformance suite that does not apply to a connector says why after "exempt: ".
ALLOWED_SKIPS = ("needs Node.js", "no published partner specifications", "no reference data", "exempt: ")


# --- memory ------------------------------------------------------------------------------------


def pytest_configure() -> None:
    """What is imported to collect tests stays: looking through it for garbage is a fifth of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on garbage is collected, without looking through what collecting left, each time anew."""
    gc.freeze()
    gc.enable()


# --- the machine -------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches beyond this machine."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(sock: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        local = host in {"localhost", "::1", ""} or str(host).startswith("127.")
        if sock.family in {socket.AF_INET, socket.AF_INET6} and not local:
            pytest.fail(f"a test may connect to loopback only, not to {host}")

    def guarded(sock: socket.socket, address: Any) -> None:
        check(sock, address)
        connect(sock, address)

    def guarded_ex(sock: socket.socket, address: Any) -> int:
        check(sock, address)
        return connect_ex(sock, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the skip of a test."""
    return _judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge the skip of a whole module."""
    return _judged((yield))


def _judged(report: R) -> R:
    """With CI=true, a skip that is not on the allow-list is a failure."""
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return report
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if not any(allowed in reason for allowed in ALLOWED_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, and the reason is not on the allow-list: {reason}"
    return report


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, T]], T]:
    """Run a coroutine to its end."""
    return asyncio.run


# --- the population ----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def population() -> Population:
    """A small population that every test of the session reads."""
    return Population(people=60, companies=5, seed=360, today=TODAY)


@pytest.fixture
def world(population: Population) -> World:
    """The world of one partner: fresh behaviour, counters and state."""
    return World(population)


# --- partners in-process -----------------------------------------------------------------------


@dataclass
class Call:
    """One exchange that a transport carried."""

    method: str
    path: str
    query: str
    status: int
    request: Request
    response: Response


class Check(Protocol):
    """Compares one exchange with a specification."""

    def request(self, request: Request) -> None: ...

    def answer(self, request: Request, response: Response) -> None: ...


@dataclass
class InProcess:
    """A :class:`c360.http.Transport` that calls an ASGI application without a socket."""

    app: ASGIApp
    base_url: str
    check: Check | None = None
    calls: list[Call] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        """Send one request; a timeout or a broken connection is :class:`RetryLater`."""
        if not request.url.startswith(self.base_url):
            pytest.fail(f"the request went to {request.url}, not below {self.base_url}")
        if self.check:
            self.check.request(request)
        try:
            async with asyncio.timeout(request.timeout):
                response = await self._exchange(request)
        except TimeoutError:
            raise RetryLater("no answer in time") from None
        parts = urlsplit(request.url)
        query = urlencode(request.params)
        self.calls.append(Call(request.method, parts.path, query, response.status, request, response))
        promised = response.headers.get("content-length")
        if promised is not None and int(promised) != len(response.content):
            raise RetryLater("the connection broke")
        if self.check:
            self.check.answer(request, response)
        return response

    async def _exchange(self, request: Request) -> Response:
        request = request.auth.apply(request) if request.auth else request
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as client:
            answer = await client.request(
                request.method,
                request.url,
                params=request.params or None,
                headers=[*request.headers],
                content=request.content,
            )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(status=answer.status_code, headers=headers, content=answer.content)


@pytest.fixture
def plain_http() -> Callable[[ASGIApp, str], InProcess]:
    """Factory: a transport to an application, without a specification to compare with."""
    return InProcess


# --- Node.js -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """``tests/node/node_modules``, installed from its lock where it is missing or older.

    The first use may take minutes: give the test a ``timeout`` mark. Skips where Node.js is missing.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("needs Node.js with npm")
    lock = CHECKOUT / "tests" / "node" / "package-lock.json"
    packages = lock.with_name("node_modules")
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # of several test processes, one installs
        installed = packages / ".package-lock.json"  # npm writes it last
        if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
            _install(npm, lock.parent)
    return packages


def _install(npm: str, folder: Path) -> None:
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        trouble = "npm did not end within 300 s"
    else:
        if done.returncode == 0:
            return
        trouble = f"npm ended with code {done.returncode}: {done.stderr[-2000:]}"
    if os.environ.get("CI") == "true":
        pytest.fail(trouble)
    pytest.skip(f"needs Node.js packages that could not be installed: {trouble}")


# --- published specifications ------------------------------------------------------------------


@pytest.fixture(scope="session")
def partner_specs() -> Path:
    """The folder of the published partner specifications; skips where there is none."""
    if not SPECIFICATIONS.is_dir():
        pytest.skip("no published partner specifications: set C360_PARTNER_SPECS to their folder")
    return SPECIFICATIONS


@pytest.fixture
def spec_http(partner_specs: Path) -> Callable[..., InProcess]:
    """Factory: a transport that compares every exchange with the partner's specification."""
    from tests.fixtures.published import Specification, openapi  # a second, only where it is used

    def build(
        spec: str | Sequence[str],
        app: ASGIApp,
        base_url: str,
        *,
        server_prefix: str | None = None,
        check_requests: bool = True,
        check_answers: bool = True,
    ) -> InProcess:
        parts = urlsplit(base_url)
        prefix = parts.path if server_prefix is None else server_prefix
        server = f"{parts.scheme}://{parts.netloc}{prefix.rstrip('/')}"
        files = [spec] if isinstance(spec, str) else spec
        apis = [openapi(partner_specs / file, server) for file in files]
        return InProcess(app, base_url, Specification(apis, check_requests, check_answers))

    return build
