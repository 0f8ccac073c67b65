"""The audit: kept in chains, found by customer and principal, verified from end to end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, exists, select, union_all

from store import audit_chain, cursors
from store.columns import id_at, sqlite_text
from store.data_audit import (
    AuditEntry,
    AuditFilter,
    AuditKind,
    AuditPage,
    ChainEntry,
    ChainHead,
    ReadEntry,
    SealEntry,
    WriteEntry,
)
from store.engines import in_one_hop
from store.models import AuditBatch, AuditMark, AuditSelection, AuditWrite
from store.repositories.base import Repository
from store.repositories.customers import CustomerRepository
from store.repositories.entries import decode_cursor, encode_cursor

CUSTOMER, PRINCIPAL, SEAL = "customer", "principal", "seal"
LONGEST_HELD = timedelta(minutes=10)
"""From an entry to its batch at the most: a process whose database is away that long refuses to read."""
UNSEALED = timedelta(days=2)
"""For how long changes are looked through that nobody sealed; verifying looks through all."""
UNNARROWED = timedelta(days=30)
"""How far back is looked where neither a customer nor a principal narrows."""
_CHUNK = 64
"""Batches and changes that a page reads at once, until it is full."""


_MARK = "INSERT INTO audit_mark (tenant, kind, key, ref_id) VALUES (?, ?, ?, ?)"
_MARKS = (
    "INSERT INTO audit_mark (tenant, kind, key, ref_id) SELECT %(tenant)s, marks.key, mark.value, %(ref)s "
    "FROM json_each(%(marks)s::json) AS marks, json_array_elements_text(marks.value) AS mark"
)


class _Insert:
    """A statement in the words of the drivers: what the toolkit makes of it takes several times as long.

    Args:
        name: of the table, whose ``id`` is called ``ref`` here.
        columns: the others.
    """

    def __init__(self, name: str, *columns: str) -> None:
        into, given = f"INSERT INTO {name}", ("tenant", "ref", *columns)
        listed = ", ".join(("tenant", "id", *columns))
        self.sqlite = f"{into} ({listed}) VALUES ({', '.join(f':{each}' for each in given)})"
        row = f"{into} ({listed}) VALUES ({', '.join(f'%({each})s' for each in given)})"
        self.postgres = f"WITH kept AS ({row}) {_MARKS}"
        """With the marks, in one round trip."""


_WRITE = _Insert("audit_write", "at", "content")
_BATCH = _Insert("audit_batch", "chain", "number", "at", "previous", "hash", "content")
_SEALED = exists().where(
    AuditMark.tenant == AuditWrite.tenant, AuditMark.kind == SEAL, AuditMark.key == AuditWrite.id
)
"""Whether a chain holds a change already."""


class AuditRepository(Repository):
    """Adds to the audit and reads it; nothing in it is ever changed or removed."""

    async def append(self, entry: WriteEntry) -> SealEntry:
        """Keep a change in the transaction that makes it; what is to be chained once it has committed."""
        content = audit_chain.written(entry)
        write_id = id_at(self._scope.clock())
        row = {"tenant": self._tenant, "ref": write_id, "at": entry.at, "content": content}
        await self._keep(_WRITE, row, [entry])
        return SealEntry(write_id=write_id, digest=audit_chain.digest(content))

    async def chain(self, head: ChainHead, entries: Sequence[ChainEntry]) -> ChainHead:
        """Add a batch behind the head of a chain; the new head.

        Args:
            head: with number 0 for a new chain.
            entries: at least one.

        Raises:
            Conflict: another process goes on with that chain.
        """
        number, previous = head.number + 1, bytes.fromhex(head.hash) if head.number else audit_chain.START
        content = audit_chain.content_of(entries)
        hashed = audit_chain.linked(head.chain, number, previous, content)
        now = self._scope.clock()
        batch_id = id_at(now)
        row: dict[str, Any] = {
            "tenant": self._tenant,
            "ref": batch_id,
            "chain": head.chain,
            "number": number,
            "at": now,
            "previous": previous,
            "hash": hashed,
            "content": content,
        }
        await self._keep(_BATCH, row, entries)
        return ChainHead(chain=head.chain, number=number, hash=hashed.hex())

    async def _keep(
        self, statement: _Insert, row: dict[str, Any], entries: Iterable[ChainEntry | WriteEntry]
    ) -> None:
        """Insert a row, and let the entries in it be found: all marks at once, whatever their number."""
        marks = _marks(entries)
        if self._scope.postgres:
            listed = msgspec.json.encode(marks).decode()
            await self._session.exec_driver_sql(statement.postgres, row | {"marks": listed})
            return
        driver = await self._session.driver()
        dialect = self._scope.dialect
        await in_one_hop(driver, statement.sqlite, row | {"at": sqlite_text(row["at"])}, dialect=dialect)
        keys = [(self._tenant, kind, key, row["ref"]) for kind, some in marks.items() for key in some]
        await in_one_hop(driver, _MARK, keys, dialect=dialect)

    async def keep_selections(self, selections: Mapping[str, Sequence[str]]) -> None:
        """Keep which fields stand behind digests, those that are not kept yet."""
        rows = [{"digest": name, "fields": " ".join(fields)} for name, fields in sorted(selections.items())]
        await self._scope.add_many(AuditSelection, rows)

    async def unsealed(self, *, older_than: timedelta, limit: int = 500) -> tuple[SealEntry, ...]:
        """Changes that no chain holds although they are older than that: their process ended in between."""
        now = self._scope.clock()
        looked_at = (
            AuditWrite.at < now - older_than,
            AuditWrite.id < _first_id(now),
            AuditWrite.id >= _first_id(now - UNSEALED),
        )
        rows = await self._session.execute(unsealed_writes(self._tenant, *looked_at).limit(limit))
        return tuple(
            SealEntry(write_id=row.id, digest=audit_chain.digest(bytes(row.content))) for row in rows
        )

    async def page(self, which: AuditFilter, *, first: int = 20, after: str | None = None) -> AuditPage:
        """A page of the entries that meet a filter, the newest first.

        Raises:
            CursorError: the cursor is not one of this list.
        """
        start = None if after is None else _position(after)
        if not await self._in_sight(which.customer_id):
            return AuditPage(entries=(), cursors=(), has_next=False, has_previous=False)
        if which.since is None and which.customer_id is None and which.principal is None:
            which = msgspec.structs.replace(which, since=self._scope.clock() - UNNARROWED)
        found: list[tuple[str, AuditEntry]] = []
        async for position, entry in self._entries(which, start):
            found.append((position, entry))
            if len(found) > first:
                break
        kept = found[:first]
        selections = await self._selections({name for _, each in kept for name in each.fields})
        entries = tuple(
            msgspec.structs.replace(
                each,
                fields=tuple(f for name in each.fields for f in selections[name]),
                customer_ids=self._told(each.customer_ids, which.customer_id),
            )
            for _, each in kept
        )
        cursors = tuple(encode_cursor(position) for position, _ in kept)
        return AuditPage(
            entries=entries, cursors=cursors, has_next=len(found) > first, has_previous=start is not None
        )

    async def _in_sight(self, customer_id: str | None) -> bool:
        """Whether entries may be told: of everybody to who sees everybody, else of one who is in sight."""
        if self._scope.sight.whole:
            return True
        return customer_id is not None and bool(await CustomerRepository(self._scope).resolve([customer_id]))

    def _told(self, customer_ids: tuple[str, ...], asked: str | None) -> tuple[str, ...]:
        """Whom an entry names: to who does not see everybody no other than the one asked for."""
        if self._scope.sight.whole:
            return customer_ids
        return tuple(each for each in customer_ids if each == asked)

    async def _entries(
        self, which: AuditFilter, start: tuple[str, int] | None
    ) -> AsyncIterator[tuple[str, AuditEntry]]:
        """Entries that meet a filter with their positions, the newest first."""
        before, place = start if start is not None else (None, 0)
        while True:
            refs = await self._refs(which, before, inclusive=place > 0)
            if not refs:
                return
            for ref, entries in (await self._contents(refs)).items():
                for index, entry in entries:
                    if ref == before and index >= place:
                        continue
                    if _meets(entry, which):
                        yield f"{ref}:{index}", entry
            before, place = refs[-1], 0

    async def _refs(self, which: AuditFilter, before: str | None, *, inclusive: bool) -> Sequence[str]:
        """Ids of the next batches and changes that may hold entries that are wanted."""
        marked = (
            (CUSTOMER, which.customer_id)
            if which.customer_id is not None
            else (PRINCIPAL, which.principal)
            if which.principal is not None
            else None
        )
        bounded = partial(self._bounded, which, before, inclusive=inclusive)
        if marked is None:
            both = union_all(
                bounded(AuditBatch.id, AuditBatch.tenant),
                bounded(AuditWrite.id, AuditWrite.tenant),
            ).subquery()
            statement = select(both.c.id).order_by(both.c.id.desc()).limit(_CHUNK)
        else:
            statement = (
                bounded(AuditMark.ref_id, AuditMark.tenant)
                .where(AuditMark.kind == marked[0], AuditMark.key == marked[1])
                .order_by(AuditMark.ref_id.desc())
                .limit(_CHUNK)
            )
        return list(await self._session.scalars(statement))

    def _bounded(
        self, which: AuditFilter, before: str | None, column: Any, tenant: Any, *, inclusive: bool
    ) -> Select[Any]:
        """Ids up to a position, of the time that is wanted: ids rise with time."""
        statement = select(column.label("id")).where(tenant == self._tenant)
        if which.since is not None:
            statement = statement.where(column >= _first_id(which.since))
        if which.until is not None:
            statement = statement.where(column < _first_id(which.until + LONGEST_HELD))
        if before is None:
            return statement
        return statement.where(column <= before if inclusive else column < before)

    async def _contents(self, refs: Sequence[str]) -> dict[str, Sequence[tuple[int, AuditEntry]]]:
        """The entries of batches and changes, each with its place, the latest first; ordered as ``refs``."""
        found: dict[str, Sequence[tuple[int, AuditEntry]]] = {}
        batches = await self._session.execute(
            select(AuditBatch.id, AuditBatch.content).where(
                AuditBatch.tenant == self._tenant, self._scope.among(AuditBatch.id, refs)
            )
        )
        for row in batches:
            found[row.id] = tuple(_readings(row.id, bytes(row.content)))
        writes = await self._session.execute(
            select(AuditWrite.id, AuditWrite.content, _SEALED.label("sealed")).where(
                AuditWrite.tenant == self._tenant, self._scope.among(AuditWrite.id, refs)
            )
        )
        for change in writes:
            found[change.id] = ((0, _change(change.id, bytes(change.content), sealed=change.sealed)),)
        return {ref: found[ref] for ref in refs if ref in found}

    async def _selections(self, digests: Iterable[str]) -> Mapping[str, Sequence[str]]:
        wanted = set(digests)
        rows = await self._session.execute(
            select(AuditSelection.digest, AuditSelection.fields).where(
                AuditSelection.tenant == self._tenant, self._scope.among(AuditSelection.digest, wanted)
            )
        )
        known = {row.digest: row.fields.split(" ") for row in rows}
        return {name: known.get(name, [name]) for name in wanted}


def unsealed_writes(tenant: str, *conditions: ColumnElement[bool]) -> Select[str, bytes]:
    """The changes that no chain holds yet, the oldest first."""
    return (
        select(AuditWrite.id, AuditWrite.content)
        .where(AuditWrite.tenant == tenant, ~_SEALED, *conditions)
        .order_by(AuditWrite.id)
    )


def _marks(entries: Iterable[ChainEntry | WriteEntry]) -> Mapping[str, Sequence[str]]:
    """By what the entries are found, each once, in the order in which they are kept."""
    found: dict[str, set[str]] = {CUSTOMER: set(), PRINCIPAL: set(), SEAL: set()}
    customers, principals, seals = found.values()
    for each in entries:
        if isinstance(each, SealEntry):
            seals.add(each.write_id)
        else:
            principals.add(each.principal)
            customers.update(each.customers)
    return {kind: sorted(keys) for kind, keys in found.items()}


def _readings(ref: str, content: bytes) -> Iterator[tuple[int, AuditEntry]]:
    entries = audit_chain.entries_of(content)
    for index in range(len(entries) - 1, -1, -1):
        each = entries[index]
        if isinstance(each, ReadEntry):
            yield (
                index,
                AuditEntry(
                    id=f"{ref}:{index}",
                    kind=AuditKind.READ,
                    at=each.at,
                    principal=each.principal,
                    client=each.client,
                    purpose=each.purpose,
                    customer_ids=each.customers,
                    fields=(each.selection,),
                    sources=each.sources,
                ),
            )


def _change(ref: str, content: bytes, *, sealed: bool) -> AuditEntry:
    entry = audit_chain.write_of(content)
    return AuditEntry(
        id=f"{ref}:0",
        kind=AuditKind.WRITE,
        at=entry.at,
        principal=entry.principal,
        client=entry.client,
        purpose=entry.purpose,
        customer_ids=entry.customers,
        action=entry.action,
        detail=entry.detail,
        sealed=sealed,
    )


def _meets(entry: AuditEntry, which: AuditFilter) -> bool:
    since: datetime | None = which.since
    return (
        (which.customer_id is None or which.customer_id in entry.customer_ids)
        and (which.principal is None or which.principal == entry.principal)
        and (which.kind is None or which.kind is entry.kind)
        and (which.purpose is None or which.purpose == entry.purpose)
        and (since is None or entry.at >= since)
        and (which.until is None or entry.at < which.until)
    )


def _first_id(at: datetime) -> str:
    """The least id that can be made at a moment: UUIDv7 begins with the milliseconds."""
    text = f"{max(0, int(at.timestamp() * 1000)):012x}"
    return f"{text[:8]}-{text[8:12]}-"


def _position(cursor: str) -> tuple[str, int]:
    ref, _, index = decode_cursor(cursor).partition(":")
    return ref, cursors.number(index)
