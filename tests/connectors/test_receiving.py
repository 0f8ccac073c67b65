from __future__ import annotations

from typing import Any

import msgspec
import pytest

from c360.changes import Change, Checkpoint, Deletion, Outdated, Upsert
from c360.contract import WebhookSpec
from c360.errors import ConnectorError, ProblemCode, RefusalCode, WebhookRefused
from c360.webhooks import Receipt, Webhook
from connectors.host import Host
from connectors.instances import InstanceSettings
from connectors.receiving import MOST_BYTES, MOST_CHANGES, Received
from tests.fixtures.virtual import virtually

PARTY = "party.profile"


def host(kit: Any, answer: Any, *, signed: bool = True, declared: bool = True, enabled: bool = True) -> Host:
    spec = WebhookSpec(kinds=(PARTY,), signed=signed) if declared else None

    def receive(self: Any, webhook: Webhook) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    methods = {
        "description": msgspec.structs.replace(kit.describe("shop"), webhooks=spec),
        "receive": receive,
    }
    kit.plugins.register("shop", kit.module(kit.connector("shop", methods=methods)))
    kit.settings.append(
        InstanceSettings(
            id="shop", plugin="shop", config={"base_url": "https://shop.example"}, enabled=enabled
        )
    )
    made: Host = kit.host()
    return made


def call(kit: Any, content: bytes = b"{}") -> Webhook:
    return Webhook(url="https://hub.example/hooks/shop", headers={}, content=content, received_at=kit.clock())


def receive(kit: Any, made: Host, **more: Any) -> Received:
    async def scenario() -> Received:
        return made.receive("shop", call(kit, **more))

    return virtually(scenario())


SAME: Any = Outdated(kind=PARTY, party_id="p")


def upsert(kit: Any, party_id: str = "p-1") -> Upsert:
    return Upsert(kind=PARTY, party_id=party_id, object_id=party_id, record=kit.person(party_id))


def test_a_partners_call_is_read_and_its_records_are_signed(kit: Any) -> None:
    made = host(kit, Receipt(event_id="e-1", changes=[upsert(kit)]))
    received = receive(kit, made)
    (change,) = received.changes
    assert isinstance(change, Upsert)
    assert (received.event_id, change.record.connector) == ("e-1", "shop")


def test_what_nobody_signed_is_no_more_than_a_hint(kit: Any) -> None:
    changes: list[Change] = [
        upsert(kit),
        upsert(kit),
        Deletion(kind=PARTY, party_id="p-2", object_id="p-2"),
        Deletion(kind=PARTY, party_id=None, object_id="p-3"),
        Outdated(kind=PARTY, party_id="p-4"),
    ]
    received = receive(kit, host(kit, Receipt(event_id="e-1", changes=changes), signed=False))
    assert received.changes == tuple(Outdated(kind=PARTY, party_id=each) for each in ("p-1", "p-2", "p-4"))


@pytest.mark.parametrize("code", list(RefusalCode))
def test_what_the_plugin_does_not_believe_is_refused_without_its_words(kit: Any, code: RefusalCode) -> None:
    made = host(kit, WebhookRefused("from ada@mail.example", code=code))
    with pytest.raises(WebhookRefused) as caught:
        receive(kit, made)
    assert caught.value.code is code
    assert "ada" not in str(caught.value)


def test_a_call_that_is_too_large_or_not_expected_is_refused_unread(kit: Any) -> None:
    with pytest.raises(WebhookRefused, match="larger"):
        receive(kit, host(kit, RuntimeError("it was read")), content=b"x" * (MOST_BYTES + 1))
    other = type(kit)()
    with pytest.raises(WebhookRefused, match="takes no calls"):
        receive(other, host(other, RuntimeError("it was read"), declared=False))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"event_id": "e"},
        Receipt(event_id=""),
        Receipt(event_id="x" * 501),
        Receipt(event_id="e", changes=[Checkpoint(cursor="c")]),
        Receipt(event_id="e", changes=[Outdated(kind="loyalty.activity", party_id="p")]),
        Receipt(event_id="e", changes=[Outdated(kind=PARTY, party_id="")]),
        Receipt(event_id="e", changes=["p-1"]),  # type: ignore[list-item]  # what a plugin may do
        Receipt(event_id="e", changes=[SAME] * (MOST_CHANGES + 1)),
        RuntimeError("ada@mail.example"),
        SystemExit(3),
    ],
)
def test_a_plugin_that_breaks_the_contract_is_to_blame(
    kit: Any, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    made = host(kit, answer)
    with pytest.raises(ConnectorError) as caught:
        receive(kit, made)
    assert caught.value.code is ProblemCode.CONNECTOR_FAULT
    assert made.infos()[0].last_problem is ProblemCode.CONNECTOR_FAULT
    assert "shop" in caplog.text
    assert "ada" not in caplog.text


def test_an_instance_that_is_switched_off_takes_no_calls(kit: Any) -> None:
    with pytest.raises(ConnectorError) as caught:
        receive(kit, host(kit, Receipt(event_id="e"), enabled=False))
    assert caught.value.code is ProblemCode.DISABLED
