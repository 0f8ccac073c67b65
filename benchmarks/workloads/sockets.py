"""Many sockets and one that lets things happen: how soon everybody knows, and what a socket costs.

The server is a process of its own, and what happens is committed by another one: on PostgreSQL word of it
comes by a notification, on SQLite the server looks by itself every quarter of a second.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from api.wiring import Hub
from benchmarks.figures import Figure, Sample, milliseconds
from benchmarks.stage.databases import Databases
from benchmarks.stage.graph import (
    AnswerError,
    Graph,
    StageClock,
    export_people,
    fill,
    make_settings,
    open_graph,
)
from benchmarks.stage.partners import People
from benchmarks.stage.processes import Installation, install
from resolvers.events.catalogue import drafted
from resolvers.events.customers import CustomerChanged
from resolvers.events.work import JobProgress
from schema import ids
from store import migrate
from store.data_events import EventDraft

NAME = "sockets at once"
SOCKETS, ROUNDS = 1_000, 10
JOB = "fan-out"
FOLLOW_JOB = 'subscription { jobProgress(jobId: "fan-out", initial: true) { done } }'
FOLLOW_CUSTOMER = """subscription ($id: ID!) {
  customerChanged(customerId: $id, initial: true, gather: {mode: KNOWN}) { cursor customer { displayName } }
}"""
_PATIENCE = 300.0
"""Seconds after which an answer is given up."""
_SOME = 50
"""Sockets that are opened at the same time."""


def run(backend: str, databases: Databases, folder: Path) -> list[Figure]:
    """How soon all of them know, and what each costs."""
    url = databases.create()
    migrate.upgrade(url)
    who = People()
    settings = make_settings(url, {})
    asyncio.run(fill(settings, export_people(who, folder)))
    place = folder / f"sockets-{backend}"
    place.mkdir(exist_ok=True)
    there = install(place, url, {}, live={"sockets": 2 * SOCKETS}, server={"connections": 2 * SOCKETS})
    with there.running() as (address, process):
        return asyncio.run(_measured(backend, there, address, process, StageClock(who.today)))


async def _measured(
    backend: str, there: Installation, address: str, process: int, clock: StageClock
) -> list[Figure]:
    async with AsyncExitStack() as stack:
        graph: Graph = await stack.enter_async_context(open_graph(there.settings, clock))
        page = await graph.ask("{ customers(first: 1) { edges { node { id } } } }")
        customer = page["customers"]["edges"][0]["node"]["id"]
        async with graph.hub.store.database.unit(graph.hub.tenant) as unit:
            await unit.jobs.save(JOB, 0)
        before = _resident(process)
        clients = await _open(stack, there, address)
        await _follow(clients, "job", FOLLOW_JOB, {})
        cost = (_resident(process) - before) / len(clients)
        told = [
            await _spread(graph.hub, clients, drafted(JobProgress(job=JOB, done=done)))
            for done in range(ROUNDS)
        ]
        await _follow(clients, "customer", FOLLOW_CUSTOMER, {"id": customer})
        local = ids.decode(customer, argument="id").local_id
        changed = [
            await _spread(graph.hub, clients, drafted(CustomerChanged(), [local])) for _ in range(ROUNDS)
        ]
    figures = [
        Figure(
            workload=NAME,
            name=f"{backend}: memory of a socket with a subscription",
            value=round(cost, 1),
            unit="KiB",
            note=f"{len(clients)} sockets",
        )
    ]
    for what, rounds in (("a job got on", told), ("a customer changed, each answered anew", changed)):
        every, last = Sample.of(one for each in rounds for one in each), Sample.of(map(max, rounds))
        figures += [
            milliseconds(NAME, f"{backend}: {what}, p50", every.p50),
            milliseconds(NAME, f"{backend}: {what}, p99", every.p99),
            milliseconds(NAME, f"{backend}: {what}, all {len(clients)} know, p50", last.p50),
        ]
    return figures


async def _open(stack: AsyncExitStack, there: Installation, address: str) -> list[ClientConnection]:
    headers = there.bearer("supervisor", "integrator")

    async def begun() -> ClientConnection:
        opening = connect(
            address.replace("http", "ws") + "/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            additional_headers=headers,
            proxy=None,
            compression=None,
        )
        client = await stack.enter_async_context(opening)
        await client.send('{"type": "connection_init"}')
        await client.recv()
        return client

    clients: list[ClientConnection] = []
    while len(clients) < SOCKETS:
        clients += await asyncio.gather(*(begun() for _ in range(_SOME)))
    return clients


async def _follow(
    clients: Sequence[ClientConnection], one: str, query: str, variables: Mapping[str, Any]
) -> None:
    """Let every client follow something, and wait until it does."""
    payload = {"query": query, "variables": variables}
    asking = json.dumps({"type": "subscribe", "id": one, "payload": payload})
    for client in clients:
        await client.send(asking)
    await asyncio.gather(*(_heard(client) for client in clients))


async def _spread(hub: Hub, clients: Sequence[ClientConnection], draft: EventDraft) -> list[float]:
    """Let something happen: seconds from then on until each client knows."""
    hearing = [asyncio.ensure_future(_heard(client)) for client in clients]
    await asyncio.sleep(0.5)
    started = time.perf_counter()
    async with hub.store.database.unit(hub.tenant) as unit:
        unit.outbox.add([draft])
    return [moment - started for moment in await asyncio.gather(*hearing)]


async def _heard(client: ClientConnection) -> float:
    """When the next answer comes.

    Raises:
        AnswerError: it is none.
    """
    told = json.loads(await asyncio.wait_for(client.recv(), _PATIENCE))
    if told["type"] != "next" or told["payload"].get("errors"):
        message = f"an answer was expected, not {told}"
        raise AnswerError(message)
    return time.perf_counter()


def _resident(process: int) -> float:
    """Memory that a process holds, in KiB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return float(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))
