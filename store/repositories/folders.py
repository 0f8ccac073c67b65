"""Customers with everything that an operation reads of them: one round trip, shared by operations at once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from c360.access import Reach, TenantId
from c360.contract import KeyKind
from store.columns import storable
from store.data_folders import WHOLE, Folder, Folders, Part, Wanted
from store.readers.base import Convoys, Reader, Row, Value, text
from store.remembered import Remembered
from store.repositories.base import Repository, Scope
from store.repositories.folder_body import folder
from store.repositories.folder_statement import ID, KEY, REF, Shape, statement
from store.repositories.sighting import blind
from store.sight import Sight

LANES = 4
"""Statements under way at the same time."""
_TOGETHER = 64
"""Operations whose customers are read by one statement at the most."""
_REMEMBERED = 1_000
"""Customers of whom it is remembered how what was read of them last was understood."""
_UNUSED = 300.0
"""Seconds after which who was not read again is forgotten."""
_COMMON = (Part.SEGMENTS, Part.PRODUCTS)
"""What all customers of a tenant have in common."""
_NOTHING = Folders()
_NONE: Mapping[Any, Any] = {}
_BY = {
    given: frozenset(name for name, there in zip((ID, KEY, REF), given, strict=True) if there)
    for given in itertools.product((False, True), repeat=3)
}
"""What an operation looks customers up by, by what of it there is."""


class Line(NamedTuple):
    """What requests have in common that one statement answers."""

    tenant: TenantId
    sight: Sight
    by: frozenset[str]
    parts: frozenset[Part]
    subject: str
    contacts_within: timedelta
    salt: bytes
    """Of the tenant."""


class Asked(NamedTuple):
    """What one operation looks up."""

    ids: Sequence[str]
    keys: Mapping[tuple[str, str], tuple[KeyKind, str]]
    """By what they are kept as: kind and hash."""
    refs: Sequence[tuple[str, str]]


class _Track:
    """A line with what is the same for all who travel on it; told from others by what it is, not says."""

    __slots__ = ("line", "number", "statement")

    def __init__(self, line: Line, number: int, *, postgres: bool) -> None:
        self.line = line
        self.number = number
        """Stands for the line where folders are remembered; no other one ever has it."""
        shape = Shape(postgres=postgres, reach=line.sight.reach, by=line.by, parts=line.parts)
        self.statement = statement(shape)


class _Read(NamedTuple):
    """What a statement found for all who asked."""

    known: dict[str, str]
    by_key: dict[tuple[str, str], set[str]]
    by_ref: dict[tuple[str, str], str]
    folders: dict[str, Folder]
    common: dict[Part, Any]


class FolderRepository(Repository):
    """Folders of the customers in sight. What is asked for at the same time is read together."""

    def __init__(self, scope: Scope, desk: FolderDesk) -> None:
        super().__init__(scope)
        self._desk = desk

    async def find(self, wanted: Wanted) -> Folders:
        """Look customers up and read what is kept of those who are found. One round trip.

        Neither erased customers nor those out of sight are found by anything.

        Raises:
            KeyringError: keys are looked up, and the database was opened without a keyring.
            StoreError: the database does not answer.
        """
        sight, parts = self._scope.sight, wanted.parts
        asked = self._asked(wanted)
        by = _BY[bool(asked.ids), bool(asked.keys), bool(asked.refs)]
        if not by or blind(sight):
            return _NOTHING
        if sight.partial:
            parts |= WHOLE  # what is left of a customer is worked out of all that is there
        subject = wanted.subject if Part.VERIFIED in parts else ""
        line = Line(self._tenant, sight, by, parts, subject, wanted.contacts_within, self._scope.salt)
        return await self._desk.ask(line, asked)

    def _asked(self, wanted: Wanted) -> Asked:
        # Most operations look one customer up, by one thing: nothing is made for the others.
        keys, refs = wanted.keys, wanted.refs
        return Asked(
            tuple(filter(storable, wanted.ids)),
            {self._kept_as(kind, value): (kind, value) for kind, value in keys} if keys else _NONE,
            tuple(ref for ref in refs if storable(ref[0]) and storable(ref[1])) if refs else (),
        )

    def _kept_as(self, kind: KeyKind, value: str) -> tuple[str, str]:
        return kind.value, self._scope.keyring.lookup_hash(self._tenant, kind.value, value).hex()


class FolderDesk:
    """Reads folders for all operations of a process.

    What is in the database counts for every operation: it is asked each time. Remembered is how a text was
    understood, beside the text, for the next time that the database gives this very text.

    Args:
        reader: of the database.
        clock: the present.
        common: reads what all customers of a tenant have in common.
    """

    def __init__(
        self,
        reader: Reader,
        clock: Callable[[], datetime],
        common: Callable[[TenantId, Part], Awaitable[Any]],
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._read_common = common
        self._convoys: Convoys[_Track, Asked, Folders] = Convoys(self._travel, lanes=LANES, most=_TOGETHER)
        self._tracks: dict[Line, _Track] = {}
        self._numbers = itertools.count()
        self._folders: Remembered[tuple[int, str], Folder] = Remembered(_REMEMBERED, unused=_UNUSED)
        self._common: Remembered[tuple[TenantId, Part], Any] = Remembered(_REMEMBERED, unused=_UNUSED)
        self._sweeping: asyncio.TimerHandle | None = None

    def ask(self, line: Line, asked: Asked) -> Awaitable[Folders]:
        """What one operation asks for."""
        track = self._tracks.get(line)
        if track is None:
            if len(self._tracks) >= _REMEMBERED:
                self._tracks.clear()
                self._folders.clear()
            track = self._tracks[line] = _Track(line, next(self._numbers), postgres=self._reader.postgres)
        return self._convoys.ask(track, asked)

    async def dispose(self) -> None:
        """Forget everything, and close all connections."""
        await self._convoys.settle()
        await self._reader.dispose()
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        self._folders.clear()
        self._common.clear()

    async def _travel(self, track: _Track, every: Sequence[Asked]) -> Sequence[Folders]:
        line = track.line
        rows = await self._reader.run(track.statement, self._values(line, every))
        found = self._understood(track, rows)
        for part in _COMMON:
            if part in line.parts:
                found.common[part] = await self._in_common(line.tenant, part, found.common[part])
        return [_share(found, asked) for asked in every]

    def _values(self, line: Line, every: Sequence[Asked]) -> dict[str, Value]:
        now, sight = self._clock(), line.sight
        keys = list(dict.fromkeys(key for asked in every for key in asked.keys))
        refs = list(dict.fromkeys(ref for asked in every for ref in asked.refs))
        return {
            "tenant": line.tenant,
            "now": now,
            "since": now - line.contacts_within,
            "subject": line.subject,
            "sight": (sight.customer_id or "") if sight.reach is Reach.SELF else sight.subject,
            "connectors": tuple(filter(storable, sight.connectors)),
            "ids": tuple(dict.fromkeys(one for asked in every for one in asked.ids)),
            "kinds": tuple(kind for kind, _ in keys),
            "hashes": tuple(digest for _, digest in keys),
            "instances": tuple(connector for connector, _ in refs),
            "parties": tuple(party for _, party in refs),
        }

    def _understood(self, track: _Track, rows: Iterable[Row]) -> _Read:
        """The rows of a statement by what they say."""
        found = _Read({}, {}, {}, {}, {})
        for row in rows:
            what, one, two, customer = map(text, row[:4])
            match what:
                case "customer":
                    found.folders[customer] = self._folder(track, customer, row[4])
                case "id":
                    found.known[one] = customer
                case "key":
                    found.by_key.setdefault((one, two), set()).add(customer)
                case "ref":
                    found.by_ref[one, two] = customer
                case part:
                    found.common[Part(part)] = row[4]
        return found

    def _folder(self, track: _Track, customer_id: str, body: Any) -> Folder:
        key = (track.number, customer_id)
        found = self._folders.get(key, body)
        if found is None:
            found = folder(body, track.line.sight, track.line.salt)
            self._folders.put(key, body, found)
            if self._sweeping is None:
                self._sweeping = asyncio.get_running_loop().call_later(_UNUSED, self._sweep)
        return found

    async def _in_common(self, tenant: TenantId, part: Part, mark: Any) -> Any:
        """What all customers have in common; read anew where its mark is another than is remembered."""
        found = self._common.get((tenant, part), mark)
        if found is None:
            found = await self._read_common(tenant, part)
            self._common.put((tenant, part), mark, found)
        return found

    def _sweep(self) -> None:
        self._folders.sweep()
        again = len(self._folders) > 0
        later = asyncio.get_running_loop().call_later(_UNUSED, self._sweep) if again else None
        self._sweeping = later


def _share(found: _Read, asked: Asked) -> Folders:
    """What one of those who asked is told: nothing of the others."""
    known = {one: found.known[one] for one in asked.ids if one in found.known}
    mine: Collection[str] = known.values()
    by_key, by_ref = _NONE, _NONE
    if asked.keys or asked.refs:
        by_key = {
            key: tuple(sorted(found.by_key[kept])) for kept, key in asked.keys.items() if kept in found.by_key
        }
        by_ref = {ref: found.by_ref[ref] for ref in asked.refs if ref in found.by_ref}
        mine = [*known.values(), *by_ref.values(), *itertools.chain.from_iterable(by_key.values())]
    return Folders(
        known=known,
        by_key=by_key,
        by_ref=by_ref,
        of={one: found.folders[one] for one in mine if one in found.folders},
        segments=found.common.get(Part.SEGMENTS),
        products=found.common.get(Part.PRODUCTS),
    )
