"""Searches the partners themselves for a key, all at once, under a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from c360.access import Access
from c360.contract import PartyQuery
from c360.errors import ConnectorError, ProblemCode
from c360.records.party import Party
from connectors.board import Reaper
from connectors.fetching import WrongYield
from connectors.instances import Instance
from connectors.operation import Operation, during
from connectors.problems import problem, problem_of
from connectors.results import SourceProblem, SourceState


class IdentifyResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one source knows about a key."""

    connector: str
    """Instance id."""
    state: SourceState
    """FRESH, UNAVAILABLE, or NOT_REQUESTED where the source cannot be searched by such a key."""
    parties: tuple[Party, ...] = ()
    problem: SourceProblem | None = None
    latency: timedelta | None = None
    """From the start of the search to this source's answer; null where nothing was sent."""


async def identify(
    instances: Sequence[Instance], query: PartyQuery, *, access: Access, deadline: timedelta, reaper: Reaper
) -> tuple[IdentifyResult, ...]:
    """Ask every instance that declares the kind of key; one result per instance, in their order.

    Ends by the deadline, and never raises for a partner or plugin.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    results: dict[str, IdentifyResult] = {}
    tasks = set()
    operation = Operation(access, started + deadline.total_seconds(), personal=frozenset({query.value}))
    with during(operation):
        for instance in instances:
            code = _refusal(instance, query)
            if code is None:
                search = _search(instance, query, results, started)
                tasks.add(loop.create_task(search, name=f"search of {instance.id}"))
            else:
                results[instance.id] = _without(instance, code)
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=deadline.total_seconds())
    finally:
        reaper.abandon(tasks)
        operation.close()
    found = []
    for instance in instances:
        if instance.id not in results:
            instance.health.failed(ProblemCode.DEADLINE_EXCEEDED)
        found.append(results.get(instance.id) or _without(instance, ProblemCode.DEADLINE_EXCEEDED))
    return tuple(found)


def _refusal(instance: Instance, query: PartyQuery) -> ProblemCode | None:
    if instance.obstacle is not None:
        return instance.obstacle
    searchable = instance.description is not None and query.key in instance.description.identifies
    return None if searchable else ProblemCode.NOT_SEARCHABLE


def _without(instance: Instance, code: ProblemCode) -> IdentifyResult:
    unasked = code is ProblemCode.NOT_SEARCHABLE
    return IdentifyResult(
        connector=instance.id,
        state=SourceState.NOT_REQUESTED if unasked else SourceState.UNAVAILABLE,
        problem=problem(code),
    )


async def _search(
    instance: Instance, query: PartyQuery, results: dict[str, IdentifyResult], started: float
) -> None:
    loop = asyncio.get_running_loop()
    trouble: SourceProblem | None = None
    parties: tuple[Party, ...] = ()
    try:
        with instance.working():
            parties = _checked(await instance.connector.identify(query), query, instance)
    except ConnectorError as error:
        instance.complaints.partner("be searched", error)
        trouble = problem_of(error)
    except WrongYield as wrong:
        instance.complaints.contract(wrong)
        trouble = problem(ProblemCode.CONNECTOR_FAULT)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a stranger's code may raise anything
        instance.complaints.fault(error)
        trouble = problem(ProblemCode.CONNECTOR_FAULT)
    unknown = trouble is not None and trouble.code is ProblemCode.CUSTOMER_UNKNOWN
    if trouble is None or unknown:
        instance.health.succeeded()
    else:
        instance.health.failed(trouble.code)
    results[instance.id] = IdentifyResult(
        connector=instance.id,
        state=SourceState.FRESH if trouble is None or unknown else SourceState.UNAVAILABLE,
        parties=parties,
        problem=None if unknown else trouble,
        latency=timedelta(seconds=loop.time() - started),
    )


def _checked(found: object, query: PartyQuery, instance: Instance) -> tuple[Party, ...]:
    if not isinstance(found, tuple | list):
        raise WrongYield(f"identify() returned a {type(found).__name__} instead of a sequence")
    for party in found:
        if type(party) is not Party:
            raise WrongYield(f"identify() returned a {type(party).__name__} among the parties")
    return tuple(msgspec.structs.replace(party, connector=instance.id) for party in found[: query.limit])
