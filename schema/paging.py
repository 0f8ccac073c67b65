"""Relay connections over lists that are already here, and the rules that all connections share."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta
from strawberry.types.field import StrawberryField

from schema import cursors
from schema.declarations import Demand
from schema.derive import Deriver
from schema.errors import ErrorCode, InputError
from schema.inputs import DEFAULT_PAGE, MAX_PAGE, PageArguments


class PageInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stretch of a list lies in it."""

    has_next_page: Annotated[bool, Meta(description="Whether the list goes on after the last edge.")]
    has_previous_page: Annotated[bool, Meta(description="Whether there is more before the first edge.")]
    start_cursor: Annotated[str | None, Meta(description="Cursor of the first edge.")] = None
    end_cursor: Annotated[str | None, Meta(description="Cursor of the last edge.")] = None


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """An element in a list."""

    node: Any
    cursor: str


class Places(Protocol):
    """Where the elements of a list stand in it."""

    def place(self, at: int) -> tuple[str, ...]:
        """The place of one of them, from 0."""
        ...


class PlacedEdge(msgspec.Struct, frozen=True):
    """An element in a list that is here as a whole: its cursor is made where it is asked for."""

    node: Any
    at: int
    places: Places
    scope: str

    @property
    def cursor(self) -> str:
        """Where it stands."""
        return cursors.encode(self.scope, self.places.place(self.at))


class PlacedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stretch of such a list lies in it; see :class:`PageInfo`."""

    has_next_page: bool
    has_previous_page: bool
    edges: Sequence[PlacedEdge]

    @property
    def start_cursor(self) -> str | None:
        """Cursor of the first edge."""
        return self.edges[0].cursor if self.edges else None

    @property
    def end_cursor(self) -> str | None:
        """Cursor of the last edge."""
        return self.edges[-1].cursor if self.edges else None


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a list."""

    edges: Sequence[Edge | PlacedEdge]
    page_info: PageInfo | PlacedPage
    total_count: int | None = None


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Which stretch of a list was asked for, checked."""

    size: int
    forward: bool
    after: str | None
    before: str | None


def stretch(asked: PageArguments) -> Stretch:
    """Check the arguments of a connection.

    Raises:
        InputError: A size is out of bounds, or both were given.
    """
    if asked.first is not None and asked.last is not None:
        message = "Give either `first` or `last`."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="last")
    forward = asked.last is None
    size = page_size(asked.first, "first") if forward else page_size(asked.last, "last")
    return Stretch(size=size, forward=forward, after=asked.after, before=asked.before)


def page_size(asked: int | None, argument: str) -> int:
    """The size of a page.

    Raises:
        InputError: It is not positive, or larger than a page may be.
    """
    size = DEFAULT_PAGE if asked is None else asked
    if size < 1:
        message = f"`{argument}` must be at least 1."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=argument)
    if size > MAX_PAGE:
        message = f"`{argument}` may be {MAX_PAGE} at the most; page through the rest with cursors."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument=argument)
    return size


class _Placed:
    """Places that are there already."""

    def __init__(self, rows: Sequence[tuple[tuple[str, ...], Any]]) -> None:
        self._rows = rows

    def place(self, at: int) -> tuple[str, ...]:
        return self._rows[at][0]


def connect(
    rows: Sequence[tuple[tuple[str, ...], Any]], asked: Stretch, *, scope: str, descending: bool
) -> Connection:
    """The stretch of a list that was asked for.

    Args:
        rows: Every element with its place, in order; no two places are the same.
        asked: Which stretch.
        scope: Name of the list and its order, which its cursors carry.
        descending: Whether places fall along the list.

    Raises:
        InputError: A cursor was not made by this list.
    """
    nodes = [node for _, node in rows]
    edges, page = cut(nodes, _Placed(rows), asked, scope=scope, descending=descending)
    return Connection(edges=edges, page_info=page, total_count=len(nodes))


def cut(
    nodes: Sequence[Any], places: Places, asked: Stretch, *, scope: str, descending: bool
) -> tuple[list[PlacedEdge], PlacedPage]:
    """The stretch of a list that was asked for, as its edges and where they lie.

    Args:
        nodes: Every element, in order.
        places: Where they stand; no two places are the same.
        asked: Which stretch.
        scope: Name of the list and its order, which its cursors carry.
        descending: Whether places fall along the list.

    Raises:
        InputError: A cursor was not made by this list.
    """
    start, stop = 0, len(nodes)
    if asked.after is not None or asked.before is not None:
        start, stop = _between(places, asked, scope, stop, descending=descending)
    if asked.forward:
        stop = min(stop, start + asked.size)
    else:
        start = max(start, stop - asked.size)
    edges = [PlacedEdge(nodes[at], at, places, scope) for at in range(start, stop)]
    page = PlacedPage(
        has_next_page=bool(edges) and stop < len(nodes),
        has_previous_page=start > 0 if edges else bool(nodes),
        edges=edges,
    )
    return edges, page


def _between(places: Places, asked: Stretch, scope: str, end: int, *, descending: bool) -> tuple[int, int]:
    """Where the elements begin and end that lie between the cursors that were given."""
    parts = len(places.place(0)) if end else None
    after = _place(asked.after, scope, parts, "after")
    before = _place(asked.before, scope, parts, "before")

    def behind(at: int) -> bool:
        place = places.place(at)
        return after is None or (place < after if descending else place > after)

    def from_there_on(at: int) -> bool:
        place = places.place(at)
        return before is not None and (place <= before if descending else place >= before)

    # What does not hold comes before what does.
    return bisect_left(range(end), True, key=behind), bisect_left(range(end), True, key=from_there_on)


class StoredPage(Protocol):
    """A page as the store cut it."""

    @property
    def cursors(self) -> Sequence[str]:
        """Where to go on from, one for each element."""
        ...

    @property
    def has_next(self) -> bool:
        """Whether the list goes on."""
        ...

    @property
    def has_previous(self) -> bool:
        """Whether there is more before it."""
        ...


def stored_page(
    rows: Iterable[tuple[Any, str]], page: StoredPage, *, total_count: int | None = None
) -> Connection:
    """A page that the store cut, as a connection.

    Args:
        rows: The elements that are shown, each with its cursor.
        page: Where the page lies in its list.
        total_count: How many there are in all, where that was asked for.
    """
    return Connection(
        edges=[Edge(node=node, cursor=cursor) for node, cursor in rows],
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        ),
        total_count=total_count,
    )


def _place(cursor: str | None, scope: str, parts: int | None, argument: str) -> tuple[str, ...] | None:
    return None if cursor is None else cursors.decode(cursor, scope=scope, parts=parts, argument=argument)


def connection_type(
    deriver: Deriver,
    node: Any,
    name: str,
    text: str,
    *,
    counted: str | None,
    more: dict[str, StrawberryField] | None = None,
    count_demand: Demand | None = None,
) -> Any:
    """The types ``<name>Connection`` and ``<name>Edge`` over a type of node.

    Args:
        deriver: Makes the types.
        node: Type of an element.
        name: What the elements are called, in one word.
        text: What the list holds, for the descriptions, such as "transactions of the account".
        counted: Description of ``totalCount``; ``None`` where the list is not counted.
        more: Further fields of the connection.
        count_demand: What ``totalCount`` asks for, where it is not free.
    """
    edge: Any = deriver.build(
        f"{name}Edge",
        f"An element in a list of {text}.",
        {
            "node": deriver.attribute(node, "The element."),
            "cursor": deriver.attribute(str, "Where the element stands; give it to `after` or `before`."),
        },
    )
    deriver.expected |= {"PageInfo": (PageInfo, PlacedPage), f"{name}Edge": (PlacedEdge, Edge)}
    counting = {}
    if counted is not None:
        counting["total_count"] = deriver.attribute(int, counted, demand=count_demand or Demand())
    return deriver.build(
        f"{name}Connection",
        f"A stretch of a list of {text}.",
        {
            "edges": deriver.attribute(list[edge], "The elements, in the order of the list."),
            "page_info": deriver.attribute(PageInfo, "Where the stretch lies in the list."),
            **counting,
            **(more or {}),
        },
    )
