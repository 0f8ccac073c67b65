"""Lists whose pages name the next one, by a cursor or a link; and those of one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from urllib.parse import parse_qsl, urljoin, urlsplit

from c360.errors import PartnerFault
from c360.http import origin
from c360.links import link_targets
from c360.paging.base import PageT, Paging, Step, Turn


class OnePage(Paging[PageT]):
    """The partner gives the whole list at once."""

    def first(self) -> Step:
        """See :class:`Paging`."""
        return Step()

    def following(self, turn: Turn[PageT]) -> Step | None:
        """See :class:`Paging`."""
        return None


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
