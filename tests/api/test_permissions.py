"""Who may see and do what, over real HTTP with a token for each role, against a table written by hand.

The table is written from what roles are for, not from the rules: where it and the graph differ, one of the
two is wrong. A row names a field or a mutation and the roles that may use it, a letter for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api.settings import Settings
from api.wiring import open_store
from c360.access import TenantId
from c360.records.party import PartyKind
from schema import ids
from schema.build import Schema, built_schema
from schema.mutations.actions import discover
from schema.mutations.actions.base import PartnerMutation
from schema.permissions.roles import granted
from store.data import EnrolCustomer, EnrolLink
from tests.fixtures.tokens import token

ROLES = {
    "F": "front-end",
    "A": "agent",
    "S": "supervisor",
    "I": "integrator",
    "P": "partner",
    "T": "steward",
    "U": "auditor",
    "C": "customer",
    "O": "operator",
}
WHO = "$ada"
"""Stands in a row for the customer's id."""

OF_CUSTOMERS = {
    # Who it is.
    "kind": "FASIPTUC",
    "country": "FASIPTUC",
    "sources { status }": "FASIPTUC",
    "mergedFrom { id }": "FASIPTUC",
    "displayName": "FASITC",
    "profile { givenName { value } }": "FASITC",
    "profile { birthDate { value } }": "FASITC",
    "profile { identifiers { value { value } } }": "FASITC",
    "profile { contactPoints { value } }": "FASITC",
    "household { members { customer { id } } }": "FASITC",
    "identities { partyId }": "FASITC",
    "preferences { value }": "FASITC",
    # Why the hub thinks so.
    "identities { evidence { weight } }": "T",
    "identities { decisions { decidedBy } }": "T",
    "identityHistory { edges { node { decidedBy } } }": "TU",
    # What partners hold.
    "insurance { policies { policyId } }": "FASPC",
    "insurance { claims { amount { amount } } }": "FASPC",
    "banking { accounts { balance { current { amount } } } }": "FASPC",
    "banking { accounts { terms { accountNumber } } }": "FASPC",
    "banking { transactions { edges { node { description } } } }": "FASPC",
    "brokerage { positions { value { amount } } }": "FASPC",
    "loyalty { memberships { points } }": "FASPC",
    "hotel { notes { text } }": "FASPC",
    "hotel { preferences { specialRequests } }": "FASPC",
    "rental { rentals { totalCount } }": "FASPC",
    "workorders { orders { concerns } }": "FASPC",
    # What they are worth to the company, which is nobody's business but its people's.
    "profit { total { amount } }": "AS",
    "lifetimeValue { total { amount } }": "AS",
    "summaries { asOf }": "AS",
    "segments { name }": "AS",
    "standing { value }": "AS",
    "lifecycle": "AS",
    # What they are offered; why stays inside.
    "offers { product { name } }": "FASC",
    "offers { policyLoans { advantage { amount } } }": "FASC",
    "offers(includeRejected: true) { stage }": "AS",
    # What people wrote down of them.
    "notes { edges { node { text } } }": "ASI",
    "interactions { edges { node { summary } } }": "ASI",
    "complaints { edges { node { text } } }": "ASI",
    "tasks { edges { node { text } } }": "ASI",
    "timeline { edges { node { at } } }": "ASI",
    # What they agreed to.
    "consents { purpose }": "FASITUC",
}
FOR_RISK = {
    "risk { combined { probability } }": "ASC",
    "risk { behavioural { points } }": "ASC",
    "risk { creditLine(amount: 100, term: 12) { decision } }": "ASC",
    "standing { risk }": "AS",
}
OF_THE_HUB = {
    "connectors { instance }": "FASITUO",
    "products { edges { node { name } } }": "FASITUO",
    "segments { name }": "FASITUO",
    "preferenceKeys { key }": "FASITUO",
    "bestCustomers { edges { node { amount { amount } } } }": "AS",
    "contests { totalCount }": "ASC",
    "reviews { totalCount }": "TU",
    "auditEntries { edges { node { principal } } }": "U",
    "emergencyAccesses { totalCount }": "S",
    "endpoints { url }": "IO",
    "tasks { totalCount }": "ASI",
    "complaints { totalCount }": "ASI",
    "complaintCounts(by: EMPLOYEE) { value }": "ASI",
    "actions { totalCount }": "FASPC",
    'search(text: "Ada") { totalCount }': "FASITC",
    'customers(filter: {name: "Ada"}) { totalCount }': "FASITC",
    "customers(orderBy: {field: NAME}) { totalCount }": "FASITC",
    'customers(filter: {segment: "best"}) { totalCount }': "AS",
    "customers { totalCount }": "FASIPTUC",
    'customer(by: {email: "ada@mail.example"}) { id }': "FASITC",
    'customer(by: {phone: "+61291234567"}) { id }': "FASITC",
    'customer(by: {accountNumber: "1234567"}) { id }': "FASPC",
    'customer(by: {policyNumber: "1234567"}) { id }': "FASPC",
    'customer(by: {membershipNumber: "1234567"}) { id }': "FASPC",
    f'erasureCertificate(id: "{ids.encode("ErasureCertificate", "1")}") {{ reason }}': "TUC",
    "retentionRules { kind }": "TUC",
    f'dataExport(id: "{ids.encode("DataExport", "1")}") {{ state }}': "TC",
}
MUTATIONS = {
    'mergeCustomers(input: {survivor: {id: "x"}, others: []})': "T",
    'unmerge(input: {customerId: "x"})': "T",
    'linkIdentity(input: {customer: {id: "x"}, identity: {connector: "a", partyId: "b"}})': "T",
    'decideReview(input: {reviewId: "x", verdict: SAME})': "T",
    'undoLedgerEntry(input: {entryId: "x"})': "T",
    'contestScore(input: {customerId: "x", reason: "no"})': "ASC",
    'decideContest(input: {contestId: "x", verdict: UPHELD})': "S",
    'recordOfferResponse(input: {customerId: "x", productId: "y", event: ACCEPTED})': "FASIC",
    "createCustomer(input: {names: {}})": "ASIT",
    'updateCustomer(input: {customer: {id: "x"}, names: {}})': "ASITC",
    'addNote(input: {customerId: "x", text: "t"})': "FASI",
    'openTask(input: {customerId: "x", kind: OTHER})': "FASI",
    'compensate(input: {id: "x", amount: "1"})': "AS",
    'recordConsent(input: {customerId: "x", source: AGENT_CALL, purpose: MARKETING, given: true})': "FASITC",
    'publishWording(input: {wordingId: "x", texts: []})': "T",
    'requestExport(input: {customerId: "x"})': "TC",
    'eraseCustomer(input: {customerId: "x", reason: REQUESTED})': "TC",
    'placeHold(input: {customerId: "x", basis: LEGAL_CLAIM})': "T",
    'liftHold(input: {holdId: "x"})': "T",
    "setRetention(input: {kind: NOTE, days: 0})": "T",
    'verifyCaller(input: {customerId: "x", method: CALL_BACK})': "AS",
    'revealValue(input: {customerId: "x", field: "displayName", reason: OTHER})': "AS",
    'breakGlass(input: {customerId: "x", reason: "r", ticket: "t"})': "AS",
    'reviewEmergencyAccess(input: {accessId: "x", verdict: JUSTIFIED})': "S",
    'assignCustomers(input: {agent: "a", customerIds: []})': "S",
    'adjustPoints(input: {idempotencyKey: "k", customerId: "x", membershipId: "m", points: 5})': "AS",
    'redeemReward(input: {idempotencyKey: "k", customerId: "x", rewardId: "r", locationId: "l"})': "ASC",
    'openAccount(input: {idempotencyKey: "k", customerId: "x", product: "p", currency: "AUD"})': "ASC",
    'resolveAction(input: {actionId: "x", verdict: TOOK_EFFECT})': "AS",
    'startGrant(input: {customerId: "x", connector: "c", redirect: "https://a.example"})': "FASC",
    'revokeGrant(input: {customerId: "x", connector: "c"})': "FASC",
}
OF_ITS_DOMAIN = {
    # mutation of a partner's: what its caller must be able to see
    'adjustPoints(input: {idempotencyKey: "k", customerId: "x", membershipId: "m", points: 5})': "loyalty",
    'createReward(input: {idempotencyKey: "k", customerId: "x", membershipId: "m", tierId: "t"})': "loyalty",
    'redeemReward(input: {idempotencyKey: "k", customerId: "x", rewardId: "r", locationId: "l"})': "loyalty",
    'cancelRentalBooking(input: {idempotencyKey: "k", customerId: "x", bookingId: "b"})': "rental",
    'bookRental(input: {idempotencyKey: "k", customerId: "x", assetTypeId: "t", latitude: 1, longitude: 1, '
    'startsAt: "2030-01-01T10:00:00Z", endsAt: "2030-01-02T10:00:00Z"})': "rental",
    'requestConsent(input: {idempotencyKey: "k", customerId: "x", document: "11111111111", parts: [MOTOR], '
    'expiresAt: "2030-01-01T10:00:00Z"})': "insurance",
    'revokeConsent(input: {idempotencyKey: "k", customerId: "x", consentId: "urn:a:b"})': "insurance",
    'openAccount(input: {idempotencyKey: "k", customerId: "x", product: "p", currency: "AUD"})': "banking",
    'reissueCheque(input: {idempotencyKey: "k", customerId: "x", accountId: "a", chequeNumber: "7"})': (
        "banking"
    ),
    'requestPolicyLoan(input: {idempotencyKey: "k", customerId: "x", policyId: "p", amount: '
    '{amount: "1", currency: "BRL"}})': "insurance",
    'requestPolicyValuation(input: {idempotencyKey: "k", customerId: "x", policyId: "p"})': "insurance",
    'reportClaim(input: {idempotencyKey: "k", customerId: "x", policyId: "p", occurredOn: "2026-01-01", '
    'description: "d"})': "insurance",
    'changeStay(input: {idempotencyKey: "k", customerId: "x", reservationId: "r"})': "hotel",
    'cancelWorkOrder(input: {idempotencyKey: "k", customerId: "x", orderId: "o"})': "workorders",
}
USED_FOR = {
    # What lies at banks and insurers is kept from selling, where somebody travels and shops from judging.
    "banking": ("SERVICE", "CLAIMS", "RISK", "FRAUD"),
    "insurance": ("SERVICE", "CLAIMS", "RISK", "FRAUD"),
    "loyalty": ("SERVICE", "CLAIMS", "MARKETING", "FRAUD"),
    "hotel": ("SERVICE", "CLAIMS", "MARKETING", "FRAUD"),
    "rental": ("SERVICE", "CLAIMS", "MARKETING", "FRAUD"),
    "workorders": ("SERVICE", "CLAIMS", "FRAUD"),
}
WITHIN = {
    # What stands in lists that are empty here: by the rules that are read from the printed schema.
    "Offer.priority": "AS",
    "Offer.reasons": "AS",
    "Offer.parts": "AS",
    "Connector.health": "SO",
    "Connector.problem": "SO",
    "SegmentSize.profit": "AS",
    "LedgerEntry.reason": "TU",
    "Review.fields": "TU",
    "Party.birthDate": "FASITC",
    "GuestNote.text": "FASPC",
    "AccountTerms.accountNumber": "FASPC",
    "AuditEntry.fields": "U",
}
PURPOSES = {
    # field: the purposes for which a supervisor, who may act for all, sees it
    "displayName": "SERVICE CLAIMS MARKETING RISK FRAUD",
    "profile { givenName { value } }": "SERVICE CLAIMS MARKETING RISK FRAUD",
    "profile { birthDate { value } }": "SERVICE CLAIMS RISK FRAUD",
    "profile { identifiers { value { value } } }": "SERVICE CLAIMS RISK FRAUD",
    "banking { accounts { productName } }": "SERVICE CLAIMS RISK FRAUD",
    "insurance { policies { policyId } }": "SERVICE CLAIMS RISK FRAUD",
    "brokerage { positions { name } }": "SERVICE CLAIMS RISK FRAUD",
    "hotel { notes { text } }": "SERVICE CLAIMS",
    "loyalty { memberships { points } }": "SERVICE CLAIMS MARKETING FRAUD",
    "profit { total { amount } }": "SERVICE MARKETING RISK ANALYTICS",
    "lifetimeValue { total { amount } }": "SERVICE MARKETING RISK ANALYTICS",
    "risk { combined { probability } }": "RISK FRAUD",
    "standing { risk }": "RISK",
    "offers { product { name } }": "SERVICE MARKETING",
    "kind": "SERVICE CLAIMS MARKETING RISK FRAUD ANALYTICS",
}
EVERY_PURPOSE = ("SERVICE", "CLAIMS", "MARKETING", "RISK", "FRAUD", "ANALYTICS")

Ask = Callable[..., Mapping[str, Any]]


@pytest.fixture(scope="module")
def ada(settings: Settings) -> str:
    """The local id of a customer whom every role but the operator's comes to."""

    async def enrol() -> str:
        async with (
            open_store(settings, clock=lambda: datetime.now(UTC)) as store,
            store.database.unit(TenantId("default")) as unit,
        ):
            link = EnrolLink(connector="bank", party_id="B1")
            await unit.customers.enrol(
                [
                    EnrolCustomer(
                        external_id="ada",
                        kind=PartyKind.PERSON,
                        display_name="Ada Lovelace",
                        country="GB",
                        links=(link,),
                    )
                ]
            )
            found = (await unit.customers.by_party_refs([("bank", "B1")]))["bank", "B1"]
            await unit.books.assign("agent", [found], by="chief")
            return found

    return asyncio.run(enrol())


@pytest.fixture(scope="module")
def ask(served: str, settings: Settings, ada: str) -> Iterator[Ask]:
    """Asks in a role for a purpose; the body of the answer."""
    more: dict[str, dict[str, Any]] = {"P": {"connectors": ["bank"]}, "C": {"customer_id": ada}}
    tokens = {
        letter: token(settings, role, subject=role, **more.get(letter, {})) for letter, role in ROLES.items()
    }
    with httpx.Client(base_url=served, trust_env=False) as client:

        def asked(letter: str, query: str, purpose: str = "SERVICE") -> Mapping[str, Any]:
            text = query.replace(WHO, ids.encode("Customer", ada))
            headers = {"authorization": f"Bearer {tokens[letter]}", "c360-purpose": purpose}
            answer = client.post("/graphql", json={"query": text}, headers=headers)
            assert answer.status_code == 200, answer.text
            body: Mapping[str, Any] = answer.json()
            assert "data" in body, body
            return body

        yield asked


def refused(body: Mapping[str, Any]) -> bool:
    """Whether anything was refused for want of a scope."""
    codes = {error["extensions"]["code"] for error in body.get("errors", ())}
    assert "INTERNAL" not in codes, body
    return "FORBIDDEN" in codes


def of_ada(field: str) -> str:
    return f'{{ customer(by: {{id: "{WHO}"}}) {{ {field} }} }}'


def check(ask: Ask, query: str, allowed: str, purpose: str = "SERVICE") -> None:
    found = "".join(letter for letter in ROLES if not refused(ask(letter, query, purpose)))
    assert found == allowed


@pytest.mark.parametrize("field", OF_CUSTOMERS)
def test_a_field_of_a_customer(ask: Ask, field: str) -> None:
    check(ask, of_ada(field), OF_CUSTOMERS[field])


@pytest.mark.parametrize("field", FOR_RISK)
def test_a_field_that_is_for_judging(ask: Ask, field: str) -> None:
    may = {letter for letter in "ASC" if not refused(ask(letter, of_ada(field), "RISK"))}
    assert may == set(FOR_RISK[field])
    for letter in "FIPTUO":
        assert refused(ask(letter, of_ada(field)))


@pytest.mark.parametrize("field", OF_THE_HUB)
def test_a_field_of_the_hub(ask: Ask, field: str) -> None:
    check(ask, f"{{ {field} }}", OF_THE_HUB[field])


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The graph, built once."""
    return built_schema()


@pytest.mark.parametrize("field", WITHIN)
def test_a_field_within_lists(schema: Schema, field: str) -> None:
    type_name, name = field.split(".")
    needed = schema.permits.table.fields[type_name][name]
    found = "".join(letter for letter, role in ROLES.items() if needed.met_by(granted([role])))
    assert found == WITHIN[field]


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutation(ask: Ask, mutation: str) -> None:
    check(ask, f"mutation {{ {mutation} {{ problems {{ code }} }} }}", MUTATIONS[mutation])


def test_every_action_at_a_partner_has_a_row() -> None:
    rows = {row.partition("(")[0] for row in OF_ITS_DOMAIN}
    assert rows == {mutation.name for mutation in discover() if issubclass(mutation, PartnerMutation)}


@pytest.mark.parametrize("action", OF_ITS_DOMAIN)
def test_an_action_is_asked_for_where_what_it_is_about_may_be_used(ask: Ask, action: str) -> None:
    query = f"mutation {{ {action} {{ problems {{ code }} }} }}"
    # What was granted is taken back for any purpose.
    wanted = EVERY_PURPOSE if "revoke" in action else USED_FOR[OF_ITS_DOMAIN[action]]
    assert {one for one in EVERY_PURPOSE if not refused(ask("S", query, one))} == {*wanted}


@pytest.mark.parametrize("mutation", OF_ITS_DOMAIN)
def test_who_does_not_see_a_domain_has_nothing_done_there(
    served: str, settings: Settings, mutation: str
) -> None:
    """An agent without the scope of banking does not stop a cheque."""
    scope = f"{OF_ITS_DOMAIN[mutation]}:read"
    every = granted(["supervisor"])
    for scopes, code in ((every - {scope}, {"FORBIDDEN"}), (every, set())):
        headers = {"authorization": f"Bearer {token(settings, 'supervisor', scopes=sorted(scopes))}"}
        query = f"mutation {{ {mutation} {{ problems {{ code }} }} }}"
        with httpx.Client(base_url=served, trust_env=False, headers=headers) as client:
            body = client.post("/graphql", json={"query": query}).json()
        assert {error["extensions"]["code"] for error in body.get("errors", ())} == code, body


@pytest.mark.parametrize("field", PURPOSES)
def test_a_purpose_that_does_not_fit_is_told_and_no_error(ask: Ask, field: str) -> None:
    shown = []
    for purpose in EVERY_PURPOSE:
        body = ask("S", of_ada(f"{field} withheld {{ path reason purposes }}"), purpose)
        assert not body.get("errors"), body
        told = body["data"]["customer"]["withheld"]
        if not told:
            shown.append(purpose)
            continue
        (one,) = told
        if one["reason"] == "CONSENT":  # it may be used so, and she has not agreed to it
            assert (field[:6], purpose) == ("offers", "MARKETING")
            shown.append(purpose)
            continue
        assert one["reason"] == "PURPOSE"
        assert purpose not in one["purposes"]
        assert field.startswith(one["path"][0])
    assert shown == PURPOSES[field].split()


def test_a_refusal_says_where_and_what_would_do(ask: Ask) -> None:
    body = ask("P", of_ada("who: displayName kind"))
    assert body["data"] == {"customer": {"who": None, "kind": "PERSON"}}
    (error,) = body["errors"]
    assert error["path"] == ["customer", "who"]
    assert error["extensions"] == {"code": "FORBIDDEN", "requiredScopes": [["profile:read"]]}
    assert "`Customer.displayName`" in error["message"]
    assert "`profile:read`" in error["message"]


def test_what_is_refused_takes_no_effect(ask: Ask) -> None:
    name = "Nobody Should Be There"
    given = f'names: {{givenName: "{name}"}}'
    body = ask("P", f"mutation {{ createCustomer(input: {{{given}}}) {{ customer {{ id }} }} }}")
    assert body["data"] == {"createCustomer": None}
    assert ask("S", f'{{ search(text: "{name}") {{ totalCount }} }}')["data"]["search"]["totalCount"] == 0
