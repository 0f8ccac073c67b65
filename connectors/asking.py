"""A plugin's calls that change something at a partner: what each ends in by its deadline, what is open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from c360.contract import Medium
from c360.errors import ConnectorError, OutcomeUnknown, ProblemCode
from connectors.board import Reaper
from connectors.instances import Instance
from connectors.operation import Operation, during
from connectors.problems import problem, problem_of
from connectors.results import SourceProblem

T = TypeVar("T")


class WrongOutcome(Exception):
    """A plugin answered what the contract does not allow. The message says what, without data."""


async def asked(
    reaper: Reaper, instance: Instance, operation: Operation, call: Callable[[], Awaitable[T]], *, what: str
) -> T | SourceProblem:
    """What a plugin's call ends in by the deadline. Never raises for a partner or plugin.

    ``operation.unsettled`` tells afterwards whether it is open what became of it at the partner.

    Args:
        reaper: looks after a call that outlives its deadline.
        instance: whose plugin is called.
        operation: until when, and under which key.
        call: the call; raises :class:`WrongOutcome` where it answers what the contract does not allow.
        what: what it does, for the log: ``perform an action``.
    """
    loop = asyncio.get_running_loop()
    with during(operation):
        work = loop.create_task(_called(instance, operation, call, what), name=f"{what} at {instance.id}")
    try:
        await asyncio.wait({work}, timeout=max(0.0, operation.remaining()))
        if work.done() and not work.cancelled():
            return work.result()
        instance.health.failed(ProblemCode.DEADLINE_EXCEEDED)
        _suspect(instance, operation)
        return problem(ProblemCode.DEADLINE_EXCEEDED)
    finally:
        reaper.abandon({work})
        operation.close()


async def _called(
    instance: Instance, operation: Operation, call: Callable[[], Awaitable[T]], what: str
) -> T | SourceProblem:
    try:
        with instance.working():
            found = await call()
    except ConnectorError as error:
        instance.complaints.partner(what, error)
        instance.health.failed(problem_of(error).code)
        if isinstance(error, OutcomeUnknown):
            operation.unsettled = max(1, operation.unsettled)
        return problem_of(error)
    except WrongOutcome as wrong:
        instance.complaints.contract(wrong)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a stranger's code may raise anything
        instance.complaints.fault(error)
    else:
        instance.health.succeeded()
        return found
    _suspect(instance, operation)
    instance.health.failed(ProblemCode.CONNECTOR_FAULT)
    return problem(ProblemCode.CONNECTOR_FAULT)


def _suspect(instance: Instance, operation: Operation) -> None:
    """What goes by another medium than HTTP is not seen on its way: it may have happened."""
    if instance.description is not None and instance.description.medium is not Medium.HTTP:
        operation.unsettled = max(1, operation.unsettled)
