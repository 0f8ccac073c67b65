"""A warm process whose children do one thing about one action and are killed at a point of it.

Started as ``python -m tests.e2e.dying``. It takes one JSON line per child, a :class:`Turn`, and answers
with one: whether the child was killed. The children are real processes of the hub's own code between a real
database and a partner over real HTTP; only the points at which they die are the test's.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec

from c360.access import Access, TenantId
from c360.actions import Action, ActionOutcome, ActionState
from c360.addresses import AddressPolicy
from c360.config import ConnectorConfig
from c360.contract import ActionSpec, Connector, Description, Effect, Fetch, Fetched, Lookup, Need, Ref
from c360.hooks import hookimpl
from c360.records.loyalty import AdjustPoints
from connectors.acting import Acted
from connectors.host import Host
from connectors.infos import InstanceInfo
from connectors.instances import InstanceSettings
from connectors.manager import PluginManager
from resolvers.actions.machine import ActionRules
from resolvers.actions.performing import Performer
from store.data_actions import ActionDraft
from store.database import Database
from store.keyring import Keyring
from store.sight import EVERYTHING, Sight

TENANT = TenantId("t")
KIND = "loyalty.adjust_points"
RULES = ActionRules(timeout=2, lease=5, settle=8, first_retry=1, longest_retry=5)
KEYS = Keyring(master=b"m" * 32, pepper=b"p" * 32)
DURING = 0.02
"""Seconds into a call at which a process dies that is to die during it; the partner takes longer."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a child does."""

    url: str
    partner: str
    customer: str
    cases: tuple[tuple[Effect, str], ...] = ()
    """What a client asks for: of what partner, and the idempotency key, which is what the partner books it
    as. Without any it is the worker's turn."""
    die_at: int = 0
    """Number of the point at which it is killed; 0: it lives."""


class Till(Connector[ConnectorConfig]):
    """A partner that books points, once per key or not, and shows its books or not."""

    description: ClassVar[Description]

    async def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """Nobody asks."""
        for need in needs:
            for ref in refs:
                yield Fetched(ref=ref, kind=need.kind)

    async def act(self, action: Action) -> ActionOutcome:
        """Book."""
        assert isinstance(action.input, AdjustPoints)
        body = {"case": action.input.membership_id, "key": action.idempotency_key}
        answer = await self.ctx.http.post("/bookings", json=body)
        booked = answer.decode(dict[str, str])
        return ActionOutcome(state=ActionState.CONFIRMED, reference=booked["id"])

    async def trace(self, action: Action) -> ActionOutcome | None:
        """Look into the books."""
        answer = await self.ctx.http.get("/bookings", params={"key": str(action.idempotency_key)})
        booked = answer.decode(list[str])
        return ActionOutcome(state=ActionState.CONFIRMED, reference=booked[0]) if booked else None


def till(effect: Effect) -> type[Till]:
    """The partner of which so much can be promised."""
    name = _name(effect)
    description = Description(
        name=name,
        title=name,
        domain="loyalty",
        lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind="loyalty.memberships"),),
        config=ConnectorConfig,
        actions=(ActionSpec(kind=KIND, effect=effect),),
    )
    return type(name.title(), (Till,), {"__module__": __name__, "description": description})


class Plugin:
    """Brings the three partners."""

    @hookimpl
    def c360_connectors(self) -> list[type[Connector[Any]]]:
        """One of each effect."""
        return [till(effect) for effect in Effect]


class Mortal:
    """Counts the points that a process comes past, and kills it at one."""

    def __init__(self, die_at: int) -> None:
        self._die_at = die_at
        self._passed = 0

    def point(self) -> None:
        """Another one."""
        self._passed += 1
        if self._passed == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalDatabase:
    """The database, with a point before and after each commit."""

    def __init__(self, database: Database, mortal: Mortal) -> None:
        self._database = database
        self._mortal = mortal

    def read(self, tenant: TenantId, sight: Sight = EVERYTHING) -> Any:
        """Reading changes nothing: no point."""
        return self._database.read(tenant, sight)

    @asynccontextmanager
    async def unit(self, tenant: TenantId, sight: Sight = EVERYTHING) -> AsyncIterator[Any]:
        """A unit of work."""
        async with self._database.unit(tenant, sight) as unit:
            yield unit
            self._mortal.point()
        self._mortal.point()


class MortalHost:
    """The host, with a point before, during and after each call."""

    def __init__(self, host: Host, mortal: Mortal) -> None:
        self._host = host
        self._mortal = mortal

    def infos(self) -> tuple[InstanceInfo, ...]:
        """As the host says."""
        return self._host.infos()

    async def act(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Perform it."""
        return await self._around(self._host.act(instance_id, action, access=access, deadline=deadline))

    async def trace(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Look it up."""
        return await self._around(self._host.trace(instance_id, action, access=access, deadline=deadline))

    async def _around(self, call: Any) -> Acted:
        self._mortal.point()
        during = asyncio.get_running_loop().call_later(DURING, self._mortal.point)
        acted: Acted = await call
        during.cancel()
        self._mortal.point()
        return acted


async def play(turn: Turn) -> None:
    """What one child does: ask for the action and send it, then go on as time passes until it rests."""
    ahead = timedelta(0)

    def clock() -> datetime:
        return datetime.now(UTC) + ahead

    manager = PluginManager(entry_points=lambda **_: ())
    manager.register("till", Plugin())
    settings = [
        InstanceSettings(id=name, plugin=f"till/{name}", config={"base_url": f"{turn.partner}/{name}"})
        for name in map(_name, Effect)
    ]
    real = Database(turn.url, keyring=KEYS, clock=clock)
    unused: Any = None
    host = Host.open(
        settings,
        snapshots=unused,
        grants=unused,
        now=clock,
        plugins=manager,
        addresses=AddressPolicy(("127.0.0.0/8",)),
        strict=True,
    )
    mortal = Mortal(turn.die_at)
    database = MortalDatabase(real, mortal)
    performer = Performer(database, MortalHost(host, mortal), clock, RULES)
    for effect, case in turn.cases:
        async with database.unit(TENANT) as unit:
            action, _ = await unit.actions.request(_draft(turn, effect, case, clock()))
        await performer.perform(TENANT, action.id, wait=timedelta(seconds=20))
    for _ in range(0 if turn.cases else 6):
        ahead += timedelta(seconds=9)
        await performer.round(TENANT)
        await performer.close(20)
    await host.close()
    await real.dispose()


def _name(effect: Effect) -> str:
    return f"till_{effect.value.lower()}"


def _draft(turn: Turn, effect: Effect, case: str, now: datetime) -> ActionDraft:
    return ActionDraft(
        customer_id=turn.customer,
        connector=_name(effect),
        kind=KIND,
        party_id="b1",
        content=msgspec.json.encode(AdjustPoints(membership_id=case, points=1)),
        caller="client",
        key=case,
        fingerprint=case.encode(),
        purpose="SERVICE",
        valid_until=now + timedelta(hours=1),
        due_at=now + timedelta(seconds=5),
    )


def main() -> int:
    """Fork a child for each line."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        turn = msgspec.json.decode(line, type=Turn)
        child = os.fork()
        if not child:
            code = 1
            try:
                asyncio.run(play(turn))
                code = 0
            except BaseException:  # noqa: BLE001  # nobody else tells
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        assert killed or os.waitstatus_to_exitcode(status) == 0
        sys.stdout.write("killed\n" if killed else "lived\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
