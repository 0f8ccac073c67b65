"""The insurance connector and Prism serving Open Insurance Brasil."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from c360.contract import Ref
from c360.values import Secret

pytestmark = [pytest.mark.node, pytest.mark.specs, pytest.mark.timeout(420)]

OPIN = "insurance-opin-bundle.yaml"
BASE = "/open-insurance"
REF = Ref(party_id="ana", grant=Secret("token"))
POLICIES = {"insurance.policies", "insurance.premiums", "insurance.claims"}
PERSONAL = f"GET {BASE}/customers/v2/personal/identifications"
BUSINESS = f"GET {BASE}/customers/v2/business/identifications"
LISTS = {f"GET {BASE}/insurance-{api}/v1/insurance-{api}" for api in ("auto", "person", "housing")}
OF_A_POLICY = ("policy-info", "premium", "claim")
IN_EXAMPLES = {"auto": "42", "person": "111111", "housing": "42"}
"""The policies that the examples list."""


def legible(node: dict[str, Any], fields: dict[str, Any]) -> None:
    """Write the pattern of amounts so that it can be read, show one, and end every list with page one.

    The published pattern has ``\\00`` in it, which JavaScript refuses in Unicode mode: Prism then leaves
    the whole answer unchecked, and for an amount it sends "string".
    """
    if {"amount", "unitType"} <= fields.keys():
        fields["amount"] |= {"pattern": r"^\d{1,15}\.\d{2}$", "example": "1000.00"}
    if "totalPages" in fields:
        fields["totalPages"] |= {"enum": [1]}


def test_the_published_examples_are_no_amounts(wire: Callable[..., Any]) -> None:
    insurer = wire(OPIN, "insurance", path=BASE)
    assert insurer.outcomes(REF) == {
        "party.profile": "1 record",
        "insurance.policies": "PartnerFault: Invalid decimal string at $.data.maxLMG.amount",
        "insurance.premiums": "PartnerFault: Invalid decimal string at $.data.amount.amount",
        "insurance.claims": "PartnerFault: Invalid decimal string at $.data[0].amount.amount",
    }


def test_everything_is_read(wire: Callable[..., Any]) -> None:
    insurer = wire(OPIN, "insurance", path=BASE, adapt=legible)
    assert insurer.outcomes(REF) == {"party.profile": "1 record", **dict.fromkeys(POLICIES, "3 records")}
    details = {
        f"GET {BASE}/insurance-{api}/v1/insurance-{api}/{policy}/{part}"
        for api, policy in IN_EXAMPLES.items()
        for part in OF_A_POLICY
    }
    assert insurer.asked == {PERSONAL, *LISTS, *details}
    # Examples that break their own document.
    assert insurer.flaws == {
        "header.x-fapi-interaction-id",
        "body.data.cpfNumber",
        "body.data.identificationDetails.cpfNumber",
        "body.data.contact.postalAddresses.address.address",
        "body.data.contact.postalAddresses.address.address.number",
        "body.data.bonusDiscountRate",
        "body.data.insureds.email",
        "body.data.intermediaries.brokerId",
        "body.data.principals.email",
    }


def test_made_up_answers_are_read(wire: Callable[..., Any]) -> None:
    made_up = wire(OPIN, "insurance", path=BASE, adapt=legible).generated(REF, seeds=3)
    assert made_up.answered == {"party.profile", *POLICIES}
    assert made_up.errors == set()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, "PartnerFault: HTTP 400"),
        (401, "Reauthorise: HTTP 401"),
        (403, "Reauthorise: HTTP 403"),
        (404, "SkipCustomer: HTTP 404"),
        (405, "PartnerFault: HTTP 405"),
        (406, "PartnerFault: HTTP 406"),
        (422, "PartnerFault: HTTP 422"),
        (429, "RetryLater: HTTP 429"),
        (500, "RetryLater: HTTP 500"),
    ],
)
def test_errors_say_what_to_do_next(wire: Callable[..., Any], status: int, outcome: str) -> None:
    insurer = wire(OPIN, "insurance", path=BASE, adapt=legible)
    outcomes = insurer.outcomes(REF, only=POLICIES, prefer=f"code={status}")
    assert outcomes == dict.fromkeys(POLICIES, outcome)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (403, "Reauthorise: the grant covers no identification"),
        (404, "SkipCustomer: the partner identifies nobody by this grant"),
    ],
)
def test_who_is_no_person_may_be_a_company(wire: Callable[..., Any], status: int, outcome: str) -> None:
    insurer = wire(OPIN, "insurance", path=BASE, adapt=legible)
    outcomes = insurer.outcomes(REF, only={"party.profile"}, prefer=f"code={status}")
    assert outcomes == {"party.profile": outcome}
    assert insurer.asked == {PERSONAL, BUSINESS}
