"""The tutorial's plugin, built from its blocks as a reader does: silver at the mark, gold at the end."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import pytest

from c360.http import Request

TUTORIAL = "docs/plugins/tutorial.md"
MARK = "## You are at silver here"
CHECKOUT = Path(__file__).resolve().parent.parent.parent


class Block(Protocol):
    document: str
    line: int
    kind: str
    title: str
    text: str


class Reader:
    """Somebody who follows the tutorial, in a folder of their own."""

    def __init__(self, folder: Path, blocks: list[Block]) -> None:
        text = (CHECKOUT / TUTORIAL).read_text("utf-8")
        self.mark = text[: text.index(MARK)].count("\n") + 1
        self.blocks = [block for block in blocks if block.document == TUTORIAL]
        self.folder = folder / "c360-fjord-bikes"
        self.c360("new", "fjord_bikes", "--domain", "rental", folder=folder)
        for file in (self.folder / "tests" / "recordings").iterdir():
            file.unlink()

    def write(self, *, silver: bool) -> None:
        """The files that the blocks before or after the mark name, in their order."""
        for block in self.blocks:
            if "/" in block.title and (block.line < self.mark) is silver:
                (self.folder / block.title).write_text(block.text, encoding="utf-8")

    def told(self, first: str) -> list[str]:
        """The lines of the block of output that begins so."""
        (text,) = [it.text for it in self.blocks if it.kind == "text" and it.text.startswith(first)]
        return [_timeless(line) for line in text.splitlines() if line]

    def run(self, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run Python as the reader does, who has c360 and pytest and nothing else."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder or self.folder,
            env={
                "PYTHONPATH": str(CHECKOUT),
                "PATH": os.defpath,
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def c360(self, *arguments: str, folder: Path | None = None, code: int = 0) -> list[str]:
        """The lines that a command prints."""
        done = self.run("-m", "c360", *arguments, folder=folder)
        assert done.returncode == code, done.stdout + done.stderr
        return [_timeless(line) for line in done.stdout.splitlines()]


def _timeless(line: str) -> str:
    return re.sub(r"\d+(\.\d+)? (m?s)\b", r"… \2", line)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, blocks: list[Block]) -> Reader:
    """At the silver mark."""
    found = Reader(tmp_path_factory.mktemp("reader"), blocks)
    found.write(silver=True)
    return found


def test_the_tutorial_reaches_silver_at_the_mark(reader: Reader) -> None:
    printed = reader.c360("check", "--tier", "silver")
    told = reader.told("bronze")
    assert told[-1].endswith("tier: silver")
    assert [line for line in told if line not in printed] == []


def test_its_suite_is_found_by_pytest(reader: Reader) -> None:
    done = reader.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "one_answer_each")
    assert "1 passed" in done.stdout, done.stdout


def test_a_failing_check_says_what_is_printed(reader: Reader) -> None:
    file = reader.folder / "fjord_bikes" / "mapping.py"
    before = file.read_text("utf-8")
    assert 'moment(ZoneInfo("Europe/Oslo"))' in before
    file.write_text(before.replace('moment(ZoneInfo("Europe/Oslo"))', "moment()"), encoding="utf-8")
    try:
        printed = reader.c360("check", "--only", "known-customers-answered", code=1)
    finally:
        file.write_text(before, encoding="utf-8")
    assert [line for line in reader.told("FAILED") if line not in printed] == []


@pytest.fixture
def partner(reader: Reader) -> Iterator[str]:
    """The tutorial's partner in memory as a server; its address."""
    module = _loaded(reader.folder / "tests" / "partner.py")
    api = module.FjordBikesApi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            url = module.BASE_URL + parts.path.removeprefix("/v2")
            self.rfile.read(int(self.headers.get("content-length", "0")))
            request = Request(method=self.command, url=url, params=tuple(parse_qsl(parts.query)))
            response = asyncio.run(api.send(request))
            self.send_response(response.status)
            self.send_header("content-type", response.headers["content-type"])
            self.send_header("content-length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_POST = do_GET  # noqa: N815  # http.server's own name

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v2"
    server.shutdown()
    thread.join()
    server.server_close()


def _loaded(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("tutorial_partner", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _command(reader: Reader, name: str, address: str) -> list[str]:
    """What the tutorial types for a command, with the partner's present address."""
    (text,) = [it.text for it in reader.blocks if it.kind == "sh" and f"c360 {name} " in it.text]
    (reader.folder / "fjord.secret").write_text("a-made-up-secret", encoding="ascii")
    typed = re.sub(r"base_url=\S+", f"base_url={address}", text).split()[3:]
    return [*typed, "--allow", "127.0.0.1", "--days", "3650"]


def test_try_shows_what_the_partner_gives(reader: Reader, partner: str) -> None:
    printed = reader.c360(*_command(reader, "try", partner))
    shown = [_sizeless(line) for line in printed]
    told = [_sizeless(line) for line in reader.told("customer") if line.strip() != "…"]
    assert [line for line in told if line not in shown] == []


def _sizeless(line: str) -> str:
    return re.sub(r"  [\d,]+ bytes", "", line)


def test_what_is_recorded_is_checked_without_the_partner(reader: Reader, partner: str) -> None:
    reader.c360(*_command(reader, "record", partner))
    recorded = reader.folder / "tests" / "recordings"
    texts = "".join(file.read_text("utf-8") for file in recorded.glob("*.json"))
    assert "Solheim" not in texts
    assert "a-made-up-secret" not in texts
    suite = reader.folder / "tests" / "test_recorded.py"
    suite.write_text(
        "from c360.testing import ConnectorSuite\n"
        "from fjord_bikes.connector import FjordBikes\n\n\n"
        "class TestRecorded(ConnectorSuite):\n"
        "    connector = FjordBikes\n"
        '    config = {"client_id": "hub", "client_secret": "a-made-up-secret"}\n'
        '    recordings = "recordings"\n',
        encoding="utf-8",
    )
    try:
        reader.c360("check", str(suite), "--no-save", "--tier", "silver")
    finally:
        suite.unlink()


def test_the_tutorial_reaches_gold_at_its_end(reader: Reader) -> None:
    reader.write(silver=False)
    printed = reader.c360("check", "--tier", "gold")
    told = reader.told("gold")
    assert told[-1].endswith("tier: gold")
    assert [line for line in told if line not in printed] == []
    assert (reader.folder / "fjord_bikes" / "conformance.json").is_file()


def test_every_block_that_its_table_names_exists() -> None:
    text = (CHECKOUT / TUTORIAL).read_text("utf-8")
    named = re.findall(r"\b(paging|auth|converters|lookups|windows)\.([A-Za-z_]\w*)", text)
    assert len(set(named)) > 20
    for module, name in set(named):
        assert hasattr(importlib.import_module(f"c360.{module}"), name), f"{module}.{name}"


def test_its_settings_fit_the_plugin(reader: Reader) -> None:
    (block,) = [it for it in reader.blocks if it.kind == "toml"]
    code = (
        "import tomllib, sys, pathlib\n"
        "from c360.config import read_config\n"
        "from fjord_bikes.connector import FjordBikes\n"
        "values = tomllib.loads(sys.argv[1])['connectors']['fjord']\n"
        "assert values.pop('plugin') == 'fjord_bikes'\n"
        "config = read_config(FjordBikes.describe().config, values, where='x', folder=pathlib.Path())\n"
        "print(config.base_url)\n"
    )
    for name in ("fjord.key", "fjord-hook.key"):
        (reader.folder / name).write_text("k\n", encoding="ascii")
    done = reader.run("-c", code, block.text)
    assert done.stdout == "https://api.fjordbikes.example/v2\n", done.stderr
