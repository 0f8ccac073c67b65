"""Every mutation answers what cannot be used with a problem that names the field, and with nothing else.

What is given is made up from the schema, so that a new mutation is held to it without a word. Objects that an
input has to name are made by the mutations themselves.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

from schema import ids
from schema.build import Schema
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of
from tests.fixtures.reach import TENANTS, Hub, populated

Run = Callable[[Coroutine[Any, Any, Any]], Any]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOBODY = ids.encode("Customer", "0190a6c0-0000-7000-8000-000000000000")
PLAIN: Mapping[str, Any] = {
    "Int": 3,
    "Float": 1.0,
    "Boolean": True,  # what can be tried without an effect is
    "String": "text",
    "ID": "bank",
    "DateTime": "2026-03-02T10:00:00Z",
    "Date": "2026-03-01",
    "Decimal": "1",
    "CurrencyCode": "AUD",
    "CountryCode": "AU",
    "Duration": "PT1H",
    "LanguageTag": "en",
}
FITTING: Mapping[str, Any] = {
    # What one of a kind would not do for.
    "compensate.currency": "AUD",
    "reissueCheque.chequeNumber": "7",
    "requestConsent.document": "1" * 11,
    "requestConsent.companyDocument": "1" * 14,
    "registerEndpoint.url": "https://shop.example/hook",
    "registerEndpoint.kinds.0": "customer.changed",
    "createCustomer.names.familyName": "Lovelace",
    "updateCustomer.names.familyName": "Lovelace",
    "bookAppointment.startsAt": "2026-03-03T10:00:00Z",
    "bookAppointment.endsAt": "2026-03-03T11:00:00Z",
    "contactPoint.email": "ada@mail.example",
    "new.email": "ada@mail.example",
    "bookRental.endsAt": "2026-03-02T11:00:00Z",
    "moveAppointment.startsAt": "2026-03-03T10:00:00Z",
    "moveAppointment.endsAt": "2026-03-03T11:00:00Z",
    "setPreference.key": "language",
    "changeStay.request": "text",
    "revealValue.field": "profile.email",
}
LIBRARY = re.compile(r"`(str|int|float|array|object)`|regex|Expected `")
"""Words of a library, which say nothing to whoever reads a problem."""


def _ending(known: Mapping[str, Any], mutation: str, path: str) -> Any:
    """What is known of a way into an input by how it ends."""
    return next((found for ends, found in known.items() if f"{mutation}.{path}".endswith(ends)), None)


class Desk:
    """Mutations over a store, sent by somebody who may do all of them."""

    def __init__(self, hub: Hub, run: Run) -> None:
        self._run = run
        self._hub = hub
        self.schema: GraphQLSchema = hub.engine._schema.graphql
        self.access = access_of("chief", tenant=TENANTS[0])
        self._keys = 0
        self._objects: dict[str, str] = {}

    @property
    def mutations(self) -> list[str]:
        kind = self.schema.mutation_type
        assert kind is not None
        return [*kind.fields]

    def input_of(self, mutation: str) -> Any:
        kind = self.schema.mutation_type
        assert kind is not None
        return get_named_type(kind.fields[mutation].args["input"].type)

    def given(self, mutation: str, differing: Mapping[str, Any]) -> dict[str, Any]:
        """An input with what is required and what differs, by its path."""
        self._keys += 1
        key = {"idempotencyKey": f"key {self._keys}"}
        made: dict[str, Any] = self._object(mutation, self.input_of(mutation), (), {**key, **differing})
        return made

    def _object(self, mutation: str, kind: Any, way: tuple[str, ...], put: Mapping[str, Any]) -> Any:
        found = {}
        chosen = [name for name in kind.fields if self._is_put((*way, name), put)]
        for name, field in kind.fields.items():
            here = (*way, name)
            if kind.is_one_of:
                if [name] != (chosen or [next(iter(kind.fields))]):
                    continue
            elif not (
                is_non_null_type(field.type)
                or self._is_put(here, put)
                or _ending(FITTING, mutation, ".".join(here)) is not None
            ):
                continue
            found[name] = self._value(mutation, field.type, here, put)
        return found

    def _is_put(self, way: tuple[str, ...], put: Mapping[str, Any]) -> bool:
        path = ".".join(way)
        return any(one == path or one.startswith(f"{path}.") for one in put)

    def _value(
        self,
        mutation: str,
        kind: Any,
        way: tuple[str, ...],
        put: Mapping[str, Any],
    ) -> Any:
        path, named = ".".join(way), get_named_type(kind)
        if path in put:
            return put[path]
        bare = kind.of_type if is_non_null_type(kind) else kind
        if is_list_type(bare):
            return [self._value(mutation, bare.of_type, (*way, "0"), put)]
        fitting = _ending(FITTING, mutation, path)
        if fitting is not None:
            return fitting
        if is_input_object_type(named):
            return self._object(mutation, named, way, put)
        if is_enum_type(named):
            return next(iter(named.values))
        names = self._type_of(mutation, way) if named.name == "ID" else None
        return PLAIN[named.name] if names is None else self._named(names)

    def _type_of(self, mutation: str, way: tuple[str, ...]) -> str | None:
        """The type of the object that an id names; none where it is another partner's or a name."""
        named: str | None = _ending(NAMES, mutation, ".".join(way))
        return named

    def _named(self, kind: str) -> str:
        if kind == "Customer":
            return self._hub.node("a001")
        if kind == "Another":
            return self._hub.node("a000")
        if kind in UNMADE:
            return ids.encode(kind, "0190a6c0-0000-7000-8000-000000000000")
        if kind not in self._objects:
            mutation, field = MADE_BY[kind]
            answer = self._send(mutation, f"{field} {{ id }}", self.given(mutation, {}))
            assert not answer["problems"], (mutation, answer)
            self._objects[kind] = answer[field]["id"]
        return self._objects[kind]

    def _send(self, mutation: str, selected: str, given: Mapping[str, Any]) -> Any:
        query = (
            f"mutation($input: {self.input_of(mutation).name}!) {{ {mutation}(input: $input) "
            f"{{ {selected} problems {{ code path message }} }} }}"
        )
        answer = self._run(self._hub.ask(self.access, query, {"input": given}))
        assert not answer.errors, (mutation, answer.errors)
        return answer.data[mutation]

    def problems(self, mutation: str, **differing: Any) -> list[tuple[str, str]]:
        """Codes and paths of what an input is answered that differs so."""
        put = differing.pop("put", {})
        found = self._send(mutation, "", self.given(mutation, {**put, **differing}))["problems"]
        for one in found:
            assert len(one["message"]) < 300, one
            assert not LIBRARY.search(one["message"]), (mutation, one)
        return [(one["code"], ".".join(one["path"]).removeprefix("input.")) for one in found]

    def members(self, mutation: str) -> Iterator[tuple[str, str]]:
        """Where in an input single values are, and the name of their type."""
        yield from self._members(self.input_of(mutation), ())

    def _members(self, kind: Any, way: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for name, field in kind.fields.items():
            bare = field.type.of_type if is_non_null_type(field.type) else field.type
            here = (*way, name, "0") if is_list_type(bare) else (*way, name)
            named = get_named_type(bare)
            if is_input_object_type(named):
                yield from self._members(named, here)
            else:
                yield ".".join(here), named.name


NAMES: Mapping[str, str] = {
    "customerId": "Customer",
    "customer.id": "Customer",
    "survivor.id": "Customer",
    "others.0.id": "Another",
    "survivorId": "Customer",
    "customerIds.0": "Customer",
    "contestId": "ScoreContest",
    "Note.id": "Note",
    "Interaction.id": "Interaction",
    "Complaint.id": "Complaint",
    "compensate.id": "Complaint",
    "Appointment.id": "Appointment",
    "Task.id": "Task",
    "holdId": "LegalHold",
    "endpointId": "EventEndpoint",
    "entryId": "LedgerEntry",
    "reviewId": "Review",
    "accessId": "EmergencyAccess",
    "deliveryId": "EventDelivery",
    "cancelJob.id": "Job",
    "actionId": "PartnerAction",
}
"""The types of the objects that inputs name, by how the way there ends."""
MADE_BY = {
    "ScoreContest": ("contestScore", "contest"),
    "Note": ("addNote", "note"),
    "Interaction": ("startInteraction", "interaction"),
    "Complaint": ("openComplaint", "complaint"),
    "Appointment": ("bookAppointment", "appointment"),
    "Task": ("openTask", "task"),
    "LegalHold": ("placeHold", "hold"),
    "EventEndpoint": ("registerEndpoint", "endpoint"),
}
UNMADE = {"LedgerEntry", "Review", "EmergencyAccess", "EventDelivery", "Job", "PartnerAction"}
"""Objects that come about in other ways: their own tests hold what names them to the same."""


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def desk(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, run: Run, schema: Schema
) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("mutations") / "c360.db"
    shutil.copyfile(sqlite_template, file)
    keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
    database = Database(f"sqlite:///{file}", keyring=keyring, clock=lambda: NOW)
    made = run(populated(database, lambda: NOW, schema, people=2))
    yield Desk(made, run)
    run(made.host.close())
    run(database.dispose())


def nameable(desk: Desk) -> list[str]:
    """The mutations that name nothing but what can be made here."""
    found = []
    for mutation in desk.mutations:
        named = {
            desk._type_of(mutation, tuple(path.split(".")))
            for path, kind in desk.members(mutation)
            if kind == "ID"
        }
        if not named & UNMADE:
            found.append(mutation)
    return found


def test_a_text_without_end_is_refused_where_it_stands(desk: Desk) -> None:
    texts = [
        (mutation, path)
        for mutation in nameable(desk)
        for path, kind in desk.members(mutation)
        if kind == "String"
    ]
    answered = {one: desk.problems(one[0], put={one[1]: "x" * 100_001}) for one in texts}
    assert all(answered.values())
    elsewhere = {one: found for one, found in answered.items() if one[1] not in {path for _, path in found}}
    # No partner is asked here: that is told first, and what is looked for among known ones is kept nowhere.
    assert {path for _, path in elsewhere} <= {"partyId", "redirect"}, elsewhere
    assert len(texts) > 100


def test_an_id_of_nobody_or_of_something_else_is_told_as_such(desk: Desk) -> None:
    theirs, made = desk._hub.node("b001"), set(nameable(desk))
    tried = 0
    for mutation in desk.mutations:
        for path, kind in desk.members(mutation):
            named = desk._type_of(mutation, tuple(path.split("."))) if kind == "ID" else None
            if named is None or (named not in UNMADE and mutation not in made):
                continue
            tried += 1
            for wrong in ("rubbish", "x" * 5_000, ids.encode("Nothing", "1"), ""):
                found = desk.problems(mutation, put={path: wrong})
                assert ("INVALID_ID", path) in found, (mutation, path, wrong[:10], found)
            if named in {"Customer", "Another"}:
                foreign = desk.problems(mutation, put={path: theirs})
                nobody = desk.problems(mutation, put={path: NOBODY})
                assert foreign == nobody, "who is of another tenant is as if they did not exist"
                assert nobody == [("NOT_FOUND", path)] or mutation in NO_MATTER, (mutation, path, nobody)
    assert tried > 50


NO_MATTER = {"endVerification", "unassignCustomers", "recordOfferResponse", "startGrant", "breakGlass"}
"""What is over for somebody unknown is so; what else is wrong is told before who is not there."""


def test_a_key_that_is_none_is_told_as_such(desk: Desk) -> None:
    for mutation in desk.mutations:
        for wrong in ("", "k" * 201, "a\tb", "ü"):
            found = desk.problems(mutation, idempotencyKey=wrong)
            assert found == [("BAD_USER_INPUT", "idempotencyKey")], (mutation, found)
