"""Whoever uploads, serves or takes in is killed at every step, on both databases: each row is there once."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import msgspec
import pytest

from api.bulk.endpoints import BYTES
from benchmarks.stage.processes import free_port
from c360.access import DEFAULT_TENANT
from store.database import Database
from tests.conftest import CHECKOUT
from tests.e2e.dying import KEYS
from tests.e2e.dying_uploads import BATCH, Turn
from tests.fixtures.sizes import size

NUMBERS = range(1, 3 * BATCH - 99)
AGAIN = 60
"""Each so-manieth row of the last batch is of a customer of the batch before."""
WRONG = NUMBERS[24::25]
"""Rows whose address is none."""
PIECE = 40_000
"""Bytes of a request."""


@dataclass
class Mortals:
    """Processes of their own that take turns."""

    process: subprocess.Popen[str]
    url: str

    def play(self, *, die_at: int) -> bool:
        """Let one take in what was uploaded; whether it was killed."""
        self._tell(Turn(url=self.url, die_at=die_at))
        return self._heard() == "killed"

    def serve(self, port: int, *, die_at: int) -> int:
        """Let one serve; its process id."""
        self._tell(Turn(url=self.url, port=port, die_at=die_at))
        return int(self._heard())

    def ended(self) -> bool:
        """Whether the one that served was killed."""
        return self._heard() == "killed"

    def _tell(self, turn: Turn) -> None:
        assert self.process.stdin
        self.process.stdin.write(msgspec.json.encode(turn).decode() + "\n")
        self.process.stdin.flush()

    def _heard(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@pytest.fixture(scope="module")
def process() -> Iterator[subprocess.Popen[str]]:
    """A warm process."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.dying_uploads"],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
        os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def mortals(process: subprocess.Popen[str], database_url: str) -> Mortals:
    """Those that work on a store of each kind."""
    return Mortals(process, database_url)


def said(number: int) -> tuple[str, str]:
    """The id and the name of the customer of a row."""
    again = number % AGAIN == 1 and number > 2 * BATCH
    return f"c{number - BATCH if again else number}", f"Ash{number}"


def customers() -> bytes:
    """Rows of people."""

    def row(number: int) -> dict[str, str]:
        key, name = said(number)
        email = "nobody" if number in WRONG else f"person{number}@mail.example"
        return {"id": key, "familyName": name, "email": email}

    return b"".join(msgspec.json.encode(row(number)) + b"\n" for number in NUMBERS)


class Client:
    """Uploads by what a server says: it keeps no account of its own but of what was acknowledged."""

    def __init__(self, port: int, content: bytes) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.content = content
        self.acknowledged = 0

    def announce(self) -> str:
        """Announce the upload; its path."""
        asked = {
            "kind": "CUSTOMERS",
            "format": "NDJSON",
            "source": "crm",
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
        }
        return httpx.post(f"{self.address}/uploads", json=asked).headers["location"]

    def offset(self, path: str) -> int:
        """How many bytes are here: never fewer than were acknowledged."""
        found = int(httpx.head(self.address + path).headers["upload-offset"])
        assert found >= self.acknowledged, "nothing acknowledged is lost"
        return found

    def piece(self, path: str) -> None:
        """Send the next piece."""
        start = self.offset(path)
        answer = httpx.patch(
            self.address + path,
            content=self.content[start : start + PIECE],
            headers={"content-type": BYTES, "upload-offset": str(start)},
        )
        assert answer.status_code in {204, 409}
        self.acknowledged = int(answer.headers["upload-offset"])

    def die_in_the_middle_of_a_piece(self, path: str, after: float) -> bool:
        """Have another process begin to send everything, and kill it; whether something was kept of it.

        Args:
            path: the upload's.
            after: seconds; what no hand has taken from the line by then is lost with it.
        """
        sent, port = self.content[: PIECE // 2], self.address.rpartition(":")[2]
        with subprocess.Popen(
            [sys.executable, "-c", _HALF, port, path, str(len(self.content))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write(sent)
            process.stdin.close()
            assert process.stdout.readline() == b"sent\n"
            time.sleep(after)
            process.kill()
        deadline = time.monotonic() + 1
        while not (here := self.offset(path)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert here in {0, len(sent)}
        return here > 0


_HALF = f"""
import socket, sys, time
port, path, size = sys.argv[1:]
with socket.create_connection(("127.0.0.1", int(port))) as line:
    line.sendall((
        f"PATCH {{path}} HTTP/1.1\\r\\nhost: hub\\r\\ncontent-type: {BYTES}\\r\\n"
        f"upload-offset: 0\\r\\ncontent-length: {{size}}\\r\\n\\r\\n"
    ).encode() + sys.stdin.buffer.read())
    print("sent", flush=True)
    time.sleep(60)
"""


def upload(mortals: Mortals, content: bytes) -> str:
    """Upload over the deaths of the client and of servers; the upload's path."""
    client = Client(free_port(), content)
    port = int(client.address.rpartition(":")[2])
    server = mortals.serve(port, die_at=0)
    path = client.announce()
    assert any(client.die_in_the_middle_of_a_piece(path, after) for after in (0.1, 0.5, 2.0))
    os.kill(server, signal.SIGKILL)
    assert mortals.ended()
    # A later point each time, until it is behind all that a server does for a piece.
    for kills in itertools.count():
        server = mortals.serve(port, die_at=1 + kills * size(2, 1))
        try:
            client.piece(path)
        except httpx.RemoteProtocolError:
            assert mortals.ended()
        else:
            break
    assert kills > 2
    os.kill(server, signal.SIGKILL)
    assert mortals.ended()
    server = mortals.serve(port, die_at=0)
    while client.acknowledged < len(content):
        client.piece(path)
    os.kill(server, signal.SIGKILL)
    assert mortals.ended()
    return path


def report(mortals: Mortals, path: str) -> tuple[dict[str, object], list[str]]:
    """What is told of the job, and the lines of its report."""
    port = free_port()
    server = mortals.serve(port, die_at=0)
    shown = httpx.get(f"http://127.0.0.1:{port}{path}").json()
    lines = httpx.get(f"http://127.0.0.1:{port}{path}/report").text.splitlines()
    os.kill(server, signal.SIGKILL)
    assert mortals.ended()
    return shown, lines


def kept(url: str) -> list[tuple[str, str]]:
    """The id in crm and the name of every customer there is."""

    async def go() -> list[tuple[str, str]]:
        database = Database(url, keyring=KEYS)
        async with database.read(DEFAULT_TENANT) as unit:
            page = await unit.customers.page(first=2 * len(NUMBERS))
            found = await unit.customers.load(page.ids)
        await database.dispose()
        return sorted((link.party_id, one.display_name) for one in found.values() for link in one.links)

    return asyncio.run(go())


@pytest.mark.parametrize(
    "backend", [pytest.param("sqlite", marks=pytest.mark.thorough), "postgresql"], indirect=True
)
def test_killed_at_every_step_each_row_of_an_upload_is_there_once(mortals: Mortals) -> None:
    path = upload(mortals, customers())
    # Each begins where the one before had come to; every day they are ever further apart.
    kills = 0
    while mortals.play(die_at=1 + kills * size(2 * kills + 1, 1)):
        kills += 1
    assert kills > 3
    shown, lines = report(mortals, path)
    good = dict(said(number) for number in NUMBERS if number not in WRONG)
    assert kept(mortals.url) == sorted((f"crm:{key}", name) for key, name in good.items())
    assert shown["state"] == "DONE"
    assert shown["rows"] == {
        "read": len(NUMBERS),
        "created": len(good),
        "changed": len(NUMBERS) - len(WRONG) - len(good),
        "unchanged": 0,
        "failed": len(WRONG),
    }
    assert [line.split(",")[:3] for line in lines[1:]] == [[str(one), "email", "INVALID"] for one in WRONG]
