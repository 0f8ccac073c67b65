"""Connector instances switched by command: kept in the store, and known to running processes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from api import switches
from api.commands.connectors import command
from api.settings import Settings, load
from api.switches import followed
from api.switching import SwitchedOffError, UnknownInstanceError, switch
from api.wiring import Hub, open_hub
from connectors.instances import InstanceState


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    made = tmp_path / "c360.toml"
    shop = "plugin = 'loyalty'\nbase_url = 'http://127.0.0.1:9/v2'\naccess_token = 'hunter2'\n"
    made.write_text(
        f"[security]\nmaster_key = '{'ab' * 32}'\nlookup_pepper = '{'cd' * 32}'\n"
        "allowed_partner_networks = ['127.0.0.0/8']\n"
        "[database]\nurl = 'sqlite:///c360.db'\n[server]\nport = 1\n"
        f"[connectors.shop]\n{shop}[connectors.off]\nenabled = false\n{shop}",
        encoding="utf-8",
    )
    shutil.copyfile(sqlite_template, tmp_path / "c360.db")
    return made


@pytest.fixture
def settings(file: Path) -> Settings:
    return load(file, {})


def states(hub: Hub) -> dict[str, InstanceState]:
    return {info.id: info.state for info in hub.host.infos()}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  # another process would have no event either
            await asyncio.sleep(0.01)


def test_a_running_process_knows_within_moments(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switches, "EVERY", 0.02)

    async def scenario() -> None:
        async with open_hub(settings) as hub, followed(hub.store.database, hub.tenant, hub.host):
            shop = hub.host.instance("shop")
            assert states(hub) == {"shop": InstanceState.READY, "off": InstanceState.DISABLED}
            await switch(settings, "shop", "DISABLED")
            await until(lambda: shop.state is InstanceState.DISABLED)
            await switch(settings, "shop", "ENABLED")
            await until(lambda: shop.state is InstanceState.READY)
            with shop.working():
                await switch(settings, "shop", "DRAINING")
                await until(lambda: shop.state is InstanceState.DRAINING)
                await asyncio.sleep(0.1)
                assert states(hub)["shop"] is InstanceState.DRAINING
            await until(lambda: shop.state is InstanceState.DISABLED)
        async with open_hub(settings) as hub:
            await until(lambda: states(hub)["shop"] is InstanceState.DISABLED)
            assert states(hub)["off"] is InstanceState.DISABLED

    asyncio.run(scenario())


def test_what_the_settings_switch_off_or_do_not_have_is_refused(settings: Settings) -> None:
    with pytest.raises(SwitchedOffError, match=r"connectors\.off\.enabled"):
        asyncio.run(switch(settings, "off", "ENABLED"))
    with pytest.raises(UnknownInstanceError, match="the settings have shop, off"):
        asyncio.run(switch(settings, "nothing", "DISABLED"))


def test_the_commands_say_what_they_did_and_the_list_shows_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("C360_CONFIG", str(file))
    monkeypatch.setattr("api.logs.configure", lambda *_, **__: None)

    def call(*arguments: str) -> str:
        done = CliRunner().invoke(command, arguments)
        assert done.exception is None, done.output
        return done.output

    assert "takes work" in call("enable", "shop")
    assert "takes no more work" in call("disable", "shop")
    listed = call()
    assert "shop           DISABLED" in listed
    assert "no server answers" in listed
    assert "tier " in listed
    assert "ends what is under way" in call("drain", "shop")
