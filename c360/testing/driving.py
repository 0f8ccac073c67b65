"""Calls a connector as the host does, and notes everything that the contract does not allow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from c360.changes import Change, Checkpoint, Deletion, Outdated, Upsert
from c360.contract import Connector, Fetched, Need, PartyQuery, Ref
from c360.errors import ConnectorError, SkipCustomer, place
from c360.kinds import kind as kind_of
from c360.records.base import Record
from c360.records.party import Party

Cell = tuple[str, str]
"""A customer's id and a kind; for what is about no customer, an empty id and what was asked."""

PATIENCE = 120.0
"""Seconds, virtual ones over HTTP, after which a call counts as one that never ends."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one cell."""

    items: tuple[Any, ...] = ()
    """Records, or changes."""
    error: ConnectorError | None = None


class Result:
    """What came of one call, or of several that belong together."""

    def __init__(self) -> None:
        self.answers: dict[Cell, Answer] = {}
        """By cell, in the order in which they came."""
        self.breaches: list[str] = []
        """What the contract does not allow: a crash, a wrong yield, a missing answer."""

    def errors(self) -> Iterator[ConnectorError]:
        """Every error, those of cells and those that were raised."""
        seen: set[int] = set()
        for answer in self.answers.values():
            if answer.error is not None and id(answer.error) not in seen:
                seen.add(id(answer.error))
                yield answer.error

    def records(self) -> Iterator[tuple[Cell, Any]]:
        """Every record or change, with its cell."""
        for cell, answer in self.answers.items():
            for item in answer.items:
                yield cell, item

    def breach(self, text: str) -> None:
        """Note what the contract does not allow, once."""
        if text not in self.breaches:
            self.breaches.append(text)


def batches(
    connector: Connector[Any], needs: Sequence[Need], refs: Sequence[Ref]
) -> Iterator[tuple[list[Need], list[Ref]]]:
    """How the host divides a fetch: kinds of one batch size together, customers by that size."""
    sizes = {fetch.kind: fetch.batch for fetch in connector.configured(connector.config).fetches}
    for size in sorted({sizes[need.kind] for need in needs}):
        together = [need for need in needs if sizes[need.kind] == size]
        for start in range(0, len(refs), size):
            yield together, list(refs[start : start + size])


async def fetch(
    connector: Connector[Any],
    needs: Sequence[Need],
    refs: Sequence[Ref],
    *,
    into: Result | None = None,
    patience: float = PATIENCE,
) -> Result:
    """Fetch kinds for customers, batch by batch."""
    result = into if into is not None else Result()
    for some, few in batches(connector, needs, refs):
        await call(connector, some, few, into=result, patience=patience)
    return result


async def call(
    connector: Connector[Any], needs: Sequence[Need], refs: Sequence[Ref], *, into: Result, patience: float
) -> None:
    """One call of ``fetch``; what it yields is looked at as the host looks at it."""
    wanted = {(ref.party_id, need.kind) for ref in refs for need in needs}
    error: ConnectorError | None = None
    try:
        async with asyncio.timeout(patience):
            stream = connector.fetch(needs, refs)
            try:
                async for item in stream:
                    _take(item, wanted, into)
            finally:
                await _close(stream)
    except ConnectorError as raised:
        error = raised
        if isinstance(raised, SkipCustomer) and len(refs) > 1:
            into.breach("fetch() raised SkipCustomer for a whole batch, which does not say whom it means")
    except TimeoutError:
        into.breach(f"fetch() did not end within {patience:g} s")
        return
    except Exception as crash:  # noqa: BLE001  # a connector under test may raise anything
        into.breach(f"fetch() raised {place(crash, 3)}")
        return
    missing = [cell for cell in wanted if cell not in into.answers]
    if error is not None:
        for cell in missing:
            into.answers[cell] = Answer(error=error)
    elif missing:
        kinds = ", ".join(sorted({kind for _, kind in missing}))
        into.breach(f"fetch() ended without an answer for {kinds} of {_customers(missing)}")


def _customers(cells: Iterable[Cell]) -> str:
    number = len({party for party, _ in cells})
    return "one customer" if number == 1 else f"{number} customers"


def _take(item: object, wanted: set[Cell], into: Result) -> None:
    if not isinstance(item, Fetched):
        into.breach(f"fetch() yielded a {type(item).__name__} instead of a Fetched")
        return
    cell = (item.ref.party_id, item.kind)
    if cell not in wanted:
        into.breach("fetch() yielded a kind or a customer that was not asked for")
        return
    if cell in into.answers:
        into.breach(f"fetch() yielded {item.kind} twice for one customer")
        return
    if item.error is not None and not isinstance(item.error, ConnectorError):
        into.breach(f"fetch() yielded a {type(item.error).__name__} as an error")
        return
    if item.error is not None and item.records:
        into.breach(f"fetch() yielded {item.kind} with records and an error: it is all or nothing")
    record = kind_of(item.kind).record
    if not isinstance(item.records, tuple | list) or any(type(it) is not record for it in item.records):
        into.breach(f"fetch() yielded {item.kind} that are not a tuple of {record.__name__}")
        into.answers[cell] = Answer()
        return
    into.answers[cell] = Answer(items=tuple(item.records), error=item.error)


async def identify(connector: Connector[Any], query: PartyQuery, *, patience: float = PATIENCE) -> Result:
    """Search by a key."""
    result = Result()
    cell = ("", f"identify {query.key.value}")
    try:
        async with asyncio.timeout(patience):
            found = await connector.identify(query)
    except ConnectorError as error:
        result.answers[cell] = Answer(error=error)
    except TimeoutError:
        result.breach(f"identify() did not end within {patience:g} s")
    except Exception as crash:  # noqa: BLE001  # a connector under test may raise anything
        result.breach(f"identify() raised {place(crash, 3)}")
    else:
        if not isinstance(found, list | tuple) or any(type(it) is not Party for it in found):
            result.breach("identify() returned something else than a list of Party")
        else:
            result.answers[cell] = Answer(items=tuple(found))
    return result


async def changes(
    connector: Connector[Any], kind: str, since: str | None, *, patience: float = PATIENCE
) -> Result:
    """Read a feed from a cursor to its end."""
    result = Result()
    cell = ("", f"changes {kind}")
    found: list[Change] = []
    error: ConnectorError | None = None
    try:
        async with asyncio.timeout(patience):
            stream = connector.changes(kind, since)
            try:
                async for item in stream:
                    if not isinstance(item, Upsert | Deletion | Outdated | Checkpoint):
                        result.breach(f"changes() yielded a {type(item).__name__}")
                    else:
                        found.append(item)
            finally:
                await _close(stream)
    except ConnectorError as raised:
        error = raised
    except TimeoutError:
        result.breach(f"changes() did not end within {patience:g} s")
    except Exception as crash:  # noqa: BLE001  # a connector under test may raise anything
        result.breach(f"changes() raised {place(crash, 3)}")
    result.answers[cell] = Answer(items=tuple(found), error=error)
    return result


async def _close(stream: AsyncIterator[Any]) -> None:
    close = getattr(stream, "aclose", None)  # an async iterator need not be a generator
    if close is not None:
        await close()


def same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether records are the same; a number that is none, which equals nothing, is the same as another."""
    return one == other or repr(one) == repr(other)


def identity(record: Record, kind: str) -> str | None:
    """The partner's id of a record, where its kind has one."""
    field = kind_of(kind).identity
    return None if field is None else getattr(record, field)
