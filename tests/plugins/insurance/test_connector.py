"""The connector against a scripted partner: what it asks, and what it makes of odd answers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from c360.config import read_config
from c360.contract import Lookup
from c360.errors import (
    ConfigError,
    ConnectorError,
    PartnerFault,
    ProblemCode,
    Reauthorise,
    RetryLater,
    SkipCustomer,
)
from c360.http import Request
from c360.kinds import kinds
from c360.records.insurance import (
    Claim,
    ClaimStatus,
    CoverageFunding,
    DenialReason,
    GraceKind,
    InsuredObjectKind,
    MoveExtent,
    PaymentMeans,
    Policy,
    PolicyDocument,
    PolicyLine,
    Premium,
    PremiumMovement,
    PropertyKind,
    TransferDirection,
    WithdrawalCause,
)
from c360.records.party import Identifier, IdentifierKind, Party, PartyKind
from c360.values import CountryCode, CurrencyCode, Money, PostalAddress
from plugins.insurance import c360_connectors
from plugins.insurance.config import OpinConfig, Product
from plugins.insurance.connector import BUSINESS, LISTS, PERSONAL, OpinBrInsurance

POLICIES, PREMIUMS, CLAIMS, PARTY = (
    "insurance.policies",
    "insurance.premiums",
    "insurance.claims",
    "party.profile",
)
ALL = (PARTY, POLICIES, PREMIUMS, CLAIMS)
AUTO = LISTS[Product.AUTO]


def brl(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency=CurrencyCode("BRL"))


def test_it_says_what_it_is() -> None:
    description = OpinBrInsurance.describe()

    assert list(c360_connectors()) == [OpinBrInsurance]
    assert (description.name, description.domain) == ("opin_br_insurance", "insurance")
    assert description.lookup is Lookup.BY_GRANT
    assert {fetch.kind for fetch in description.fetches} <= set(kinds())
    assert {fetch.batch for fetch in description.fetches} == {1}


def test_a_person(insurer: Any, book: dict[str, Any]) -> None:
    (party,) = insurer(book).ask(PARTY)[PARTY].records

    assert party == Party(
        party_id="C-9",
        kind=PartyKind.PERSON,
        full_name="João Araújo",
        birth_date=date(1980, 2, 29),
        emails=("joao@mail.example",),
        phones=("+5511987654321",),
        addresses=(
            PostalAddress(
                lines=("Rua Augusta, 12", "Ap 3", "Centro"),
                city="São Paulo",
                region="SP",
                postal_code="01310100",
                country=CountryCode("BR"),
            ),
        ),
        identifiers=(Identifier(kind=IdentifierKind.TAX_ID, value="12345678909", country=CountryCode("BR")),),
        updated_at=datetime(2025, 5, 1, 10, tzinfo=UTC),
    )


@pytest.mark.parametrize("nobody", [403, 404, {"data": []}])
def test_a_company_is_asked_for_where_there_is_no_person(insurer: Any, nobody: object) -> None:
    company = {
        "businessName": "Padaria Sol Ltda",
        "document": {
            "businesscnpjNumber": "11222333000181",
            "businessRegisterNumberOriginCountry": "HRB 77",
            "country": "DEU",
        },
        "contact": {"postalAddresses": []},
    }
    partner = insurer({PERSONAL: nobody, BUSINESS: {"data": [company]}})

    (party,) = partner.ask(PARTY)[PARTY].records

    assert partner.paths == [PERSONAL, BUSINESS]
    assert (party.party_id, party.kind) == ("P-1", PartyKind.ORGANIZATION)
    assert party.organization_name == "Padaria Sol Ltda"
    assert party.identifiers == (
        Identifier(kind=IdentifierKind.TAX_ID, value="11222333000181", country=CountryCode("BR")),
        Identifier(kind=IdentifierKind.REGISTRY_NUMBER, value="HRB 77", country=CountryCode("DE")),
    )


@pytest.mark.parametrize(
    ("personal", "business", "error"),
    [
        (401, 200, Reauthorise),
        (403, 403, Reauthorise),
        (403, 401, Reauthorise),
        (404, 404, SkipCustomer),
        (403, 404, SkipCustomer),
        ({"data": []}, 403, SkipCustomer),
        (429, 200, RetryLater),
        (404, 503, RetryLater),
        (418, 200, PartnerFault),
        ({"data": [{}]}, 200, PartnerFault),
    ],
)
def test_nobody_identified(
    insurer: Any, personal: object, business: object, error: type[ConnectorError]
) -> None:
    fetched = insurer({PERSONAL: personal, BUSINESS: business}).ask(PARTY)[PARTY]

    assert type(fetched.error) is error
    assert fetched.records == ()


def test_policies(insurer: Any, book: dict[str, Any]) -> None:
    motor, pension, home = insurer(book).ask(POLICIES)[POLICIES].records

    assert (motor.policy_id, motor.line) == ("A1", PolicyLine.MOTOR)
    assert (motor.product_name, motor.brand, motor.insurer) == ("Produto A1", "Marca", "Seguradora S.A.")
    assert motor.document is PolicyDocument.FLEET_POLICY
    assert (motor.issued_on, motor.starts_on, motor.ends_on) == (
        date(2024, 12, 20),
        date(2025, 1, 1),
        date(2026, 1, 1),
    )
    assert motor.sum_insured == brl("90000.00")
    (vehicle,), (casco,) = motor.objects, motor.coverages
    assert (vehicle.kind, vehicle.year, vehicle.model) == (InsuredObjectKind.VEHICLE, "2019", "001234-5")
    assert (vehicle.identification, vehicle.postal_code) == ("ABC1D23", "01310100")
    assert (casco.sum_insured, casco.deductible) == (brl("90000.00"), brl("4500.00"))
    assert (casco.premium, casco.main, casco.branch) == (brl("600.00"), True, "0531")

    assert (pension.policy_id, pension.line) == ("B1", PolicyLine.PENSION)
    assert pension.document is PolicyDocument.GROUP_CERTIFICATE
    assert pension.reserve == brl("12345.67")
    survival, death = pension.coverages
    assert survival.sum_insured is None, "a percentage is no money"
    assert survival.funding is CoverageFunding.CAPITALISATION
    assert (survival.reserve_rate, survival.income_rate) == (Decimal("3.25"), Decimal("2.50"))
    (grace,) = survival.grace_periods
    assert (grace.kind, grace.ends_on) == (GraceKind.WITHDRAWAL, date(2025, 3, 1))
    assert death.main is False
    (withdrawal,) = pension.withdrawals
    assert (withdrawal.amount, withdrawal.extent) == (brl("100.00"), MoveExtent.PARTIAL)
    assert (withdrawal.cause, withdrawal.paid_on) == (WithdrawalCause.REGULAR, date(2025, 5, 9))
    (transfer,) = pension.transfers
    assert (transfer.direction, transfer.amount) == (TransferDirection.IN, brl("5000.00"))

    assert (home.policy_id, home.line) == ("C1", PolicyLine.HOME)
    (building,) = home.objects
    assert (building.building, building.postal_code) == (PropertyKind.APARTMENT, "20000000")
    assert building.value == brl("300000.00")
    assert home.reserve is None


def test_premiums(insurer: Any, book: dict[str, Any]) -> None:
    premiums = insurer(book).ask(PREMIUMS)[PREMIUMS].records

    assert [(premium.policy_id, premium.instalments) for premium in premiums] == [
        ("A1", 12),
        ("B1", 1),
        ("C1", 3),
    ]
    assert [payment.instalment for premium in premiums for payment in premium.payments] == [
        "2",
        "1",
        "7",
        "2",
    ], "the instalment is a number, an integer and a text in the three APIs; newest first"
    newest = premiums[0].payments[0]
    assert (newest.movement, newest.means) == (PremiumMovement.PREMIUM_SETTLED, PaymentMeans.INSTANT_PAYMENT)
    assert (newest.amount, newest.moved_on, newest.due_on) == (
        brl("50.00"),
        date(2025, 3, 3),
        date(2025, 2, 1),
    )


def test_claims_newest_first_without_the_recipients_of_income(insurer: Any, book: dict[str, Any]) -> None:
    claims = insurer(book).ask(CLAIMS)[CLAIMS].records

    assert [(claim.policy_id, claim.claim_id) for claim in claims] == [
        ("A1", "S-2"),
        ("A1", "S-1"),
        ("B1", "S-1"),
    ]
    denied, opened = claims[1], claims[2]
    assert (denied.status, denied.denial_reason) == (ClaimStatus.CLOSED_UNPAID, DenialReason.NOT_COVERED)
    assert denied.coverages == ("VIDROS",)
    assert (denied.amount, denied.reported_on) == (brl("700.00"), date(2025, 3, 2))
    assert opened.status is ClaimStatus.OPEN
    assert b"Outra Pessoa" not in msgspec.json.encode(claims)


def test_requests_carry_the_grant_and_one_interaction(insurer: Any, book: dict[str, Any]) -> None:
    partner = insurer(book)
    partner.ask(ALL)

    interactions = {dict(request.headers)["x-fapi-interaction-id"] for request in partner.requests}
    assert len(interactions) == 1
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", interactions.pop())
    assert all(request.auth is not None and request.safe for request in partner.requests)
    assert {len(paths) for paths in (partner.paths,)} == {
        1 + 3 + 3 * 3
    }  # whom, the lists once, and each policy for each kind
    lists = [request for request in partner.requests if request.url.endswith(tuple(LISTS.values()))]
    assert len({(request.url, request.params, request.headers) for request in lists}) == 3, (
        "equal requests of the three kinds have to be equal, or the host cannot send them once"
    )


def test_only_the_products_of_the_settings_are_asked_for(insurer: Any, book: dict[str, Any]) -> None:
    partner = insurer(book, products=["person"])
    policies = partner.ask(POLICIES)[POLICIES].records

    assert [policy.policy_id for policy in policies] == ["B1"]
    assert len(partner.requests) == 2


def test_pages_are_counted_and_links_are_not_followed(insurer: Any, book: dict[str, Any]) -> None:
    def page(request: Request) -> object:
        number = int(dict(request.params)["page"])
        listed = [{"policyId": "A1"}] if number == 1 else [{"policyId": f"A{number}"}, {"policyId": "A1"}]
        return {
            "data": [{"brand": "Marca", "companies": [{"companyName": "S", "policies": listed}]}],
            "links": {"next": "https://elsewhere.example/steal"},
            "meta": {"totalRecords": 3, "totalPages": 3},
        }

    answers = book | {AUTO: page} | {f"{AUTO}/A{n}/policy-info": 204 for n in (1, 2, 3)}
    partner = insurer(answers, products=["auto"], page_size=1)
    policies = partner.ask(POLICIES)[POLICIES].records

    assert sorted(policy.policy_id for policy in policies) == ["A1", "A2", "A3"]
    asked = [dict(request.params) for request in partner.requests if request.url.endswith(AUTO)]
    assert asked == [{"page": f"{number}", "page-size": "1"} for number in (1, 2, 3)]
    assert not any("elsewhere" in request.url for request in partner.requests)


def test_pages_that_never_end_are_the_partners_fault(insurer: Any, book: dict[str, Any]) -> None:
    endless = {"data": [{"companies": []}], "meta": {"totalRecords": 9, "totalPages": 10**9}}
    error = insurer(book | {AUTO: endless}).ask(POLICIES)[POLICIES].error

    assert type(error) is PartnerFault
    assert error.code is ProblemCode.TOO_MUCH_DATA


def test_without_meta_the_next_link_tells_whether_there_is_more(insurer: Any, book: dict[str, Any]) -> None:
    def page(request: Request) -> object:
        number = int(dict(request.params)["page"])
        links = {"next": "https://x"} if number == 1 else {}
        listed = [{"policyId": f"A{number}"}]
        return {"data": [{"companies": [{"policies": listed}]}], "links": links}

    answers = {AUTO: page} | {f"{AUTO}/A{n}/policy-info": 204 for n in (1, 2)}
    policies = insurer(answers, products=["auto"]).ask(POLICIES)[POLICIES].records

    assert [policy.policy_id for policy in policies] == ["A1", "A2"]


@pytest.mark.parametrize("kind", [POLICIES, PREMIUMS, CLAIMS])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (401, Reauthorise),
        (403, Reauthorise),
        (404, SkipCustomer),
        (429, RetryLater),
        (500, RetryLater),
        (422, PartnerFault),
        ({"unexpected": 1}, PartnerFault),
        (RetryLater("no answer"), RetryLater),
    ],
)
def test_a_failing_list_fails_the_kind(
    insurer: Any,
    book: dict[str, Any],
    kind: str,
    answer: object,
    error: type[ConnectorError],
) -> None:
    fetched = insurer(book | {AUTO: answer}).ask(kind)[kind]

    assert type(fetched.error) is error
    assert fetched.records == ()


@pytest.mark.parametrize("kind", [POLICIES, PREMIUMS, CLAIMS])
@pytest.mark.parametrize(
    ("answer", "error"),
    [(401, Reauthorise), (403, Reauthorise), (404, PartnerFault), (503, RetryLater), ([], PartnerFault)],
)
def test_one_failing_policy_fails_its_kind_and_no_other(
    insurer: Any, book: dict[str, Any], kind: str, answer: object, error: type[ConnectorError]
) -> None:
    part = {POLICIES: "policy-info", PREMIUMS: "premium", CLAIMS: "claim"}[kind]
    fetched = insurer(book | {f"{AUTO}/A1/{part}": answer}).ask(ALL)

    assert type(fetched[kind].error) is error
    assert fetched[kind].records == ()
    assert all(other.error is None and other.records for name, other in fetched.items() if name != kind)


def test_no_content_for_a_listed_policy_leaves_what_the_list_says(insurer: Any, book: dict[str, Any]) -> None:
    answers = book | {f"{AUTO}/A1/{part}": 204 for part in ("policy-info", "premium", "claim")}
    fetched = insurer(answers, products=["auto"]).ask(ALL)

    assert fetched[POLICIES].records == (
        Policy(
            policy_id="A1",
            line=PolicyLine.MOTOR,
            product_name="Produto A1",
            brand="Marca",
            insurer="Seguradora S.A.",
        ),
    )
    assert fetched[PREMIUMS].records == fetched[CLAIMS].records == ()


def test_an_id_cannot_lead_out_of_the_policies(insurer: Any) -> None:
    def listing(policy_id: str) -> dict[str, Any]:
        return {AUTO: {"data": [{"companies": [{"policies": [{"policyId": policy_id}]}]}]}}

    partner = insurer(listing("../../customers?x=1#"), products=["auto"])
    partner.ask(POLICIES)
    assert partner.paths[1] == f"{AUTO}/..%2F..%2Fcustomers%3Fx%3D1%23/policy-info"

    for policy_id in ("", ".", ".."):
        partner = insurer(listing(policy_id), products=["auto"])
        fetched = partner.ask(POLICIES)[POLICIES]
        assert type(fetched.error) is PartnerFault
        assert len(partner.requests) == 1


def test_without_a_grant_nothing_is_sent(insurer: Any, book: dict[str, Any]) -> None:
    partner = insurer(book)
    fetched = partner.ask(ALL, token=None)

    assert {type(answer.error) for answer in fetched.values()} == {Reauthorise}
    assert partner.requests == []


def test_nothing_secret_or_personal_shows(insurer: Any, book: dict[str, Any]) -> None:
    broken = {"data": [{"civilName": "João Araújo", "cpfNumber": 12345678909}]}
    partner = insurer(book | {PERSONAL: broken, AUTO: 401, LISTS[Product.PERSON]: "João"})
    connector = partner.connector
    fetched = partner.ask(ALL)

    texts = [repr(fetched), repr(partner.requests), repr(connector.config)]
    texts += [f"{answer.error!s} {answer.error!r}" for answer in fetched.values()]
    assert not any(word in text for text in texts for word in ("grant-that-nobody", "João", "12345678909"))


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"connectors\.insurer\.products"):
        read_config(OpinConfig, {"base_url": "x", "products": ["boats"]}, where="connectors.insurer")
    with pytest.raises(ConfigError, match=r"connectors\.insurer\.page_size"):
        read_config(OpinConfig, {"base_url": "x", "page_size": 1001}, where="connectors.insurer")


def test_the_records_are_the_ones_of_the_kinds(insurer: Any, book: dict[str, Any]) -> None:
    fetched = insurer(book).ask(ALL)

    expected = {PARTY: Party, POLICIES: Policy, PREMIUMS: Premium, CLAIMS: Claim}
    for kind, answer in fetched.items():
        assert answer.error is None
        assert {type(record) for record in answer.records} == {expected[kind]}
