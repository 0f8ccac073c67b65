"""A seventh domain costs a module of records, a group, and a plugin; nothing else is edited."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import schema.groups
from c360 import kinds, records
from c360.contract import KeyKind
from schema.build import build_schema
from schema.engine import GraphEngine
from schema.permissions.roles import every_scope
from tests.fixtures.access import access as access_of

RECORDS = '''
"""Subscriptions to telephone lines."""
from __future__ import annotations
from typing import Annotated
from msgspec import Meta
from c360.records.base import Kind, Record

class PhoneLine(Record, frozen=True, kw_only=True):
    """A line."""
    line_id: Annotated[str, Meta(description="The operator's id.")]
    minutes: Annotated[int, Meta(description="Minutes left.")] = 0

KINDS = (Kind(name="telephony.lines", record=PhoneLine),)
'''
GROUP = '''
"""Telephony in the graph."""
from __future__ import annotations
from c360.records.telephony import PhoneLine
from resolvers.groups.base import Records
from resolvers.needs import needs
from schema.groups.base import Group, RecordList, Total

@needs("telephony.lines")
def minutes(records: Records) -> int:
    """Minutes left on all lines."""
    return sum(line.minutes for line in records.of("telephony.lines", PhoneLine))

GROUP = Group(
    domain="telephony",
    description="Lines at every linked operator.",
    main="telephony.lines",
    lists=(RecordList(name="lines", kind="telephony.lines", description="Lines."),),
    totals=(Total(name="minutes", compute=minutes),),
)
'''


@pytest.fixture
def seventh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Puts the two modules where the packages look for theirs."""
    for package, text in ((records, RECORDS), (schema.groups, GROUP)):
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / "telephony.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    kinds.kinds.cache_clear()
    kinds.domains.cache_clear()
    yield
    monkeypatch.undo()
    kinds.kinds.cache_clear()
    kinds.domains.cache_clear()
    for module in ("c360.records.telephony", "schema.groups.telephony"):
        sys.modules.pop(module, None)


@pytest.mark.usefixtures("seventh")
def test_a_seventh_domain_is_found_by_itself(world: Any) -> None:
    built = build_schema()
    text = built.as_str()
    assert "telephony: Telephony" in text
    assert "  TELEPHONY" in text
    from c360.records.telephony import PhoneLine  # type: ignore[import-not-found]  # written above

    world.host.instances = {"operator": "telephony"}
    world.host.records["operator", "t1", "telephony.lines"] = (PhoneLine(line_id="1", minutes=40),)
    world.customer(1, links={"operator": "t1"}, keys={KeyKind.EMAIL: "a@b.ch"})
    engine = GraphEngine(built, world.store, world.host, lambda: datetime(2025, 6, 15, tzinfo=UTC))
    fields = "sources { domain } telephony { lines { lineId } totals { minutes } }"
    query = f'{{ customer(by: {{email: "a@b.ch"}}) {{ {fields} }} }}'
    response = asyncio.run(engine.execute(query, access=access_of(scopes=every_scope())))
    assert response.body() == {
        "data": {
            "customer": {
                "sources": [{"domain": "TELEPHONY"}],
                "telephony": {"lines": [{"lineId": "1"}], "totals": {"minutes": 40}},
            }
        }
    }


def test_it_is_gone_again() -> None:
    assert "telephony" not in kinds.domains()
