"""Reading on from page to page, and what ends a list that its partner does not end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeVar

from c360.errors import PartnerFault, ProblemCode
from c360.http import Response
from c360.paging.base import PageT, Paging, Step, Turn

MAX_PAGES = 5_000
"""More is no answer but a fault: no customer has that many records."""

ItemT = TypeVar("ItemT")


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
