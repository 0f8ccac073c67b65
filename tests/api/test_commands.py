"""The command line: help, exit codes, one line for what went wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from api.commands import COMMANDS
from tests.fixtures.command import CHECKOUT, call


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "c360.toml"
    file.write_text(
        f"[security]\nmaster_key = '{'ab' * 32}'\nlookup_pepper = '{'cd' * 32}'\n"
        "allowed_partner_networks = ['127.0.0.0/8']\n"
        "[authentication]\ndevelopment = true\ndevelopment_key = 'issuer.json'\n"
        "[database]\nurl = 'sqlite:///c360.db'\n"
        "[connectors.shop]\nplugin = 'loyalty'\nbase_url = 'http://127.0.0.1:9/v2'\n"
        "access_token = 'hunter2'\n",
        encoding="utf-8",
    )
    return file


def test_every_command_has_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api", "--help"], cwd=CHECKOUT, capture_output=True, check=True
    )
    said = done.stdout.decode()
    for name in COMMANDS:
        assert name in said
    assert "--people" in call("demo", "--help").stdout


def test_migrate_seed_list(config: Path, tmp_path: Path) -> None:
    assert call("--config", str(config), "connectors").returncode == 1
    migrated = call("--config", str(config), "migrate")
    assert (migrated.returncode, migrated.stderr) == (0, "")
    lines = tmp_path / "customers.jsonl"
    line = {
        "external_id": "1",
        "kind": "PERSON",
        "links": [
            {"connector": "shop", "party": {"party_id": "A", "given_name": "Ada", "emails": ["a@b.example"]}}
        ],
    }
    lines.write_text(json.dumps(line) + "\n", encoding="utf-8")
    for expected in ("created 1, changed 0, unchanged 0", "loaded already"):
        seeded = call("--config", str(config), "seed", str(lines))
        assert seeded.returncode == 0
        assert expected in seeded.stdout
    listed = call("--config", str(config), "connectors", "--json")
    assert [row["id"] for row in json.loads(listed.stdout)] == ["shop"]
    down = call("--config", str(config), "migrate", "--down-to", "base")
    assert (down.returncode, down.stderr) == (0, "")


def test_a_wrong_line_is_named(config: Path, tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copyfile(sqlite_template, config.with_name("c360.db"))
    lines = tmp_path / "customers.jsonl"
    lines.write_text(
        '{"external_id": "1", "kind": "PERSON", "links": []}\n{"external_id": 2}\n', encoding="utf-8"
    )
    seeded = call("--config", str(config), "seed", str(lines))
    assert seeded.returncode == 1
    assert "line 2: $.external_id" in seeded.stderr.replace("`", "")


def test_config_hides_secrets(config: Path) -> None:
    shown = call("--config", str(config), "config")
    assert shown.returncode == 0
    text = config.read_text(encoding="utf-8").replace("http://", "http://user:hunter2@")
    config.write_text(text, encoding="utf-8")
    refused = call("--config", str(config), "config")
    assert refused.returncode != 0
    assert "connectors.shop.base_url: found an address with a password" in refused.stderr
    for answer in (shown, refused):
        for secret in ("hunter2", "ab" * 32, "cd" * 32):
            assert secret not in answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"C360_SERVER__PORT": "x"}, "server.port"),
        ({"C360_SECURITY__MASTER_KEY": "short"}, "security.master_key"),
        ({"C360_SERVER__HOST": "0.0.0.0"}, "authentication.development"),
        ({"C360_AUTHENTICATION__DEVELOPMENT": "false"}, "authentication.issuers"),
        ({"C360_SERVER__ALLOW_UNAUTHENTICATED": "true"}, "server.allow_unauthenticated"),
        ({"C360_DATABASE__URL": "mysql://x"}, "the database address must be"),
        ({"C360_DATABASE__URL": "sqlite:////nowhere/at/all.db"}, "migrat"),
    ],
)
def test_serve_refuses_in_one_line(
    config: Path, sqlite_template: Path, environ: dict[str, str], words: str
) -> None:
    shutil.copyfile(sqlite_template, config.with_name("c360.db"))
    refused = call("--config", str(config), "serve", "--port", "0", **environ)
    assert refused.returncode in {1, 2}
    assert words in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_faulty_connector_is_named_and_the_others_listed(config: Path) -> None:
    config.write_text(
        config.read_text(encoding="utf-8") + "[connectors.bank]\nplugin = 'bankng'\n"
        "[connectors.inn]\nplugin = 'hotel'\nbase_url = 7\n",
        encoding="utf-8",
    )
    shown = call("--config", str(config), "config")
    assert shown.returncode == 2
    assert "bankng" in shown.stderr
    assert "connectors.inn" in shown.stderr
    assert "[connectors.shop]" in shown.stdout


def test_no_drift() -> None:
    assert call("migrate", "--check-drift").stdout == "0 differences between models and migrations\n"
