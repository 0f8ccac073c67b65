"""The fan-out: every customer, every source, one deadline, and data whatever the partners did."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from c360.access import TenantId
from c360.errors import ProblemCode, place
from c360.values import Secret
from connectors.assembling import assemble, wants_copy, worth_keeping
from connectors.board import Board, Reaper
from connectors.cache import PartCache
from connectors.copies import Copies, Reads
from connectors.fetching import Call
from connectors.freshness import Freshness
from connectors.instances import Instance
from connectors.joining import Joining
from connectors.operation import Operation, during
from connectors.planning import Ask, Cell, Outcome, Part, asks, batches, cells
from connectors.problems import problem
from connectors.protocols import GrantStore, SnapshotStore
from connectors.refreshing import Refreshing, outdated, unheard
from connectors.results import Gathered, GatherRequest, Refreshed
from connectors.snapshots import Keeper
from connectors.tokens import Tokens

RESERVE = 0.2
"""Seconds before the deadline at which last-known copies are read for what is still open, at most a
quarter of the time there is. Nothing is read where every partner answers before that."""

_log = logging.getLogger(__name__)

_Tokens = Mapping[tuple[str, str, str], Secret | None]
"""By customer id, instance id and party id; ``None`` for a grant that has ended."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """What the steps of asking share."""

    request: GatherRequest
    ends: float
    """The deadline, on the event loop's clock."""
    board: Board
    ageing: list[Part]
    granted: list[tuple[Instance, Ask]]
    """What was asked under customers' grants."""


class Gatherer:
    """Gathers over the instances of a host.

    Args:
        instances: in the order of the settings.
        snapshots: keeper of last-known copies.
        grants: keeper of the customers' grants.
        now: the clock, in UTC.
        reaper: looks after work that outlives its operation.
        cache: remembers what was fetched a moment ago; nothing by default.
        refreshed: told what arrived behind an answer that asked for it.
    """

    def __init__(
        self,
        instances: Sequence[Instance],
        *,
        snapshots: SnapshotStore,
        grants: GrantStore,
        now: Callable[[], datetime],
        reaper: Reaper | None = None,
        cache: PartCache | None = None,
        refreshed: Callable[[Refreshed], None] = unheard,
    ) -> None:
        self._instances = tuple(instances)
        self._reads = Reads()
        self._copies = Copies(snapshots, now, self._reads)
        self._tokens = Tokens(grants)
        self._grants = grants
        self._now = now
        self._keeper = Keeper(snapshots)
        self._reaper = Reaper() if reaper is None else reaper
        self._freshness = Freshness(cache, now)
        self._joining = Joining(now, self._reaper)
        self._refreshing = Refreshing(self._ask, self._keeper, refreshed)
        self._noting: set[asyncio.Task[None]] = set()
        """Notes of grants that partners refused."""

    async def gather(self, request: GatherRequest) -> Gathered:
        """Gather all that is needed. Ends by the deadline, and never raises for a partner or plugin."""
        started = asyncio.get_running_loop().time()
        ends = started + request.deadline.total_seconds()
        table = cells(self._instances, request)
        every = [cell for row in table.values() for mine in row.values() for cell in mine]
        await self._use_kept(request, every, started + (ends - started) / 2)
        ageing: list[Part] = []
        if not request.all_known_only:
            ageing = await self._ask(request, [cell for cell in every if not cell.kept], started, ends)
        gathered = assemble(self._instances, request, table, at=self._now(), started=started)
        if request.keep:
            self._keeper.keep(request.access.tenant, worth_keeping(every))
        if request.all_known_only and request.refresh:
            self._refreshing.start(request, outdated(every, gathered.at), tell=True)
        elif ageing:
            old = {id(part) for part in ageing}
            aged = [cell for cell in every if any(id(part) in old for part in cell.parts)]
            self._refreshing.start(request, aged)
        return gathered

    async def forget(self, instance: str, parties: Collection[str] | None = None) -> None:
        """Drop what is remembered, and what is being fetched, of these parties at an instance, or of all."""
        self._joining.forget(instance, parties)
        self._freshness.forget(instance, parties)
        self._keeper.forget(instance)

    async def drain(self, seconds: float | None = None) -> None:
        """Wait until the last-known copies of answered operations are written, or for so long."""
        await self._refreshing.drain(seconds)
        if self._noting:
            await asyncio.wait(set(self._noting), timeout=seconds)
        await self._keeper.drain(seconds)
        await self._tokens.drain()
        await self._reads.drain()

    async def _use_kept(self, request: GatherRequest, every: Sequence[Cell], until: float) -> None:
        """Take copies that are fresh enough, in half of the time at most: the rest is for asking."""
        wanted = request.all_known_only or (request.max_age is not None and request.max_age > timedelta(0))
        if not wanted:
            return
        board = Board((), self._now, self._reaper)
        read = board.start("read of last-known copies", self._copies.read(request.access.tenant, every))
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
    ) -> list[Part]:
        """Ask the partners, and read copies of what they do not answer, until the deadline.

        Returns what was served from memory and is to be fetched anew.
        """
        table = asks(cell for cell in open_cells if cell.instance.obstacle is None)
        every = [ask for mine in table.values() for ask in mine]
        board = Board((part for ask in every for part in ask.parts.values()), self._now, self._reaper)
        personal = frozenset(ask.ref.party_id for ask in every)
        operation = Operation(request.access, ends, personal=personal)
        asking = _Asking(request, ends, board, [], [])
        late: list[Part] = []
        try:
            with during(operation):
                self._start(asking, table)
            await board.wait(ends - min(RESERVE, (ends - started) / 4))
            await self._fall_back(request.access.tenant, open_cells, board, ends)
        finally:
            late = board.close()
            operation.close()
            self._note_refused(request.access.tenant, asking.granted)
        if late:
            _note_late(table, late)
        if request.keep:
            self._freshness.keep(started, table, request.access)
        return asking.ageing

    def _start(self, asking: _Asking, table: Mapping[Instance, Sequence[Ask]]) -> None:
        unread = {}
        for instance, mine in table.items():
            if not instance.by_grant:
                self._fetch(asking, instance, mine)
                continue
            tokens = self._opened(asking, instance, mine)
            if tokens is None:
                unread[instance] = mine
            else:
                self._fetch(asking, instance, _able(asking, instance, mine, tokens))
        if unread:
            asking.board.start("read of grants", self._with_grants(asking, unread))

    def _opened(self, asking: _Asking, instance: Instance, mine: Sequence[Ask]) -> _Tokens | None:
        """Grants that were read with the customers; none where some were not, or do not open."""
        tenant, tokens = asking.request.access.tenant, {}
        with_customer = {target.customer_id: target.grants for target in asking.request.targets}
        for ask in mine:
            grants = with_customer[ask.customer_id]
            if grants is None:
                return None
            sealed = grants.get((instance.id, ask.ref.party_id))
            if sealed is None:
                continue
            try:
                token = self._grants.opened(tenant, instance.id, sealed)
            except Exception:  # noqa: BLE001  # whatever the store raises: it is read anew, and told of then
                return None
            tokens[ask.customer_id, instance.id, ask.ref.party_id] = token
        return tokens

    def _fetch(self, asking: _Asking, instance: Instance, mine: Sequence[Ask]) -> None:
        """Serve what is remembered, and ask for the rest."""
        request, board = asking.request, asking.board
        asking.ageing.extend(self._freshness.serve(board, instance, mine, request.access, request.max_age))
        for batch in batches(instance, mine):
            if self._joining.suits(instance, batch):
                self._joining.fetch(instance, batch, board, request.access, asking.ends)
            else:
                board.start(instance.fetching, Call(instance, batch, board).run())

    async def _with_grants(self, asking: _Asking, table: Mapping[Instance, Sequence[Ask]]) -> None:
        board = asking.board
        wanted = [
            (ask.customer_id, instance.id, ask.ref.party_id)
            for instance, mine in table.items()
            for ask in mine
        ]
        try:
            tokens = await self._tokens.read(asking.request.access.tenant, wanted)
        except Exception as error:  # noqa: BLE001  # whatever the store raises, the rest is answered
            _log.error("grants could not be read: %s", place(error))
            _settle(board, (ask for mine in table.values() for ask in mine), ProblemCode.CONNECTOR_FAULT)
            return
        for instance, mine in table.items():
            self._fetch(asking, instance, _able(asking, instance, mine, tokens))

    def _note_refused(self, tenant: TenantId, granted: Sequence[tuple[Instance, Ask]]) -> None:
        """Have it noted where a partner refused a customer's grant, so that it is not sent again."""
        for instance, ask in granted:
            outcomes = [part.outcome for part in ask.parts.values()]
            token = ask.ref.grant
            # A grant that opens one kind and not another is no grant that has ended.
            if token is None or not all(map(_refused, outcomes)):
                continue
            which = (ask.customer_id, instance.id, ask.ref.party_id)
            note = asyncio.create_task(self._note(tenant, which, token), name="note of a refused grant")
            self._noting.add(note)
            note.add_done_callback(self._noting.discard)

    async def _note(self, tenant: TenantId, which: tuple[str, str, str], token: Secret) -> None:
        try:
            await self._grants.refused(tenant, which, token)
        except Exception as error:  # noqa: BLE001  # the answer does not depend on it; the next refusal tells again
            _log.error("a refused grant could not be noted: %s", place(error))

    async def _fall_back(
        self, tenant: TenantId, open_cells: Sequence[Cell], board: Board, ends: float
    ) -> None:
        wanting = [cell for cell in open_cells if wants_copy(cell)]
        if not wanting:
            await board.wait(ends)
            return
        read = board.start("read of last-known copies", self._copies.read(tenant, wanting))
        await board.wait(ends, read)
        if board.settled and any(wants_copy(cell) for cell in wanting):
            await asyncio.wait({read}, timeout=max(0.0, ends - asyncio.get_running_loop().time()))
        else:
            await board.wait(ends)


def _note_late(table: Mapping[Instance, Sequence[Ask]], late: Sequence[Part]) -> None:
    """Count it against the instances that have not answered in time."""
    missing = {id(part) for part in late}
    for instance, mine in table.items():
        if any(id(part) in missing for ask in mine for part in ask.parts.values()):
            instance.health.failed(ProblemCode.DEADLINE_EXCEEDED)


def _able(asking: _Asking, instance: Instance, mine: Sequence[Ask], tokens: _Tokens) -> Sequence[Ask]:
    """Those who can be asked about, with their grants; of the others it is said why not."""
    able = []
    for ask in mine:
        which = (ask.customer_id, instance.id, ask.ref.party_id)
        token = tokens.get(which)
        if token is None:
            ended = which in tokens
            code = ProblemCode.REAUTHORISATION_REQUIRED if ended else ProblemCode.GRANT_MISSING
            _settle(asking.board, (ask,), code)
        else:
            ask.ref = msgspec.structs.replace(ask.ref, grant=token)
            able.append(ask)
            asking.granted.append((instance, ask))
    return able


def _refused(outcome: Outcome | None) -> bool:
    found = None if outcome is None else outcome.problem
    return found is not None and found.code is ProblemCode.REAUTHORISATION_REQUIRED


def _settle(board: Board, mine: Iterable[Ask], code: ProblemCode) -> None:
    outcome = Outcome(problem=problem(code), answered=False)
    for ask in mine:
        for part in ask.parts.values():
            board.settle(part, outcome)
