"""The scene: servers and a worker under load, killed one after the other, and then the reckoning.

The truth is outside of the hub: what the partners' counters say took effect, and what the client was told.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from api.seeding import seed
from api.settings import Settings
from api.wiring import open_store
from benchmarks.kills.client import Acknowledged, Client, mutations
from benchmarks.kills.nursery import Birth, Nursery
from benchmarks.kills.reckoning import Reckoning
from benchmarks.kills.settling import Settled, settle
from benchmarks.stage.partners import READY_WITHIN, Partners, People, StageError
from benchmarks.stage.processes import Installation, install
from c360.access import TenantId
from sandbox.export import export
from schema import ids
from schema.actions.shapes import PARTNER_ACTION
from store import migrate
from store.data_actions import PartnerActionData
from store.data_contests import ContestState

SERVERS = 2
_RULES = {"timeout": 4.0, "lease": 8.0, "settle": 10.0, "first_retry": 0.5, "longest_retry": 10.0}
"""As by default, but in a hurry: what a killed process leaves is gone on with within seconds."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much is done, and how long that may take."""

    mutations: int
    kills: int
    """At the least; they are spread over the mutations."""
    seconds: float
    """After which nothing new is sent."""
    at_once: int = 16
    seed: int = 360


@dataclass
class Household:
    """The processes that run, and who of them is killed."""

    nursery: Nursery
    settings: Path
    random: random.Random

    def __post_init__(self) -> None:
        file = str(self.settings)
        self._births = [Birth(settings=file, server=place) for place in range(SERVERS)]
        self._births.append(Birth(settings=file))
        self._pids = {birth: self.nursery.fork(birth) for birth in self._births}
        self.kills: Counter[str] = Counter()

    def end(self) -> None:
        """Kill them all, for good."""
        for pid in self._pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def ready(self) -> None:
        """Wait until every server answers.

        Raises:
            StageError: one does not.
        """
        until = time.monotonic() + READY_WITHIN
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            for address in self.nursery.addresses:
                while True:
                    with contextlib.suppress(httpx.HTTPError):
                        answer = await http.get(f"{address}/health/ready")
                        if answer.status_code == httpx.codes.OK:
                            break
                    if time.monotonic() > until:
                        message = "a server did not start"
                        raise StageError(message)
                    await asyncio.sleep(0.05)

    def kill(self) -> None:
        """Kill one of them at this moment, and start it again."""
        # The servers have the load; the worker goes on with what they leave.
        (birth,) = self.random.choices(self._births, [3] * SERVERS + [1])
        os.kill(self._pids[birth], signal.SIGKILL)
        self.kills["worker" if birth.server is None else "serve"] += 1
        self._pids[birth] = self.nursery.fork(birth)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where the scene is played."""

    backend: str
    """Name of the database, for the report."""
    url: str
    """Address of a new, empty database."""
    folder: Path
    """Where the settings file and the logs go."""
    partners: Partners
    """The six and the back office."""
    who: People
    """The population that they serve."""


async def play(stage: Stage, plan: Plan, nursery: Nursery) -> Reckoning:
    """Send mutations while processes are killed, wait for what is under way, and count.

    Args:
        stage: where.
        plan: how much.
        nursery: where the processes come from; of as many servers as :data:`SERVERS`.

    Raises:
        StageError: something did not start.
    """
    migrate.upgrade(stage.url)
    worker = {"lease": 3.0, "interval": 3600.0, "summaries": False}
    connectors = stage.partners.connectors
    installed = install(stage.folder, stage.url, connectors, actions=_RULES, worker=worker)
    customers = stage.folder / "customers.jsonl"
    export(stage.who.population(), customers, back_office=True)
    await seed(installed.settings, customers, report=lambda _: None)
    for partner in ("loyalty", "workorders"):
        # So that some are killed while a partner is at work.
        stage.partners.behave(partner, "slow", delay=0.02)
    before = _booked(stage.partners)
    household = Household(nursery, installed.file, random.Random(plan.seed))
    try:
        return await _played(stage, plan, household, installed, before)
    finally:
        household.end()


def _booked(partners: Partners) -> Counter[str]:
    """How often each kind of mutation took effect at its partner."""
    return Counter(
        adjust=partners.effects("loyalty").get("adjust_points", 0),
        order=partners.effects("workorders").get("place_order", 0),
    )


async def _played(
    stage: Stage, plan: Plan, household: Household, installed: Installation, before: Counter[str]
) -> Reckoning:
    await household.ready()
    client = Client(household.nursery.addresses, installed.bearer("supervisor", "steward"))
    sending = mutations(await client.members(), plan.mutations, plan.seed)
    started = time.monotonic()
    enough = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(client.run(sending, at_once=plan.at_once, enough=enough))
        group.create_task(_kill(household, client, plan, enough))
    seconds = time.monotonic() - started
    settled, contests = await _found(installed.settings)
    booked = _booked(stage.partners) - before
    return _reckon(stage.backend, plan, client, household, Kept(settled, contests, booked, seconds))


async def _kill(household: Household, client: Client, plan: Plan, enough: asyncio.Event) -> None:
    """Kill one process after the other, evenly over the mutations or the time, whichever is over first."""
    done, started = 0, time.monotonic()
    while done < plan.kills:
        if time.monotonic() - started > plan.seconds:
            break
        far = max(
            len(client.acknowledged) / plan.mutations, (time.monotonic() - started) / (0.95 * plan.seconds)
        )
        if far >= (done + 0.5) / plan.kills:
            # At any moment: not when something was just acknowledged.
            await asyncio.sleep(household.random.uniform(0, 0.1))
            household.kill()
            done += 1
        await asyncio.sleep(0.01)
    while len(client.acknowledged) < plan.mutations:
        if time.monotonic() - started > plan.seconds:
            enough.set()
            return
        await asyncio.sleep(0.05)


async def _found(settings: Settings) -> tuple[Settled, Counter[str]]:
    """The actions once they are settled, and how often each contest is there, by its reason: its key."""
    tenant = TenantId(settings.tenant)
    async with open_store(settings) as store:
        settled = await settle(store.database, tenant)
        async with store.database.read(tenant) as unit:
            page = await unit.contests.page(state=ContestState.OPEN, first=1_000_000)
    return settled, Counter(each.reason for each in page.contests)


@dataclass(frozen=True)
class Kept:
    """What is there at the end, in the database and at the partners."""

    settled: Settled
    contests: Counter[str]
    booked: Counter[str]
    """At the partners."""
    seconds: float
    """For how long mutations were sent."""


def _reckon(backend: str, plan: Plan, client: Client, household: Household, found: Kept) -> Reckoning:
    actions, contests = found.settled.actions, found.contests
    told = client.acknowledged.values()
    kept = {ids.encode(PARTNER_ACTION, each.id): each for each in actions}
    lost = [each.key for each in told if not _is_there(each, kept, contests)]
    named = Counter(each.id for each in told)
    twice = [key for key, count in contests.items() if count > 1]
    twice += [each.key for each in told if named[each.id] > 1]
    # What the client was told is all there is: each of its keys is there once, and nothing beside them.
    wanted = Counter(each.kind for each in told)
    effects = {
        "adjust": (found.booked["adjust"], wanted["adjust"]),
        "order": (found.booked["order"], wanted["order"]),
        "contest": (contests.total(), wanted["contest"]),
        "action": (len(actions), wanted["adjust"] + wanted["order"]),
    }
    return Reckoning(
        backend=backend,
        seeds=(plan.seed,),
        seconds=round(found.seconds, 1),
        sent=len(client.sent),
        acknowledged=len(client.acknowledged),
        resent=client.resent,
        kills=household.kills.total(),
        kills_of=dict(household.kills),
        lost=tuple(lost),
        twice=tuple(twice),
        settling=round(found.settled.seconds, 1),
        open=tuple(found.settled.open),
        effects=effects,
    )


def _is_there(told: Acknowledged, kept: Mapping[str, PartnerActionData], contests: Mapping[str, int]) -> bool:
    """Whether what the client was told is there, and as it was said."""
    if told.kind == "contest":
        return contests[told.key] > 0
    action = kept.get(told.id)
    if action is None:
        return False
    return told.state not in {"CONFIRMED", "REJECTED"} or told.state == action.state.value
