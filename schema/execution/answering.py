"""An operation that was checked, from its plan to its answer: nothing awaits once what it needs was gathered.

Mutations are planned here too, but take effect and gather field by field, as the executor comes to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from functools import partial
from typing import Any

import msgspec
from graphql import ExecutionResult, GraphQLError, OperationType, execute

from schema.execution.auditing import AuditBehind
from schema.execution.context import OperationContext
from schema.execution.following import prepare_answer
from schema.execution.guard import PermittingExecutor
from schema.execution.mutation import arrange
from schema.execution.operation import prepare
from schema.execution.plan import Planner
from schema.execution.unavailable import unavailable
from schema.mutations.base import Mutation
from schema.roots.base import RootField
from schema.subscriptions.base import SubscriptionField
from store.errors import DatabaseLocked, DatabaseUnavailable


class Answering(msgspec.Struct, frozen=True, kw_only=True):
    """Answers operations over one schema."""

    planner: Planner
    fields: Mapping[str, type[RootField]]
    """The root fields of queries, by name."""
    mutations: Mapping[str, type[Mutation]]
    subscriptions: Mapping[str, type[SubscriptionField]]

    async def answer(self, context: OperationContext, variables: Mapping[str, Any]) -> ExecutionResult:
        """Plan, gather and answer. What goes wrong unexpectedly ends the operation; the engine masks it.

        Args:
            context: The operation, whose document was checked.
            variables: As they were sent.
        """
        kind = context.operation.operation
        try:
            if kind is OperationType.QUERY:
                await prepare(context, self.planner, self.fields)
            elif kind is OperationType.SUBSCRIPTION:
                await prepare_answer(context, self.planner, self.subscriptions)
            else:
                arrange(context, self.planner, self.mutations)
        except (AuditBehind, DatabaseLocked, DatabaseUnavailable) as error:
            return ExecutionResult(data=None, errors=[unavailable(error)])
        except Exception as error:  # noqa: BLE001  # its message is for the log alone
            failed = GraphQLError("gathering failed", original_error=error)
            return ExecutionResult(data=None, errors=[failed])
        if context.heavy and kind is OperationType.QUERY:
            return await _answered_apart(context, variables)
        result = _executed(context, variables)
        return result if isinstance(result, ExecutionResult) else await result


async def _answered_apart(context: OperationContext, variables: Mapping[str, Any]) -> ExecutionResult:
    """Answer a query that is gathered for in a thread: others get their turns while it is computed."""
    loop = asyncio.get_running_loop()
    result = await loop.run_in_executor(context.services.apart, partial(_executed, context, variables))
    if not isinstance(result, ExecutionResult):
        raise TypeError("a resolver of a query awaits something")  # a fault of ours
    return result


def _executed(
    context: OperationContext, variables: Mapping[str, Any]
) -> ExecutionResult | Awaitable[ExecutionResult]:
    """What the executor makes of what is ready; of a mutation, something to be awaited."""
    name = context.operation.name
    return execute(
        context.services.schema,
        context.document,
        context_value=context,
        variable_values=dict(variables),
        operation_name=name.value if name else None,
        executor_class=PermittingExecutor,
    )
