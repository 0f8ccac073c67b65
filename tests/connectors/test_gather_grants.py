"""Customers who gave a grant are asked for under it, and never under that of another."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from c360.contract import Lookup
from c360.errors import ProblemCode
from c360.values import Secret
from connectors.results import Link, SourceState, Target

unread = object()


def grants(kit: Any, seen: list[Any]) -> None:
    async def body(self: Any, needs: Any, refs: Any) -> Any:
        seen.append([(ref.party_id, ref.grant.reveal()) for ref in refs])
        for ref in refs:
            yield kit.fetched(ref, "party.profile", kit.person(ref.grant.reveal()))

    kit.add("bank", body, domain="banking", lookup=Lookup.BY_GRANT, fetches={"party.profile": 10})


def test_grants_are_read_in_one_round_trip_and_a_missing_one_is_said(kit: Any) -> None:
    seen: list[Any] = []
    grants(kit, seen)
    kit.grants.known = {("a", "bank"): Secret("token-a"), ("b", "bank"): Secret("token-b")}
    gathered = asyncio.run(kit.host().gather(kit.request("a", "b", "c", at=["bank"])))
    assert kit.grants.reads == 1
    assert [result.state for result in (gathered.of("a") + gathered.of("b"))] == [SourceState.FRESH] * 2
    missing = gathered.of("c")[0]
    assert (missing.state, missing.problem.code) == (SourceState.UNAVAILABLE, ProblemCode.GRANT_MISSING)


def with_grants(kit: Any, **grants: object) -> Any:
    """A request for customers whose grants were read with them: what each has at the bank."""
    targets = [
        Target(
            customer_id=customer,
            links=(Link(connector="bank", party_id="p"),),
            grants=None if sealed is unread else {("bank", "p"): sealed, ("inn", "p"): "other"},
        )
        for customer, sealed in grants.items()
    ]
    return msgspec.structs.replace(kit.request(*grants, at=["bank"]), targets=targets)


def test_grants_that_came_with_the_customers_are_not_read_again(kit: Any) -> None:
    seen: list[Any] = []
    grants(kit, seen)
    gathered = asyncio.run(kit.host().gather(with_grants(kit, a="token-a", b="")))
    assert kit.grants.reads == 0
    assert seen == [[("p", "bank token-a")]]
    (ended,) = gathered.of("b")
    assert (ended.state, ended.problem.code) == (
        SourceState.UNAVAILABLE,
        ProblemCode.REAUTHORISATION_REQUIRED,
    )


def test_who_never_granted_anything_is_told_so_without_a_look(kit: Any) -> None:
    grants(kit, [])
    nothing = Target(customer_id="a", links=(Link(connector="bank", party_id="p"),), grants={})
    request = msgspec.structs.replace(kit.request("a", at=["bank"]), targets=[nothing])
    (result,) = asyncio.run(kit.host().gather(request)).of("a")
    assert kit.grants.reads == 0
    assert result.problem.code is ProblemCode.GRANT_MISSING


@pytest.mark.parametrize("of_one", [unread, RuntimeError("of another master key")], ids=["unread", "damaged"])
def test_what_did_not_come_or_does_not_open_is_read(kit: Any, of_one: object) -> None:
    seen: list[Any] = []
    grants(kit, seen)
    kit.grants.known = {("a", "bank"): Secret("read-a"), ("b", "bank"): Secret("read-b")}
    asyncio.run(kit.host().gather(with_grants(kit, a="token-a", b=of_one)))
    assert kit.grants.reads == 1
    assert sorted(each for call in seen for each in call) == [("p", "read-a"), ("p", "read-b")]


def test_each_party_of_a_customer_is_asked_for_under_its_own_grant(kit: Any) -> None:
    grants(kit, [])
    kit.grants.of_parties = {
        ("a", "bank", "before"): Secret("token-before"),
        ("a", "bank", "merged"): Secret("token-merged"),
    }

    def request(*parties: str) -> Any:
        links = tuple(Link(connector="bank", party_id=party) for party in parties)
        return msgspec.structs.replace(
            kit.request("a", at=["bank"]), targets=[Target(customer_id="a", links=links)]
        )

    both = asyncio.run(kit.host().gather(request("before", "merged"))).of("a")[0]
    records = both.kinds["party.profile"].records
    assert sorted(each.party_id for each in records) == ["token-before", "token-merged"]
    lacking = asyncio.run(kit.host().gather(request("before", "never granted"))).of("a")[0]
    assert lacking.problem.code is ProblemCode.GRANT_MISSING


def test_two_grants_for_one_party_never_meet_in_one_call(kit: Any) -> None:
    seen: list[Any] = []
    grants(kit, seen)
    kit.grants.known = {(each, "bank"): Secret(f"token-{each}") for each in "abc"}
    request = msgspec.structs.replace(
        kit.request("a", "b", "c", at=["bank"]),
        targets=[
            Target(customer_id=customer, links=(Link(connector="bank", party_id=party),))
            for customer, party in (("a", "joint"), ("b", "joint"), ("c", "own"))
        ],
    )
    gathered = asyncio.run(kit.host().gather(request))
    for customer in "abc":
        (party,) = gathered.of(customer)[0].kinds["party.profile"].records
        assert party.party_id == f"token-{customer}"
    assert all(len({party for party, _ in call}) == len(call) for call in seen)


def test_a_withdrawn_grant_is_not_answered_from_the_copy(kit: Any) -> None:
    seen: list[Any] = []
    grants(kit, seen)
    kit.grants.known = {("a", "bank"): Secret("token-a")}

    async def scenario() -> None:
        host = kit.host()
        await host.gather(kit.request("a", at=["bank"]))
        await host.close()
        assert len(kit.snapshots.kept) == 1
        kit.grants.known.clear()
        (result,) = (await host.gather(kit.request("a", at=["bank"]))).of("a")
        assert result.state is SourceState.UNAVAILABLE
        assert not result.kinds["party.profile"].records

    asyncio.run(scenario())
