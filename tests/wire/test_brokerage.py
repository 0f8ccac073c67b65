"""The brokerage connector and Prism serving OpenWealth Custody Services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from c360.contract import Connector, Ref

pytestmark = [pytest.mark.node, pytest.mark.specs, pytest.mark.thorough, pytest.mark.timeout(420)]

CUSTODY = "brokerage-openwealth-custody.yaml"
REF = Ref(party_id="C-1")
DAYS = (date(2026, 6, 13), date(2026, 6, 15))
KINDS = {"brokerage.accounts", "brokerage.positions", "brokerage.transactions"}
ASKED = {"GET /customers/C-1/accounts", "GET /customers/C-1/positions", "GET /customers/C-1/transactions"}


def one_page(node: dict[str, Any], fields: dict[str, Any]) -> None:
    """Take the next cursor out of the answers, so that every list ends with its first page."""
    if "content" in node:
        node.pop("headers", None)


def test_a_cursor_that_never_changes_is_the_partners_fault(wire: Callable[..., Any]) -> None:
    # Prism sends the same next cursor whichever page it is asked for.
    custodian = wire(CUSTODY, "brokerage", credential="key")
    assert custodian.outcomes(REF, days=DAYS) == dict.fromkeys(
        KINDS, "PartnerFault: after page 2 the pages go in a circle"
    )
    assert custodian.asked == ASKED
    assert any("cursor=" in exchange.query for exchange in custodian.exchanges)
    assert custodian.flaws == set()


def test_everything_is_read(wire: Callable[..., Any]) -> None:
    custodian = wire(CUSTODY, "brokerage", adapt=one_page, credential="key")
    # Three days are asked for; Prism shows the same transaction on each, and it counts once.
    assert custodian.outcomes(REF, days=DAYS) == dict.fromkeys(KINDS, "1 record")
    assert custodian.asked == ASKED
    assert len(custodian.exchanges) == 5
    assert custodian.flaws == set()


def test_made_up_answers_are_read(wire: Callable[..., Any]) -> None:
    custodian = wire(CUSTODY, "brokerage", adapt=one_page, credential="key")
    made_up = custodian.generated(REF, days=DAYS)
    assert made_up.answered == KINDS
    # The document lets an id be empty; the connector does not, since nothing could be asked by it.
    assert made_up.errors <= {"PartnerFault: Expected `str` of length >= 0 at $[0].account.id"}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, "PartnerFault: HTTP 400"),
        (401, "Reconfigure: HTTP 401"),
        (403, "Reconfigure: HTTP 403"),
        (404, "SkipCustomer: HTTP 404"),
        (405, "PartnerFault: HTTP 405"),
        (500, "RetryLater: HTTP 500"),
        (501, "RetryLater: HTTP 501"),
        (503, "RetryLater: HTTP 503"),
    ],
)
def test_errors_say_what_to_do_next(wire: Callable[..., Any], status: int, outcome: str) -> None:
    # Errors are problem+json here. Prism gives them only to who accepts that, real custodians to all.
    accept = {"accept": "application/json,application/problem+json"}
    custodian = wire(CUSTODY, "brokerage", adapt=one_page, credential="key", headers=accept)
    assert custodian.outcomes(REF, days=DAYS, prefer=f"code={status}") == dict.fromkeys(KINDS, outcome)


def test_prism_refuses_a_request_without_a_correlation_id(wire: Callable[..., Any]) -> None:
    async def careless(connector: Connector[Any]) -> None:
        await connector.ctx.http.get("/customers/C-1/accounts", accept=(400, 422))

    with pytest.raises(pytest.fail.Exception, match="x-correlation-id"):
        wire(CUSTODY, "brokerage", adapt=one_page, credential="key").use(careless)
