"""Plan, gather, answer: one gathering for an operation, of what it needs and nothing more."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_required_argument

from c360.access import Access
from c360.contract import KeyKind
from c360.errors import ProblemCode
from c360.records.banking import Account, AccountKind, Balance
from c360.records.party import Party
from connectors.results import SourceState
from resolvers.view import CustomerView
from schema import ids
from store.data_folders import WHOLE, Folders, Part, Wanted
from tests.schema.memory.store import FakeFolders


def account(name: str) -> Account:
    return Account(
        account_id=name, kind=AccountKind.TRANSACTION, display_name=name, masked_number="1", product_name="p"
    )


@pytest.fixture
def ana(world: Any, money: Any) -> str:
    """A customer with two banks and an insurer, found by her e-mail address."""
    records = world.host.records
    records["bank", "b1", "banking.accounts"] = (account("1"),)
    records["bank", "b1", "banking.balances"] = (Balance(account_id="1", current=money("12.50")),)
    records["other_bank", "o1", "banking.accounts"] = (account("7"),)
    records["other_bank", "o1", "banking.balances"] = (Balance(account_id="7", current=money("-2", "CHF")),)
    made: str = world.customer(
        1,
        links={"bank": "b1", "other_bank": "o1", "insurer": "i1"},
        keys={KeyKind.EMAIL: "ana@example.org", KeyKind.PHONE: "+61255501234", KeyKind.POLICY_NUMBER: "AB12"},
    )
    return made


def needs(world: Any, customer: str) -> dict[str, tuple[date | None, date | None]]:
    (request,) = world.host.requests
    return {need.kind: (need.since, need.until) for need in request.needs[customer]}


BY_EMAIL = 'customer(by: {email: "ana@example.org"})'


def test_a_field_needs_what_it_declares_and_joins(world: Any, ana: str) -> None:
    world.data(
        f"{{ {BY_EMAIL} {{ banking {{ accounts {{ accountId balance {{ current {{ amount }} }} }} }} }} }}"
    )
    assert set(needs(world, ana)) == {"banking.accounts", "banking.balances"}


def test_nothing_is_gathered_for_what_the_hub_knows(world: Any, ana: str) -> None:
    fields = "id displayName identities { connector } sources { connector status } complete"
    found = world.data(f"{{ {BY_EMAIL} {{ {fields} }} }}")
    assert world.host.requests == []
    assert found["customer"]["complete"] is True
    states = {one["connector"]: one["status"] for one in found["customer"]["sources"]}
    assert states["bank"] == "NOT_REQUESTED"
    assert states["broker"] == "NOT_LINKED"


def test_needs_are_found_through_fragments_aliases_and_directives(world: Any, ana: str) -> None:
    query = """
        query ($yes: Boolean!, $no: Boolean!) {
          a: customer(by: {email: "ana@example.org"}) { ...Money }
          b: customer(by: {phone: "+61 2 5550 1234"}) {
            loyalty @include(if: $no) { memberships { points } }
            hotel @skip(if: $yes) { notes { text } }
            ... on Customer @include(if: $yes) { ours: insurance { policies { policyId } } }
            ...Gone @skip(if: $yes)
          }
        }
        fragment Money on Customer { banking { totals { deposits { amount } } } }
        fragment Gone on Customer { rental { partial } }
    """
    world.data(query, {"yes": True, "no": False})
    assert set(needs(world, ana)) == {"banking.balances", "insurance.policies"}


@pytest.mark.parametrize("where", ["skip", "include"])
def test_a_switch_that_is_sent_as_null_is_the_callers_mistake(world: Any, ana: str, where: str) -> None:
    query = f"query ($x: Boolean = true) {{ {BY_EMAIL} {{ id displayName @{where}(if: $x) }} }}"
    assert world.data(query)["customer"]["id"]
    answer = world.ask(query, {"x": None})
    assert [error["extensions"]["code"] for error in answer.errors] == ["BAD_USER_INPUT"]
    assert world.host.requests == []


def test_windows_of_one_kind_become_one_and_each_field_cuts_its_own(world: Any, ana: str) -> None:
    query = f"""{{ {BY_EMAIL} {{ banking {{
        default: transactions {{ since until }}
        old: transactions(since: "2024-12-01", until: "2024-12-31") {{ since until }}
    }} }} }}"""
    found = world.data(query)
    assert needs(world, ana)["banking.transactions"] == (date(2024, 12, 1), date(2025, 6, 15))
    banking = found["customer"]["banking"]
    assert banking["default"] == {"since": "2025-03-17", "until": "2025-06-15"}
    assert banking["old"] == {"since": "2024-12-01", "until": "2024-12-31"}


def test_windows_far_apart_are_refused_and_the_rest_is_answered(world: Any, ana: str) -> None:
    window = 'transactions(since: "{}", until: "{}") {{ totalCount }}'
    old, new = window.format("2001-01-01", "2001-12-31"), window.format("2025-01-01", "2025-06-01")
    query = f"""{{
        far: {BY_EMAIL} {{ banking {{ a: {old} b: {new} }} }}
        near: {BY_EMAIL} {{ banking {{ accounts {{ accountId }} }} }}
    }}"""
    answer = world.ask(query)
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
        (["far"], "LIMIT_EXCEEDED")
    ]
    assert len(answer.data["near"]["banking"]["accounts"]) == 2
    assert "banking.transactions" not in needs(world, ana)


def test_a_list_of_fifty_and_several_root_fields_gather_once(world: Any, ana: str) -> None:
    for number in range(2, 60):
        world.customer(number, links={"bank": f"b{number}"})
    query = f"""{{
        {BY_EMAIL} {{ insurance {{ policies {{ policyId }} }} }}
        customers(first: 50) {{ edges {{ node {{ banking {{ accounts {{ accountId }} }} }} }} }}
        nodes(ids: ["{ids.encode("Customer", ana)}"]) {{ id ... on Customer {{ profile {{ displayName }} }} }}
    }}"""
    world.data(query)
    (request,) = world.host.requests
    assert len(request.targets) == 50
    assert {need.kind for need in request.needs[ana]} == {
        "banking.accounts",
        "insurance.policies",
        "party.profile",
    }
    assert {
        need.kind for mine in request.needs.values() for need in mine if mine is not request.needs[ana]
    } == {"banking.accounts"}
    assert world.store.units == 1
    # One look-up for all keys and ids, and one more for those whom the list names.
    assert world.store.calls.count("find") == 2
    assert {"by_keys", "consents.of", "load", "page", "resolve", "find"} == set(world.store.calls)


def test_any_number_of_look_ups_is_one_query_of_each_kind(world: Any, ana: str) -> None:
    fields = "\n".join(
        f'c{number}: customer(by: {{email: "x{number}@example.org"}}) {{ id }}' for number in range(40)
    )
    ref = 'ref: customer(by: {partnerRef: {connector: "bank", partyId: "b1"}}) { id }'
    found = world.data(f"{{ {fields} known: {BY_EMAIL} {{ id }} {ref} }}")
    assert world.store.calls == ["find", "by_keys", "by_party_refs", "load"]
    assert found["c7"] is None
    assert found["known"] == found["ref"] == {"id": ids.encode("Customer", ana)}


@pytest.mark.parametrize(
    "key",
    [
        f'{{id: "{ids.encode("Customer", "0190a6c0-0000-7000-8000-000000000001")}"}}',
        '{email: " ANA@example.org"}',
        '{phone: "0061 2 5550-1234"}',
        '{policyNumber: "ab-12"}',
        '{partnerRef: {connector: "insurer", partyId: "i1"}}',
    ],
)
def test_every_key_finds_her(world: Any, ana: str, key: str) -> None:
    assert world.data(f"{{ customer(by: {key}) {{ id }} }}")["customer"]["id"] == ids.encode("Customer", ana)


def test_an_unknown_customer_is_null(world: Any, ana: str) -> None:
    unknown = ids.encode("Customer", "0190a6c0-0000-7000-8000-00000000ffff")
    found = world.data(f'{{ customer(by: {{accountNumber: "77"}}) {{ id }} node(id: "{unknown}") {{ id }} }}')
    assert found == {"customer": None, "node": None}


def test_one_dead_partner_never_voids_the_answer(world: Any, ana: str) -> None:
    world.host.down = {
        "other_bank": ProblemCode.PARTNER_UNAVAILABLE,
        "insurer": ProblemCode.DEADLINE_EXCEEDED,
    }
    query = f"""{{ {BY_EMAIL} {{ complete sources {{ connector status problem {{ code }} }}
        insurance {{ policies {{ policyId }} }}
        banking {{ partial missing {{ connector records }}
            totals {{ deposits {{ amount currency }} debts {{ amount }} }} }}
    }} }}"""
    customer = world.data(query)["customer"]
    assert customer["complete"] is False
    assert customer["insurance"] is None
    assert customer["banking"] == {
        "partial": True,
        "missing": [{"connector": "other_bank", "records": ["banking.accounts", "banking.balances"]}],
        "totals": {"deposits": [{"amount": "12.50", "currency": "AUD"}], "debts": []},
    }
    problems = {one["connector"]: (one["status"], one["problem"]) for one in customer["sources"]}
    assert problems["insurer"] == ("UNAVAILABLE", {"code": "DEADLINE_EXCEEDED"})
    assert problems["broker"] == ("NOT_LINKED", None)


def test_kept_copies_are_complete_and_stale_ones_are_not(world: Any, ana: str) -> None:
    query = f"{{ {BY_EMAIL} {{ complete banking {{ partial accounts {{ accountId }} }} }} }}"
    world.host.state = {"bank": SourceState.KEPT, "other_bank": SourceState.KEPT}
    assert world.data(query)["customer"]["complete"] is True
    world.host.state = {"bank": SourceState.KEPT, "other_bank": SourceState.STALE}
    customer = world.data(query)["customer"]
    assert customer["complete"] is False
    assert customer["banking"]["partial"] is False
    assert len(customer["banking"]["accounts"]) == 2


def test_a_group_says_how_old_it_is(world: Any, ana: str) -> None:
    query = f"{{ {BY_EMAIL} {{ banking {{ stale fetchedAt }} loyalty {{ stale }} }} }}"
    world.host.state = {"bank": SourceState.KEPT}
    fresh = {"stale": False, "fetchedAt": "2025-06-15T12:00:00+00:00"}
    assert world.data(query)["customer"] == {"banking": fresh, "loyalty": None}
    world.host.state = {"other_bank": SourceState.STALE}
    assert world.data(query)["customer"]["banking"]["stale"] is True


def test_a_total_of_what_nobody_gave_is_unknown_not_zero(world: Any, ana: str) -> None:
    query = f"""{{ {BY_EMAIL} {{
        banking {{ totals {{ deposits {{ amount }} }} partial accounts {{ accountId }} }}
        insurance {{ totals {{ openClaims sumsInsured {{ amount }} }} partial }}
    }} }}"""
    world.host.lost = {("insurer", "insurance.claims"), ("bank", "banking.balances")}
    customer = world.data(query)["customer"]
    assert customer["insurance"] == {"totals": {"openClaims": None, "sumsInsured": []}, "partial": True}
    assert customer["banking"]["totals"] == {"deposits": []}, "the other bank answered, with a debt"
    world.host.lost.add(("other_bank", "banking.balances"))
    assert world.data(query)["customer"]["banking"]["totals"] == {"deposits": None}


def test_sums_stay_in_their_currency(world: Any, ana: str) -> None:
    totals = "totals { deposits { amount currency } debts { amount currency } }"
    query = f"{{ {BY_EMAIL} {{ banking {{ {totals} }} }} }}"
    assert world.data(query)["customer"]["banking"]["totals"] == {
        "deposits": [{"amount": "12.50", "currency": "AUD"}],
        "debts": [{"amount": "2", "currency": "CHF"}],
    }


def test_the_tightest_freshness_and_deadline_win(world: Any, ana: str) -> None:
    world.data(f"""{{
        a: customer(by: {{email: "ana@example.org"}}, gather: {{maxAge: "P1D", deadline: "PT5S"}}) {{
            profile {{ displayName }}
        }}
        b: customer(by: {{email: "ana@example.org"}}, gather: {{maxAge: "PT1H"}}) {{ id }}
        c: {BY_EMAIL} {{ id }}
    }}""")
    (request,) = world.host.requests
    assert request.max_age == timedelta(hours=1)
    assert timedelta(seconds=4.5) < request.deadline <= timedelta(seconds=4.99)
    world.host.requests.clear()
    world.data(f"{{ {BY_EMAIL} {{ profile {{ displayName }} }} }}")
    assert world.host.requests[0].max_age is None
    assert timedelta(seconds=1.5) < world.host.requests[0].deadline <= timedelta(seconds=1.99)


def test_the_deadline_counts_from_the_start_of_the_operation(
    world: Any, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = FakeFolders.find

    async def slow(folders: FakeFolders, wanted: Wanted) -> Folders:
        await asyncio.sleep(0.3)
        return await quick(folders, wanted)

    monkeypatch.setattr(FakeFolders, "find", slow)
    for asked, least, most in (("PT1S", 0.3, 0.69), ("PT0.1S", 0.05, 0.05)):
        world.host.requests.clear()
        world.data(
            f'{{ customer(by: {{email: "ana@example.org"}}, gather: {{deadline: "{asked}"}}) '
            "{ banking { accounts { accountId } } } }"
        )
        (request,) = world.host.requests
        assert timedelta(seconds=least) <= request.deadline <= timedelta(seconds=most)


def test_the_same_place_named_twice_is_one_root_field(world: Any, ana: str) -> None:
    found = world.data(f"{{ {BY_EMAIL} {{ id }} {BY_EMAIL} {{ banking {{ accounts {{ accountId }} }} }} }}")
    assert set(found["customer"]) == {"id", "banking"}
    assert set(needs(world, ana)) == {"banking.accounts"}


def test_the_total_is_counted_only_where_it_is_selected(world: Any, ana: str) -> None:
    world.data("query ($no: Boolean = false) { customers { edges { cursor } totalCount @include(if: $no) } }")
    assert "count" not in world.store.calls
    found = world.data("{ customers { ...C } } fragment C on CustomerConnection { totalCount }")
    assert found["customers"]["totalCount"] == 1
    assert "count" in world.store.calls


def test_a_fault_of_ours_is_masked(world: Any, ana: str, caplog: pytest.LogCaptureFixture) -> None:
    world.host.fault = RuntimeError("ana@example.org")
    response = world.ask(f"{{ {BY_EMAIL} {{ profile {{ displayName }} }} }}")
    (error,) = response.errors
    assert response.data is None
    assert not response.is_request_error
    assert error["extensions"]["code"] == "INTERNAL"
    assert "ana@" not in str(response.body())
    assert "ana@" not in caplog.text
    assert error["extensions"]["correlationId"] in caplog.text


def test_a_fault_while_answering_is_masked_too(
    world: Any, ana: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.host.records["bank", "b1", "banking.accounts"] = ("not a record of ana@example.org",)
    world.host._kind = _unstamped(world.host)
    response = world.ask(f"{{ {BY_EMAIL} {{ id banking {{ accounts {{ accountId }} }} }} }}")
    assert response.data == {"customer": {"id": ids.encode("Customer", ana), "banking": None}}
    (error,) = response.errors
    assert error["extensions"]["code"] == "INTERNAL"
    assert "ana@" not in str(error) + caplog.text


def _unstamped(host: Any) -> Any:
    original = type(host)._kind

    def kind(instance: str, party: str, name: str) -> Any:
        records = host.records.pop((instance, party, name), ())
        result = original(host, instance, party, name)
        host.records[instance, party, name] = records
        return type(result)(records=records, state=result.state)

    return kind


def test_access_reaches_the_host(world: Any, ana: str) -> None:
    world.data(f"{{ {BY_EMAIL} {{ profile {{ displayName }} }} }}")
    access = world.host.requests[0].access
    assert isinstance(access, Access)
    assert access == world.access


@pytest.mark.parametrize(
    ("party", "name"),
    [
        ({"given_name": "Ana", "family_name": "Souza", "full_name": "A. Souza"}, "Ana Souza"),
        ({"given_name": "Ana", "full_name": "Ana S."}, "Ana S."),
        ({"given_name": "Ana"}, "Customer 001"),
        ({"organization_name": "Souza Ltda"}, "Souza Ltda"),
    ],
)
def test_a_profile_has_a_whole_name(world: Any, ana: str, party: dict[str, Any], name: str) -> None:
    world.host.records["bank", "b1", "party.profile"] = (Party(party_id="b1", **party),)
    found = world.data(f"{{ {BY_EMAIL} {{ profile {{ displayName givenName {{ value rule }} }} }} }}")
    assert found["customer"]["profile"]["displayName"] == name


def test_only_what_is_selected_is_read_of_a_customer(
    world: Any, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The links and the values of the profile are most of a customer, and few fields take neither."""
    find, wanted = FakeFolders.find, list[Wanted]()

    async def noted(folders: FakeFolders, asked: Wanted) -> Folders:
        wanted.append(asked)
        return await find(folders, asked)

    monkeypatch.setattr(FakeFolders, "find", noted)

    def parts(selection: str, more: str = "") -> frozenset[Part]:
        wanted.clear()
        world.ask(f"{{ {selection} }} {more}")
        return wanted[-1].parts

    own = "__typename id kind displayName country createdAt updatedAt"
    assert parts(f"{BY_EMAIL} {{ {own} }}") == frozenset()
    assert parts(f"customers {{ totalCount edges {{ cursor node {{ {own} }} }} }}") == frozenset()
    assert parts(f"{BY_EMAIL} {{ ...F }}", f"fragment F on Customer {{ {own} }}") == frozenset()
    assert parts(f"{BY_EMAIL} {{ ...F }}", "fragment F on Customer { id profile { __typename } }") >= WHOLE
    assert parts(f"a: {BY_EMAIL} {{ id }} b: {BY_EMAIL} {{ profile {{ familyName {{ value }} }} }}") >= WHOLE
    assert parts(f'node(id: "{ids.encode("Customer", ana)}") {{ ... on Customer {{ id }} }}') >= WHOLE
    fields = world.engine.graph.type_map["Customer"].fields
    table = world.engine._schema.planner.table["Customer"]
    shut = {"risk"}  # for this purpose: nothing is read for what is not told
    partners = {"banking", "insurance", "brokerage", "loyalty", "hotel", "rental", "sources", "complete"}
    for name in fields.keys() - set(own.split()) - shut - partners:
        inner = table[name].inner
        needed = [one for one, each in fields[name].args.items() if is_required_argument(each)]
        if not needed:
            below = "{ __typename }" if inner else ""
            assert parts(f"{BY_EMAIL} {{ id {name} {below} }}") >= WHOLE, name

    def no_profile(_: object) -> Any:
        raise AssertionError("what is said of a customer was not read")

    monkeypatch.setattr(CustomerView, "profile", property(no_profile))
    for name in fields.keys() & partners:
        read = parts(f"{BY_EMAIL} {{ {name} {everything(get_named_type(fields[name].type))} }}")
        assert Part.LINKS in read, name
        assert Part.VALUES not in read, name
        world.data(f"{{ {BY_EMAIL} {{ {name} {everything(get_named_type(fields[name].type))} }} }}")


def everything(kind: Any, depth: int = 5) -> str:
    """All fields of a type, and of those below, that need no arguments."""
    if not isinstance(kind, GraphQLObjectType):
        return ""
    found = ["__typename"]
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if any(map(is_required_argument, field.args.values())) or inner is kind or inner.name == "Customer":
            continue
        below = everything(inner, depth - 1) if depth else ""
        if below or not hasattr(inner, "fields"):
            found.append(f"{name} {below}")
    return "{ " + " ".join(found) + " }"
