"""Segments on the graph: where a customer stands and why, who is best, and how large segments were."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from c360.access import Purpose
from resolvers.segments.definitions import Action, Segment, When
from resolvers.segments.dimensions import Lifecycle
from resolvers.summaries.keeping import kept_of
from resolvers.summaries.measures import Figure, Line, Measure
from schema import ids
from store.data import PartyFigures
from store.data_segments import CountData, CustomerScore, SegmentDefinition, Tally
from tests.fixtures.access import access as access_of

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
TODAY = NOW.date()
STANDING = """
query($id: ID!) {
  customer(by: {id: $id}) {
    lifecycle
    standing {
      value risk lifecycle version basis asOf missing
      why { dimension label figure value cut note }
      ranks { name customers }
    }
    segments {
      name title description strategy version
      actions { code text }
      why { dimension label figure value cut }
    }
  }
}
"""


def kept(customer: str, party: str = "P1", **measures: float) -> PartyFigures:
    """Purchases with points, by the names of the measures."""
    figures = [
        Figure(
            line=Line.LOYALTY,
            measure=Measure(name.upper()),
            value=value,
            currency="AUD" if name.startswith("spent") else None,
        )
        for name, value in measures.items()
    ]
    return PartyFigures(
        customer_id=customer, connector="points", party_id=party, as_of=NOW, figures=kept_of(figures)
    )


def ago(days: int) -> float:
    return float(TODAY.toordinal() - days)


def defined(segment: Segment, version: int = 3) -> SegmentDefinition:
    return SegmentDefinition(
        name=segment.name,
        version=version,
        definition=msgspec.json.encode(segment).decode(),
        active_from=NOW,
        by="eve",
        recorded_at=NOW,
    )


GONE = Segment(
    name="gone",
    title="Gone",
    description="They left.",
    rule=(When(lifecycle=(Lifecycle.LAPSED,)),),
    strategy="Let them go.",
    actions=(Action(code="NO_CALLS", text="Do not call."),),
)


def count(day: date = TODAY, customers: int = 4, **segments: Tally) -> CountData:
    return CountData(
        day=day,
        versions={"gone": 3, "dimensions": 1},
        currency="AUD",
        customers=customers,
        segments=segments,
        finished_at=NOW,
    )


def asked(world: Any, customer: str) -> Any:
    world.access = access_of("analyst", purpose=Purpose.RISK)
    return world.data(STANDING, {"id": ids.encode("Customer", customer)})["customer"]


def test_a_customer_stands_somewhere_and_learns_why(world: Any) -> None:
    ada = world.customer(1, links={"points": "P1"})
    world.store.figures = [kept(ada, first_on=ago(2000), last_on=ago(900), purchase_days=12)]
    world.store.segments = [defined(GONE)]
    found = asked(world, ada)
    assert found["lifecycle"] == "LAPSED"
    standing = found["standing"]
    assert (standing["lifecycle"], standing["basis"], standing["missing"]) == ("LAPSED", "SUMMARIES", [])
    assert standing["asOf"] == "2025-06-15T12:00:00+00:00"
    assert (standing["version"], standing["ranks"]["name"]) == (0, "ranks")
    value, risk, lifecycle = standing["why"]
    assert [one["dimension"] for one in (value, risk, lifecycle)] == ["VALUE", "RISK", "LIFECYCLE"]
    assert (value["figure"], value["label"]) == ("PROFIT_PERCENTILE", standing["value"])
    assert (risk["figure"], risk["label"]) == ("BEHAVIOURAL_POINTS", standing["risk"])
    assert lifecycle == {
        "dimension": "LIFECYCLE",
        "label": "LAPSED",
        "figure": "SILENT_RHYTHMS",
        "value": 9.0,
        "cut": "at least 3",
        "note": None,
    }
    (segment,) = found["segments"]
    del lifecycle["note"]
    assert segment == {
        "name": "gone",
        "title": "Gone",
        "description": "They left.",
        "strategy": "Let them go.",
        "version": 3,
        "actions": [{"code": "NO_CALLS", "text": "Do not call."}],
        "why": [lifecycle],
    }


def test_where_nothing_is_kept_nothing_is_guessed(world: Any) -> None:
    ada = world.customer(1, links={"points": "P1", "bank": "B1"})
    found = asked(world, ada)
    standing = found["standing"]
    assert (standing["value"], standing["risk"], standing["lifecycle"]) == ("UNKNOWN", "UNKNOWN", "UNKNOWN")
    assert standing["missing"] == ["bank", "points"]
    assert standing["asOf"] is None
    assert all(one["value"] is None and one["note"] for one in standing["why"])
    # The shipped definitions hold where a company has none.
    assert [(one["name"], one["version"]) for one in found["segments"]] == [("unknown", 0)]
    assert asked(world, world.customer(2))["lifecycle"] == "PROSPECT"


def test_definitions_and_figures_are_read_once_for_all(world: Any) -> None:
    for number in range(3):
        world.customer(number, links={"points": f"P{number}"})
    world.store.segments = [defined(GONE)]
    world.data(
        "{ customers { edges { node { lifecycle segments { name } standing { value } } } }"
        "  other: customers { edges { node { segments { version } } } } }"
    )
    assert world.store.calls.count("segments.current") == 1
    assert world.store.calls.count("summaries.of") == 1
    assert world.host.requests == []


def test_a_definition_of_another_release_is_left_out_and_logged(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ada = world.customer(1, links={"points": "P1"})
    world.store.figures = [kept(ada, first_on=ago(2000), last_on=ago(900), purchase_days=12)]
    other = msgspec.structs.replace(defined(GONE), name="newer", definition='{"name": "newer", "so": "?"}')
    world.store.segments = [defined(GONE), other]
    assert [one["name"] for one in asked(world, ada)["segments"]] == ["gone"]
    assert "segment newer, version 3" in caplog.text


def test_customers_are_listed_by_segment(world: Any) -> None:
    ada, bea = world.customer(1), world.customer(2)
    world.store.members = {"gone": {bea}}
    query = "query($s: String) { customers(filter: {segment: $s}) { totalCount edges { node { id } } } }"
    found = world.data(query, {"s": "gone"})["customers"]
    assert [edge["node"]["id"] for edge in found["edges"]] == [ids.encode("Customer", bea)]
    assert world.data(query, {"s": None})["customers"]["totalCount"] == 2
    assert ada


SIZES = """
query($since: Date, $until: Date) {
  segments(since: $since, until: $until) {
    name title description strategy version
    actions { code }
    sizes { date customers share version profit { amount currency } lifetimeValue { amount } }
  }
}
"""


def test_segments_have_sizes_over_time(world: Any) -> None:
    world.store.segments = [defined(GONE)]
    world.store.counts = [
        count(TODAY - timedelta(days=40), gone=Tally(1)),
        count(TODAY - timedelta(days=30), gone=Tally(2, 10.004)),
        count(gone=Tally(3, 99.999, -5.0)),
    ]
    (segment,) = world.data(SIZES)["segments"]
    assert (segment["name"], segment["version"], segment["actions"]) == ("gone", 3, [{"code": "NO_CALLS"}])
    assert segment["sizes"] == [
        {
            "date": "2025-05-16",
            "customers": 2,
            "share": 0.5,
            "version": 3,
            "profit": {"amount": "10.00", "currency": "AUD"},
            "lifetimeValue": {"amount": "0.00"},
        },
        {
            "date": "2025-06-15",
            "customers": 3,
            "share": 0.75,
            "version": 3,
            "profit": {"amount": "100.00", "currency": "AUD"},
            "lifetimeValue": {"amount": "-5.00"},
        },
    ]
    (early,) = world.data(SIZES, {"until": "2025-05-10"})["segments"]
    assert [each["date"] for each in early["sizes"]] == ["2025-05-06"]
    (all_,) = world.data(SIZES, {"since": "2025-01-01"})["segments"]
    assert len(all_["sizes"]) == 3


def test_without_a_count_there_are_no_sizes(world: Any) -> None:
    found = world.data(SIZES)["segments"]
    assert len(found) == 16
    assert all(each["version"] == 0 and each["sizes"] == [] for each in found)


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [("2025-02-01", "2025-01-01", "BAD_USER_INPUT"), ("2000-01-01", "2025-01-01", "LIMIT_EXCEEDED")],
)
def test_a_window_that_cannot_be_is_refused(world: Any, since: str, until: str, code: str) -> None:
    response = world.ask(SIZES, {"since": since, "until": until})
    assert [error["extensions"]["code"] for error in response.errors] == [code]


BEST = """
query($by: BestBy, $line: BusinessLine, $first: Int, $after: String) {
  bestCustomers(by: $by, line: $line, first: $first, after: $after) {
    countedOn
    edges { cursor node { amount { amount currency } customer { id lifecycle } } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""


def test_the_best_are_listed_by_figure_and_line(world: Any) -> None:
    customers = [world.customer(number, links={"points": f"P{number}"}) for number in range(3)]
    world.store.counts = [count()]
    world.store.scores = [
        CustomerScore(customer_id=one, figure=figure, line=line, score=score)
        for one, figure, line, score in (
            (customers[0], "PROFIT", "", 10.0),
            (customers[1], "PROFIT", "", 30.006),
            (customers[2], "PROFIT", "", -20.0),
            (customers[0], "PROFIT", "HOME", 7.0),
            (customers[2], "LIFETIME_VALUE", "", 5.0),
        )
    ]
    first = world.data(BEST, {"by": "PROFIT", "first": 2})["bestCustomers"]
    assert first["countedOn"] == "2025-06-15"
    assert [edge["node"]["customer"]["id"] for edge in first["edges"]] == [
        ids.encode("Customer", one) for one in (customers[1], customers[0])
    ]
    assert first["edges"][0]["node"]["amount"] == {"amount": "30.01", "currency": "AUD"}
    assert first["edges"][0]["node"]["customer"]["lifecycle"] == "UNKNOWN"
    assert first["pageInfo"]["hasNextPage"]
    rest = world.data(BEST, {"by": "PROFIT", "after": first["pageInfo"]["endCursor"]})["bestCustomers"]
    assert [edge["node"]["amount"]["amount"] for edge in rest["edges"]] == ["-20.00"]
    home = world.data(BEST, {"by": "PROFIT", "line": "HOME"})["bestCustomers"]
    assert [edge["node"]["amount"]["amount"] for edge in home["edges"]] == ["7.00"]
    value = world.data(BEST, {"by": "LIFETIME_VALUE"})["bestCustomers"]
    assert [edge["node"]["amount"]["amount"] for edge in value["edges"]] == ["5.00"]


def test_before_the_first_count_nobody_is_best(world: Any) -> None:
    ada = world.customer(1)
    world.store.scores = [CustomerScore(customer_id=ada, figure="PROFIT", line="", score=1.0)]
    found = world.data(BEST)["bestCustomers"]
    assert (found["countedOn"], found["edges"], found["pageInfo"]["hasNextPage"]) == (None, [], False)


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"first": 0}, "BAD_USER_INPUT"),
        ({"first": 101}, "LIMIT_EXCEEDED"),
        ({"after": "ä"}, "INVALID_CURSOR"),
    ],
)
def test_a_page_that_cannot_be_is_refused(world: Any, variables: dict[str, Any], code: str) -> None:
    response = world.ask(BEST, variables)
    assert [error["extensions"]["code"] for error in response.errors] == [code]
