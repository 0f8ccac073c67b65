"""Stewards make one customer of two and take them apart again, on real databases."""

from __future__ import annotations

from typing import Any

from schema import ids
from tests.schema.stewards.desk import MERGED, PROBLEMS, Desk, merge, one_database


def test_a_dry_run_tells_what_a_merge_then_does(desk: Desk) -> None:
    before = desk.customer("Ada"), desk.customer("Eve")
    plan = merge(desk, dryRun=True)
    assert (desk.customer("Ada"), desk.customer("Eve")) == before
    assert plan["dryRun"] is True
    assert plan["entry"] is None
    assert plan["moved"] == [{"connector": "bank", "partyId": "B2"}]
    assert plan["mergedIds"] == [desk.ids["Eve"]]
    assert [one["partyId"] for one in plan["customer"]["identities"]] == ["B1", "I1"]
    done = merge(desk, reason="same passport")
    assert done["problems"] == []
    assert {key: done[key] for key in ("moved", "mergedIds", "movedFacts", "keptApart", "moot")} == {
        key: plan[key] for key in ("moved", "mergedIds", "movedFacts", "keptApart", "moot")
    }
    assert done["entry"]["kind"] == "MERGE"
    assert done["entry"]["decidedBy"] == "steward"
    assert done["entry"]["reason"] == "same passport"
    assert done["entry"]["otherCustomerIds"] == [desk.ids["Eve"]]
    assert done["customer"]["mergedFrom"] == [{"id": desk.ids["Eve"], "entryId": done["entry"]["id"]}]
    came = {one["partyId"]: one for one in done["customer"]["identities"]}
    assert came["B2"]["decidedBy"] == "steward"
    assert came["B2"]["decisions"] == [{"kind": "MERGE", "reason": "same passport"}]
    assert came["B1"]["decisions"] == []


def test_an_unmerge_gives_back_exactly_what_was(desk: Desk) -> None:
    before = desk.customer("Ada"), desk.customer("Eve")
    merge(desk)
    assert desk.customer("Eve")["id"] == desk.ids["Ada"]
    undone = desk.change(
        "unmerge",
        "customer { id } restored { id displayName } moved { partyId } stayed { partyId } "
        "laterFacts { kind key at } entry { kind reverses }",
        customerId=desk.ids["Eve"],
    )
    assert undone["customer"] == {"id": desk.ids["Ada"]}
    assert undone["restored"] == [{"id": desk.ids["Eve"], "displayName": "Eve"}]
    assert undone["moved"] == [{"partyId": "B2"}]
    assert undone["stayed"] == undone["laterFacts"] == undone["problems"] == []
    assert undone["entry"]["kind"] == "UNMERGE"
    assert (desk.customer("Ada"), desk.customer("Eve")) == before


def test_the_same_key_twice_at_once_merges_once(desk: Desk) -> None:
    query = f"mutation($input: MergeCustomersInput!) {{ mergeCustomers(input: $input) {{ {MERGED} }} }}"
    given = {
        "survivor": {"id": desk.ids["Ada"]},
        "others": [{"id": desk.ids["Eve"]}],
        "idempotencyKey": "form-1",
    }
    first, second = desk.both(query, {"input": given}, {"input": given})
    assert first == second
    assert first["mergeCustomers"]["entry"]["kind"] == "MERGE"
    assert desk.ask(query, input=given) == first
    history = "query($id: ID!) { customer(by: {id: $id}) { identityHistory { edges { node { kind } } } } }"
    entries = desk.ask(history, id=desk.ids["Ada"])["customer"]["identityHistory"]["edges"]
    assert [edge["node"]["kind"] for edge in entries] == ["MERGE"]
    (problem,) = merge(desk, "Eve", "Ada", idempotencyKey="form-1")["problems"]
    assert problem["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_merging_who_is_merged_changes_nothing(desk: Desk) -> None:
    merge(desk)
    again = merge(desk)
    assert again["problems"] == []
    assert again["entry"] is None
    assert again["moved"] == again["mergedIds"] == []


def test_nothing_is_changed_that_was_not_seen(desk: Desk) -> None:
    ada, eve = desk.versions("Ada", "Eve")
    stale = {**eve, "expectedVersion": "0123"}
    query = f"mutation($input: MergeCustomersInput!) {{ mergeCustomers(input: $input) {{ {PROBLEMS} }} }}"
    for dry in (True, False):
        asked = {"survivor": ada, "others": [stale], "dryRun": dry}
        (problem,) = desk.ask(query, input=asked)["mergeCustomers"]["problems"]
        assert problem["code"] == "VERSION_CONFLICT"
        assert problem["path"] == ["input", "others", "0", "expectedVersion"]
        assert problem["currentVersion"] == eve["expectedVersion"]
    assert desk.versions("Ada", "Eve") == [ada, eve]
    asked = {"survivor": ada, "others": [eve]}
    assert desk.ask(query, input=asked)["mergeCustomers"]["problems"] == []
    assert desk.versions("Ada") != [ada]


@one_database
def test_what_cannot_be_merged(desk: Desk) -> None:
    nobody = {"id": ids.encode("Customer", "nobody")}
    refused: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"others": []}, "BAD_USER_INPUT", ["input", "others"]),
        ({"others": [nobody] * 21}, "LIMIT_EXCEEDED", ["input", "others"]),
        ({"others": [{"id": "rubbish"}]}, "INVALID_ID", ["input", "others", "0", "id"]),
        ({"others": [nobody]}, "NOT_FOUND", ["input", "others", "0", "id"]),
        ({"survivor": nobody}, "NOT_FOUND", ["input", "survivor", "id"]),
        ({"reason": "x" * 501}, "LIMIT_EXCEEDED", ["input", "reason"]),
    ]
    for given, code, path in refused:
        asked = {"survivor": {"id": desk.ids["Ada"]}, "others": [{"id": desk.ids["Eve"]}], **given}
        payload = desk.change("mergeCustomers", "customer { id }", **asked)
        assert [(one["code"], one["path"]) for one in payload["problems"]] == [(code, path)]
        assert payload["customer"] is None


@one_database
def test_a_person_and_a_company_are_never_one(desk: Desk) -> None:
    for dry in (True, False):
        (problem,) = merge(desk, "Ada", "Shop", dryRun=dry)["problems"]
        assert (problem["__typename"], problem["code"]) == ("IdentityProblem", "KINDS_DIFFER")
