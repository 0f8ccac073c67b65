"""Nothing personal and no secret reaches a log, a problem or an error, whatever goes wrong."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.logs import NOISY
from api.worker import Worker
from benchmarks.stage.documents import FULL_VIEW, POINTS, listed
from benchmarks.stage.graph import Graph, Stage, fill, make_settings
from benchmarks.stage.processes import install
from sandbox.population.model import Member
from tests.e2e.scanning import scanned
from tests.fixtures.command import call


@pytest.fixture
def backend() -> str:
    """What is written does not depend on the database."""
    return "sqlite"


MODES = ("down", "truncated", "wrong", "flaky", "rate_limited")
SEARCH = """
query Search($text: String!) {
  search(text: $text, first: 5) {
    totalCount edges { node { customer { displayName } parties { fullName emails } } }
    sources { connector status problem { code message } }
  }
}
"""


def personal(stage: Stage, members: Iterable[Member]) -> dict[str, str]:
    """What must not be written of these members, by what it is."""
    words: set[tuple[str, str]] = set()
    for member in members:
        for domain, one in stage.truth.member_presences(member.id).items():
            words.update(
                (f"{what} of {member.id} at {domain}", text)
                for what, text in (
                    ("token", one.token),
                    ("e-mail", one.email),
                    ("phone", one.phone and one.phone.removeprefix("+")),
                    ("family name", one.family_name),
                    ("tax id", one.tax_id),
                    ("street", one.address.street),
                )
                if text
            )
    return dict(words)


def secret(stage: Stage) -> dict[str, str]:
    """What must not be written of the settings: credentials and keys."""
    public = {"plugin", "base_url", "maas_id"}
    public |= {"issuer", "authorize_url", "token_url", "revoke_url", "client_id"}
    keys = stage.settings.security
    return {
        **{
            f"{field} of {name}": value
            for name, table in stage.partners.connectors.items()
            for field, value in table.items()
            if field not in public and isinstance(value, str)
        },
        "master key": keys.master_key.reveal(),
        "pepper": keys.lookup_pepper.reveal(),
    }


def whole(text: str) -> re.Pattern[str]:
    """The text as a word of its own: family names are short."""
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)", re.IGNORECASE)


def leaks(text: str, forbidden: dict[str, str]) -> list[str]:
    folded = text.casefold()
    # Whole words are looked for only where the letters are: there are thousands.
    there = {what: word for what, word in forbidden.items() if word.casefold() in folded}
    return [what for what, word in there.items() if whole(word).search(text)]


class Written(logging.Handler):
    """Everything that a process set to DEBUG would write."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s %(stack_info)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING and record.name.startswith(NOISY):
            return
        self.lines.append(self.format(record))


@pytest.fixture
def written() -> Iterator[Written]:
    root = logging.getLogger()
    handler, level = Written(), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def told(customer: Any) -> Iterator[str]:
    """What an answer says in words of its own: the problems of its sources."""
    for source in customer["sources"]:
        if source["problem"]:
            yield source["problem"]["message"]


async def everything(graph: Graph, stage: Stage, member: Member) -> list[str]:
    """Full views, lists, searches and mistakes, with partners well and unwell; all words that were said."""
    said: list[str] = []
    by = stage.key(member)
    presence = stage.truth.member_presences(member.id)["loyalty"]
    for mode in ("ok", *MODES):
        stage.partners.all_behave(mode)
        said += told((await graph.ask(FULL_VIEW, {"by": by}))["customer"])
        await graph.settle()
        data = await graph.ask(listed(POINTS), {"first": 10, "filter": {"holds": ["LOYALTY"]}})
        said += [text for edge in data["customers"]["edges"] for text in told(edge["node"])]
        found = await graph.execute(SEARCH, {"text": presence.email})
        said += [
            source["problem"]["message"]
            for source in (found.data or {})["search"]["sources"]
            if source["problem"]
        ]
    stage.partners.all_behave("hang")
    hurry = {"by": by, "gather": {"deadline": "PT0.1S"}}
    said += told((await graph.ask(FULL_VIEW, hurry))["customer"])
    stage.partners.all_behave()
    for mistake in ([presence.email], {"x": presence.phone}, presence.family_name):
        for name in ("email", "phone", "policyNumber"):
            wrong = await graph.execute(FULL_VIEW, {"by": {name: mistake, "phone": presence.phone}})
            said += [error["message"] for error in wrong.errors]
    wrong = await graph.execute(f'{{ customer(by: {{email: "{presence.email}" "x"}}) {{ id }} }}')
    said += [error["message"] for error in wrong.errors]
    return said


def test_nothing_is_written_in_process(
    empty: Callable[[], str], stage: Stage, written: Written, customers_file: Path
) -> None:
    member = stage.member()
    said = stage.play(lambda graph: everything(graph, stage, member))
    assert len(said) > 40
    forbidden = personal(stage, stage.truth.members) | secret(stage)
    presence = stage.truth.member_presences(member.id)["loyalty"]
    assert leaks(f"hello {presence.email}!", forbidden), "whoever looks for nothing finds nothing"
    assert leaks("\n".join(said), forbidden) == []

    # Seeding and the worker see everybody.
    partners = stage.partners
    settings = make_settings(empty(), scanned(partners.connectors))
    asyncio.run(fill(settings, customers_file))
    work = Stage(partners, stage.truth, settings, stage.clock)

    async def scan(graph: Graph) -> None:
        with partners.behaving(partners.connectors, "flaky", share=0.9):  # too often for retries
            assert await Worker(graph.hub, settings).round() is False

    work.play(scan)
    assert written.lines
    assert leaks("\n".join(written.lines), forbidden) == []


def test_nothing_is_written_by_the_server(stage: Stage, tmp_path: Path) -> None:
    """The real process at its most talkative."""
    member = stage.member()
    presence = stage.truth.member_presences(member.id)["loyalty"]
    installation = install(
        tmp_path, stage.settings.database.url, stage.partners.connectors, logging={"level": "DEBUG"}
    )
    headers = installation.bearer()
    with (
        installation.serving() as address,
        httpx.Client(trust_env=False, timeout=20, headers=headers) as client,
    ):
        for mode in ("ok", *MODES):
            stage.partners.all_behave(mode)
            for query, variables in (
                (FULL_VIEW, {"by": stage.key(member)}),
                (FULL_VIEW, {"by": {"email": presence.email}}),
                (FULL_VIEW, {"by": {"email": [presence.email], "phone": presence.phone}}),
                (SEARCH, {"text": presence.email}),
            ):
                answer = client.post(f"{address}/graphql", json={"query": query, "variables": variables})
                assert answer.status_code == 200
    forbidden = personal(stage, stage.truth.members) | secret(stage)
    text = installation.log.read_text("utf-8")
    assert "DEBUG" in text or "INFO" in text
    assert leaks(text, forbidden) == []
    assert headers["authorization"].removeprefix("Bearer ") not in text


def test_nothing_secret_is_printed_by_the_command_line(stage: Stage, tmp_path: Path) -> None:
    installation = install(tmp_path, stage.settings.database.url, stage.partners.connectors)
    for command in ("config", "connectors"):
        done = call("--config", str(installation.file), command)
        assert done.returncode == 0
        assert done.stdout
        assert leaks(done.stdout + done.stderr, secret(stage)) == []
