"""Under the host: an instance is found by ``sql/DOMAIN``, asked for what is mapped alone, and closed."""

from __future__ import annotations

import asyncio
import tomllib
from datetime import date, timedelta
from typing import Any

import pytest

from c360.access import Access, Principal
from c360.contract import Need
from connectors.host import Host
from connectors.instances import InstanceSettings, InstanceState
from connectors.results import GatherRequest, Link, SourceResult, SourceState, Target
from tests.connectors.conftest import FakeGrants, FakeSnapshots
from tests.plugins.sql.conftest import MAPPING, House

NEEDS = frozenset(
    {
        Need(kind="party.profile"),
        Need(kind="hotel.stays", since=date(2026, 1, 1), until=date(2026, 12, 31)),
        Need(kind="hotel.notes"),  # of the domain, and not mapped here
    }
)


def opened(plugin: str, **config: Any) -> Host:
    settings = InstanceSettings(id="house", plugin=plugin, config=config)
    return Host.open([settings], snapshots=FakeSnapshots(), grants=FakeGrants())


def test_a_view_is_gathered_from_a_database(house: House) -> None:
    host = opened("sql/hotel", url=house.url, **tomllib.loads(MAPPING))
    (info,) = host.infos()
    assert (info.state, info.kinds) == (
        InstanceState.READY,
        ("party.profile", "hotel.stays", "hotel.preferences"),
    )
    targets = [Target(customer_id=each, links=(Link(connector="house", party_id=each),)) for each in "12"]
    request = GatherRequest(
        targets=targets,
        needs=dict.fromkeys("12", NEEDS),
        access=Access(principal=Principal(subject="agent")),
        deadline=timedelta(seconds=20),
    )

    async def gathered() -> dict[str, SourceResult]:
        try:
            found = await host.gather(request)
            return {each: found.of(each)[0] for each in "12"}
        finally:
            await host.close()

    sources = asyncio.run(gathered())
    assert {source.state for source in sources.values()} == {SourceState.FRESH}
    counts = {name: {kind: len(it.records) for kind, it in s.kinds.items()} for name, s in sources.items()}
    assert counts == {
        "1": {"party.profile": 1, "hotel.stays": 2},
        "2": {"party.profile": 1, "hotel.stays": 1},
    }


@pytest.mark.parametrize(
    ("plugin", "config", "complaint"),
    [
        ("sql/hotel", {"url": "sqlite:////x.db"}, "connectors.house.tables: found nothing"),
        ("sql/hotel", {"url": "not an address", "tables": []}, "connectors.house.tables"),
        ("sql/banking", {"url": "sqlite:////x.db", **tomllib.loads(MAPPING)}, "house.tables[1].kind"),
        ("sql/garden", {}, "no connector 'garden'"),
    ],
)  # fmt: skip
def test_what_the_settings_get_wrong_stands_in_the_instances_problem(
    plugin: str, config: dict[str, Any], complaint: str
) -> None:
    host = opened(plugin, **config)
    (info,) = host.infos()
    asyncio.run(host.close())
    assert info.state is InstanceState.FAULTY
    assert info.problem is not None
    assert complaint in info.problem
    assert "not an address" not in info.problem
