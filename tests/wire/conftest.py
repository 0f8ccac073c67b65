"""The shipped connectors on the wire: over real HTTP to Stoplight Prism, which serves the published APIs.

Prism checks every request against the published document and answers with the document's examples. It
keeps nothing: it gives the same answer whatever id, page or window it is asked for, and no test here
expects more of it.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import httpx
import pytest
import yaml

from c360.config import read_config
from c360.contract import Change, Checkpoint, Connector, KeyKind, Need, PartyQuery, Ref, connect
from c360.errors import ConnectorError
from c360.kinds import kinds
from c360.records.base import Record
from connectors.health import Health
from connectors.manager import PluginManager
from connectors.transport import HostTransport

T = TypeVar("T")
Json = dict[str, Any]
Adapt = Callable[[Json, Json], None]
"""Edits an object of a document. The second argument is its properties, where it is a schema."""
Days = tuple[date, date]
Job = Callable[[], Awaitable[Sequence[object]]]

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = NOW.date()
KEYS = {KeyKind.EMAIL: "ann@example.com", KeyKind.PHONE: "+12065550100", KeyKind.NAME: "Ann Example"}
START = 60.0
"""Seconds after which Prism, which takes one or two, counts as unable to start."""
OWN_PROBLEMS = "https://stoplight.io/prism/errors#"
"""How the types of those answers begin that are Prism's own and not of the document."""


# --- Prism -------------------------------------------------------------------------------------


@contextmanager
def served(packages: Path, document: Path, log: Path) -> Iterator[str]:
    """Prism serving a document on a free port of loopback; yields its address."""
    program = packages / "@stoplight" / "prism-cli" / "dist" / "index.js"
    command = ["node", str(program), "mock", str(document)]
    options = ["-h", "127.0.0.1", "-p", "0", "--json-schema-faker-fillProperties=false", "--seed", "42"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START
    while process.poll() is None and time.monotonic() < until:
        if found := re.search(r"Prism is listening on (http://\S+)", log.read_text("utf-8")):
            return found[1]
        time.sleep(0.05)
    pytest.fail(f"Prism did not start: {log.read_text('utf-8')[-2000:]}")


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


@pytest.fixture(scope="module")
def prism(
    node_packages: Path, partner_specs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, Adapt | None], str]]:
    """Factory: the address of a Prism that serves a published document, started when first asked for.

    ``adapt`` edits every object of a copy first. They end with the module, so that no more than one
    partner's are there at once.
    """
    folder = tmp_path_factory.mktemp("prism")
    running: dict[tuple[str, Adapt | None], str] = {}
    with ExitStack() as stack:

        def address(document: str, adapt: Adapt | None) -> str:
            if (document, adapt) not in running:
                path = partner_specs / document
                if adapt is not None:
                    path = _adapted(path, adapt, folder)
                log = folder / f"{path.name}.log"
                running[document, adapt] = stack.enter_context(served(node_packages, path, log))
            return running[document, adapt]

        yield address


def _adapted(document: Path, adapt: Adapt, folder: Path) -> Path:
    text = document.read_text("utf-8")
    content = json.loads(text) if document.suffix == ".json" else yaml.load(text, _Loader)
    for node in _objects(content):
        fields = node.get("properties")
        adapt(node, fields if isinstance(fields, dict) else {})
    copy = folder / f"{document.stem}.{adapt.__name__}.json"
    copy.write_text(json.dumps(content), "utf-8")
    return copy


def _objects(node: Any) -> Iterator[Json]:
    """Every object of a document, each before those in it."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _objects(value)


# --- the wire ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Exchange:
    """A request that Prism answered, and what it found wrong with either."""

    method: str
    path: str
    query: str
    status: int
    request_faults: tuple[str, ...]
    answer_faults: tuple[str, ...]
    """Places where the document's own example breaks the document's own schema."""


class Tap(httpx.AsyncBaseTransport):
    """Real HTTP, noting what Prism says of each exchange."""

    def __init__(self, beside: Mapping[str, str]) -> None:
        self._wire = httpx.AsyncHTTPTransport(verify=False)  # plain HTTP: no certificates to load
        self._beside = {prefix: httpx.URL(address) for prefix, address in beside.items()}
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for prefix, other in self._beside.items():
            if request.url.path.startswith(prefix):
                request.url = request.url.copy_with(host=other.host, port=other.port)
        response = await self._wire.handle_async_request(request)
        faults = _violations(response.headers.get("sl-violations", ""))
        if response.headers.get("content-type") == "application/problem+json":
            problem = (await response.aread()).decode()
            if OWN_PROBLEMS in problem:
                faults.append(("request", problem))
        self.exchanges.append(
            Exchange(
                request.method,
                request.url.path,
                request.url.query.decode(),
                response.status_code,
                tuple(text for side, text in faults if side == "request"),
                tuple(text for side, text in faults if side != "request"),
            )
        )
        return response

    async def aclose(self) -> None:
        await self._wire.aclose()


def _violations(header: str) -> list[tuple[str, str]]:
    """Side of each violation, with its text (request) or place (response); very many are cut off."""
    text = header.removeprefix("Too many violations! ")
    decoder, at, found = json.JSONDecoder(), 1, []
    while at < len(text) - 1:
        try:
            violation, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            break
        side, *steps = map(str, violation["location"])
        place = ".".join(step for step in steps if not step.isdigit())
        found.append((side, place if side == "response" else f"{place}: {violation['message']}"))
        at += 1
    return found


class Generated(NamedTuple):
    """What came of answers that were made up."""

    answered: set[str]
    """Capabilities that made records of one at least."""
    errors: set[str]
    """Connector errors, their numbers made alike."""


@dataclass
class Wire:
    """A connector of ours and the published API it speaks, served by Prism."""

    address: str
    plugin: str
    settings: Mapping[str, Any]
    beside: Mapping[str, str] = field(default_factory=dict)
    """Addresses of further documents of the same API, by how their paths begin."""
    exchanges: list[Exchange] = field(default_factory=list)
    """Those of the latest use."""

    def outcomes(
        self, ref: Ref, *, days: Days = (TODAY, TODAY), only: Collection[str] = (), prefer: str = ""
    ) -> dict[str, str]:
        """What every capability that the connector declares came to, in words; ``only`` takes some.

        A feed is run twice, from the beginning (``changes``) and on from there (``resumed``).
        ``days`` is the window of windowed kinds, ``prefer`` Prism's header that selects an answer.
        Whatever is not a :class:`~c360.errors.ConnectorError` is raised.
        """

        async def tell(connector: Connector[Any]) -> dict[str, str]:
            jobs = _capabilities(connector, ref, days)
            return {name: await _told(job()) for name, job in jobs.items() if not only or name in only}

        return self.use(tell, prefer)

    def generated(
        self, ref: Ref, *, days: Days = (TODAY, TODAY), only: Collection[str] = (), seeds: int = 6
    ) -> Generated:
        """What every capability came to over answers that Prism makes up from the schemas."""
        answered, errors = set(), set()
        for seed in range(seeds):
            outcomes = self.outcomes(ref, days=days, only=only, prefer=f"dynamic=true, seed={seed}")
            for name, outcome in outcomes.items():
                if ": " in outcome:
                    errors.add(re.sub(r"\d+", "0", outcome))
                elif "record" in outcome or "upsert" in outcome:
                    answered.add(name)
        return Generated(answered, errors)

    def use(self, job: Callable[[Connector[Any]], Awaitable[T]], prefer: str = "") -> T:
        """Run a job with a connector built as the host builds it; fail where a request breaks the API."""

        async def run() -> T:
            tap = Tap(self.beside)
            self.exchanges = tap.exchanges
            transport = HostTransport(tap)
            try:
                return await job(self._connector(transport, prefer))
            finally:
                await transport.aclose()

        try:
            return asyncio.run(run())
        finally:
            faults = [
                f"{it.method} {it.path}?{it.query}: {fault}"
                for it in self.exchanges
                for fault in it.request_faults
            ]
            if faults:
                pytest.fail("Prism refused what the connector asked:\n" + "\n".join(faults))

    @property
    def asked(self) -> set[str]:
        """Method and path of the latest use's requests."""
        return {f"{it.method} {it.path}" for it in self.exchanges}

    @property
    def flaws(self) -> set[str]:
        """Places in the answers of the latest use that break the document that they come from."""
        return {place for exchange in self.exchanges for place in exchange.answer_faults}

    def _connector(self, transport: HostTransport, prefer: str) -> Connector[Any]:
        plugins = PluginManager()
        plugins.load([self.plugin])
        kind, description = plugins.find(self.plugin)
        values = {"base_url": self.address, "timeout": 20, **self.settings}
        if prefer:
            values["headers"] = {**values.get("headers", {}), "prefer": prefer}
        config = read_config(description.config, values, where=f"connectors.{self.plugin}")
        chain = transport.for_instance(description.limits, Health(lambda: NOW))
        return connect(kind, config, chain, instance="wire", now=lambda: NOW)


def _capabilities(connector: Connector[Any], ref: Ref, days: Days) -> dict[str, Job]:
    about = connector.describe()
    fetches = {it.kind: partial(_fetched, connector, it.kind, ref, days) for it in about.fetches}
    searches = {
        f"identify {key.value}": partial(connector.identify, PartyQuery(key=key, value=KEYS[key]))
        for key in about.identifies
    }
    feeds = {f"changes {feed.kind}": partial(_changed, connector, feed.kind) for feed in about.feeds}
    later = {f"resumed {feed.kind}": partial(_resumed, connector, feed.kind) for feed in about.feeds}
    return {**fetches, **searches, **feeds, **later}


async def _fetched(connector: Connector[Any], kind: str, ref: Ref, days: Days) -> Sequence[object]:
    since, until = days if kinds()[kind].windowed else (None, None)
    need = Need(kind=kind, since=since, until=until)
    [fetched] = [it async for it in connector.fetch([need], [ref])]
    assert (fetched.kind, fetched.ref) == (kind, ref)
    if fetched.error is not None:
        raise fetched.error
    assert all(isinstance(record, kinds()[kind].record) for record in fetched.records)
    return fetched.records


async def _changed(connector: Connector[Any], kind: str, since: str | None = None) -> Sequence[Change]:
    changes = [change async for change in connector.changes(kind, since)]
    assert isinstance(changes[-1], Checkpoint)
    return changes


async def _resumed(connector: Connector[Any], kind: str) -> Sequence[Change]:
    """What the second run of a feed brings, which goes on from the end of the first."""
    end = (await _changed(connector, kind))[-1]
    assert isinstance(end, Checkpoint)
    return await _changed(connector, kind, end.cursor)


async def _told(job: Awaitable[Sequence[object]]) -> str:
    try:
        found = await job
    except ConnectorError as error:
        return f"{type(error).__name__}: {error}"
    counts = Counter("record" if isinstance(it, Record) else type(it).__name__.lower() for it in found)
    words = (f"{count} {name}{'s' * (count > 1)}" for name, count in sorted(counts.items()))
    return ", ".join(words) or "nothing"


@pytest.fixture
def wire(prism: Callable[[str, Adapt | None], str]) -> Callable[..., Wire]:
    """Factory: a shipped plugin's connector with settings, on the wire to a published document.

    ``path`` is what the base URL has beyond the address; Prism serves the document's paths at its root.
    ``beside`` names further documents by how their paths begin, ``adapt`` edits copies of all.
    """

    def build(
        document: str,
        plugin: str,
        *,
        path: str = "",
        beside: Mapping[str, str] = MappingProxyType({}),
        adapt: Adapt | None = None,
        **settings: Any,
    ) -> Wire:
        others = {prefix: prism(other, adapt) for prefix, other in beside.items()}
        return Wire(f"{prism(document, adapt)}{path}", plugin, settings, others)

    return build
