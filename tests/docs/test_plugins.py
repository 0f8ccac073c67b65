"""The connectors of the guide for partners work, as they stand there."""

from __future__ import annotations

import asyncio
import sys
import tomllib
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec
import pytest

import plugins
import schema.groups
import schema.mutations.actions
from c360 import kinds, records
from c360.config import read_config
from c360.enrolment import CustomerLine
from connectors.manager import PluginManager
from schema.engine import GraphEngine
from tests.fixtures.access import access as access_of

ACME = {
    "/v1/members": {"members": [{"id": "M1", "first_name": "Ada", "email": "ada@mail.example"}]},
    "/v1/members/M1": {"id": "M1", "first_name": "Ada", "last_name": "Lovelace", "points": 120},
    "/v1/members/M1/events?1": {
        "events": [{"id": "e2", "type": "earn", "at": "2030-01-02T10:00:00Z", "points": 20}],
        "next_page": 2,
    },
    "/v1/members/M1/events?2": {"events": [{"id": "e1", "type": "gift", "at": "2030-01-01T10:00:00Z"}]},
}
CUSTOMER = msgspec.convert(
    {
        "external_id": "1",
        "kind": "PERSON",
        "links": [
            {"connector": "acme", "party": {"party_id": "M1", "emails": ["ada@mail.example"]}},
            {"connector": "operator", "party": {"party_id": "T 1", "given_name": "Ada"}},
        ],
    },
    CustomerLine,
)
Made = Callable[..., AbstractAsyncContextManager[GraphEngine]]


class Block(Protocol):
    document: str
    kind: str
    note: str
    title: str
    text: str


@pytest.fixture
def files(blocks: list[Block]) -> Mapping[str, str]:
    """The code of the guide by the file that each block's first line names; some go on in a further block."""
    found: dict[str, str] = {}
    for block in blocks:
        if block.document in {"docs/plugins/one-file.md", "docs/plugins/new-domain.md"} and block.title:
            assert (block.title in found) is (block.note == "continued")
            found[block.title] = found.get(block.title, "") + block.text
    return found


@pytest.fixture
def acme(files: Mapping[str, str]) -> Iterator[types.ModuleType]:
    """The guide's plugin, imported as an installed one would be."""
    module = types.ModuleType("acme_points")
    sys.modules["acme_points"] = module
    exec(compile(files["acme_points.py"], "acme_points.py", "exec"), vars(module))
    yield module
    del sys.modules["acme_points"]


def network(answers: Mapping[str, Any], sent: list[httpx.Request]) -> httpx.MockTransport:
    """A partner that answers from a table, page by page."""

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        page = request.url.params.get("page")
        found = answers.get(request.url.raw_path.decode().partition("?")[0] + (f"?{page}" if page else ""))
        return httpx.Response(404) if found is None else httpx.Response(200, json=found)

    return httpx.MockTransport(answer)


def test_every_python_block_says_which_file_it_is(python_block: Block) -> None:
    assert python_block.title.endswith(".py")
    compile(python_block.text, python_block.title, "exec")


def test_the_plugin_answers_in_the_graph(acme: types.ModuleType, make_trial: Made, ask: Any) -> None:
    sent: list[httpx.Request] = []
    manager = PluginManager()
    manager.register("acme_points", acme)
    assert not manager.errors
    settings = (
        '[connectors.acme]\nplugin = "acme_points"\nbase_url = "https://api.acme.example/v1"\napi_key = "k"\n'
    )
    window = 'since: "2030-01-01", until: "2030-01-02"'
    fields = f"""profile {{ familyName {{ value }} }} complete loyalty {{ memberships {{ points }}
        activity({window}) {{ edges {{ node {{ eventId kind connector }} }} }} }}"""
    query = f"""{{ customer(by: {{email: "ada@mail.example"}}) {{ {fields} }}
        search(text: "ada@mail.example") {{ sources {{ status matches }} }} }}"""

    async def run() -> Any:
        trial = make_trial(settings=settings, customers=[CUSTOMER], base=network(ACME, sent), plugins=manager)
        async with trial as engine:
            return await ask(engine, query)

    answer = asyncio.run(run())
    assert answer == {
        "data": {
            "customer": {
                "profile": {"familyName": {"value": "Lovelace"}},
                "complete": True,
                "loyalty": {
                    "memberships": [{"points": 120}],
                    "activity": {
                        "edges": [
                            {"node": {"eventId": "e2", "kind": "ACCUMULATE", "connector": "acme"}},
                            {"node": {"eventId": "e1", "kind": "OTHER", "connector": "acme"}},
                        ]
                    },
                },
            },
            "search": {"sources": [{"status": "FRESH", "matches": 1}]},
        }
    }
    assert [request.headers["x-acme-key"] for request in sent] == ["k"] * 4  # the member is read once
    events = next(request for request in sent if request.url.path.endswith("/events"))
    assert (events.url.params["from"], events.url.params["to"]) == ("2030-01-01", "2030-01-02")


def test_the_settings_fit_the_plugin(
    acme: types.ModuleType, files: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "acme.key").write_text("k\n", encoding="ascii")
    values = tomllib.loads(files["c360.toml"])["connectors"]["acme"]
    assert (
        values.pop("plugin")
        == tomllib.loads(files["pyproject.toml"])["project"]["entry-points"]["c360"]["acme_points"]
    )
    config = read_config(acme.AcmeConfig, values, where="connectors.acme", folder=tmp_path)
    assert (config.page_size, config.api_key.reveal()) == (200, "k")


def test_the_partners_own_tests_pass(acme: types.ModuleType, files: Mapping[str, str]) -> None:
    tests: dict[str, Any] = {"__name__": "test_acme_points"}
    exec(compile(files["test_acme_points.py"], "test_acme_points.py", "exec"), tests)
    found = [test for name, test in tests.items() if name.startswith("test_")]
    assert len(found) == 2
    for test in found:
        test()


@pytest.fixture
def seventh(files: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Puts the three files where the packages look for theirs."""
    before = set(sys.modules)
    places = {
        "c360/records/telephony.py": records,
        "schema/groups/telephony.py": schema.groups,
        "plugins/telephony/__init__.py": plugins,
        "schema/mutations/actions/telephony.py": schema.mutations.actions,
    }
    for name, package in places.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text(files[name], encoding="utf-8")
        folder = tmp_path / package.__name__.replace(".", "/")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    caches = (kinds.kinds, kinds.domains, kinds.actions)
    for cached in caches:
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in caches:
        cached.cache_clear()
    for module in set(sys.modules) - before:
        if "telephony" in module:
            del sys.modules[module]


@pytest.mark.usefixtures("seventh")
def test_a_seventh_domain_costs_three_files(make_trial: Made, ask: Any) -> None:
    answers = {
        "/customers/T%201/lines": [{"number": "0800", "minutes": 40}, {"number": "0900", "minutes": 2}]
    }
    settings = '[connectors.operator]\nplugin = "telephony"\nbase_url = "https://phone.example"\n'
    fields = "sources { domain status } telephony { lines { lineId } totals { minutes } partial }"
    query = f'{{ customer(by: {{partnerRef: {{connector: "operator", partyId: "T 1"}}}}) {{ {fields} }} }}'

    async def run() -> Any:
        trial = make_trial(settings=settings, customers=[CUSTOMER], base=network(answers, []))
        async with trial as engine:
            ids = await ask(engine, query.replace("lineId", "id"))
            line = ids["data"]["customer"]["telephony"]["lines"][0]
            again = await ask(engine, f'{{ node(id: "{line["id"]}") {{ ... on PhoneLine {{ lineId }} }} }}')
            assert again == {"data": {"node": {"lineId": "0800"}}}
            return await ask(engine, query)

    assert asyncio.run(run()) == {
        "data": {
            "customer": {
                "sources": [{"domain": "TELEPHONY", "status": "FRESH"}],
                "telephony": {
                    "lines": [{"lineId": "0800"}, {"lineId": "0900"}],
                    "totals": {"minutes": 42},
                    "partial": False,
                },
            }
        }
    }


TOP_UP = """mutation Top($input: TopUpLineInput!) {
  topUpLine(input: $input) { action { kind domain state reference } problems { code } }
}"""


@pytest.mark.usefixtures("seventh")
def test_a_seventh_domain_is_asked_to_do_something(make_trial: Made) -> None:
    """By whoever sees its records, who are those that see the records of every domain."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"id": "top-1"})

    settings = '[connectors.operator]\nplugin = "telephony"\nbase_url = "https://phone.example"\n'
    who = '{ customer(by: {partnerRef: {connector: "operator", partyId: "T 1"}}) { id } }'

    async def run() -> list[Any]:
        trial = make_trial(settings=settings, customers=[CUSTOMER], base=httpx.MockTransport(answer))
        async with trial as engine:
            agent = access_of("agent")
            found = (await engine.execute(who, access=agent)).data
            assert found
            given = {
                "customerId": found["customer"]["id"],
                "idempotencyKey": "k",
                "lineId": "08",
                "minutes": 5,
            }
            blind = agent.principal.scopes - {"telephony:read"}
            assert blind != agent.principal.scopes
            principal = msgspec.structs.replace(agent.principal, scopes=blind)
            answers = []
            for access in (msgspec.structs.replace(agent, principal=principal), agent, agent):
                answered = await engine.execute(TOP_UP, {"input": given}, access=access)
                answers.append(msgspec.json.decode(msgspec.json.encode(answered.body())))
            return answers

    refused, done, again = asyncio.run(run())
    assert refused["errors"][0]["extensions"]["requiredScopes"] == [["actions:write", "telephony:read"]]
    action = {"kind": "telephony.top_up", "domain": "TELEPHONY", "state": "CONFIRMED", "reference": "top-1"}
    assert done == again == {"data": {"topUpLine": {"action": action, "problems": []}}}
    (request,) = sent
    assert request.url.path == "/lines/08/top-ups"
    assert request.headers["idempotency-key"]
    assert msgspec.json.decode(request.content) == {"minutes": 5}


def test_every_shipped_plugin_has_a_page_that_says_what_it_leaves_out(checkout: Path) -> None:
    pages = checkout / "docs" / "plugins" / "shipped"
    folders = sorted(path.parent for path in (checkout / "plugins").glob("*/__init__.py"))
    assert sorted(page.stem for page in pages.glob("*.md")) == [folder.name for folder in folders]
    index = (checkout / "docs" / "plugins" / "README.md").read_text("utf-8")
    for folder in folders:
        texts = [(folder / name).read_text("utf-8") for name in ("__init__.py", "connector.py")]
        assert any("Not covered" in text for text in texts), folder.name
        page = (pages / f"{folder.name}.md").read_text("utf-8")
        assert f"<!-- table: plugin-{folder.name} -->" in page
        assert "\n- " in page.partition("## Not read, and why")[2]
        assert f"(shipped/{folder.name}.md)" in index
