"""Connections: walking them forward or backward sees every element once, in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from c360.contract import KeyKind
from c360.records.hotel import Stay, StayStatus
from schema.inputs import PageArguments
from schema.paging import Connection, connect, stretch

places = st.lists(
    st.tuples(st.text("abc", max_size=3), st.text("xyz", min_size=1, max_size=2)), unique=True, max_size=12
)


def page(rows: list[Any], *, descending: bool = False, **asked: Any) -> Connection:
    return connect(rows, stretch(PageArguments(**asked)), scope="test", descending=descending)


@given(found=places, size=st.integers(1, 5), descending=st.booleans())
def test_forward_and_backward_walks_agree(found: list[tuple[str, str]], size: int, descending: bool) -> None:
    rows = [(place, "/".join(place)) for place in sorted(found, reverse=descending)]
    forward: list[Any] = []
    after = None
    while True:
        now = page(rows, descending=descending, first=size, after=after)
        forward += [edge.node for edge in now.edges]
        assert now.page_info.has_previous_page == (after is not None)
        if not now.page_info.has_next_page:
            break
        after = now.page_info.end_cursor
    backward: list[Any] = []
    before = None
    while True:
        now = page(rows, descending=descending, last=size, before=before)
        backward = [edge.node for edge in now.edges] + backward
        assert now.page_info.has_next_page == (before is not None)
        if not now.page_info.has_previous_page:
            break
        before = now.page_info.start_cursor
    assert forward == backward == [node for _, node in rows]


@given(found=places.filter(bool), data=st.data())
def test_a_walk_goes_on_when_its_last_element_is_gone(
    found: list[tuple[str, str]], data: st.DataObject
) -> None:
    rows = [(place, place) for place in sorted(found)]
    gone = data.draw(st.sampled_from(range(len(rows))))
    cursor = page(rows, first=100).edges[gone].cursor
    left = rows[:gone] + rows[gone + 1 :]
    assert [edge.node for edge in page(left, first=100, after=cursor).edges] == [
        node for _, node in rows[gone + 1 :]
    ]


@settings(max_examples=20, deadline=None)
@given(days=st.lists(st.integers(-100, 100), max_size=9), size=st.integers(1, 4))
def test_stays_are_paged_newest_first(make_world: Callable[[], Any], days: list[int], size: int) -> None:
    world = make_world()
    world.host.instances = {"inn": "hotel"}
    world.customer(1, links={"inn": "g"}, keys={KeyKind.EMAIL: "a@b.ch"})
    world.host.records["inn", "g", "hotel.stays"] = tuple(
        Stay(
            reservation_id=f"r{number % 3}",
            status=StayStatus.CONFIRMED,
            check_in=date(2025, 6, 15) + timedelta(days=shift),
            check_out=date(2025, 12, 31),
        )
        for number, shift in enumerate(days)
    )
    query = """query ($size: Int, $after: String) { customer(by: {email: "a@b.ch"}) { hotel {
        stays(first: $size, after: $after) {
            totalCount pageInfo { hasNextPage endCursor } edges { node { checkIn } } } } } }"""
    seen: list[str] = []
    after = None
    while True:
        stays = world.data(query, {"size": size, "after": after})["customer"]["hotel"]["stays"]
        assert stays["totalCount"] == len(days)
        seen += [edge["node"]["checkIn"] for edge in stays["edges"]]
        after = stays["pageInfo"]["endCursor"]
        if not stays["pageInfo"]["hasNextPage"]:
            break
    assert seen == sorted(
        ((date(2025, 6, 15) + timedelta(days=shift)).isoformat() for shift in days), reverse=True
    )


def test_customers_page_through_the_store(world: Any) -> None:
    for number in range(1, 8):
        world.customer(number)
    query = """query ($after: String, $before: String, $first: Int, $last: Int) {
        customers(after: $after, before: $before, first: $first, last: $last,
                  orderBy: {field: NAME, direction: DESC}) {
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            edges { node { displayName } } } }"""
    first = world.data(query, {"first": 3})["customers"]
    assert [edge["node"]["displayName"] for edge in first["edges"]] == [
        "Customer 007",
        "Customer 006",
        "Customer 005",
    ]
    after = world.data(query, {"first": 3, "after": first["pageInfo"]["endCursor"]})["customers"]
    assert after["pageInfo"]["hasPreviousPage"]
    back = world.data(query, {"last": 3, "before": after["pageInfo"]["startCursor"]})["customers"]
    assert back["edges"] == first["edges"]
