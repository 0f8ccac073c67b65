"""Fetches anew behind an answer what the answer had to take as it was, and tells who listens."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from c360.access import Purpose, TenantId
from c360.contract import Need
from connectors.assembling import worth_keeping
from connectors.instances import Instance
from connectors.planning import Cell
from connectors.results import GatherRequest, Refreshed
from connectors.snapshots import Keeper

_LONGEST = 10.0
"""Seconds that fetching anew behind an answer may take."""

_MOST = 256
"""Cells that are fetched anew at the same time; beyond it, what ages is served until it is too old."""

_YOUNG = 5.0
"""Seconds for which a copy will do behind an answer, also of what is otherwise always asked live."""

_STAGGER = 0.1
"""Seconds between the beginnings at one instance and the next: what they answer is read one after the
other, so that the first answers to others come in between."""

_JUST_NOW = 0.05
"""Seconds for which a cell counts as being fetched when it has been: who read the copies shortly before it
was written does not have it fetched once more."""

_CellKey = tuple[TenantId, Purpose, str, str, Need]


def unheard(_: Refreshed) -> None:
    """Nobody listens."""


def outdated(cells: Iterable[Cell], at: datetime) -> list[Cell]:
    """Those that have no copy which their kind's time to live still calls current."""
    return [
        cell
        for cell in cells
        if cell.copy is None
        or (at - cell.copy.fetched_at).total_seconds() > max(_YOUNG, cell.instance.fresh_for(cell.need.kind))
    ]


class Refreshing:
    """What is being fetched anew.

    Args:
        ask: asks the partners for cells, from a moment to another.
        keeper: keeps what arrives.
        refreshed: told of each customer and instance of which something arrived and is kept.
    """

    def __init__(
        self,
        ask: Callable[[GatherRequest, Sequence[Cell], float, float], Awaitable[object]],
        keeper: Keeper,
        refreshed: Callable[[Refreshed], None],
    ) -> None:
        self._ask = ask
        self._keeper = keeper
        self._refreshed = refreshed
        self._running: dict[_CellKey, asyncio.Task[None]] = {}

    def start(self, request: GatherRequest, old: Iterable[Cell], *, tell: bool = False) -> None:
        """Fetch cells anew, except those that are being fetched, and those beyond what is done at once.

        Each instance by itself, so that what one of them gives does not wait for another.

        Args:
            request: for whom.
            old: cells of its gathering.
            tell: whether to tell what has arrived.
        """
        anew: dict[Instance, dict[_CellKey, Cell]] = defaultdict(dict)
        for cell in old:
            key = _key(request, cell)
            if key not in self._running and cell.instance.obstacle is None:
                anew[cell.instance][key] = _blank(cell)
        for place, mine in enumerate(anew.values()):
            if len(self._running) + len(mine) <= _MOST:
                self._begin(request, mine, pause=place * _STAGGER if tell else 0.0, tell=tell)

    async def drain(self, seconds: float | None) -> None:
        """Wait for what is under way, or for so long."""
        if self._running:
            await asyncio.wait(set(self._running.values()), timeout=seconds)

    def _begin(
        self, request: GatherRequest, mine: Mapping[_CellKey, Cell], *, pause: float, tell: bool
    ) -> None:
        fetching = self._fetch(request, list(mine.values()), pause=pause, tell=tell)
        task = asyncio.create_task(fetching, name="refresh")
        self._running |= dict.fromkeys(mine, task)
        loop = asyncio.get_running_loop()
        task.add_done_callback(lambda _: loop.call_later(_JUST_NOW, self._ended, task, tuple(mine)))

    def _ended(self, task: asyncio.Task[None], mine: Sequence[_CellKey]) -> None:
        for key in mine:
            if self._running.get(key) is task:
                del self._running[key]

    async def _fetch(
        self, request: GatherRequest, cells: Sequence[Cell], *, pause: float, tell: bool
    ) -> None:
        await asyncio.sleep(pause)
        live = msgspec.structs.replace(request, max_age=timedelta(0), all_known_only=False)
        started = asyncio.get_running_loop().time()
        await self._ask(live, cells, started, started + _LONGEST)
        tenant = request.access.tenant
        arrived = list(worth_keeping(cells))
        written = self._keeper.keep(tenant, arrived, soon=tell)
        if not tell or written is None:
            return
        await asyncio.wait({written})
        for customer_id, connector in dict.fromkeys((kept.customer_id, kept.connector) for kept in arrived):
            self._refreshed(Refreshed(tenant=tenant, customer_id=customer_id, connector=connector))


def _key(request: GatherRequest, cell: Cell) -> _CellKey:
    access = request.access
    return access.tenant, access.purpose, cell.customer_id, cell.instance.id, cell.need


def _blank(cell: Cell) -> Cell:
    return Cell(
        customer_id=cell.customer_id,
        instance=cell.instance,
        need=cell.need,
        parties=cell.parties,
        linked=cell.linked,
    )
