from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from connectors import watching
from connectors.watching import LONGEST, root_module


def blocking(kit: Any, seconds: float) -> Any:
    async def body(self: Any, needs: Any, refs: Any) -> Any:
        await asyncio.sleep(0.03)
        time.sleep(seconds)  # noqa: ASYNC251  # what a plugin must not do
        async for item in kit.everybody(self, needs, refs):
            yield item

    return body


def test_a_plugin_that_blocks_the_loop_is_named_with_the_place(
    kit: Any, caplog: pytest.LogCaptureFixture
) -> None:
    kit.add("slow_one", blocking(kit, 0.15))

    async def scenario() -> None:
        host = kit.host()
        await host.gather(kit.request("a", at=["slow_one"]))
        await asyncio.sleep(0.1)
        (info,) = host.infos()
        assert info.blocked == 1
        assert timedelta(seconds=0.13) < info.longest_block < timedelta(seconds=0.4)
        await host.close()

    asyncio.run(scenario())
    (line,) = (record.getMessage() for record in caplog.records if "blocked" in record.getMessage())
    assert line.startswith("plugin slow_one blocked the event loop for 1")
    assert "at test_watching.py:" in line


def test_what_is_short_or_is_not_a_plugins_own_is_not_reported(kit: Any) -> None:
    kit.add("quick", blocking(kit, LONGEST / 3))

    async def scenario() -> None:
        host = kit.host()
        asking = asyncio.create_task(host.gather(kit.request("a", at=["quick"])))
        await asyncio.sleep(0.001)
        await asking
        await asyncio.sleep(0.1)
        assert host.infos()[0].blocked == 0
        await host.close()

    asyncio.run(scenario())


def test_the_thread_ends_when_nothing_is_under_way(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "IDLE", 0.2)
    kit.add("shop")

    async def scenario() -> None:
        host = kit.host()
        watchdog = host.instances[0].watchdog
        assert watchdog is not None
        assert watchdog._thread is None
        await host.gather(kit.request("a", at=["shop"]))
        assert watchdog._thread is not None
        await asyncio.sleep(0.7)
        assert watchdog._thread is None
        await host.gather(kit.request("a", at=["shop"]))
        assert watchdog._thread is not None

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("module", "root"),
    [("plugins.hotel.connector", "plugins.hotel"), ("acme_points", "acme_points"), ("acme.api.x", "acme")],
)
def test_the_package_of_a_plugin(module: str, root: str) -> None:
    assert root_module(module) == root
