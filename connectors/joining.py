"""Calls of a connector that several operations share: what partners take in batches goes out in full ones.

Only what is asked with the instance's own credential is shared, in one tenant and for one purpose. What each
operation may show of it is decided after gathering, as ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from c360.access import Access, TenantId
from c360.contract import Need
from connectors.batching import Batching
from connectors.board import Board, Reaper
from connectors.fetching import Call
from connectors.instances import Instance
from connectors.operation import Operation, during
from connectors.planning import Ask, Batch, Outcome, Part, layers

PATIENCE = 0.05
"""Seconds that a party waits at the most for the call under way, where that takes long."""

_SOONER = 0.1
"""Seconds by which a call may be given up before an operation that joined it would have."""

_Key = tuple[str, tuple[tuple[str, ...], ...]]
"""A party, and the ids of its records that are asked for."""


class Lane(NamedTuple):
    """What may be asked in one call."""

    instance: Instance
    tenant: TenantId
    purpose: str
    needs: tuple[Need, ...]

    @property
    def most(self) -> int:
        """Parties that one call takes."""
        return self.instance.batches[self.needs[0].kind]


class _Waiter:
    """One operation's wish for some parties."""

    def __init__(self, board: Board, access: Access, ends: float) -> None:
        self.board = board
        self.access = access
        self.ends = ends


class _Wanted:
    """One party, and all who want it."""

    def __init__(self, lane: Lane, key: _Key, ask: Ask) -> None:
        self.lane = lane
        self.key = key
        self.ask = Ask(
            customer_id=ask.customer_id,
            ref=ask.ref,
            parts={need.kind: Part(need=need) for need in lane.needs},
        )
        self.left = len(lane.needs)
        """Kinds that are not known yet."""
        self.waiters: list[tuple[_Waiter, Ask]] = []
        self.flight: _Flight | None = None
        """The call that asks for it, once there is one."""

    @property
    def ends(self) -> float:
        """When the last of those who wait gives up."""
        return max((waiter.ends for waiter, _ in self.waiters), default=0.0)


class Joining:
    """Lets operations share the calls of connectors that take several customers at once.

    Args:
        now: the clock, in UTC.
        reaper: looks after calls that nobody waits for any more.
    """

    def __init__(self, now: Callable[[], datetime], reaper: Reaper) -> None:
        self._now = now
        self._reaper = reaper
        self._batching: Batching[Lane, _Wanted] = Batching(
            self._call, most=lambda lane: lane.most, patience=PATIENCE
        )
        self._wanted: dict[tuple[Lane, _Key], _Wanted] = {}

    def suits(self, instance: Instance, batch: Batch) -> bool:
        """Whether a call may be shared."""
        return not instance.by_grant and instance.batches[batch.needs[0].kind] > 1

    def fetch(self, instance: Instance, batch: Batch, board: Board, access: Access, ends: float) -> None:
        """Have parties asked for in calls that others share, and settle them on a board.

        Args:
            instance: whom to ask.
            batch: what to ask of it.
            board: where the outcome goes.
            access: who asks, for what.
            ends: until when, on the event loop's clock.
        """
        lane = Lane(instance, access.tenant, access.purpose.value, batch.needs)
        waiter = _Waiter(board, access, ends)
        joined = [self._join(lane, ask, waiter) for ask in batch.asks]
        board.leaving(partial(self._leave, joined, waiter))

    def forget(self, instance: str, parties: Collection[str] | None = None) -> None:
        """Let nobody join what is under way about these parties, or about all: it is not true any more."""
        for lane, key in tuple(self._wanted):
            if lane.instance.id == instance and (parties is None or key[0] in parties):
                del self._wanted[lane, key]

    def _join(self, lane: Lane, ask: Ask, waiter: _Waiter) -> _Wanted:
        key = (ask.ref.party_id, tuple(ask.ref.objects.get(need.kind, ()) for need in lane.needs))
        wanted = self._wanted.get((lane, key))
        if wanted is None or (wanted.flight is not None and not wanted.flight.serves(waiter.ends)):
            wanted = self._wanted[lane, key] = _Wanted(lane, key, ask)
            self._batching.add(lane, wanted)
        wanted.waiters.append((waiter, ask))
        for kind, part in wanted.ask.parts.items():  # what is there already
            if part.outcome is not None:
                waiter.board.settle(ask.parts[kind], part.outcome)
        return wanted

    def _leave(self, joined: Sequence[_Wanted], waiter: _Waiter) -> None:
        for wanted in joined:
            if wanted.left:
                self._leave_one(wanted, waiter)

    def _leave_one(self, wanted: _Wanted, waiter: _Waiter) -> None:
        wanted.waiters = [pair for pair in wanted.waiters if pair[0] is not waiter]
        if wanted.waiters:
            return
        self._forget(wanted)
        if wanted.flight is None:
            self._batching.drop(wanted.lane, wanted)
        elif wanted.flight.deserted:
            wanted.flight.closed = True
            self._reaper.abandon([wanted.flight.task])

    def _forget(self, wanted: _Wanted) -> None:
        if self._wanted.get((wanted.lane, wanted.key)) is wanted:
            del self._wanted[wanted.lane, wanted.key]

    async def _call(self, lane: Lane, batch: Sequence[_Wanted]) -> None:
        batch = [wanted for wanted in batch if wanted.waiters]  # some may have left since it was filled
        if not batch:
            return
        flight = _Flight(batch, self._now, self._forget)
        first, _ = batch[0].waiters[0]
        personal = frozenset(wanted.ask.ref.party_id for wanted in batch)
        operation = Operation(first.access, flight.ends, personal=personal)
        try:
            with during(operation):
                calls = [
                    Call(lane.instance, Batch(needs=lane.needs, asks=tuple(layer)), flight).run()
                    for layer in layers(wanted.ask for wanted in batch)
                ]
                await (asyncio.gather(*calls) if len(calls) > 1 else calls[0])
        finally:
            operation.close()
            for wanted in batch:
                self._forget(wanted)
            flight.end()


class _Flight:
    """A call under way: the board of its parties, which passes on what it is told to all who want it."""

    def __init__(
        self, batch: Sequence[_Wanted], now: Callable[[], datetime], known: Callable[[_Wanted], None]
    ) -> None:
        self.now = now
        self.ends = max(wanted.ends for wanted in batch)
        """Until when it is waited for."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # it is called in one
        self.task = task
        self.closed = False
        """See :class:`connectors.board.Board`."""
        self._batch = batch
        self._known = known
        self._of = {id(part): wanted for wanted in batch for part in wanted.ask.parts.values()}
        for wanted in batch:
            wanted.flight = self

    def serves(self, ends: float) -> bool:
        """Whether who waits until then would not be let down much sooner."""
        return ends <= self.ends + _SOONER

    def end(self) -> None:
        """Nothing is told any more: who waited and what they waited for forget each other."""
        for wanted in self._batch:
            wanted.waiters = []
        self._batch, self._of = (), {}

    @property
    def deserted(self) -> bool:
        """Whether nobody waits for what is still to come."""
        return not any(wanted.left and wanted.waiters for wanted in self._batch)

    def settle(self, part: Part, outcome: Outcome) -> None:
        """See :class:`connectors.board.Board`."""
        wanted = self._of[id(part)]
        fresh = part.outcome is None
        part.outcome = outcome
        for waiter, ask in wanted.waiters:
            waiter.board.settle(ask.parts[part.need.kind], outcome)
        wanted.left -= fresh
        if fresh and not wanted.left:
            self._known(wanted)
