"""Lists that the caller counts through: by number of the page, or of the items before it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, Required, TypedDict, Unpack

import msgspec

from c360.errors import PartnerFault
from c360.paging.base import PageT, Paging, Step, Turn


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
