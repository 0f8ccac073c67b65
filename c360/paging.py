"""Reading a list page by page: one function, and a value for each of the ways that partners page.

::

    async for page in pages(
        lambda step: self.ctx.http.get(step.path("/events"), params=step.params({"member": member_id})),
        lambda response: response.decode(Events),
        PageNumber(items=lambda page: page.events, size=("size", 100)),
    ):
        ...

=================================  ==========================================================
page and size                      :class:`PageNumber`
offset and limit                   :class:`Offset`
a cursor in the answer's body      :class:`Cursor`
a cursor in the answer's headers   :class:`HeaderCursor`
``links.next`` in the body         :class:`NextLink`
a ``Link`` header (RFC 8288)       :class:`LinkHeader`
a FHIR Bundle's ``link``           :class:`NextLink` with :func:`bundle_next`
no paging                          :class:`OnePage`
=================================  ==========================================================

What holds for all: a page, a cursor or a link that comes a second time is a
:class:`~c360.errors.PartnerFault` that says at which page, so are more pages than allowed; and a
partner's link never leads away from scheme, host and port of the request it answers.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, Protocol, Required, TypedDict, TypeVar, Unpack
from urllib.parse import parse_qsl, urljoin, urlsplit

import msgspec

from c360.errors import PartnerFault, ProblemCode
from c360.http import Response, origin
from c360.links import link_targets

__all__ = [
    "MAX_PAGES",
    "Counting",
    "Cursor",
    "HeaderCursor",
    "LinkHeader",
    "NextLink",
    "Offset",
    "OnePage",
    "PageNumber",
    "Paging",
    "Step",
    "Turn",
    "bundle_next",
    "every",
    "pages",
]

MAX_PAGES = 5_000
"""More is no answer but a fault: no customer has that many records."""

PageT = TypeVar("PageT")
ItemT = TypeVar("ItemT")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What the request for one page adds to the request for the list."""

    own: tuple[tuple[str, str], ...] = ()
    """Parameters that say which page."""
    fields: tuple[tuple[str, Any], ...] = ()
    """Fields of a JSON body that say which page."""
    link: str | None = None
    """The partner's link to the page, without its query, where it gave one: it stands for the whole
    request, and ``own`` is its query."""

    def path(self, path: str) -> str:
        """The path of the page, from that of the list."""
        return path if self.link is None else self.link

    def params(self, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The query parameters of the page, from those of the list."""
        if self.link is None:
            whole = dict(params) if params else {}
            whole.update(self.own)
            return whole
        repeated: dict[str, tuple[str, ...]] = {}
        for name, value in self.own:
            repeated[name] = (*repeated.get(name, ()), value)
        return repeated

    def body(self, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON body of the page, from that of the list."""
        return {**(body or {}), **dict(self.fields)}


class Turn(msgspec.Struct, Generic[PageT], frozen=True, kw_only=True):
    """A page that was read, and where it stands."""

    number: int
    """From 1, in the order read."""
    step: Step
    before: int
    """Items on the pages read before it."""
    response: Response
    page: PageT


class Paging(ABC, Generic[PageT]):
    """A way of paging. A value: it remembers nothing, so one may stand in a module."""

    @abstractmethod
    def first(self) -> Step:
        """How the first page is asked for."""

    @abstractmethod
    def following(self, turn: Turn[PageT]) -> Step | None:
        """How the page after one is asked for; ``None``: that was the last.

        Raises:
            PartnerFault: the answer does not say it as it should.
        """

    def count(self, page: PageT) -> int:
        """Items of a page, where the way of paging depends on it."""
        return 0

    def mark(self, turn: Turn[PageT]) -> Hashable | None:
        """What a page is recognised by when it comes a second time; ``None``: by its step alone."""
        return None


def pages(
    ask: Callable[[Step], Awaitable[Response | None]],
    read: Callable[[Response], PageT],
    paging: Paging[PageT],
    *,
    max_pages: int = MAX_PAGES,
) -> AsyncGenerator[PageT, None]:
    """The pages of a list, each once, in the partner's order.

    Args:
        ask: sends the request of a step; ``None`` where the partner says that there is no such page
            (any more). An answer 204 means the same.
        read: what an answer says, typed. Its errors are the caller's.
        paging: how the partner pages.
        max_pages: beyond it the partner is at fault.

    Raises:
        PartnerFault: the pages go in a circle, do not end, or their links lead elsewhere.
        ConnectorError: what ``ask`` and ``read`` raise.
    """
    return _Pages(ask, read, paging, max_pages)


class _Pages(AsyncGenerator[PageT, None]):
    """Reads on page by page. Most lists have one: what tells a circle is remembered from the second on."""

    __slots__ = ("_ask", "_asked", "_before", "_max_pages", "_number", "_paging", "_read", "_seen", "_step")

    def __init__(
        self,
        ask: Callable[[Step], Awaitable[Response | None]],
        read: Callable[[Response], PageT],
        paging: Paging[PageT],
        max_pages: int,
    ) -> None:
        self._ask = ask
        self._read = read
        self._paging = paging
        self._max_pages = max_pages
        self._step: Step | None = paging.first()
        self._number = 0
        self._before = 0
        self._asked: set[Hashable] = set()
        self._seen: set[Hashable] = set()

    async def __anext__(self) -> PageT:
        """The next page."""
        step, self._step = self._step, None  # nothing follows a failure
        if step is None:
            raise StopAsyncIteration
        if self._number >= self._max_pages:
            raise PartnerFault(
                f"the pages do not end: page {self._max_pages} names another", code=ProblemCode.TOO_MUCH_DATA
            )
        if step in self._asked:
            raise PartnerFault(f"after page {self._number} the pages go in a circle")
        self._number += 1
        response = await self._ask(step)
        if response is None or response.status == 204:
            raise StopAsyncIteration
        page = self._read(response)
        turn = Turn(number=self._number, step=step, before=self._before, response=response, page=page)
        mark = self._paging.mark(turn) if self._seen else None
        if mark is not None and mark in self._seen:
            raise PartnerFault(f"page {self._number} came before: the pages go in a circle")
        following = self._paging.following(turn)
        if following is not None:
            self._asked.add(step)
            self._seen.add(self._paging.mark(turn) if mark is None else mark)
            self._before += self._paging.count(page)
            self._step = following
        return page

    async def asend(self, value: None) -> PageT:
        """See :class:`AsyncGenerator`; nothing is sent to pages."""
        return await self.__anext__()

    async def athrow(self, typ: Any, val: Any = None, tb: Any = None) -> PageT:
        """See :class:`AsyncGenerator`: nothing is held that an error would have to let go of."""
        self._step = None
        raise typ if val is None else val

    async def aclose(self) -> None:
        """Read no further."""
        self._step = None


async def every(
    read: AsyncIterator[PageT],
    items: Callable[[PageT], Sequence[ItemT]],
    *,
    enough: int | None = None,
) -> list[ItemT]:
    """The items of all pages in one list.

    Args:
        read: the pages.
        items: the items of one.
        enough: no further page is read once there are more than so many, because the host cuts off
            there and says so.
    """
    found: list[ItemT] = []
    async for page in read:
        found.extend(items(page))
        if enough is not None and len(found) > enough:
            break
    return found


class OnePage(Paging[PageT]):
    """The partner gives the whole list at once."""

    def first(self) -> Step:
        """See :class:`Paging`."""
        return Step()

    def following(self, turn: Turn[PageT]) -> Step | None:
        """See :class:`Paging`."""
        return None


class Counting(TypedDict, Generic[PageT], total=False):
    """What :class:`PageNumber` and :class:`Offset` are told about a list that the caller counts.

    Its end is the first of these that the partner tells: ``last``, ``more``, an empty page, ``total``, and
    a page that is not full where it ``fills`` them.
    """

    items: Required[Callable[[PageT], Sequence[Any]]]
    """The items of a page."""
    size: Required[tuple[str, int]]
    """Name and value of the parameter for how many are wanted."""
    total: Callable[[PageT], int | None]
    """How many items the partner says there are in all; ``None`` where it does not."""
    last: Callable[[PageT], int | None]
    """Number of the last page, of :class:`PageNumber` alone; ``None`` where the partner does not say."""
    more: Callable[[PageT], bool | None]
    """Whether the partner says that there is another page; ``None`` where it does not."""
    fills: bool
    """Whether the partner fills each page but the last one. Not to be said where it may give fewer
    than asked for: what is behind would be lost."""
    repeats: bool
    """Whether the list may give a whole page again without being at fault."""
    in_body: bool
    """Whether the request is a JSON body."""


def _silent(_: Any) -> None:
    """What a partner says that does not say it."""


class _Counted(Paging[PageT]):
    def __init__(self, **counting: Unpack[Counting[PageT]]) -> None:
        self._items = counting["items"]
        self._size_name, self._size = counting["size"]
        self._total = counting.get("total", _silent)
        self._last = counting.get("last", _silent)
        self._more = counting.get("more", _silent)
        self._fills = counting.get("fills", False)
        self._repeats = counting.get("repeats", False)
        self._in_body = counting.get("in_body", False)

    def _step(self, name: str, position: int) -> Step:
        if self._in_body:
            return Step(fields=((name, position), (self._size_name, self._size)))
        return Step(own=((name, str(position)), (self._size_name, str(self._size))))

    def _position(self, turn: Turn[PageT]) -> int:
        return int(turn.step.fields[0][1] if self._in_body else turn.step.own[0][1])

    def count(self, page: PageT) -> int:
        """See :class:`Paging`."""
        return len(self._items(page))

    def _ended(self, turn: Turn[PageT], before: int) -> bool:
        """Whether a page is the last; ``before`` items stood on the pages before it."""
        count = self.count(turn.page)
        more = self._more(turn.page)
        if more is not None:
            if more and not count:
                raise PartnerFault(f"page {turn.number} is empty and names another")
            return not more
        if not count:
            return True
        total = self._total(turn.page)
        if total is not None:
            return before + count >= total
        return self._fills and count < self._size

    def mark(self, turn: Turn[PageT]) -> Hashable | None:
        """See :class:`Paging`: its items, for partners that pass over the parameter and repeat page 1."""
        items = self._items(turn.page)
        if self._repeats or not items:
            return None
        return hashlib.blake2b(msgspec.json.encode(items, enc_hook=repr), digest_size=16).digest()


class PageNumber(_Counted[PageT]):
    """Pages by number. Further arguments: see :class:`Counting`.

    Args:
        page: name of the parameter.
        start: number to begin with.
        base: number of the first page there is, 1 or 0.
    """

    def __init__(
        self, page: str = "page", *, start: int | None = None, base: int = 1, **counted: Any
    ) -> None:
        super().__init__(**counted)
        self._page = page
        self._base = base
        self._start = base if start is None else start
        self._first = self._step(page, self._start)

    def first(self) -> Step:
        """See :class:`Paging`."""
        return self._first

    def following(self, turn: Turn[PageT]) -> Step | None:
        """See :class:`Paging`."""
        number = self._position(turn)
        last = self._last(turn.page)
        skipped = (self._start - self._base) * self._size
        if last is None:
            ended = self._ended(turn, skipped + turn.before)
        else:
            ended = number >= last or not self.count(turn.page)
        return None if ended else self._step(self._page, number + 1)


class Offset(_Counted[PageT]):
    """Pages by the number of items before them; each begins after as many as were really given.

    Further arguments: see :class:`Counting`.

    Args:
        offset: name of the parameter.
    """

    def __init__(self, offset: str = "offset", **counting: Unpack[Counting[PageT]]) -> None:
        super().__init__(**counting)
        self._offset = offset
        self._first = self._step(offset, 0)

    def first(self) -> Step:
        """See :class:`Paging`."""
        return self._first

    def following(self, turn: Turn[PageT]) -> Step | None:
        """See :class:`Paging`."""
        offset = self._position(turn)
        if self._ended(turn, offset):
            return None
        return self._step(self._offset, offset + self.count(turn.page))


class Cursor(Paging[PageT]):
    """A cursor that stands in the answer's body.

    Args:
        read: the cursor of a page; ``None`` or empty at the end.
        name: the parameter, or field of the body, that takes it.
        in_body: whether the request is a JSON body.
        size: name and value of the parameter for how many are wanted, where there is one.
    """

    def __init__(
        self,
        read: Callable[[PageT], str | int | None],
        name: str = "cursor",
        *,
        in_body: bool = False,
        size: tuple[str, int] | None = None,
    ) -> None:
        self._read = read
        self._name = name
        self._in_body = in_body
        self._size = size
        self._first = self._step(None)

    def first(self) -> Step:
        """See :class:`Paging`."""
        return self._first

    def following(self, turn: Turn[PageT]) -> Step | None:
        """See :class:`Paging`."""
        cursor = self._read(turn.page)
        return None if cursor is None or cursor == "" else self._step(cursor)

    def _step(self, cursor: str | int | None) -> Step:
        values = [(self._name, cursor)] if cursor is not None else []
        values += [self._size] if self._size else []
        if self._in_body:
            return Step(fields=tuple(values))
        return Step(own=tuple((name, str(value)) for name, value in values))


class HeaderCursor(Cursor[PageT]):
    """A cursor that stands in a header of the answer.

    Args:
        headers: names of the header in lower case; the first that is there counts.
        name: the parameter that takes it.
        size: name and value of the parameter for how many are wanted, where there is one.
    """

    def __init__(
        self, headers: Sequence[str], name: str = "cursor", *, size: tuple[str, int] | None = None
    ) -> None:
        super().__init__(lambda _: None, name, size=size)
        self._headers = tuple(headers)

    def following(self, turn: Turn[PageT]) -> Step | None:
        """See :class:`Paging`."""
        said = turn.response.headers
        cursor = next((said[name] for name in self._headers if said.get(name)), None)
        return self._step(cursor) if cursor else None


class NextLink(Paging[PageT]):
    """A link to the next page that stands in the answer's body.

    Args:
        read: the link of a page, absolute or relative; ``None`` or empty at the end.
        only: take these query parameters from the link and nothing else, for partners whose links
            name a host of their own inside. Otherwise the link is followed as it is, as long as it
            stays on the origin of the request.
        first: parameters of the first request.
    """

    def __init__(
        self,
        read: Callable[[PageT], str | None],
        *,
        only: Sequence[str] = (),
        first: Mapping[str, str] | None = None,
    ) -> None:
        self._read = read
        self._only = frozenset(only)
        self._first = Step(own=tuple((first or {}).items()))

    def first(self) -> Step:
        """See :class:`Paging`."""
        return self._first

    def following(self, turn: Turn[PageT]) -> Step | None:
        """See :class:`Paging`."""
        link = self._read(turn.page)
        return self._step(link, turn) if link else None

    def _step(self, link: str, turn: Turn[PageT]) -> Step:
        try:
            target = urljoin(turn.response.url, link)
            parts = urlsplit(target)
            query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        except ValueError:
            raise PartnerFault(f"the link to page {turn.number + 1} is no address") from None
        if self._only:
            taken = tuple(pair for pair in query if pair[0] in self._only)
            if {name for name, _ in taken} != self._only:
                raise PartnerFault(f"the link to page {turn.number + 1} does not say which page")
            kept = tuple(pair for pair in self._first.own if pair[0] not in self._only)
            return Step(own=(*kept, *taken))
        if not _same_origin(target, turn.response.url):
            raise PartnerFault(f"the link to page {turn.number + 1} leads to another address")
        return Step(link=parts._replace(query="", fragment="").geturl(), own=query)


def _same_origin(one: str, other: str) -> bool:
    try:
        return origin(one) == origin(other)
    except PartnerFault:
        return False


class LinkHeader(NextLink[PageT]):
    """A ``Link`` header with ``rel="next"`` (RFC 8288). Arguments: see :class:`NextLink`."""

    def __init__(self, *, only: Sequence[str] = (), first: Mapping[str, str] | None = None) -> None:
        super().__init__(lambda _: None, only=only, first=first)

    def following(self, turn: Turn[PageT]) -> Step | None:
        """See :class:`Paging`."""
        link = next(iter(link_targets(turn.response.headers.get("link", ""), "next")), None)
        return self._step(link, turn) if link else None


class _Link(Protocol):
    @property
    def relation(self) -> str: ...

    @property
    def url(self) -> str: ...


def bundle_next(links: Sequence[_Link] | None) -> str | None:
    """The link to the next page among a FHIR Bundle's ``link`` (HL7 FHIR R4, section 3.1.0.12)."""
    return next((link.url for link in links or () if link.relation == "next"), None)
