"""The fan-out: every customer, every source, one deadline, and data whatever the partners did."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from c360.access import TenantId
from c360.contract import Lookup
from c360.errors import ProblemCode, place
from connectors.assembling import assemble, wants_copy, worth_keeping
from connectors.board import Board, Reaper
from connectors.fetching import Call
from connectors.instances import Instance
from connectors.operation import Operation, during
from connectors.planning import Ask, Cell, Outcome, asks, batches, cells
from connectors.problems import problem
from connectors.protocols import GrantStore, Snapshot, SnapshotKey, SnapshotStore
from connectors.results import Gathered, GatherRequest
from connectors.snapshots import Keeper, together
from connectors.windows import covers

RESERVE = 0.2
"""Seconds before the deadline at which last-known copies are read for what is still open, at most a
quarter of the time there is. Nothing is read where every partner answers before that."""

_LONGEST_READ = 1.0
"""Seconds that reads of the store get to end at shutdown."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Gatherer:
    """Gathers over the instances of a host.

    Args:
        instances: in the order of the settings.
        snapshots: keeper of last-known copies.
        grants: keeper of the customers' grants.
        now: the clock, in UTC.
        reaper: looks after work that outlives its operation.
    """

    def __init__(
        self,
        instances: Sequence[Instance],
        *,
        snapshots: SnapshotStore,
        grants: GrantStore,
        now: Callable[[], datetime],
        reaper: Reaper | None = None,
    ) -> None:
        self._instances = tuple(instances)
        self._snapshots = snapshots
        self._grants = grants
        self._now = now
        self._keeper = Keeper(snapshots)
        self._reaper = Reaper() if reaper is None else reaper
        self._reading: set[asyncio.Task[Any]] = set()

    async def gather(self, request: GatherRequest) -> Gathered:
        """Gather all that is needed. Ends by the deadline, and never raises for a partner or plugin."""
        started = asyncio.get_running_loop().time()
        ends = started + request.deadline.total_seconds()
        table = cells(self._instances, request)
        every = [cell for row in table.values() for mine in row.values() for cell in mine]
        await self._use_kept(request, every, started + (ends - started) / 2)
        if not request.all_known_only:
            await self._ask(request, [cell for cell in every if not cell.kept], started, ends)
        gathered = assemble(self._instances, request, table, at=self._now(), started=started)
        self._keeper.keep(request.access.tenant, worth_keeping(every))
        return gathered

    async def drain(self, seconds: float | None = None) -> None:
        """Wait until the last-known copies of answered operations are written, or for so long."""
        await self._keeper.drain(seconds)
        if self._reading:
            await asyncio.wait(set(self._reading), timeout=_LONGEST_READ)

    async def _whole(self, read: Coroutine[Any, Any, T]) -> T:
        """Let a read of the hub's own store end even where nobody waits for it any more.

        Cancelled in mid-statement, it would cost the store a connection.
        """
        task = asyncio.create_task(read)
        self._reading.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._reading.discard(task)
        if not task.cancelled():
            task.exception()  # seen by who waited, or nobody is left to see it

    async def _use_kept(self, request: GatherRequest, every: Sequence[Cell], until: float) -> None:
        """Take copies that are fresh enough, in half of the time at most: the rest is for asking."""
        if request.max_age is None and not request.all_known_only:
            return
        board = Board((), self._now, self._reaper)
        read = board.start("read of last-known copies", self._read(request.access.tenant, every))
        try:
            await asyncio.wait({read}, timeout=max(0.0, until - asyncio.get_running_loop().time()))
        finally:
            board.close()
        now = self._now()
        for cell in every:
            if cell.copy is not None:
                age = now - cell.copy.fetched_at
                cell.kept = request.all_known_only or (request.max_age is not None and age <= request.max_age)

    async def _ask(
        self, request: GatherRequest, open_cells: Sequence[Cell], started: float, ends: float
    ) -> None:
        """Ask the partners, and read copies of what they do not answer, until the deadline."""
        table = asks(cell for cell in open_cells if cell.instance.obstacle is None)
        board = Board(
            (part for mine in table.values() for ask in mine for part in ask.parts.values()),
            self._now,
            self._reaper,
        )
        personal = frozenset(ask.ref.party_id for mine in table.values() for ask in mine)
        operation = Operation(request.access, ends, personal=personal)
        try:
            with during(operation):
                self._start(request.access.tenant, table, board)
            await board.wait(ends - min(RESERVE, (ends - started) / 4))
            await self._fall_back(request.access.tenant, open_cells, board, ends)
        finally:
            late = {id(part) for part in board.close()}
            operation.close()
        for instance, mine in table.items():
            if any(id(part) in late for ask in mine for part in ask.parts.values()):
                instance.health.failed(ProblemCode.DEADLINE_EXCEEDED)

    def _start(self, tenant: TenantId, table: Mapping[Instance, Sequence[Ask]], board: Board) -> None:
        granted = {}
        for instance, mine in table.items():
            if instance.description is not None and instance.description.lookup is Lookup.BY_GRANT:
                granted[instance] = mine
            else:
                _call(instance, mine, board)
        if granted:
            board.start("read of grants", self._with_grants(tenant, granted, board))

    async def _with_grants(
        self, tenant: TenantId, table: Mapping[Instance, Sequence[Ask]], board: Board
    ) -> None:
        wanted = [(ask.customer_id, instance.id) for instance, mine in table.items() for ask in mine]
        try:
            tokens = await self._whole(self._grants.tokens(tenant, wanted))
        except Exception as error:  # noqa: BLE001  # whatever the store raises, the rest is answered
            _log.error("grants could not be read: %s", place(error))
            _settle(board, (ask for mine in table.values() for ask in mine), ProblemCode.CONNECTOR_FAULT)
            return
        for instance, mine in table.items():
            able = []
            for ask in mine:
                token = tokens.get((ask.customer_id, instance.id))
                if token is None:
                    _settle(board, (ask,), ProblemCode.GRANT_MISSING)
                else:
                    ask.ref = msgspec.structs.replace(ask.ref, grant=token)
                    able.append(ask)
            _call(instance, able, board)

    async def _fall_back(
        self, tenant: TenantId, open_cells: Sequence[Cell], board: Board, ends: float
    ) -> None:
        wanting = [cell for cell in open_cells if wants_copy(cell)]
        if not wanting:
            await board.wait(ends)
            return
        read = board.start("read of last-known copies", self._read(tenant, wanting))
        await board.wait(ends, read)
        if board.settled.done() and any(wants_copy(cell) for cell in wanting):
            await asyncio.wait({read}, timeout=max(0.0, ends - asyncio.get_running_loop().time()))
        else:
            await board.wait(ends)

    async def _read(self, tenant: TenantId, wanting: Sequence[Cell]) -> None:
        """Give cells their last-known copies, where there are some that cover what is needed."""
        keys = [
            SnapshotKey(customer_id=cell.customer_id, connector=cell.instance.id, kind=cell.need.kind)
            for cell in wanting
        ]
        try:
            found = await self._whole(self._snapshots.read(tenant, keys)) if keys else ()
        except Exception as error:  # noqa: BLE001  # whatever the store raises, the rest is answered
            _log.error("last-known copies could not be read: %s", place(error))
            return
        copies: dict[tuple[str, str, str], list[Snapshot]] = {}
        for copy in found:
            copies.setdefault((copy.customer_id, copy.connector, copy.kind), []).append(copy)
        today = self._now().date()
        for cell in wanting:
            cell.looked = True
            mine = copies.get((cell.customer_id, cell.instance.id, cell.need.kind), ())
            if mine and all(covers(copy, cell.need, today) for copy in mine):
                cell.copy = together(mine)


def _call(instance: Instance, mine: Sequence[Ask], board: Board) -> None:
    for batch in batches(instance, mine):
        board.start(f"fetch of {instance.id}", Call(instance, batch, board).run())


def _settle(board: Board, mine: Iterable[Ask], code: ProblemCode) -> None:
    outcome = Outcome(problem=problem(code), answered=False)
    for ask in mine:
        for part in ask.parts.values():
            board.settle(part, outcome)
