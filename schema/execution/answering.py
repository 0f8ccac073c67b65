"""How an operation is answered: planned, gathered for, and written down by compiled code.

What is not compiled is left to graphql-core, over the same gathered objects: it gives the same answer, only
later. Mutations are planned here too, but take effect and gather field by field.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from inspect import isawaitable
from typing import Any, TypeVar

import msgspec
from graphql import ExecutionResult, GraphQLError, OperationType, execute

from schema.execution.auditing import AuditBehind
from schema.execution.compiled.guarding import guards_of
from schema.execution.compiled.keeping import Kept
from schema.execution.compiled.operation import Compiled, Compiler
from schema.execution.compiled.refusing import NotCompiled
from schema.execution.compiled.running import Running
from schema.execution.context import OperationContext
from schema.execution.following import prepare_answer
from schema.execution.guard import PermittingExecutor
from schema.execution.mutation import arrange
from schema.execution.operation import prepare
from schema.execution.plan import Planner
from schema.execution.unavailable import unavailable
from schema.mutations.base import Mutation
from schema.permissions.introspection import may_introspect
from schema.roots.base import RootField
from schema.subscriptions.base import SubscriptionField
from store.errors import DatabaseLocked, DatabaseUnavailable

ResultT = TypeVar("ResultT")

COMPILED = "compiled"
"""Said of an answer that compiled code made; of another it is said why not."""
EARLY = "early"
"""Why an operation is not compiled that did not come often enough to be worth it."""

_MANY = 15_000
"""Values of an answer, as estimated, beyond which compiled code makes it in a thread: some 20 ms."""
_MANY_INTERPRETED = 2_500
"""The same where the library makes it."""
_LARGE = 40
"""Selections from which on the code of an operation is generated in a thread: others get their turns."""


class Answering(msgspec.Struct, frozen=True, kw_only=True):
    """Answers operations over one schema."""

    compiler: Compiler
    planner: Planner
    fields: Mapping[str, type[RootField]]
    """The root fields of queries, by name."""
    mutations: Mapping[str, type[Mutation]]
    subscriptions: Mapping[str, type[SubscriptionField]]
    kept: Kept = msgspec.field(default_factory=Kept)

    async def answer(self, context: OperationContext, variables: Mapping[str, Any]) -> ExecutionResult:
        """Answer an operation; says in ``context.answered`` how it was done.

        Args:
            context: The operation.
            variables: As they were sent.

        Raises:
            Exception: A fault of ours, which the caller may not see.
        """
        try:
            return await self._answered(context, variables)
        finally:
            context.release()

    async def _answered(self, context: OperationContext, variables: Mapping[str, Any]) -> ExecutionResult:
        kind = context.operation.operation
        try:
            if kind is OperationType.QUERY:
                await prepare(context, self.planner, self.fields)
            elif kind is OperationType.SUBSCRIPTION:
                await prepare_answer(context, self.planner, self.subscriptions)
            else:
                arrange(context, self.planner, self.mutations)
        except (AuditBehind, DatabaseLocked, DatabaseUnavailable) as error:
            return ExecutionResult(None, [unavailable(error)])
        except Exception as error:  # noqa: BLE001  # the caller must not see its message; the engine masks it
            return ExecutionResult(None, [GraphQLError("gathering failed", original_error=error)])
        found = self._compiled(context)
        if isinstance(found, str):
            context.answered = found
            return await self._interpreted(context, variables)
        compiled, run = found
        context.answered = COMPILED
        if kind is OperationType.MUTATION:
            return await compiled.answer_serially(run, partial(guards_of, context))
        return await _written(context, compiled, run)

    def _compiled(self, context: OperationContext) -> tuple[Compiled, Running] | str:
        """The compiled operation and its execution, or why it is none."""
        name = context.operation.name.value if context.operation.name else ""
        key = ("compiled", name)
        compiled: Compiled | str | int = context.memo.get(key, 1)
        if isinstance(compiled, int):
            if compiled < context.services.settings.compiled_from:
                context.memo[key] = compiled + 1
                return EARLY
            try:
                compiled = self.compiler.compile(context.operation, context.fragments)
                self.kept.keep(context.memo, key, compiled)
            except NotCompiled as refused:
                compiled = context.memo[key] = refused.reason
        if isinstance(compiled, str):
            return compiled
        self.kept.used(compiled)
        access, settings = context.access, context.services.settings.access
        run = compiled.run(
            context,
            context.variables,
            guards=guards_of(context),
            hide_suggestions=not may_introspect(access.principal, settings),
        )
        if run is None:
            return "switches"
        return compiled, run

    async def _interpreted(self, context: OperationContext, variables: Mapping[str, Any]) -> ExecutionResult:
        name = context.operation.name
        executing = partial(
            execute,
            context.services.schema,
            context.document,
            context_value=context,
            variable_values=dict(variables),
            operation_name=name.value if name else None,
            executor_class=PermittingExecutor,
        )
        many = context.values > _MANY_INTERPRETED and context.operation.operation is OperationType.QUERY
        result = await _apart(context, executing) if many else executing()
        return await result if isawaitable(result) else result


async def _written(context: OperationContext, compiled: Compiled, run: Running) -> ExecutionResult:
    """The answer of compiled code; in a thread where it is large, or much code has yet to be generated."""
    guarded = bool(run.guards)
    settled = compiled.size < _LARGE or guarded in compiled.settled
    if settled and context.values <= _MANY:
        return compiled.answer(run)
    before = compiled.written
    result = await _apart(context, partial(compiled.answer, run))
    if compiled.written == before:
        compiled.settled.add(guarded)
    return result


async def _apart(context: OperationContext, make: Callable[[], ResultT]) -> ResultT:
    """What is made in a thread, so that others get their turns meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(context.services.apart, make)
