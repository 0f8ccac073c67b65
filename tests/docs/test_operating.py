"""What operators read is what the application does."""

from __future__ import annotations

import asyncio
import re
import tomllib
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from api import seeding
from api.app import ready
from api.authentication.settings import check_issuers
from api.settings import NOT_SETTINGS, PREFIX, Settings, load, shown
from api.wiring import check_connectors, instance_settings
from c360.access import TenantId
from c360.contract import KeyKind
from c360.enrolment import CustomerLine
from c360.errors import ConfigError
from connectors.host import Host
from connectors.instances import InstanceState
from resolvers.survivorship import AS_EVER
from sandbox.framework.behaviour import Mode
from store import migrate
from store.errors import DatabaseUnavailable

KEYS = f'[security]\nmaster_key = "{"0f" * 32}"\nlookup_pepper = "{"f0" * 32}"\n'
FILES = {"master.key": "0f" * 32, "lookup.key": "f0" * 32, "inn.key": "k", "cars.key": "k", "acme.key": "k"}
FILES |= {"fjord.key": "k", "fjord-hook.key": "k"}


class Block(Protocol):
    document: str
    kind: str
    note: str
    title: str
    text: str


@pytest.fixture
def guide(checkout: Path) -> str:
    return (checkout / "docs" / "operating.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with every key file that an example names."""
    for name, content in FILES.items():
        (tmp_path / name).write_text(f"{content}\n", encoding="ascii")
    return tmp_path


def settings(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    file = folder / "c360.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environ or {})


def test_an_example_of_toml_is_one(toml_block: Block, folder: Path) -> None:
    if toml_block.title == "pyproject.toml":
        assert tomllib.loads(toml_block.text)["project"]["entry-points"]["c360"]
        return
    if toml_block.document == "docs/identity.md":
        assert settings(folder, KEYS + toml_block.text).profile != AS_EVER
        return
    if toml_block.note == "grants":
        assert settings(folder, KEYS + toml_block.text).grants.checked().return_to
        return
    if toml_block.note == "authentication":
        check_issuers(settings(folder, KEYS + toml_block.text).authentication)
        return
    own = "" if "[security]" in toml_block.text else KEYS
    loaded = settings(folder, own + toml_block.text)
    assert loaded.connectors
    _, problems = check_connectors(loaded)
    # The imagined plugins of the guides for partners are not installed here; their configs have tests there.
    assert [problem for problem in problems if not re.search("acme_points|fjord_bikes", problem)] == []


def test_the_hub_opens_with_the_example(blocks: list[Block], folder: Path) -> None:
    """Also the paths of secrets count from the settings file, whatever the current folder is."""
    text = next(
        block.text for block in blocks if block.document == "docs/operating.md" and block.kind == "toml"
    )
    loaded = settings(folder, text)
    nothing: Any = None

    async def states() -> dict[str, InstanceState]:
        host = Host.open(instance_settings(loaded), snapshots=nothing, grants=nothing, strict=True)
        try:
            return {info.id: info.state for info in host.infos()}
        finally:
            await host.close()

    ready_, off = InstanceState.READY, InstanceState.DISABLED
    assert asyncio.run(states()) == {"first_bank": ready_, "second_bank": ready_, "inn": ready_, "cars": off}


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        (KEYS, {"C360_SERVER__PORT": "abc"}),
        (KEYS + '[connectors.inn]\nplugin = "hotel"\napi_key = "k"\ncolour = 3\n', {}),
        ("", {}),
    ],
)
def test_a_mistake_reads_as_shown(guide: str, folder: Path, text: str, environ: dict[str, str]) -> None:
    try:
        _, problems = check_connectors(settings(folder, text, environ))
    except ConfigError as error:
        problems = [str(error)]
    (problem,) = problems
    assert f"\nsettings: {problem}\n" in guide


def test_variables_that_are_named_exist(guide: str, folder: Path, blocks: list[Block]) -> None:
    text = next(
        block.text for block in blocks if block.document == "docs/operating.md" and block.kind == "toml"
    )
    named = dict(re.findall(rf"\b({PREFIX}\w+)=([^\s`]+)", guide))
    assert len(named) >= 5
    (folder / "run").mkdir()
    own = {name: value for name, value in named.items() if not name.endswith("_FILE")}
    loaded = settings(folder, text, own)
    assert loaded.server.host == named["C360_SERVER__HOST"]
    for name in NOT_SETTINGS:
        assert f"`{name}`" in guide
    for name in named:
        section, _, setting = name.removeprefix(PREFIX).lower().partition("__")
        if name.endswith("_FILE"):
            assert hasattr(getattr(loaded, section), setting.removesuffix("_file"))


def test_a_password_in_the_databases_address_is_not_shown(folder: Path) -> None:
    for url in (
        "postgresql://c360:hunter2@db.example/c360",
        "postgresql://c360:hunter2:hun/ter2@hunter2@db.example:5432/c360",
        "postgresql://c360@db.example/c360?sslmode=require&password=hunter2",
    ):
        loaded = settings(folder, f'{KEYS}[database]\nurl = "{url}"\n')
        told = shown(loaded)["database"]["url"]
        assert "hunter2" not in told
        assert told.startswith("postgresql://c360")
        assert "db.example" in told
    plain = "postgresql://c360@db.example:5432/c360"
    assert shown(settings(folder, f'{KEYS}[database]\nurl = "{plain}"\n'))["database"]["url"] == plain


def test_the_example_of_an_import_is_imported(blocks: list[Block], folder: Path, make_trial: Any) -> None:
    (line,) = [block.text for block in blocks if block.note == "import"]
    customer = seeding.customer(msgspec.json.decode(line, type=CustomerLine), "AU")
    keys = {(key.kind, key.value) for link in customer.links for key in link.keys}
    assert {
        (KeyKind.EMAIL, "ada@mail.example"),
        (KeyKind.PHONE, "+61255501234"),
        (KeyKind.ACCOUNT_NUMBER, "08862270"),
        (KeyKind.CUSTOMER_NUMBER, "47D5B1AC"),
    } <= keys
    assert customer.links[0].grant is not None
    file = folder / "customers.jsonl"
    file.write_text(line, encoding="utf-8")
    loaded = settings(folder, f'{KEYS}[database]\nurl = "sqlite:///x.db"\n')
    migrate.upgrade(f"sqlite:///{folder / 'x.db'}")
    said: list[str] = []
    first = asyncio.run(seeding.seed(loaded, file, report=said.append))
    again = asyncio.run(seeding.seed(loaded, file, report=said.append))
    assert (first.created, again.created, again.changed) == (1, 0, 0)
    assert said == ["loaded 1 of 1 customers", "1 customers are loaded already"]


def test_ready_tells_when_the_store_does_not_answer() -> None:
    class Down:
        tenant = TenantId("default")
        store = database = property(lambda self: self)

        def read(self, _: TenantId) -> Any:
            raise DatabaseUnavailable("the database does not answer")

    application = Starlette(routes=[Route("/health/ready", ready)])
    application.state.hub = Down()

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.get("/health/ready")

    answer = asyncio.run(ask())
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "reason": "the database does not answer"}


def test_revisions_are_named_as_described(checkout: Path) -> None:
    after: dict[str, str] = {}
    for file in (checkout / "migrations" / "versions").glob("*.py"):
        text = file.read_text("utf-8")
        (revision,) = re.findall(r'^revision: str = "(.+)"$', text, re.MULTILINE)
        (down,) = re.findall(r"^down_revision: str \| None = (.+)$", text, re.MULTILINE)
        assert re.fullmatch(rf"{revision}_\w+\.py", file.name)
        assert re.fullmatch(r"\d{8}_\d+[a-z]?", revision)
        assert down not in after, "two revisions follow the same one"
        after[down.strip('"')] = revision
    chain = ["None"]
    while chain[-1] in after:
        chain.append(after[chain[-1]])
    assert len(chain) == len(after) + 1


def test_modes_of_the_sandbox(guide: str) -> None:
    (line,) = re.findall(r"^Modes: (.+)$", guide, re.MULTILINE)
    assert re.findall(r"`(\w+)`", line) == [mode.value for mode in Mode]


def test_the_image_holds_the_whole_application(checkout: Path) -> None:
    text = (checkout / "Dockerfile").read_text("utf-8")
    copied = set(re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE))
    for package in ("c360", "connectors", "plugins", "store", "resolvers", "schema", "api", "migrations"):
        assert package in copied
        assert f"!{package}" in (checkout / ".dockerignore").read_text("utf-8").splitlines()
    assert "requirements/run.lock" in text
    assert "--require-hashes" in text
