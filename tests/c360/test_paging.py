from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.errors import PartnerFault, ProblemCode
from c360.http import Http, Request, Response
from c360.links import link_targets
from c360.paging import (
    Cursor,
    HeaderCursor,
    LinkHeader,
    NextLink,
    Offset,
    OnePage,
    PageNumber,
    Paging,
    Step,
    bundle_next,
    every,
    pages,
)

BASE = "https://partner.example/v1"


class BundleLink(msgspec.Struct):
    relation: str
    url: str


class Page(msgspec.Struct):
    items: list[int]
    cursor: str | None = None
    next: str | None = None
    total: int | None = None
    more: bool | None = None
    link: list[BundleLink] = []


def items(page: Page) -> list[int]:
    return page.items


class Partner:
    """Pages a list in each of the ways, whatever the request asks for."""

    def __init__(
        self, found: Sequence[int], size: int, *, turn: Callable[[int], int] = lambda start: start
    ) -> None:
        self.found = list(found)
        self.size = size
        self.turn = turn
        """Where a page that ought to start somewhere starts: what a faulty partner bends."""
        self.requests: list[Request] = []

    def starts_at(self, asked: dict[str, str], body: dict[str, Any]) -> int:
        if "page" in asked:
            return (int(asked["page"]) - 1) * self.size
        for name in ("offset", "cursor"):
            if (value := asked.get(name, body.get(name))) is not None:
                return int(value)
        return 0

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        asked = dict(request.params)
        body = msgspec.json.decode(request.content) if request.content else {}
        start = self.turn(self.starts_at(asked, body))
        end = start + self.size
        given = self.found[start:end]
        more = end < len(self.found)
        number = end // self.size + 1
        link = f"?{urlencode({**asked, 'page': number})}"
        page = {
            "items": given,
            "cursor": str(end) if more else None,
            "next": f"https://inside.partner/lists{link}" if more else None,
            "total": len(self.found),
            "more": more,
            "link": [
                {"relation": "self", "url": "/v1/list"},
                *([{"relation": "next", "url": f"{BASE}/list{link}"}] if more else []),
            ],
        }
        headers = {"content-type": "application/json"}
        if more:
            headers |= {"x-next": str(end), "link": f'<{link}>; rel="next", <x>; rel=last'}
        return Response(status=200, headers=headers, content=msgspec.json.encode(page))


def ways(size: int) -> dict[str, Paging[Page]]:
    return {
        "page, total": PageNumber(items=items, size=("size", size), total=lambda page: page.total),
        "page, last": PageNumber(
            items=items, size=("size", size), last=lambda page: -(-(page.total or 0) // size)
        ),
        "page, more": PageNumber(items=items, size=("size", size), more=lambda page: page.more),
        "page, filled": PageNumber(items=items, size=("size", size), fills=True),
        "page, empty": PageNumber(items=items, size=("size", size)),
        "offset": Offset(items=items, size=("limit", size)),
        "offset in the body": Offset(items=items, size=("limit", size), in_body=True, fills=True),
        "cursor": Cursor(lambda page: page.cursor),
        "cursor in the body": Cursor(lambda page: page.cursor, in_body=True, size=("limit", size)),
        "cursor in a header": HeaderCursor(("x-other", "x-next")),
        "next": NextLink(lambda page: page.next, only=("page",), first={"size": str(size)}),
        "link header": LinkHeader(),
        "bundle": NextLink(lambda page: bundle_next(page.link)),
    }


WAYS = sorted(ways(1))


async def read(partner: Any, paging: Paging[Page], **more: Any) -> list[int]:
    http = Http(partner, base_url=BASE)

    async def ask(step: Step) -> Response | None:
        params = step.params({"kind": "x"})
        if step.fields:
            return await http.post(
                step.path("/list"), json=step.body({"kind": "x"}), params=params, safe=True
            )
        return await http.get(step.path("/list"), params=params)

    return await every(pages(ask, lambda answer: answer.decode(Page), paging, **more), items)


@pytest.mark.parametrize("way", WAYS)
@given(count=st.integers(0, 40), size=st.integers(1, 12))
def test_every_item_comes_once_and_in_order(way: str, count: int, size: int) -> None:
    partner = Partner(range(count), size)
    assert asyncio.run(read(partner, ways(size)[way])) == list(range(count))
    assert len(partner.requests) <= count // size + 2
    assert all(dict(request.params)["kind"] == "x" for request in partner.requests)


@pytest.mark.parametrize("way", WAYS)
@given(size=st.integers(1, 5), full=st.integers(2, 6), back=st.integers(0, 5), data=st.data())
def test_every_loop_is_detected(way: str, size: int, full: int, back: int, data: st.DataObject) -> None:
    """From some page on the partner begins again at an earlier one, for ever."""
    whole = range(size * full * 20)
    loop_from = data.draw(st.integers(1, full - 1))
    loop_to = min(back, loop_from)

    def turn(start: int) -> int:
        number = start // size
        cycle = loop_from - loop_to + 1
        return start if number <= loop_from else (loop_to + (number - loop_to) % cycle) * size

    partner = Partner(whole, size, turn=turn)
    with pytest.raises(PartnerFault, match="in a circle"):
        asyncio.run(read(partner, ways(size)[way]))
    assert len(partner.requests) <= 2 * (loop_from + 2)


@pytest.mark.parametrize("way", WAYS)
def test_pages_that_do_not_end_are_cut_off(way: str) -> None:
    partner = Partner(range(1000), 2)
    with pytest.raises(PartnerFault, match="page 7 names another") as caught:
        asyncio.run(read(partner, ways(2)[way], max_pages=7))
    assert caught.value.code is ProblemCode.TOO_MUCH_DATA
    assert len(partner.requests) == 7


class Says:
    """Gives one page after the other, whatever is asked."""

    def __init__(self, *answers: Page, headers: dict[str, str] | None = None) -> None:
        self.answers = list(answers)
        self.headers = headers or {}
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(status=200, headers=self.headers, content=msgspec.json.encode(self.answers.pop(0)))


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1/list?page=2",
        "http://partner.example/v1/list?page=2",
        "//evil.example/v1/list",
        "https://partner.example:444/v1/list",
        "https://partner.example@evil.example/",
        "https://[",
        "javascript:alert(1)",
    ],
)
def test_a_link_never_leads_to_another_address(run: Callable[..., Any], link: str) -> None:
    header = {"link": f'<{link}>; rel="next"'}
    tries: list[tuple[Says, Paging[Page]]] = [
        (Says(Page(items=[1], next=link), Page(items=[2])), NextLink(lambda page: page.next)),
        (Says(Page(items=[1]), Page(items=[2]), headers=header), LinkHeader()),
    ]
    for partner, paging in tries:
        with pytest.raises(PartnerFault, match="page 2"):
            run(read(partner, paging))
        assert len(partner.requests) == 1


@pytest.mark.parametrize(
    ("link", "url", "params"),
    [
        ("?page=2&a=1&a=2", f"{BASE}/list", (("page", "2"), ("a", "1"), ("a", "2"))),
        ("/v1/other?page=2", f"{BASE}/other", (("page", "2"),)),
        ("more/2", f"{BASE}/more/2", ()),
        (
            "https://partner.example:443/v1/list?page=2#x",
            "https://partner.example:443/v1/list",
            (("page", "2"),),
        ),
    ],
)
def test_a_link_is_resolved_as_one(
    run: Callable[..., Any], link: str, url: str, params: tuple[tuple[str, str], ...]
) -> None:
    partner = Says(Page(items=[1], next=link), Page(items=[2]))
    assert run(read(partner, NextLink(lambda page: page.next))) == [1, 2]
    assert (partner.requests[1].url, partner.requests[1].params) == (url, params)


def test_a_link_of_which_only_the_page_counts_has_to_name_it(run: Callable[..., Any]) -> None:
    partner = Says(Page(items=[1], next="https://inside/?cursor=2"))
    with pytest.raises(PartnerFault, match="does not say which page"):
        run(read(partner, NextLink(lambda page: page.next, only=("page",))))


def test_an_empty_page_that_names_another_is_at_fault(run: Callable[..., Any]) -> None:
    paging = PageNumber[Page](items=items, size=("size", 2), more=lambda page: page.more)
    with pytest.raises(PartnerFault, match="page 1 is empty"):
        run(read(Says(Page(items=[], more=True)), paging))


def test_a_partner_that_gives_fewer_than_asked_for_loses_nothing(run: Callable[..., Any]) -> None:
    ways: list[Paging[Page]] = [
        Offset(items=items, size=("limit", 100)),
        Offset(items=items, size=("limit", 100), total=lambda page: page.total),
        PageNumber(items=items, size=("size", 100)),
        PageNumber(items=items, size=("size", 4), total=lambda page: page.total),
    ]
    for paging in ways:
        assert run(read(Partner(range(10), 3), paging)) == list(range(10))


def test_a_list_may_repeat_itself_where_that_is_said(run: Callable[..., Any]) -> None:
    answers = [Page(items=[7]), Page(items=[7]), Page(items=[])]
    size = ("size", 1)
    assert run(read(Says(*answers), PageNumber(items=items, size=size, repeats=True))) == [7, 7]
    with pytest.raises(PartnerFault, match="page 2 came before"):
        run(read(Says(*answers), PageNumber(items=items, size=size)))


def test_one_page_is_one_request(run: Callable[..., Any]) -> None:
    partner = Says(Page(items=[1, 2], cursor="9"))
    assert run(read(partner, OnePage())) == [1, 2]


def test_where_the_partner_says_that_there_is_no_page_the_list_ends(run: Callable[..., Any]) -> None:
    answers = [Response(status=200, headers={}, content=b'{"items": [1]}'), None]
    asked = []

    async def ask(step: Step) -> Response | None:
        asked.append(step.params())
        return answers[len(asked) - 1]

    async def scenario(last: Response | None) -> list[int]:
        asked.clear()
        answers[1] = last
        paging = PageNumber[Page]("page", start=3, items=items, size=("size", 1))
        return await every(pages(ask, lambda answer: answer.decode(Page), paging), items)

    for last in (None, Response(status=204, headers={})):
        assert run(scenario(last)) == [1]
        assert asked == [{"page": "3", "size": "1"}, {"page": "4", "size": "1"}]


def test_no_further_page_is_read_than_is_enough(run: Callable[..., Any]) -> None:
    partner = Partner(range(100), 10)
    http = Http(partner, base_url=BASE)

    async def scenario() -> list[int]:
        read_on = pages(
            lambda step: http.get("/list", params=step.params()),
            lambda answer: answer.decode(Page),
            Cursor(lambda page: page.cursor),
        )
        return await every(read_on, items, enough=25)

    assert run(scenario()) == list(range(30))
    assert len(partner.requests) == 3


@pytest.mark.parametrize(
    ("header", "targets"),
    [
        ("", []),
        ('<https://a/?x=1,2>; rel="next"', ["https://a/?x=1,2"]),
        ('<a>; rel=prev, <b>; title="x, y; rel=next"; rel="last next"', ["b"]),
        ("<a>;REL=NEXT;rel=prev", ["a"]),
        ('<a>; rel="pre\\"v"; rel=next,<b>;rel=next', ["b"]),
        ("<a>; rel", []),
        ("nonsense", []),
        ('<a>; rel="next" trailing, <b>; rel=next', ["a"]),
    ],
)
def test_links_of_a_header(header: str, targets: list[str]) -> None:
    assert list(link_targets(header, "next")) == targets


@given(st.text('<>;,="\\ arelnxt', max_size=80))
def test_whatever_stands_in_a_header_is_read_or_passed_over(header: str) -> None:
    list(link_targets(header, "next"))
