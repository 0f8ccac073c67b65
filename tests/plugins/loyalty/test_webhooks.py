"""What the connector makes of Square's calls."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from c360.changes import Deletion, Outdated, Upsert
from c360.contract import Receipt, connect
from c360.errors import RefusalCode, WebhookRefused
from c360.records.party import Party
from c360.values import Secret
from c360.webhooks import Webhook
from plugins.loyalty.config import SquareConfig
from plugins.loyalty.connector import SquareLoyalty
from tests.plugins.loyalty.calls import KEY, URL, call
from tests.plugins.loyalty.conftest import NOW

ACCOUNT = {"id": "la_1", "program_id": "P", "customer_id": "C1", "balance": 5}


@pytest.fixture
def receive(canned: Any) -> Any:
    def read(webhook: Webhook, key: str | None = KEY, url: str | None = None) -> Receipt:
        config = SquareConfig(
            access_token=Secret("token-of-the-seller"),
            webhook_signature_key=None if key is None else Secret(key),
            webhook_url=url,
        )
        return connect(
            SquareLoyalty, config, canned(lambda _: {}), instance="square", now=lambda: NOW
        ).receive(webhook)

    return read


@pytest.mark.parametrize("event", ["customer.created", "customer.updated"])
def test_a_profile_comes_along(receive: Any, event: str) -> None:
    receipt = receive(call(event, {"customer": {"id": "C1", "given_name": "Ada"}}, about="C1"))
    assert receipt.event_id == f"event-{event}"
    (change,) = receipt.changes
    assert isinstance(change, Upsert)
    assert isinstance(change.record, Party)
    assert (change.kind, change.party_id, change.object_id) == ("party.profile", "C1", "C1")
    assert change.record.given_name == "Ada"


@pytest.mark.parametrize("told", [{}, {"customer": {"id": "C1"}}])
def test_a_profile_is_gone(receive: Any, told: dict[str, Any]) -> None:
    receipt = receive(call("customer.deleted", told, about="C1"))
    assert receipt.changes == (Deletion(kind="party.profile", party_id="C1", object_id="C1"),)


@pytest.mark.parametrize("deed", ["created", "updated", "deleted"])
def test_an_account_outdates_what_its_customer_has(receive: Any, deed: str) -> None:
    receipt = receive(call(f"loyalty.account.{deed}", {"loyalty_account": ACCOUNT}))
    assert receipt.changes == (
        Outdated(kind="loyalty.memberships", party_id="C1"),
        Outdated(kind="loyalty.activity", party_id="C1"),
    )


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("loyalty.account.updated", {"loyalty_account": {"id": "la_1", "program_id": "P"}}),
        ("loyalty.account.deleted", {}),
        ("loyalty.event.created", {"loyalty_event": {"id": "e", "loyalty_account_id": "la_1"}}),
        ("invoice.created", {"invoice": {}}),
    ],
)
def test_what_names_no_customer_is_taken_and_changes_nothing(
    receive: Any, event: str, told: dict[str, Any]
) -> None:
    assert receive(call(event, told)) == Receipt(event_id=f"event-{event}")


def test_the_address_that_is_registered_counts(receive: Any) -> None:
    behind = msgspec.structs.replace(call("loyalty.event.created", {}), url="http://inside/hooks/square")
    assert receive(behind, url=URL).event_id
    with pytest.raises(WebhookRefused):
        receive(behind)


@pytest.mark.parametrize("key", [None, "another-signature-key"])
def test_without_the_key_nothing_is_believed(receive: Any, key: str | None) -> None:
    with pytest.raises(WebhookRefused) as raised:
        receive(call("loyalty.event.created", {}), key=key)
    assert raised.value.code is RefusalCode.SIGNATURE


def test_a_profile_event_without_a_profile_is_malformed(receive: Any) -> None:
    with pytest.raises(WebhookRefused) as raised:
        receive(call("customer.updated", {}))
    assert raised.value.code is RefusalCode.MALFORMED
