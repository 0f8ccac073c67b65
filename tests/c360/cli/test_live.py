"""``try`` and ``record`` against the sandbox's loyalty programme, over real HTTP."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from c360.cli import run
from c360.testing import ConnectorSuite, Outcome
from c360.testing import run as run_suite
from sandbox.framework import World
from sandbox.partners import loyalty
from sandbox.population import Population

TOKEN = loyalty.CREDENTIALS["access_token"]


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """The programme on a port of its own."""
    server = uvicorn.Server(
        # Without settings of its own for the process's loggers, which other tests read.
        uvicorn.Config(
            loyalty.app(world), port=0, log_config=None, access_log=False, lifespan="off", ws="none"
        )
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}{loyalty.BASE_PATH}"
    server.should_exit = True
    thread.join(5)


@pytest.fixture
def arguments(address: str, tmp_path: Path) -> list[str]:
    """The plugin with its address and a file with the secret."""
    secret = tmp_path / "token"
    secret.write_text(TOKEN + "\n")
    return [
        "plugins.loyalty", "--set", f"base_url={address}", "--set", f"access_token_file={secret}",
        "--allow", "127.0.0.1",
    ]  # fmt: skip


def test_a_customer_is_shown_with_the_calls(
    arguments: list[str], population: Population, capsys: pytest.CaptureFixture[str]
) -> None:
    member = next(it for it in population.presences("loyalty") if it.email)
    assert run(["try", *arguments, "--email", str(member.email)]) == 0
    said = capsys.readouterr()
    assert f"customer {member.party_id}" in said.out
    assert "loyalty.memberships: 1" in said.out
    assert "POST /customers/search  200" in said.out
    assert TOKEN not in said.out + said.err


def test_what_goes_wrong_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["try", *arguments, "--party", "nobody", "--kind", "party.profile", "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown["problems"] == ["SkipCustomer: Square does not know the customer"]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ([], 1, "name a customer"),
        (["--party", "x", "--kind", "hotel.stays"], 2, "--kind: found 'hotel.stays'; use one of"),
        (["--party", "x", "--set", "nothing"], 2, "write it as NAME=VALUE"),
        (["--party", "x", "--set", "square_version=new"], 2, "settings.square_version"),
    ],
)
def test_mistakes_are_named(
    more: list[str], code: int, said: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["try", *arguments, *more]) == code
    assert said in capsys.readouterr().err


def test_a_private_address_has_to_be_allowed(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["try", *arguments[:-2], "--party", "x"]) == 2
    assert "--allow" in capsys.readouterr().err


def test_a_recording_replays_and_holds_nothing_personal(
    arguments: list[str], population: Population, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = [it for it in population.presences("loyalty") if it.email][:2]
    out = tmp_path / "recordings"
    command = ["record", *arguments, "--party", first.party_id, "--party", second.party_id]
    keys = ["--email", str(first.email), "--email", str(second.email)]
    assert run([*command, *keys, "--unknown", "NOBODY00", "--out", str(out)]) == 0, capsys.readouterr().err
    kept = "".join(file.read_text() for file in sorted(out.iterdir()))
    for person in (first, second):
        for text in (person.email, person.phone, person.family_name, person.party_id, TOKEN):
            assert not text or text not in kept

    class Replayed(ConnectorSuite):
        plugin = "plugins.loyalty"
        config = {"access_token": "a-made-up-token"}  # noqa: RUF012  # as an author writes it
        recordings = out

    # Those that are about the recording; what else a whole suite needs, an author gives.
    only = ("one-answer-each", "known-customers-answered", "every-kind-has-records", "recordings-scrubbed")
    report = run_suite(Replayed, only=only)
    assert [check.outcome for check in report.checks] == [Outcome.PASSED] * len(only), report.text()
