"""What all contenders of a race stand before: partners that answer at once, and a store with customers."""

from __future__ import annotations

import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from benchmarks.race import store
from benchmarks.race.cores import cores, on_core
from benchmarks.race.standin import Ready, Spec, Told
from benchmarks.stage.graph import export_people
from benchmarks.stage.partners import CHECKOUT, READY_WITHIN, Partners, People, StageError, start_partners
from benchmarks.stage.processes import Installation, install
from c360.enrolment import CustomerLine

PEOPLE = 1000
KEY = "issuer.json"
"""File of the development issuer's key, as :func:`install` names it."""
AGENTS = 32
"""Callers who take turns: budgets are each caller's own."""
_OPEN = {"requests": 10_000_000, "cost": 10_000_000_000}
"""A budget that is kept account of like any other, and lets a race through."""
_REMEMBERED = {
    "banking": ("banking.accounts", "banking.balances", "banking.transactions"),
    "insurance": ("insurance.policies",),
    "brokerage": ("brokerage.positions",),
    "loyalty": ("loyalty.memberships",),
    "hotel": ("hotel.stays",),
    "rental": ("rental.bookings",),
}
"""Kinds of record that may come from memory for an hour, where an operation allows it."""


@dataclass
class StandInProcess:
    """The running stand-in, and its control route."""

    process: subprocess.Popen[str]
    partners: Mapping[str, str]
    control: str

    def told(self) -> Told:
        """Counts since they were forgotten."""
        return self._post("state")

    def forget(self) -> None:
        """Count from zero."""
        self._post("forget")

    def seal(self) -> None:
        """Answer what is known, and nothing else."""
        self._post("seal")

    def delay(self, seconds: float) -> None:
        """Let every answer wait for so long."""
        self._post("latency", seconds)

    def _post(self, what: str, value: object = None) -> Told:
        with httpx.Client(trust_env=False, timeout=60) as client:
            answer = client.post(f"{self.control}/{what}", content=msgspec.json.encode(value))
        return msgspec.json.decode(answer.content, type=Told)


@dataclass(frozen=True)
class Scene:
    """All that contenders need."""

    standin: StandInProcess
    gateway: str
    """Address of the graph of c360."""
    process: int
    """Its process."""
    callers: Sequence[Mapping[str, str]]
    """Headers of the callers who take turns."""
    installation: Installation
    """Settings of c360."""
    variant: Callable[[int, int], AbstractContextManager[tuple[str, int]]]
    """Starts c360 once more, with so many further customers and connectors: address and process."""
    credentials: Mapping[str, str]
    """With what partners let the hub in, as a header has it."""
    customers: Path
    """The file of customers that was imported."""
    folder: Path
    """For files that are thrown away."""


class Cache:
    """Files that a run leaves for the next one of the same day."""

    def __init__(self, folder: Path, who: People, *, fresh: bool) -> None:
        self.folder = folder / f"{who.today.isoformat()}-{who.people}"
        if fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)

    def __truediv__(self, name: str) -> Path:
        return self.folder / name


def today() -> date:
    """The day of the partners: their answers hold for it alone."""
    return datetime.now(UTC).date()


@contextmanager
def scene(
    cache: Cache, who: People, *, backend: str, record: Callable[[Scene], None], recording: Path
) -> Iterator[Scene]:
    """Everything started: the gateway on a core of its own, the rest on the other.

    Args:
        cache: where prepared things are kept.
        who: the population.
        backend: ``sqlite`` or ``postgresql``.
        record: sends every request of the race once, so that partners' answers are recorded.
        recording: the file of what they answered, written where there is none.
    """
    answering, other = cores()
    dump = cache / f"store-{backend}"
    with ExitStack() as stack:
        stack.enter_context(on_core(other))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="c360-race-")))
        customers = export_people(who, cache.folder)
        databases = stack.enter_context(store.databases(backend, folder))
        fresh = not recording.exists()
        partners = None
        if fresh or not dump.exists():
            partners = stack.enter_context(start_partners(who))
        connectors = _connectors(partners, cache)
        url = databases.create()
        if not dump.exists():
            store.prepare(url, connectors, customers, say=_say)
            store.save(url, dump)
        else:
            store.load(dump, url)
        standin = stack.enter_context(_stand_in(connectors, recording, other))
        there = _installed(folder, url, standin, connectors)

        @contextmanager
        def variant(customers: int, more: int) -> Iterator[tuple[str, int]]:
            place = folder / f"{customers}-{more}"
            place.mkdir()
            shutil.copy(folder / KEY, place)  # so that the same callers are believed
            other = databases.create()
            store.load(dump, other)
            if customers:
                store.crowd(other, customers)
            crowd = {
                f"{name}-{number}": table for number in range(more // 6) for name, table in connectors.items()
            }
            with (
                on_core(answering),
                _installed(place, other, standin, {**connectors, **crowd}).running() as it,
            ):
                yield f"{it[0]}/graphql", it[1]

        with on_core(answering):
            address, process = stack.enter_context(there.running())
        callers = [there.bearer("supervisor", subject=f"agent-{number}") for number in range(AGENTS)]
        found = Scene(
            standin=standin,
            gateway=f"{address}/graphql",
            process=process,
            callers=callers,
            installation=there,
            variant=variant,
            credentials=_credentials(connectors),
            customers=customers,
            folder=folder,
        )
        if fresh:
            _say("recording the partners' answers")
            record(found)
            standin.seal()
        if partners is not None:
            partners.stop()
        yield found


def links(customers: Path) -> Mapping[str, Mapping[str, str]]:
    """Tokens of grants by connector and party id, as they were imported."""
    found: dict[str, dict[str, str]] = {}
    with customers.open("rb") as stream:
        for text in stream:
            for link in msgspec.json.decode(text, type=CustomerLine).links:
                token = link.grant.token if link.grant else ""
                found.setdefault(link.connector, {})[link.party.party_id] = token
    return found


def _connectors(partners: Partners | None, cache: Cache) -> Mapping[str, Mapping[str, Any]]:
    """Settings of the connectors, which a sealed stand-in needs without the sandbox."""
    file = cache / "connectors.json"
    if partners is None:
        kept: dict[str, dict[str, Any]] = msgspec.json.decode(file.read_bytes())
        return kept
    found = {name: dict(table) for name, table in partners.connectors.items()}
    found["insurance"]["products"] = ["auto"]  # an insurer of vehicles: one list to read, not three
    file.write_bytes(msgspec.json.encode(found))
    return found


def _credentials(connectors: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
    return {
        "brokerage": f"Bearer {connectors['brokerage']['credential']}",
        "loyalty": f"Bearer {connectors['loyalty']['access_token']}",
        "hotel": connectors["hotel"]["api_key"],
        "rental": connectors["rental"]["credential"],
    }


def _installed(
    folder: Path, url: str, standin: StandInProcess, connectors: Mapping[str, Mapping[str, Any]]
) -> Installation:
    """Settings as in production: everything is on, also what the race could do without."""
    tables = {
        name: {
            key: _moved(value, table["base_url"], standin.partners[plugin]) for key, value in table.items()
        }
        for name, table in connectors.items()
        for plugin in [name.partition("-")[0]]
    }
    remembered = {
        f"connectors.{name}.ttl": {f'"{kind}"': 3600 for kind in kinds} for name, kinds in _REMEMBERED.items()
    }
    return install(
        folder,
        url,
        tables,
        server={"connections": 2000},
        admission=_OPEN,
        observing={"traces": f"{standin.control}/v1/traces", "sampled": 0.05},
        live={"sockets": 4000},
        **remembered,
    )


def _moved(value: Any, base: str, to: str) -> Any:
    """A setting with the stand-in's address in place of the sandbox's."""
    if not isinstance(value, str):
        return value
    before, after = (f"http://{urlsplit(each).netloc}" for each in (base, to))
    return value.replace(before, after)


@contextmanager
def _stand_in(
    connectors: Mapping[str, Mapping[str, Any]], recording: Path, core: int
) -> Iterator[StandInProcess]:
    addresses = {name: str(table["base_url"]) for name, table in connectors.items()}
    spec = Spec(partners=addresses, recording=str(recording), core=core)
    process = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "benchmarks.race.standin", msgspec.json.encode(spec).decode()],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101  # asked for just above
        readable, _, _ = select.select([process.stdout], [], [], READY_WITHIN)
        line = process.stdout.readline() if readable else ""
        if not line:
            message = "the stand-in for the partners did not start"
            raise StageError(message)
        ready = msgspec.json.decode(line, type=Ready)
        yield StandInProcess(process, ready.partners, ready.control)
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def _say(what: str) -> None:
    sys.stderr.write(f"{what} …\n")
