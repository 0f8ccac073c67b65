"""Answers a mutation: its fields take effect one after the other, each shown before the next does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import isawaitable
from typing import Any

import msgspec
from graphql import ExecutionResult, GraphQLError

from schema.execution.compiled.arguments import Arguments
from schema.execution.compiled.completing import Completer
from schema.execution.compiled.guarding import is_shut
from schema.execution.compiled.places import Info, Site
from schema.execution.compiled.reading import Resolver
from schema.execution.compiled.running import Guards, Running


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a mutation."""

    cases: int
    """In which it is taken."""
    call: Resolver
    """What makes it take effect; of the type's name, what gives the key and it."""
    site: Site | None = None
    completer: Completer | None = None
    arguments: Arguments | None = None
    """None where whoever is called does not look at them, and they fit."""
    passes: bool = False
    """Whether whoever is called looks at them."""


async def answer_serially(
    steps: Sequence[Step], run: Running, guards: Callable[[], Guards]
) -> ExecutionResult:
    """Take the steps of a mutation and answer each.

    Args:
        steps: Its fields, in their order.
        run: The execution.
        guards: What may have to be held back by now: whom a step shows is known once it has taken effect.
    """
    data: dict[str, Any] = {}
    try:
        for step in steps:
            if step.cases >> run.case & 1:
                key, value = await _taken(step, run, guards)
                data[key] = value
    except GraphQLError as error:
        run.errors.append(error)
        return ExecutionResult(None, run.errors)
    return ExecutionResult(data, run.errors or None)


async def _taken(step: Step, run: Running, guards: Callable[[], Guards]) -> tuple[str, Any]:
    """The key and the value of a field.

    Raises:
        GraphQLError: It cannot be written, and may not be null.
    """
    site, completer = step.site, step.completer
    if site is None or completer is None:
        found: tuple[str, Any] = step.call(None)
        return found
    if site.name in run.guards.get(site.parent.name, ()) and is_shut(site, None, run, None):
        return site.key, None
    try:
        given = step.arguments(run) if step.arguments is not None else {}
        value = step.call(None, Info(site, None, run), **(given if step.passes else {}))
        if isawaitable(value):
            value = await value
        run.guards = guards()
        return site.key, completer.value(value, (None, site.key), site, run, None)
    except Exception:  # noqa: BLE001  # whatever it is, it is told where it stands
        if site.is_required:
            site.failed(None, run)
        site.lost(None, run)
        return site.key, None
