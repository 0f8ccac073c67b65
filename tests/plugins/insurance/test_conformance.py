"""The suite over the sandbox's insurer, and payloads generated from the published API."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import pytest

from c360.contract import ActionState
from c360.http import Transport
from c360.records.insurance import ConsentPart, RequestConsent, RevokeConsent
from c360.testing import ConnectorSuite, Known, SampleAction
from plugins.insurance.connector import OpinBrInsurance
from sandbox.framework import World
from sandbox.partners import insurance
from sandbox.partners.insurance.consents import NAMESPACE
from sandbox.population import Population
from sandbox.population.model import Event, EventKind, Life, Line, Presence
from tests.conftest import InProcess
from tests.fixtures.specifications import SPECIFICATIONS
from tests.fixtures.standings import missing
from tests.plugins.insurance.conftest import BASE_URL

TODAY = date(2026, 6, 15)
ORIGIN = BASE_URL.removesuffix("/open-insurance")


@functools.cache
def population() -> Population:
    return Population(people=20, companies=2, seed=360, today=TODAY)


def known(customer: Presence) -> Known:
    """A customer with what they hold at the insurer."""
    life = population().life(customer.member_id)
    return Known(
        party_id=customer.party_id,
        grant=customer.token,
        records={
            "party.profile": 1,
            "insurance.policies": len(life.policies),
            "insurance.premiums": len(life.policies),
            "insurance.claims": len(claims(life)),
        },
    )


def claims(life: Life) -> Sequence[Event]:
    return [event for event in life.at("insurance") if event.kind is EventKind.CLAIM]


def chosen() -> Iterator[Presence]:
    """One policy of each API: a car's with several claims, a person's life, a company's house."""
    for line, company, least in ((Line.AUTO, False, 2), (Line.LIFE, False, 0), (Line.HOUSING, True, 0)):
        for customer in population().presences("insurance"):
            life = population().life(customer.member_id)
            lines = [policy.line for policy in life.policies]
            if lines == [line] and customer.organization is company and len(claims(life)) >= least:
                yield customer
                break


class TestOpinBrInsuranceConformance(ConnectorSuite):
    connector = OpinBrInsurance
    config = {  # noqa: RUF012  # the suite's own way
        "base_url": BASE_URL,
        "page_size": 1,
        **{name: value.replace("{origin}", ORIGIN) for name, value in insurance.CREDENTIALS.items()},
    }
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    unknown = "nobody"
    customers = tuple(known(each) for each in chosen())
    actions = (
        SampleAction(
            kind="insurance.request_consent",
            party_id=next(chosen()).party_id,
            input=RequestConsent(
                document="1" * 11,
                parts=(ConsentPart.IDENTIFICATION, ConsentPart.MOTOR),
                expires_at=datetime(2026, 9, 15, 12, tzinfo=UTC),
            ),
            state=ActionState.PENDING,
        ),
        SampleAction(
            kind="insurance.revoke_consent",
            party_id=next(chosen()).party_id,
            input=RevokeConsent(consent_id=f"{NAMESPACE}{next(chosen()).party_id}"),
        ),
    )
    openapi = SPECIFICATIONS / "insurance-opin-bundle.yaml"

    def partner(self) -> Transport:
        """The insurer of a world of its own."""
        return InProcess(insurance.app(World(population())), BASE_URL)


@pytest.mark.thorough  # each of its checks has run, and the kept standing is held to the code
def test_it_is_gold() -> None:
    assert not missing(TestOpinBrInsuranceConformance)
