from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from c360.auth import ApiKey, Auth
from c360.config import ConnectorConfig
from c360.contract import Connector, Fetch, Lookup
from c360.errors import ConfigError, ProblemCode
from c360.values import Secret
from connectors.errors import PluginError, SettingsError
from connectors.instances import InstanceSettings, InstanceState
from connectors.results import SourceState


class KeyConfig(ConnectorConfig, frozen=True, kw_only=True):
    api_key: Secret


def keyed(kit: Any, name: str = "shop") -> None:
    """A connector with a credential of its own that echoes a request in a party."""

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        response = await self.ctx.http.get("/me")
        for ref in refs:
            yield kit.fetched(ref, "party.profile", kit.person(response.headers["x-seen"]))

    def auth(self: Connector[Any]) -> Auth:
        return ApiKey("x-api-key", self.config.api_key)

    kit.plugins.register(
        name, kit.module(kit.connector(name, body, config=KeyConfig, methods={"auth": auth}))
    )


def settings(id: str, plugin: str = "shop", **config: Any) -> InstanceSettings:  # noqa: A002
    return InstanceSettings(id=id, plugin=plugin, config={"base_url": f"https://{id}.example", **config})


def echo(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"x-seen": f"{request.url.host}/{request.headers['x-api-key']}"})


def test_two_instances_of_one_plugin_each_use_their_own_address_and_credential(kit: Any) -> None:
    keyed(kit)
    kit.base = httpx.MockTransport(echo)
    kit.settings = [settings("east", api_key="k-east"), settings("west", api_key="k-west")]
    results = asyncio.run(kit.host().gather(kit.request("a", at=["east", "west"]))).of("a")
    seen = [result.kinds["party.profile"].records[0].party_id for result in results]
    assert seen == ["east.example/k-east", "west.example/k-west"]


def test_faulty_instances_say_why_and_the_others_are_served(kit: Any) -> None:
    keyed(kit)
    kit.base = httpx.MockTransport(echo)
    kit.settings = [
        settings("good", api_key="k"),
        settings("unset"),
        settings("typo", api_key="k", base_ulr="x"),
        settings("nobody", plugin="nobody"),
        settings("good", api_key="k"),
        settings("Bad Id", api_key="k"),
    ]
    host = kit.host()
    infos = host.infos()
    assert [info.state for info in infos] == [InstanceState.READY] + [InstanceState.FAULTY] * 5
    assert "connectors.unset.api_key: found nothing" in infos[1].problem
    assert "connectors.typo.base_ulr" in infos[2].problem
    assert "no such plugin" in infos[3].problem
    assert "second instance" in infos[4].problem
    results = asyncio.run(host.gather(kit.request("a", at=["good", "unset", "nobody"]))).of("a")
    assert [(each.connector, each.state) for each in results] == [
        ("good", SourceState.FRESH),
        ("unset", SourceState.UNAVAILABLE),
        ("typo", SourceState.NOT_LINKED),
        ("nobody", SourceState.UNAVAILABLE),
        ("good", SourceState.FRESH),
        ("Bad Id", SourceState.NOT_LINKED),
    ]
    assert results[1].problem.code is results[3].problem.code is ProblemCode.MISCONFIGURED
    with pytest.raises(SettingsError) as caught:
        kit.host(strict=True)
    assert len(caught.value.problems) == 5
    assert all(str(problem) in str(caught.value) for problem in caught.value.problems)
    assert {type(problem) for problem in caught.value.problems} == {ConfigError, PluginError}


def test_a_constructor_that_fails_is_a_faulty_instance(kit: Any) -> None:
    def init(self: Any, config: Any, ctx: Any) -> None:
        raise ValueError("s3cret")

    kit.plugins.register("shop", kit.module(kit.connector("shop", methods={"__init__": init})))
    kit.settings = [settings("shop")]
    (info,) = kit.host().infos()
    assert info.state is InstanceState.FAULTY
    assert "ValueError at test_host.py" in info.problem
    assert "s3cret" not in info.problem


def test_no_secret_is_shown_anywhere(kit: Any, caplog: pytest.LogCaptureFixture) -> None:
    keyed(kit)
    secret = "k-very-secret"

    def refuse(request: httpx.Request) -> httpx.Response:
        assert request.headers["x-api-key"] == secret
        return httpx.Response(401, text=secret)

    kit.base = httpx.MockTransport(refuse)
    kit.settings = [settings("shop", api_key=secret)]
    with caplog.at_level(logging.DEBUG):
        host = kit.host()
        gathered = asyncio.run(host.gather(kit.request("a", at=["shop"])))
    assert gathered.of("a")[0].problem.code is ProblemCode.MISCONFIGURED
    shown = [gathered, host.infos(), host.instances, kit.settings, host.instances[0].connector.config]
    assert secret not in repr(shown) + caplog.text
    assert "p-a" not in caplog.text


def test_a_disabled_instance_takes_no_work_until_it_is_enabled(kit: Any) -> None:
    kit.add("shop")
    kit.settings = [msgspec.structs.replace(kit.settings[0], enabled=False)]
    host = kit.host()

    async def once() -> Any:
        (result,) = (await host.gather(kit.request("a", at=["shop"]))).of("a")
        return result

    off = asyncio.run(once())
    assert (off.state, off.problem.code) == (SourceState.UNAVAILABLE, ProblemCode.DISABLED)
    host.enable("shop")
    assert asyncio.run(once()).state is SourceState.FRESH
    asyncio.run(host.disable("shop"))
    off = asyncio.run(once())
    assert (off.state, off.problem.code) == (SourceState.UNAVAILABLE, ProblemCode.DISABLED)


def test_draining_ends_what_is_under_way_and_takes_no_more(kit: Any) -> None:
    async def slow(self: Any, needs: Any, refs: Any) -> Any:
        await asyncio.sleep(0.1)
        async for item in kit.everybody(self, needs, refs):
            yield item

    kit.add("shop", slow)

    async def scenario() -> None:
        host = kit.host()
        under_way = asyncio.create_task(host.gather(kit.request("a", at=["shop"])))
        await asyncio.sleep(0.01)
        draining = asyncio.create_task(host.drain_instance("shop"))
        await asyncio.sleep(0.01)
        assert host.infos()[0].state is InstanceState.DRAINING
        refused = await host.gather(kit.request("b", at=["shop"]))
        assert refused.of("b")[0].problem.code is ProblemCode.DISABLED
        assert not draining.done()
        assert (await under_way).of("a")[0].state is SourceState.FRESH
        await draining
        assert host.infos()[0].state is InstanceState.DISABLED
        await host.close()

    asyncio.run(scenario())


def test_an_info_is_made_anew_where_something_changed_alone(kit: Any) -> None:
    kit.add("used")
    kit.add("unused")
    host = kit.host()

    async def go() -> None:
        before = host.infos()
        assert all(one is other for one, other in zip(before, host.infos(), strict=True))
        await host.gather(kit.request("ana", at=["used"]))
        used, unused = host.infos()
        assert used.last_success_at is not None
        assert unused is before[1]
        await host.disable("unused")
        assert host.infos()[1].state is InstanceState.DISABLED
        assert host.infos()[0] is used

    asyncio.run(go())


def test_info_tells_calls_errors_and_latency(kit: Any) -> None:
    status = [200]

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        await self.ctx.http.get("/x")
        async for item in kit.everybody(self, needs, refs):
            yield item

    kit.base = httpx.MockTransport(lambda _: httpx.Response(status[0]))
    kit.add("shop", body)
    host = kit.host()
    fresh = host.infos()[0]
    assert (fresh.calls, fresh.errors, fresh.latency_p50, fresh.last_success_at) == (0, 0, None, None)
    asyncio.run(host.gather(kit.request("a", at=["shop"])))
    kit.clock.time += timedelta(minutes=1)
    status[0] = 503
    asyncio.run(host.gather(kit.request("a", at=["shop"])))
    info = host.infos()[0]
    assert (info.title, info.domain, info.lookup, info.kinds) == (
        "Shop",
        "loyalty",
        Lookup.BY_KEY,
        ("party.profile",),
    )
    assert (info.calls, info.errors, info.last_problem) == (2, 1, ProblemCode.PARTNER_UNAVAILABLE)
    assert info.last_problem_at - info.last_success_at == timedelta(minutes=1)
    assert timedelta(0) < info.latency_p50 <= info.latency_p95


def narrowing(kit: Any, **said: Any) -> type[Connector[Any]]:
    """A connector whose instances say something else of themselves than their class."""

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        for ref in refs:
            for need in needs:
                yield kit.fetched(ref, need.kind)

    def configured(cls: Any, config: Any) -> Any:
        return msgspec.structs.replace(cls.describe(), **said)

    kind: type[Connector[Any]] = kit.connector(
        "shop",
        body,
        fetches={"party.profile": 1, "loyalty.memberships": 1},
        methods={"configured": classmethod(configured)},
    )
    return kind


def test_an_instance_whose_settings_leave_a_kind_out_is_not_asked_for_it(kit: Any) -> None:
    kit.plugins.register("shop", kit.module(narrowing(kit, fetches=(Fetch(kind="loyalty.memberships"),))))
    kit.settings = [settings("east")]
    (info,) = kit.host().infos()
    assert (info.state, info.kinds) == (InstanceState.READY, ("loyalty.memberships",))


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"fetches": (Fetch(kind="hotel.stays"),)}, "adds to the fetches"),
        ({"domain": "hotel"}, "changes the domain"),
    ],
)
def test_settings_cannot_make_an_instance_more_than_its_class(
    kit: Any, said: dict[str, Any], complaint: str
) -> None:
    kit.plugins.register("shop", kit.module(narrowing(kit, **said)))
    kit.settings = [settings("east")]
    (info,) = kit.host().infos()
    assert info.state is InstanceState.FAULTY
    assert complaint in info.problem


def test_what_contradicts_itself_in_the_settings_is_named_with_its_place(kit: Any) -> None:
    def configured(_cls: Any, _config: Any) -> Any:
        raise ConfigError("tables[0].kind", "nothing", "name one")

    kind = narrowing(kit)
    kind.configured = classmethod(configured)  # type: ignore[method-assign,assignment]  # a plugin's own
    kit.plugins.register("shop", kit.module(kind))
    kit.settings = [settings("east")]
    (info,) = kit.host().infos()
    assert info.problem == "connectors.east.tables[0].kind: found nothing; name one"


def test_closing_the_host_closes_every_connector_whatever_one_of_them_does(
    kit: Any, caplog: pytest.LogCaptureFixture
) -> None:
    closed: list[str] = []

    async def close(self: Any) -> None:
        closed.append(self.ctx.instance)
        if self.ctx.instance == "east":
            raise RuntimeError("of ann@mail.example")

    kind = narrowing(kit)
    kind.close = close  # type: ignore[method-assign]  # a plugin's own
    kit.plugins.register("shop", kit.module(kind))
    kit.settings = [settings("east"), settings("west")]

    async def run() -> None:
        await kit.host().close()

    asyncio.run(run())
    assert closed == ["east", "west"]
    assert "of east failed to close" in caplog.text
    assert "ann@mail" not in caplog.text


def test_a_connector_is_told_how_much_time_is_left(kit: Any) -> None:
    told: list[float | None] = []

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        told.append(self.ctx.remaining())
        for ref in refs:
            yield kit.fetched(ref, "party.profile")

    kit.plugins.register("shop", kit.module(kit.connector("shop", body)))
    kit.settings = [settings("east")]

    async def run() -> None:
        host = kit.host()
        assert host.instance("east").connector.ctx.remaining() is None
        await host.gather(kit.request("a", at=["east"]))

    asyncio.run(run())
    assert told[0] is not None
    assert 0 < told[0] <= 5
