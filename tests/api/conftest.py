"""The application over an empty store, in-process and over a real socket."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.settings import Settings, load
from tests.fixtures.serving import serving
from tests.fixtures.tokens import bearer


@pytest.fixture(scope="module")
def settings(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with keys, a migrated database and no connector."""
    folder = tmp_path_factory.mktemp("api")
    file = folder / "c360.toml"
    file.write_text(
        f"[server]\nbody_limit = 4096\nbody_timeout = 0.5\n"
        "[authentication]\ndevelopment = true\ndevelopment_key = 'issuer.json'\n"
        f"[security]\nmaster_key = '{'ab' * 32}'\nlookup_pepper = '{'cd' * 32}'\n"
        "[database]\nurl = 'sqlite:///c360.db'\n",
        encoding="utf-8",
    )
    shutil.copyfile(sqlite_template, folder / "c360.db")
    return load(file, {})


@pytest.fixture(scope="module")
def served(settings: Settings) -> Iterator[str]:
    """The application on a free port of its own; its address."""
    with serving(settings) as running:
        yield running.address


@pytest.fixture(scope="module")
def client(served: str, settings: Settings) -> Iterator[httpx.Client]:
    """A client of the application whose caller may do everything."""
    with httpx.Client(base_url=served, headers=bearer(settings), trust_env=False) as made:
        yield made
