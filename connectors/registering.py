"""Having a partner call the hub: registered, listed and removed through its API, and honest about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import msgspec

from c360.access import Access, IdempotencyKey
from c360.contract import Effect, Registration, Subscription
from connectors.acting import Standing
from connectors.asking import WrongOutcome, asked
from connectors.board import Reaper
from connectors.instances import Instance
from connectors.operation import Operation
from connectors.problems import problem
from connectors.results import SourceProblem

T = TypeVar("T")
_LONGEST_ID = 500
_MOST = 1_000


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """What became of asking a partner to call, or to call no more, as far as it is known."""

    standing: Standing
    """``CONFIRMED``, ``FAILED`` or ``UNKNOWN``."""
    registration: Registration | None = None
    """What came of it; none of a removal."""
    problem: SourceProblem | None = None
    """Why it is not confirmed."""


class Registering:
    """Asks the partners of a host.

    Args:
        reaper: looks after work that outlives its deadline.
    """

    def __init__(self, reaper: Reaper) -> None:
        self._reaper = reaper

    async def register(
        self, instance: Instance, subscription: Subscription, *, access: Access, deadline: timedelta
    ) -> Registered:
        """Have a partner call. Never raises for a partner or plugin, and ends by the deadline.

        Raises:
            ValueError: the partner's API registers no address.
        """
        keyed = _effect(instance) is Effect.KEYED
        key = subscription.idempotency_key if keyed else None

        async def call() -> Registration:
            made = _checked(await instance.connector.register(subscription))
            if made.url != subscription.url:
                raise WrongOutcome("register() returned another address than it was to register")
            return made

        return await self._changed(instance, access, deadline, key, call)

    async def deregister(
        self, instance: Instance, references: Sequence[str], *, access: Access, deadline: timedelta
    ) -> Registered:
        """Have a partner call no more. Never raises for a partner or plugin, and ends by the deadline.

        Raises:
            ValueError: the partner's API registers no address.
        """
        _effect(instance)
        return await self._changed(
            instance, access, deadline, None, lambda: instance.connector.deregister(tuple(references))
        )

    async def registrations(
        self, instance: Instance, *, access: Access, deadline: timedelta
    ) -> Sequence[Registration] | SourceProblem:
        """The addresses that a partner calls, or why that is not known.

        Raises:
            ValueError: the partner's API registers no address.
        """
        _effect(instance)
        if instance.obstacle is not None:
            return problem(instance.obstacle)

        async def call() -> Sequence[Registration]:
            found = await instance.connector.registrations()
            if not isinstance(found, list | tuple) or len(found) > _MOST:
                raise WrongOutcome(f"registrations() returned no list of up to {_MOST:,}")
            return tuple(map(_checked, found))

        return await asked(
            self._reaper, instance, _operation(access, deadline, None), call, what="list registrations"
        )

    async def _changed(
        self,
        instance: Instance,
        access: Access,
        deadline: timedelta,
        key: IdempotencyKey | None,
        call: Callable[[], Awaitable[Registration | None]],
    ) -> Registered:
        if instance.obstacle is not None:
            return Registered(standing=Standing.FAILED, problem=problem(instance.obstacle))
        operation = _operation(access, deadline, key)
        found = await asked(self._reaper, instance, operation, call, what="have the partner call")
        if not isinstance(found, SourceProblem):
            return Registered(standing=Standing.CONFIRMED, registration=found)
        standing = Standing.UNKNOWN if operation.unsettled else Standing.FAILED
        return Registered(standing=standing, problem=found)


def _operation(access: Access, deadline: timedelta, key: IdempotencyKey | None) -> Operation:
    return Operation(access, asyncio.get_running_loop().time() + deadline.total_seconds(), key=key)


def _effect(instance: Instance) -> Effect:
    spec = instance.description.webhooks if instance.description else None
    if spec is None or spec.registers is None:
        raise ValueError(f"{instance.id} registers no address")
    return spec.registers


def _checked(found: object) -> Registration:
    if not isinstance(found, Registration):
        raise WrongOutcome(f"it returned a {type(found).__name__} instead of a Registration")
    ids = found.references
    usable = isinstance(ids, tuple) and all(
        isinstance(each, str) and 0 < len(each) <= _LONGEST_ID for each in ids
    )
    if not usable or not ids or not isinstance(found.url, str):
        raise WrongOutcome("it returned a registration without usable ids or an address")
    return found
