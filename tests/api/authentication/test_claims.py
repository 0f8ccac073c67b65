"""What a token says becomes what its holder may do, and never more than its roles grant."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from api.authentication.claims import acting, check_claims, granted_to, principal_of
from api.authentication.errors import InvalidToken, PurposeNotAllowed
from api.authentication.settings import Issuer
from c360.access import Principal, Purpose, Reach, TenantId
from schema import ids
from schema.permissions.roles import ROLES
from tests.fixtures.issuer import ISSUER, claims

TENANT = TenantId("default")
ENDS = time.time() + 600
READ = "customers:read"


def issuer(**more: Any) -> Issuer:
    return Issuer(**{"issuer": ISSUER, "audience": ("c360",), "jwks_file": "x", **more})


def principal(by: Issuer | None = None, **said: Any) -> Principal:
    return principal_of(claims(**said), by or issuer(), tenant=TENANT, ends=ENDS)


def test_a_role_grants_what_its_table_says() -> None:
    for name, role in ROLES.items():
        found = principal(roles=[name], customer_id="c-1", connectors=["banking"])
        assert found.scopes == {scope.value for scope in role.scopes}
        assert found.purposes == role.purposes
        assert found.reach is role.reach
        assert found.roles == {name}


def test_an_unknown_role_grants_nothing() -> None:
    for roles in (["admin"], [], None, {"agent": True}, 7, "", [["agent"]]):
        found = principal(roles=roles)
        assert (found.scopes, found.purposes, found.reach) == (frozenset(), frozenset(), Reach.NOBODY)


def test_roles_of_a_narrower_reach_add_nothing() -> None:
    both = principal(roles=["customer", "auditor"], customer_id="c-1")
    assert both.reach is Reach.EVERYBODY
    assert both.scopes == principal(roles=["auditor"]).scopes
    assert both.customer_id is None
    assert principal(roles=["agent", "supervisor"]).reach is Reach.EVERYBODY
    assert principal(roles=["operator", "agent"]).scopes == (
        principal(roles=["operator"]).scopes | principal(roles=["agent"]).scopes
    )


def test_a_claim_may_be_a_list_or_words_and_lie_deep() -> None:
    deep = issuer(roles_claim="realm_access.roles", role_names={"crm": "agent"})
    assert principal(deep, realm_access={"roles": ["crm", "offline_access"]}).roles == {"agent"}
    assert principal(deep, realm_access="crm").roles == frozenset()
    named = issuer(roles_claim="https://acme.example/roles")
    assert principal(named, **{"https://acme.example/roles": "agent steward"}).reach is Reach.EVERYBODY


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        (READ, {READ}),
        (f"openid {READ}", {READ}),
        ([READ], {READ}),
        ("", set()),
        ("openid profile", set()),
        ("audit:read", set()),
        (None, None),
        (7, set()),
    ],
)
def test_scope_narrows_and_never_widens(scope: Any, left: set[str] | None) -> None:
    whole = principal(roles=["agent"]).scopes
    found = principal(roles=["agent"], scope=scope).scopes
    assert found == (whole if left is None else left)
    assert principal(issuer(scope_claim=""), roles=["agent"], scope=scope).scopes == whole


def test_purposes_narrow_and_never_widen() -> None:
    found = principal(roles=["partner"], connectors=["banking"], purposes=["SERVICE", "FRAUD", "X", 3])
    assert found.purposes == {Purpose.SERVICE}
    assert principal(roles=["agent"], purposes="RISK MARKETING").purposes == {Purpose.RISK, Purpose.MARKETING}
    assert principal(roles=["agent"], purposes=[]).purposes == frozenset()


def test_a_customer_is_known_by_the_id_of_the_graph_or_its_own() -> None:
    for given_id in ("c-1", ids.encode("Customer", "c-1")):
        found = principal(roles=["customer"], customer_id=given_id)
        assert (found.reach, found.customer_id) == (Reach.SELF, "c-1")
    for nobody in (None, "", 7, ["c-1"]):
        found = principal(roles=["customer"], customer_id=nobody)
        assert (found.reach, found.customer_id) == (Reach.NOBODY, None)
    assert principal(roles=["agent"], customer_id="c-1").customer_id is None


def test_a_partner_reaches_its_own_connectors_alone() -> None:
    found = principal(roles=["partner"], connectors=["banking", "loyalty"])
    assert found.reach is Reach.PARTNER
    assert found.connectors == {"banking", "loyalty"}
    assert principal(roles=["partner"]).reach is Reach.NOBODY
    assert principal(roles=["agent"], connectors=["banking"]).connectors == frozenset()


def test_who_it_is() -> None:
    found = principal(issuer(subject_prefix="p:"), sub="alice", azp="desk")
    assert (found.subject, found.client, found.tenant) == ("p:alice", "desk", TENANT)
    assert principal(client_id="job", azp="other").client == "job"
    assert principal(azp=["x"]).client == ""
    assert found.expires_at is not None
    assert abs(found.expires_at.timestamp() - ENDS) < 0.001


@pytest.mark.parametrize("own", ["acme", "", None, 7, ["default"]])
def test_another_tenant_is_refused(own: Any) -> None:
    with pytest.raises(InvalidToken, match="tenant"):
        principal(issuer(tenant_claim="org"), org=own)
    with pytest.raises(InvalidToken, match="tenant"):
        principal(issuer(tenant="acme"))
    assert principal(issuer(tenant_claim="org"), org="default").tenant == TENANT


def test_the_purpose_is_service_or_the_first_that_is_allowed() -> None:
    assert acting(principal(roles=["agent"]), None).purpose is Purpose.SERVICE
    narrowed = principal(roles=["agent"], purposes="RISK CLAIMS")
    assert acting(narrowed, None).purpose is Purpose.CLAIMS
    assert acting(narrowed, "risk").purpose is Purpose.RISK
    for wrong in ("SERVICE", "", "X"):
        with pytest.raises(PurposeNotAllowed, match="CLAIMS, RISK"):
            acting(narrowed, wrong)
    with pytest.raises(PurposeNotAllowed, match="no purpose"):
        acting(principal(roles=[]), None)


NAMES = st.sampled_from([*ROLES, "admin"])
WORDS = st.lists(st.sampled_from([READ, "audit:read", "openid", "grants:write", "scores:read", "*"]))
PURPOSES = st.lists(st.sampled_from([*(each.value for each in Purpose), "X"]))


@given(st.lists(NAMES), st.none() | WORDS, st.none() | PURPOSES, st.booleans())
def test_nobody_gets_more_than_one_of_their_roles_grants_in_its_reach(
    roles: list[str], scopes: list[str] | None, purposes: list[str] | None, own: bool
) -> None:
    found = principal(
        roles=roles,
        scope=scopes,
        purposes=purposes,
        customer_id="c-1" if own else None,
        connectors=["banking"] if own else None,
    )
    for scope in found.scopes:
        assert any(
            scope in {each.value for each in ROLES[name].scopes}
            and (ROLES[name].reach in {found.reach, Reach.NOBODY} or found.reach is Reach.NOBODY)
            for name in roles
            if name in ROLES
        )
    assert all(any(one in ROLES[name].purposes for name in roles if name in ROLES) for one in found.purposes)
    if scopes is not None:
        assert found.scopes <= set(scopes)
    if purposes is not None:
        assert {each.value for each in found.purposes} <= set(purposes)
    assert (found.reach is Reach.SELF) == (found.customer_id is not None)
    assert (found.reach is Reach.PARTNER) == bool(found.connectors)


@given(
    now=st.floats(1e9, 2e9),
    leeway=st.floats(0, 300),
    begins=st.floats(-1000, 1000),
    lasts=st.floats(-1000, 1000),
)
def test_a_token_counts_from_its_beginning_to_its_end_and_the_leeway(
    now: float, leeway: float, begins: float, lasts: float
) -> None:
    said = claims(nbf=now + begins, iat=None, exp=now + lasts)
    good = said["nbf"] <= now + leeway and now < said["exp"] + leeway
    try:
        ends = check_claims(said, issuer(), now=now, leeway=leeway)
    except InvalidToken:
        assert not good
    else:
        assert good
        assert ends == said["exp"]


def test_a_credential_of_another_kind_is_read_by_the_same_rules() -> None:
    ends = datetime.fromtimestamp(ENDS, UTC)
    found = granted_to(
        subject="key:till", tenant=TENANT, roles=["integrator"], scopes=["bulk:write"], expires_at=ends
    )
    assert (found.subject, found.reach) == ("key:till", Reach.EVERYBODY)
    assert found.scopes == {"bulk:write"}
