"""The one hook into the executor: plans and gathers before any resolver runs.

Mutations are planned here too, but take effect and gather field by field, as the executor comes to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, OperationType, execute
from strawberry.extensions import SchemaExtension

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

if TYPE_CHECKING:
    from strawberry.types import ExecutionContext


async def answered_apart(context: OperationContext, variables: dict[str, Any] | None) -> ExecutionResult:
    """Answer a query that is gathered for in a thread: others get their turns while it is computed.

    Args:
        context: The operation.
        variables: As they were sent.
    """
    name = context.operation.name
    answering = partial(
        execute,
        context.services.schema,
        context.document,
        context_value=context,
        variable_values=variables,
        operation_name=name.value if name else None,
        executor_class=PermittingExecutor,
    )
    result = await asyncio.get_running_loop().run_in_executor(context.services.apart, answering)
    if not isinstance(result, ExecutionResult):
        raise TypeError("a resolver of a query awaits something")  # a fault of ours
    return result


class PlanGatherAnswer(SchemaExtension):
    """Makes an operation ready, so that its resolvers only return what is there.

    Expects an :class:`OperationContext` as the context value: the engine has parsed and checked the
    document, and this takes it from there instead of doing it again.
    """

    planner: Planner
    fields: Mapping[str, type[RootField]]
    mutations: Mapping[str, type[Mutation]]
    subscriptions: Mapping[str, type[SubscriptionField]]
    execution_context: ExecutionContext

    def on_parse(self) -> Iterator[None]:
        """Take the document that the engine prepared."""
        document: DocumentNode = self.execution_context.context.document
        self.execution_context.graphql_document = document
        yield

    def on_validate(self) -> Iterator[None]:
        """Nothing is left to check."""
        self.execution_context.pre_execution_errors = []
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        """Plan and gather. What goes wrong unexpectedly ends the operation; the engine masks it."""
        context: OperationContext = self.execution_context.context
        try:
            if context.operation.operation is OperationType.QUERY:
                await prepare(context, self.planner, self.fields)
                if context.heavy:
                    self.execution_context.result = await answered_apart(
                        context, self.execution_context.variables
                    )
            elif context.operation.operation is OperationType.SUBSCRIPTION:
                await prepare_answer(context, self.planner, self.subscriptions)
            else:
                arrange(context, self.planner, self.mutations)
        except (AuditBehind, DatabaseLocked, DatabaseUnavailable) as error:
            self._fail(unavailable(error))
        except Exception as error:  # noqa: BLE001  # the executor would show its message to the caller
            self._fail(GraphQLError("gathering failed", original_error=error))
        yield

    def _fail(self, error: GraphQLError) -> None:
        self.execution_context.result = ExecutionResult(data=None, errors=[error])


def extension(
    planner: Planner,
    fields: Mapping[str, type[RootField]],
    mutations: Mapping[str, type[Mutation]],
    subscriptions: Mapping[str, type[SubscriptionField]],
) -> type[PlanGatherAnswer]:
    """The extension over one schema; the executor makes an instance for each operation."""
    body = {
        "planner": planner,
        "fields": fields,
        "mutations": mutations,
        "subscriptions": subscriptions,
    }
    return type("PlanGatherAnswer", (PlanGatherAnswer,), body)
