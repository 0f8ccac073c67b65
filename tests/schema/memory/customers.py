"""The customers that are kept, in memory: found, ordered and paged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from c360.contract import KeyKind
from store.data import CustomerData, CustomerFilter, CustomerOrder, Page
from store.errors import CursorError

if TYPE_CHECKING:
    from tests.schema.memory.store import FakeStore


class FakeCustomers:
    """The repository's surface over a dict; ordered by display name, or by id."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def resolve(self, ids: Iterable[str]) -> dict[str, str]:
        self._store.calls.append("resolve")
        survivors = {old: one.survivor for old, one in self._store.redirects.items()}
        return {one: now for one in ids if (now := survivors.get(one, one)) in self._store.customers}

    async def by_keys(
        self, keys: Iterable[tuple[KeyKind, str]]
    ) -> dict[tuple[KeyKind, str], tuple[str, ...]]:
        self._store.calls.append("by_keys")
        return {key: tuple(self._store.keys[key]) for key in keys if key in self._store.keys}

    async def by_party_refs(self, refs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        self._store.calls.append("by_party_refs")
        links = {
            (link.connector, link.party_id): one.id
            for one in self._store.customers.values()
            for link in one.links
        }
        return {ref: links[ref] for ref in refs if ref in links}

    async def load(self, ids: Iterable[str]) -> dict[str, CustomerData]:
        self._store.calls.append("load")
        return {one: self._store.customers[one] for one in ids if one in self._store.customers}

    async def page(
        self,
        which: CustomerFilter,
        order: CustomerOrder,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Page:
        self._store.calls.append("page")
        every = [one.id for one in self._matching(which)]
        if order.descending:
            every.reverse()
        start = 0 if after is None else self._place(every, after) + 1
        end = len(every) if before is None else self._place(every, before)
        inside = range(start, max(start, end))
        kept = inside[:first] if last is None else inside[max(0, len(inside) - last) :]
        return Page(
            ids=tuple(every[place] for place in kept),
            cursors=tuple(f"cursor-{every[place]}" for place in kept),
            has_next=bool(kept) and kept[-1] < len(every) - 1,
            has_previous=bool(kept) and kept[0] > 0,
        )

    async def count(self, which: CustomerFilter) -> int:
        self._store.calls.append("count")
        return len(self._matching(which))

    async def search(self, text: str, *, limit: int = 20, after: str | None = None) -> Page:
        self._store.calls.append("search")
        found = [
            one.id for one in self._store.customers.values() if text.casefold() in one.display_name.casefold()
        ]
        ids = tuple(found[:limit])
        return Page(ids=ids, cursors=ids, has_next=len(found) > limit, has_previous=False)

    def _matching(self, which: CustomerFilter) -> list[CustomerData]:
        named = (which.name or "").casefold()
        every = sorted(self._store.customers.values(), key=lambda one: (one.display_name, one.id))
        return [
            one
            for one in every
            if named in one.display_name.casefold()
            and (which.kind is None or one.kind is which.kind)
            and (which.country is None or one.country == which.country)
            and (which.segment is None or one.id in self._store.members.get(which.segment, ()))
        ]

    @staticmethod
    def _place(every: Sequence[str], cursor: str) -> int:
        wanted = cursor.removeprefix("cursor-")
        if wanted not in every or wanted == cursor:
            raise CursorError("is damaged")
        return every.index(wanted)
