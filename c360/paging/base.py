"""What a way of paging is: how each page is asked for, from the page before it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from c360.http import Response

PageT = TypeVar("PageT")


class Step(msgspec.Struct, frozen=True, gc=False, kw_only=True):
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


class Turn(msgspec.Struct, Generic[PageT], frozen=True, gc=False, kw_only=True):
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
