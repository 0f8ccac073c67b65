"""What all mutations share, shown on one of our own that renames a customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from c360.errors import ProblemCode as SourceCode
from c360.values import Money
from schema import ids
from schema.build import Schema, build_schema
from schema.errors import ErrorCode, InputError
from schema.execution.limits import Limits
from schema.execution.mutation import ATTEMPTS
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId, PartnerRef
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import NotFoundProblem, Refusal, VersionProblem
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from store.data_events import EventDraft
from store.errors import Conflict, DatabaseLocked, DatabaseUnavailable, StoreError
from tests.fixtures.access import access as access_of


class RenameCustomerInput(MutationInput, frozen=True, kw_only=True):
    """A new name."""

    customer_id: Annotated[NodeId, Meta(description="Whose.")]
    name: Annotated[str, Meta(description="The name.")]
    partners: Annotated[tuple[PartnerRef, ...], Meta(description="Told too.")] = ()
    dry_run: Annotated[bool, Meta(description="Only look.")] = False


class Renamed(Outcome, frozen=True, kw_only=True):
    customer: str
    before: str


class RenameCustomerPayload(Payload, frozen=True, kw_only=True):
    """What became of it."""

    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None
    before: Annotated[str | None, Meta(description="The old name.")] = None


class RenameCustomer(Mutation):
    name = "renameCustomer"
    description = "Gives a customer a name."
    input_type = RenameCustomerInput
    outcome_type = Renamed
    payload_type = RenameCustomerPayload
    rule = needs(Scope.CUSTOMERS_WRITE)
    trouble: list[StoreError] = []  # noqa: RUF012  # what the test lets go wrong

    def check(self) -> None:
        self._id = ids.decode_as("Customer", self.asked.customer_id, argument="input.customerId")
        if not self.asked.name:
            raise InputError("Give a name.", code=ErrorCode.BAD_USER_INPUT, argument="input.name")

    async def effect(self, unit: Any) -> Renamed:
        found = (await unit.customers.load([self._id])).get(self._id)
        if found is None:
            raise Refusal(NotFoundProblem(message="Nobody.", path=("input", "customerId")))
        partners = "".join(f" {one.connector}/{one.party_id}" for one in self.asked.partners)
        if self.changes:
            renamed = msgspec.structs.replace(found, display_name=f"{self.asked.name}{partners}")
            unit.store.customers[self._id] = renamed
        if self.asked.name == "Taken":
            raise Refusal(VersionProblem(message="Too late.", expected_version="1", current_version="2"))
        if self.asked.name == "Bug":
            raise RuntimeError("a secret")
        if self.trouble:
            raise self.trouble.pop()
        return Renamed(customer=self._id, before=found.display_name)

    def concerns(self, outcome: Renamed) -> Concerns:
        return Concerns(customers=(outcome.customer,))

    def payload(self, outcome: Renamed, shown: Shown) -> RenameCustomerPayload:
        return RenameCustomerPayload(customer=shown.customers.get(outcome.customer), before=outcome.before)


UNNAMED = {"aspects": (), "connector": None}
MUTATION = """
mutation Rename($input: RenameCustomerInput!) {
  renameCustomer(input: $input) {
    before
    customer { id displayName }
    problems { __typename code message path ... on VersionProblem { expectedVersion currentVersion } }
  }
}
"""


@pytest.fixture(scope="module")
def renaming() -> Schema:
    return build_schema([RenameCustomer])


@pytest.fixture
def hub(renaming: Schema, make_world: Callable[..., Any]) -> Any:
    made = make_world(renaming)
    made.host.instances = {"bank": "banking"}
    made.ada = made.customer(1, name="Ada", links={"bank": "B1"})
    made.ada_id = ids.encode("Customer", made.ada)
    RenameCustomer.trouble = []
    return made


def rename(hub: Any, name: str = "Eve", **more: Any) -> Any:
    return hub.data(MUTATION, {"input": {"customerId": hub.ada_id, "name": name, **more}})["renameCustomer"]


def test_a_mutation_changes_and_shows_what_it_changed(hub: Any) -> None:
    payload = rename(hub)
    assert payload == {
        "before": "Ada",
        "customer": {"id": hub.ada_id, "displayName": "Eve"},
        "problems": [],
    }
    assert hub.store.calls.count("commit") == 1


def test_what_a_mutation_changed_is_told_once(hub: Any) -> None:
    rename(hub, idempotencyKey="k1")
    rename(hub, idempotencyKey="k1")
    rename(hub, name="Taken")
    rename(hub, name="Eva", dryRun=True)
    assert hub.store.events == [EventDraft(kind="customer.changed", customer_ids=(hub.ada,), data=UNNAMED)]


def test_an_event_beyond_the_catalogue_undoes_the_mutation(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RenameCustomer, "events", lambda *_: [EventDraft(kind="customer.sneezed")])
    before = dict(hub.store.customers)
    answer = hub.ask(MUTATION, {"input": {"customerId": hub.ada_id, "name": "Eve"}})
    assert answer.errors
    assert (hub.store.customers, hub.store.events) == (before, [])


def test_lists_of_inputs_arrive_as_they_were_given(hub: Any) -> None:
    partners = [{"connector": "bank", "partyId": "B1"}, {"connector": "inn", "partyId": "I2"}]
    assert rename(hub, partners=partners)["customer"]["displayName"] == "Eve bank/B1 inn/I2"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": ""}, {"__typename": "InputProblem", "code": "BAD_USER_INPUT", "path": ["input", "name"]}),
        (
            {"customerId": "rubbish"},
            {"__typename": "InputProblem", "code": "INVALID_ID", "path": ["input", "customerId"]},
        ),
        (
            {"customerId": ids.encode("Customer", "nobody")},
            {"__typename": "NotFoundProblem", "code": "NOT_FOUND", "path": ["input", "customerId"]},
        ),
        (
            {"name": "Taken"},
            {
                "__typename": "VersionProblem",
                "code": "VERSION_CONFLICT",
                "path": [],
                "expectedVersion": "1",
                "currentVersion": "2",
            },
        ),
        (
            {"idempotencyKey": "\u00fc"},
            {"__typename": "InputProblem", "code": "BAD_USER_INPUT", "path": ["input", "idempotencyKey"]},
        ),
        (
            {"idempotencyKey": "k" * 201},
            {"__typename": "InputProblem", "code": "BAD_USER_INPUT", "path": ["input", "idempotencyKey"]},
        ),
    ],
)
def test_a_mistake_is_a_problem_and_changes_nothing(
    hub: Any, given: Mapping[str, Any], problem: Mapping[str, Any]
) -> None:
    before = dict(hub.store.customers)
    payload = rename(hub, **given)
    (found,) = payload["problems"]
    assert found.pop("message")
    assert found == problem
    assert payload["customer"] is payload["before"] is None
    assert hub.store.customers == before
    assert hub.store.kept == {}


def test_the_same_key_with_the_same_input_takes_effect_once(hub: Any) -> None:
    first = rename(hub, idempotencyKey="k1")
    assert rename(hub, name="Later") == {**first, "before": "Eve"} | {
        "customer": {"id": hub.ada_id, "displayName": "Later"}
    }
    again = rename(hub, idempotencyKey="k1")
    assert again["before"] == "Ada"
    assert again["customer"]["displayName"] == "Later"
    assert again["problems"] == []


def test_the_same_key_with_another_input_is_a_problem(hub: Any) -> None:
    rename(hub, idempotencyKey="k1")
    (problem,) = rename(hub, name="Other", idempotencyKey="k1")["problems"]
    assert problem["__typename"] == "IdempotencyProblem"
    assert problem["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert problem["path"] == ["input", "idempotencyKey"]
    assert hub.store.customers[hub.ada].display_name == "Eve"


def test_a_key_is_its_actors_own(hub: Any) -> None:
    rename(hub, idempotencyKey="k1")
    hub.access = access_of("other agent")
    assert rename(hub, name="Other", idempotencyKey="k1")["before"] == "Eve"


def test_problems_do_not_use_the_key_up(hub: Any) -> None:
    assert rename(hub, name="Taken", idempotencyKey="k1")["problems"]
    assert rename(hub, idempotencyKey="k1")["problems"] == []


def test_a_dry_run_only_reads(hub: Any) -> None:
    assert rename(hub, dryRun=True, idempotencyKey="k1")["before"] == "Ada"
    assert hub.store.customers[hub.ada].display_name == "Ada"
    assert "begin" not in hub.store.calls
    assert hub.store.kept == {}


def test_a_transaction_is_begun_anew_where_another_came_in_between(hub: Any) -> None:
    RenameCustomer.trouble = [Conflict(None), DatabaseLocked("busy")]
    assert rename(hub)["before"] == "Ada"
    assert [one for one in hub.store.calls if one in {"rollback", "commit"}] == ["rollback"] * 2 + ["commit"]


@pytest.mark.parametrize(
    "trouble", [[Conflict(None) for _ in range(ATTEMPTS)], [DatabaseUnavailable("down")]]
)
def test_a_database_that_does_not_answer_is_an_error(hub: Any, trouble: list[StoreError]) -> None:
    RenameCustomer.trouble = trouble
    answer = hub.ask(MUTATION, {"input": {"customerId": hub.ada_id, "name": "Eve"}})
    (error,) = answer.errors
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "try again" in error["message"]
    assert hub.store.customers[hub.ada].display_name == "Ada"


def test_a_change_that_cannot_be_shown_says_that_it_is_made(hub: Any) -> None:
    def broken(*_given: object) -> Any:
        raise DatabaseUnavailable("down")

    hub.store.read = broken
    answer = hub.ask(MUTATION, {"input": {"customerId": hub.ada_id, "name": "Eve"}})
    assert "The change is made" in answer.errors[0]["message"]
    assert hub.store.customers[hub.ada].display_name == "Eve"


def test_a_fault_is_masked_and_undone(hub: Any) -> None:
    answer = hub.ask(MUTATION, {"input": {"customerId": hub.ada_id, "name": "Bug"}})
    assert answer.data == {"renameCustomer": None}
    (error,) = answer.errors
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in str(error)
    assert hub.store.customers[hub.ada].display_name == "Ada"


def test_fields_take_effect_one_after_the_other_and_fail_alone(hub: Any) -> None:
    fields = "\n".join(
        f'{key}: renameCustomer(input: {{customerId: "{hub.ada_id}", name: "{name}"}}) '
        "{ before customer { displayName } }"
        for key, name in (("a", "One"), ("b", "Bug"), ("c", "Three"))
    )
    answer = hub.ask(f"mutation {{ {fields} }}")
    assert answer.data == {
        "a": {"before": "Ada", "customer": {"displayName": "One"}},
        "b": None,
        "c": {"before": "One", "customer": {"displayName": "Three"}},
    }
    assert [error["path"] for error in answer.errors] == [["b"]]


def test_a_payload_gathers_after_its_field(hub: Any, money: Callable[..., Money]) -> None:
    query = """
    mutation($id: ID!) {
      a: renameCustomer(input: {customerId: $id, name: "One"}) { ...held }
      b: renameCustomer(input: {customerId: $id, name: "Two"}) { before }
    }
    fragment held on RenameCustomerPayload {
      customer { complete banking { accounts { id } } sources { status problem { code } } }
    }
    """
    hub.host.down = {"bank": SourceCode.PARTNER_UNAVAILABLE}
    data = hub.data(query, {"id": hub.ada_id})
    assert data["a"]["customer"] == {
        "complete": False,
        "banking": None,
        "sources": [{"status": "UNAVAILABLE", "problem": {"code": "PARTNER_UNAVAILABLE"}}],
    }
    (request,) = hub.host.requests
    assert {need.kind for need in request.needs[hub.ada]} == {"banking.accounts"}


def test_what_is_left_out_takes_no_effect(hub: Any) -> None:
    query = """
    mutation($id: ID!, $really: Boolean!) {
      renameCustomer(input: {customerId: $id, name: "One"}) @include(if: $really) { before }
    }
    """
    assert hub.data(query, {"id": hub.ada_id, "really": False}) == {}
    assert hub.store.customers[hub.ada].display_name == "Ada"


def test_a_mutation_is_not_sent_as_a_query(hub: Any) -> None:
    query = f'mutation {{ renameCustomer(input: {{customerId: "{hub.ada_id}", name: "One"}}) {{ before }} }}'
    answer = hub.ask(query, allow="query")
    assert answer.not_allowed
    assert answer.errors[0]["extensions"]["code"] == "OPERATION_NOT_ALLOWED"
    assert hub.store.calls == []


def test_an_operation_has_so_many_mutations_at_the_most(hub: Any) -> None:
    most = Limits().mutations
    field = f'renameCustomer(input: {{customerId: "{hub.ada_id}", name: "One"}}) {{ before }}'
    fields = " ".join(f"f{number}: {field}" for number in range(most + 1))
    answer = hub.ask(f"mutation {{ {fields} }}")
    assert answer.is_request_error
    assert answer.errors[0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert hub.store.calls == []


def test_the_arguments_must_fit(hub: Any) -> None:
    answer = hub.ask("mutation { renameCustomer(input: {name: 3}) { before } }")
    assert answer.is_request_error
    assert {error["extensions"]["code"] for error in answer.errors} == {"GRAPHQL_VALIDATION_FAILED"}
    assert hub.store.calls == []


def test_problems_come_last_and_are_never_null(renaming: Schema) -> None:
    payload: Any = renaming.graphql.type_map["RenameCustomerPayload"]
    assert list(payload.fields) == ["customer", "before", "problems"]
    assert str(payload.fields["problems"].type) == "[Problem!]!"
    problem: Any = renaming.graphql.type_map["Problem"]
    assert sorted(problem.fields) == ["code", "message", "path"]
