"""Interactions, notes, tasks, complaints and appointments, over the graph on real databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from c360.access import Access, Purpose
from schema import ids
from schema.identity.answers import CUSTOMER
from schema.permissions.roles import every_scope
from schema.permissions.scopes import Scope
from store.data_consents import ConsentSource, DecisionDraft, DecisionKind, DecisionState
from tests.fixtures.access import access as access_of
from tests.schema.service.conftest import TENANT, Desk, problem

one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
INTERACTION = """interaction { id version channel direction startedAt endedAt agent subject summary sentiment
  pages { url title } references { connector kind id } customerId } customer { id }"""
COMPLAINT = """complaint { id version state category severity text dueAt overdue assignee resolution closedBy
  productId region employee about { connector kind id }
  compensations { money { amount currency } points programme } }"""
APPOINTMENT = "appointment { id version state employee startsAt endsAt timeZone text }"


def test_an_agent_sees_what_the_customer_just_did_on_the_web_site(desk: Desk) -> None:
    ada = desk.ids["ada"]
    session = desk.done(
        "startInteraction",
        INTERACTION,
        customerId=ada,
        channel="WEB_SESSION",
        pages=[{"url": "/policies/cancel", "title": "Cancel a policy"}],
        idempotencyKey="s1",
    )
    desk.done(
        "updateInteraction",
        INTERACTION,
        id=session["interaction"]["id"],
        pages=[{"url": "/contact", "at": "2026-01-05T08:00:00Z"}],
        references=[{"connector": "bank", "kind": "banking.accounts", "id": "7"}],
    )
    desk.done("startInteraction", INTERACTION, customerId=ada, channel="CALL", subject="Cancelling")
    query = """interactions(first: 1) { pageInfo { hasNextPage endCursor }
      edges { node { channel subject agent } } }"""
    first = desk.of("ada", query)["interactions"]
    assert first["edges"] == [{"node": {"channel": "CALL", "subject": "Cancelling", "agent": "agent"}}]
    assert first["pageInfo"]["hasNextPage"] is True
    after = first["pageInfo"]["endCursor"]
    rest = desk.of(
        "ada",
        f'interactions(after: "{after}") {{ edges {{ node {{ channel endedAt pages {{ url title }} '
        "references { kind } } } }",
    )["interactions"]
    assert rest["edges"] == [
        {
            "node": {
                "channel": "WEB_SESSION",
                "endedAt": None,
                "pages": [
                    {"url": "/contact", "title": None},
                    {"url": "/policies/cancel", "title": "Cancel a policy"},
                ],
                "references": [{"kind": "banking.accounts"}],
            }
        }
    ]
    ended = desk.done(
        "endInteraction", INTERACTION, id=session["interaction"]["id"], sentiment="NEGATIVE", summary="Left."
    )["interaction"]
    assert (ended["sentiment"], ended["summary"], ended["endedAt"] is None) == ("NEGATIVE", "Left.", False)
    twice = desk.change("endInteraction", INTERACTION, id=session["interaction"]["id"])
    assert problem(twice) == ("StateProblem", "NOT_ALLOWED_NOW", ("input", "id"))
    stale = desk.change("updateInteraction", INTERACTION, id=ended["id"], subject="x", expectedVersion="1")
    assert stale["problems"][0]["currentVersion"] == ended["version"]
    only = desk.of("ada", "interactions(channels: [CALL]) { edges { node { channel } } }")["interactions"]
    assert only["edges"] == [{"node": {"channel": "CALL"}}]


@one_database
def test_who_takes_a_call_and_its_queue_are_told_where_they_are_ids(desk: Desk) -> None:
    for more in (
        {"agent": "agent-7", "queue": "cards"},
        {"agent": "Ann Smith"},
        {},
    ):
        desk.done("startInteraction", INTERACTION, customerId=desk.ids["ada"], channel="CALL", **more)
    refused = desk.change(
        "startInteraction", INTERACTION, customerId=desk.ids["ada"], channel="CALL", queue="Ann's own"
    )
    assert problem(refused)[1:] == ("BAD_USER_INPUT", ("input", "queue"))

    async def events() -> list[Any]:
        async with desk.database.read(TENANT) as unit:
            return [event.data for event in await unit.outbox.after(0) if event.kind == "interaction.started"]

    told = [(event.get("agent"), event.get("queue")) for event in desk.run(events())]
    assert told == [("agent-7", "cards"), (None, None), ("agent", None)]


@one_database
def test_what_cannot_be_recorded_is_a_problem_that_names_the_field(desk: Desk) -> None:
    ada = desk.ids["ada"]
    cases: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        ({"startedAt": "2031-01-01T00:00:00Z"}, ("input", "startedAt")),
        (
            {"startedAt": "2026-01-02T00:00:00Z", "endedAt": "2026-01-01T00:00:00Z"},
            ("input", "endedAt"),
        ),
        ({"subject": "two\nlines"}, ("input", "subject")),
        ({"summary": "x" * 10_001}, ("input", "summary")),
        ({"pages": [{"url": " "}]}, ("input", "pages", "0", "url")),
    ]
    for given, path in cases:
        answer = desk.change("recordInteraction", INTERACTION, customerId=ada, channel="CALL", **given)
        assert problem(answer)[2] == path
    nobody = desk.change("addNote", "note { id }", customerId="Q3VzdG9tZXI6eA", text="x")
    assert problem(nobody) == ("NotFoundProblem", "NOT_FOUND", ("input", "customerId"))
    assert desk.errors('query Q { tasks(after: "x") { edges { cursor } } }') == ["INVALID_CURSOR"]


@one_database
def test_notes_are_written_changed_and_gone(desk: Desk) -> None:
    note = desk.done(
        "addNote", "note { id version text writtenBy }", customerId=desk.ids["ada"], text="Deaf."
    )
    changed = desk.done(
        "changeNote",
        "note { text changedBy }",
        id=note["note"]["id"],
        text="Hard of hearing.",
        expectedVersion=note["note"]["version"],
    )
    assert changed["note"] == {"text": "Hard of hearing.", "changedBy": "agent"}
    shown = desk.of("ada", "notes { edges { node { text } } }")["notes"]
    assert shown["edges"] == [{"node": {"text": "Hard of hearing."}}]
    gone = desk.done("removeNote", "note { id } customer { id }", id=note["note"]["id"])
    assert gone == {"note": None, "customer": {"id": desk.ids["ada"]}, "problems": []}
    assert problem(desk.change("removeNote", "note { id }", id=note["note"]["id"]))[1] == "NOT_FOUND"
    assert problem(desk.change("removeNote", "note { id }", id=desk.ids["ada"]))[1] == "INVALID_ID"


def test_complaints_are_counted_by_region_product_and_employee(desk: Desk) -> None:
    places = [("North", "eva"), ("North", "max"), ("South", "max"), (None, None)]
    made = [
        desk.done(
            "openComplaint",
            COMPLAINT,
            customerId=desk.ids["ada" if number % 2 else "bob"],
            category="DELAY",
            severity="HIGH" if number == 0 else "NORMAL",
            text=f"Late again, {number}.",
            region=region,
            employee=employee,
            about={"connector": "hotel", "kind": "hotel.stays", "id": str(number)},
        )["complaint"]
        for number, (region, employee) in enumerate(places)
    ]
    counts = "query Q($by: ComplaintGroup!) { complaintCounts(by: $by) { value count } }"
    assert desk.ask(counts, by="REGION") == [
        {"value": "North", "count": 2},
        {"value": "South", "count": 1},
        {"value": None, "count": 1},
    ]
    assert desk.ask(counts, by="EMPLOYEE")[0] == {"value": "max", "count": 2}
    listing = """query Q($filter: ComplaintFilter, $order: ComplaintOrder, $first: Int, $after: String) {
      complaints(filter: $filter, orderBy: $order, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        edges { node { complaint { id text } customer { displayName } } } } }"""
    due = desk.ask(listing, order={"field": "DUE_AT"}, first=1)
    assert due["edges"][0]["node"] == {
        "complaint": {"id": made[0]["id"], "text": "Late again, 0."},
        "customer": {"displayName": "Bob"},
    }
    assert due["totalCount"] == 4
    rest = desk.ask(listing, order={"field": "DUE_AT"}, after=due["pageInfo"]["endCursor"])
    assert [edge["node"]["complaint"]["id"] for edge in rest["edges"]] == [one["id"] for one in made[1:]]
    assert desk.errors(
        "query Q($c: String) { complaints(after: $c) { totalCount } }", c=due["pageInfo"]["endCursor"]
    ) == ["INVALID_CURSOR"]
    north = desk.ask(listing, filter={"region": "North", "employee": "max", "states": ["OPEN"]})
    assert [edge["node"]["complaint"]["id"] for edge in north["edges"]] == [made[1]["id"]]


def test_a_complaint_goes_its_way_and_what_was_promised_waits_to_be_paid(desk: Desk) -> None:
    opened = desk.done(
        "openComplaint", COMPLAINT, customerId=desk.ids["ada"], category="BILLING", text="Charged twice."
    )["complaint"]
    assert (opened["state"], opened["dueAt"][:10], opened["overdue"]) == ("OPEN", "2026-01-19", False)
    assigned = desk.done("assignComplaint", COMPLAINT, id=opened["id"], assignee="eva")["complaint"]
    assert (assigned["state"], assigned["assignee"], assigned["text"]) == (
        "ASSIGNED",
        "eva",
        "Charged twice.",
    )
    promised = desk.done(
        "compensate", COMPLAINT, id=opened["id"], amount="12.50", currency="EUR", idempotencyKey="c"
    )["complaint"]
    desk.done("compensate", COMPLAINT, id=opened["id"], amount="12.50", currency="EUR", idempotencyKey="c")
    assert promised["compensations"] == [
        {"money": {"amount": "12.50", "currency": "EUR"}, "points": None, "programme": None}
    ]
    tasks = "query Q { tasks { totalCount edges { node { task { kind about { kind id } } } } } }"
    waiting = desk.ask(tasks)
    assert waiting["totalCount"] == 1
    assert waiting["edges"][0]["node"]["task"]["kind"] == "COMPENSATION"
    desk.done("resolveComplaint", COMPLAINT, id=opened["id"], verdict="UPHELD", resolution="Refunded.")
    again = desk.change("resolveComplaint", COMPLAINT, id=opened["id"], verdict="REJECTED", resolution="No.")
    assert problem(again) == ("StateProblem", "NOT_ALLOWED_NOW", ("input", "id"))
    assert again["problems"][0]["allowed"] == ["OPEN", "ASSIGNED"]
    reopened = desk.done("reopenComplaint", COMPLAINT, id=opened["id"])["complaint"]
    assert (reopened["state"], reopened["closedBy"], len(reopened["compensations"])) == ("ASSIGNED", None, 1)
    desk.done("resolveComplaint", COMPLAINT, id=opened["id"], verdict="REJECTED", resolution="No.")
    late = desk.change("compensate", COMPLAINT, id=opened["id"], amount="1", currency="EUR")
    assert problem(late)[1] == "NOT_ALLOWED_NOW"
    for given, field in (
        ({"amount": "1"}, "currency"),
        ({"amount": "1", "currency": "EUR", "programme": "bank"}, "currency"),
        ({"amount": "0.001", "currency": "EUR"}, "amount"),
        ({"amount": "-3", "programme": "bank"}, "amount"),
        ({"amount": "3", "programme": "nowhere"}, "programme"),
        ({"amount": "3", "currency": "XXY"}, "currency"),
    ):
        answer = desk.change("compensate", COMPLAINT, id=opened["id"], **given)
        assert problem(answer)[2] == ("input", field)
    unknown = desk.change(
        "openComplaint", COMPLAINT, customerId=desk.ids["ada"], category="OTHER", text="x", productId="none"
    )
    assert problem(unknown)[2] == ("input", "productId")


def test_tasks_are_taken_from_the_queue_and_completed(desk: Desk) -> None:
    fields = "task { id state assignee text closedBy }"
    made = desk.done(
        "openTask", fields, customerId=desk.ids["bob"], kind="CALL_BACK", text="About the loan."
    )["task"]
    queue = """query Q($filter: TaskFilter) { tasks(filter: $filter) {
      edges { node { task { id text } customer { displayName } } } } }"""
    assert desk.ask(queue, filter={"unassigned": True})["edges"] == [
        {"node": {"task": {"id": made["id"], "text": "About the loan."}, "customer": {"displayName": "Bob"}}}
    ]
    desk.done("assignTask", fields, id=made["id"], assignee="eva")
    assert desk.ask(queue, filter={"unassigned": True})["edges"] == []
    done = desk.done("completeTask", fields, id=made["id"])["task"]
    assert (done["state"], done["closedBy"]) == ("DONE", "agent")
    assert desk.of("bob", "tasks(state: OPEN) { edges { cursor } }")["tasks"]["edges"] == []
    assert problem(desk.change("assignTask", fields, id=made["id"]))[1] == "NOT_ALLOWED_NOW"


def test_appointments_keep_to_hours_and_are_never_double(desk: Desk) -> None:
    who = {"customerId": desk.ids["ada"], "employee": "sam"}
    nine = {"startsAt": "2026-01-06T09:00:00Z", "endsAt": "2026-01-06T10:00:00Z"}
    booked = desk.done("bookAppointment", APPOINTMENT, **who, **nine, text="A loan.")["appointment"]
    assert (booked["state"], booked["timeZone"], booked["text"]) == ("BOOKED", "UTC", "A loan.")
    taken = desk.change(
        "bookAppointment",
        APPOINTMENT,
        customerId=desk.ids["bob"],
        employee="sam",
        startsAt="2026-01-06T09:55:00Z",
        endsAt="2026-01-06T10:30:00Z",
    )
    assert problem(taken) == ("TimeTakenProblem", "TIME_TAKEN", ("input", "startsAt"))
    for starts, ends in (
        ("2026-01-10T09:00:00Z", "2026-01-10T10:00:00Z"),
        ("2026-01-06T08:55:00Z", "2026-01-06T10:00:00Z"),
        ("2026-01-06T16:30:00Z", "2026-01-06T17:30:00Z"),
        ("2026-01-06T10:01:00Z", "2026-01-06T10:30:00Z"),
        ("2026-01-05T07:00:00Z", "2026-01-05T09:00:00Z"),
        ("2026-01-06T10:00:00Z", "2026-01-06T10:00:00Z"),
        ("2026-01-06T10:00:00Z", "2026-01-06T14:05:00Z"),
        ("2027-06-08T10:00:00Z", "2027-06-08T11:00:00Z"),
    ):
        answer = desk.change("bookAppointment", APPOINTMENT, **who, startsAt=starts, endsAt=ends)
        assert problem(answer)[1] == "OUTSIDE_HOURS", starts
    moved = desk.done(
        "moveAppointment",
        APPOINTMENT,
        id=booked["id"],
        startsAt="2026-01-06T09:30:00Z",
        endsAt="2026-01-06T10:30:00Z",
    )["appointment"]
    assert moved["startsAt"] == "2026-01-06T09:30:00+00:00"
    desk.done(
        "bookAppointment", APPOINTMENT, **who, startsAt="2026-01-06T09:00:00Z", endsAt="2026-01-06T09:30:00Z"
    )
    calendar = """query Q($until: DateTime!) { appointments(
      employee: "sam", since: "2026-01-06T00:00:00Z", until: $until) {
        edges { node { appointment { startsAt } customer { displayName } } } } }"""
    assert [
        edge["node"]["appointment"]["startsAt"][11:16]
        for edge in desk.ask(calendar, until="2026-01-07T00:00:00Z")["edges"]
    ] == ["09:00", "09:30"]
    assert desk.errors(calendar, until="2027-01-07T00:00:00Z") == ["LIMIT_EXCEEDED"]
    desk.done("cancelAppointment", APPOINTMENT, id=booked["id"])
    assert problem(desk.change("cancelAppointment", APPOINTMENT, id=booked["id"]))[1] == "NOT_ALLOWED_NOW"
    desk.done(
        "bookAppointment", APPOINTMENT, **who, startsAt="2026-01-06T09:30:00Z", endsAt="2026-01-06T10:30:00Z"
    )
    soonest = desk.of("ada", "appointments { edges { node { startsAt state } } }")["appointments"]["edges"]
    assert [one["node"]["state"] for one in soonest] == ["BOOKED", "CANCELLED", "BOOKED"]


def test_the_timeline_holds_everything_in_one_order(desk: Desk) -> None:
    ada = desk.ids["ada"]
    for day, subject in ((3, "c"), (1, "a"), (2, "b")):
        desk.done(
            "recordInteraction",
            INTERACTION,
            customerId=ada,
            channel="CALL",
            subject=subject,
            startedAt=f"2026-01-0{day}T10:00:00Z",
        )
    desk.done("openComplaint", COMPLAINT, customerId=ada, category="OTHER", text="Noise.")
    desk.done(
        "bookAppointment",
        APPOINTMENT,
        customerId=ada,
        employee="sam",
        startsAt="2026-01-06T09:00:00Z",
        endsAt="2026-01-06T10:00:00Z",
    )
    wanted = ["APPOINTMENT", "COMPLAINT", "c", "b", "a"]
    entry = "edges { cursor node { kind at interaction { subject } complaint { text } record { kind } } }"

    def read(**given: Any) -> Any:
        arguments = ", ".join(f"{name}: {value}" for name, value in given.items())
        shown = f"({arguments})" if arguments else ""
        return desk.of("ada", f"timeline{shown} {{ pageInfo {{ hasNextPage endCursor }} {entry} }}")[
            "timeline"
        ]

    def names(page: Any) -> list[str]:
        nodes = [edge["node"] for edge in page["edges"]]
        return [node["interaction"]["subject"] if node["interaction"] else node["kind"] for node in nodes]

    assert names(read()) == wanted
    for size in (1, 2, 3):
        seen: list[str] = []
        page = read(first=size)
        while True:
            seen += names(page)
            if not page["pageInfo"]["hasNextPage"]:
                break
            page = read(first=size, after=f'"{page["pageInfo"]["endCursor"]}"')
        assert seen == wanted
    assert names(read(kinds="[INTERACTION]")) == ["c", "b", "a"]
    assert names(read(since='"2026-01-02"', until='"2026-01-05"')) == ["COMPLAINT", "c", "b"]
    assert desk.errors(
        'query Q($id: ID!) { customer(by: {id: $id}) { timeline(since: "2026-02-01", until: "2026-01-01") '
        "{ edges { cursor } } } }",
        id=ada,
    ) == ["BAD_USER_INPUT"]


def test_consents_stand_on_the_timeline_of_who_may_read_them(desk: Desk) -> None:
    ada = desk.ids["ada"]
    for day in (3, 1):
        desk.done(
            "recordInteraction",
            INTERACTION,
            customerId=ada,
            channel="CALL",
            subject=f"call {day}",
            startedAt=f"2026-01-0{day}T10:00:00Z",
        )
    for day in (2, 4):
        draft = DecisionDraft(
            kind=DecisionKind.CONSENT,
            state=DecisionState.GIVEN,
            purpose=Purpose.MARKETING,
            at=datetime(2026, 1, day, 9, tzinfo=UTC),
            source=ConsentSource.PAPER,
        )

        async def record(draft: DecisionDraft = draft) -> None:
            async with desk.database.unit(TENANT) as unit:
                await unit.consents.record(ids.decode_as(CUSTOMER, ada, argument="id"), draft, by="me")

        desk.run(record())
    shown = "pageInfo { hasNextPage endCursor } edges { node { kind at consent { purpose state } } }"
    query = f"""query Q($id: ID!, $after: String) {{ customer(by: {{id: $id}}) {{
        timeline(first: 1, after: $after) {{ {shown} }} }} }}"""
    blind = query.replace("consent { purpose state }", "")

    def pages(query: str, access: Access) -> list[Any]:
        found: list[Any] = []
        after: str | None = None
        while True:
            answer = desk.run(desk.engine.execute(query, {"id": ada, "after": after}, access=access))
            assert not answer.errors, answer.errors
            assert answer.data
            page = answer.data["customer"]["timeline"]
            found += [edge["node"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]

    without = access_of("agent", scopes=every_scope() - {Scope.CONSENTS_READ.value})
    both = pages(query, access_of("agent"))
    assert [one["kind"] for one in both] == ["CONSENT", "INTERACTION", "CONSENT", "INTERACTION"]
    assert both[0]["consent"] == {"purpose": "MARKETING", "state": "GIVEN"}
    assert [one["kind"] for one in pages(blind, without)] == ["INTERACTION"] * 2, "nor that there is one"
    asked = desk.run(desk.engine.execute(query, {"id": ada}, access=without))
    assert [error["extensions"]["code"] for error in asked.body()["errors"]] == ["FORBIDDEN"]
