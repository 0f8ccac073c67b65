"""Fixtures that several test folders share, and what holds for every test of the project."""

from __future__ import annotations

import asyncio
import fcntl
import functools
import json
import os
import shutil
import socket
import subprocess
import warnings
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
import hypothesis
import pytest
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from starlette.types import ASGIApp
from werkzeug.datastructures import Headers, ImmutableMultiDict

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
from tests.fixtures.specifications import SPECIFICATIONS

T = TypeVar("T")
R = TypeVar("R", pytest.TestReport, pytest.CollectReport)

# How long an example takes says more of the machine than of the code; benchmarks measure.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")

CHECKOUT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 6, 15)

# With CI=true any other reason to skip fails the run.
# A check of the conformance suite that does not apply to a connector says why after "exempt: ".
ALLOWED_SKIPS = ("needs Node.js", "no published partner specifications", "no reference data", "exempt: ")


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


class _Loader(yaml.CSafeLoader):
    """YAML as OpenAPI reads it: no dates, and ``NO`` is Norway, not false."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if not tag.endswith(":timestamp") and (not tag.endswith(":bool") or first in "tTfF")
    ]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _keys_as_text(node: Any) -> Any:
    """YAML reads the status ``200`` as a number; as a key it is a text."""
    if isinstance(node, dict):
        return {str(key): _keys_as_text(value) for key, value in node.items()}
    return [_keys_as_text(value) for value in node] if isinstance(node, list) else node


@functools.cache
def _document(file: Path) -> dict[str, Any]:
    text = file.read_text("utf-8")
    read = json.loads(text) if file.suffix == ".json" else yaml.load(text, Loader=_Loader)
    document: dict[str, Any] = _keys_as_text(read)
    if "externalDocs" in document["info"]:
        del document["info"]["externalDocs"]  # not allowed there; openapi-core refuses the document
    for item in document["paths"].values():
        item.pop("servers", None)
        for operation in item.values():
            if isinstance(operation, dict):
                operation.pop("servers", None)
                operation["security"] = []  # credentials are the application's to check
    return document


@functools.cache
def _openapi(file: Path, server: str) -> OpenAPI:
    document = {**_document(file), "servers": [{"url": server}], "security": []}
    config = Config(
        spec_validator_cls=None,
        extra_media_type_deserializers={"application/problem+json": json.loads},  # RFC 7807
    )
    return OpenAPI.from_dict(document, config=config)


@dataclass
class SpecRequest:
    """A request as openapi-core wants to see it."""

    sent: Request

    def __post_init__(self) -> None:
        parts = urlsplit(self.sent.url)
        self.host_url = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path
        self.method = self.sent.method.lower()
        self.body = self.sent.content or None
        auth = self.sent.auth.headers() if self.sent.auth else ()
        headers = Headers([*self.sent.headers, *auth])
        self.content_type = headers.get("content-type", "").lower()
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(self.sent.params), header=headers, cookie=ImmutableMultiDict()
        )


@dataclass
class SpecResponse:
    """An answer as openapi-core wants to see it."""

    got: Response

    def __post_init__(self) -> None:
        self.status_code = self.got.status
        self.headers = Headers(list(self.got.headers.items()))
        self.content_type = self.headers.get("content-type", "").lower()
        self.data = self.got.content or None


@dataclass
class Specification:
    """Published documents of one partner."""

    apis: Sequence[OpenAPI]
    requests: bool
    answers: bool

    def request(self, request: Request) -> None:
        """Fail where the API does not define such a request."""
        if self.requests and "/_sandbox/" not in request.url:
            spec_request = SpecRequest(request)
            api = self._api(spec_request)
            _demand(request, "request", api.iter_request_errors(spec_request))
            _demand(request, "request", _undefined_parameters(api, spec_request))

    def answer(self, request: Request, response: Response) -> None:
        """Fail where the API does not define such an answer to that request."""
        if self.answers and "/_sandbox/" not in request.url:
            spec_request = SpecRequest(request)
            errors = self._api(spec_request).iter_response_errors(spec_request, SpecResponse(response))
            _demand(request, f"answer {response.status}", errors)

    def _api(self, request: SpecRequest) -> OpenAPI:
        """The document that has the path, else the first one, whose error will tell."""
        return next((api for api in self.apis if _operation(api, request) is not None), self.apis[0])


def _operation(api: OpenAPI, request: SpecRequest) -> Any:
    try:
        validator: Any = api.request_validator
        return validator._find_path(request)
    except OpenAPIError:
        return None


def _undefined_parameters(api: OpenAPI, request: SpecRequest) -> Iterator[Exception]:
    """Query parameters the operation does not have; openapi-core passes over them."""
    found = _operation(api, request)
    if found is None:
        return
    defined = [*found.operation.get("parameters", []), *found.path.get("parameters", [])]
    names = {(param / "name").read_str() for param in defined if (param / "in").read_str() == "query"}
    for name in request.parameters.query:
        if name not in names and not any(known.startswith(f"{name}[") for known in names):
            yield ValueError(f"query parameter {name!r} is not defined")


def _demand(request: Request, what: str, errors: Iterator[Exception]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a deprecated parameter is still defined
        found = [_explained(error) for error in errors]
    if found:
        operation = f"{request.method} {urlsplit(request.url).path}"
        raise AssertionError(f"{operation}: {what} breaks the specification: " + "; ".join(found))


def _explained(error: Exception) -> str:
    cause = error.__cause__
    details = [
        f"{detail.json_path}: {detail.message}"[:400] for detail in getattr(cause, "schema_errors", ()) or ()
    ]
    return (
        f"{error}" + (f" ({cause})" if cause and not details else "") + "".join(f"\n  {d}" for d in details)
    )


@pytest.fixture
def spec_http(partner_specs: Path) -> Callable[..., InProcess]:
    """Factory: a transport that compares every exchange with the partner's specification."""

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
        apis = [_openapi(partner_specs / file, server) for file in files]
        return InProcess(app, base_url, Specification(apis, check_requests, check_answers))

    return build
