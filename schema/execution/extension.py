"""The one hook into the executor: plans and gathers before any resolver runs."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING

from graphql import DocumentNode, ExecutionResult, GraphQLError, OperationType
from strawberry.extensions import SchemaExtension

from schema.errors import ErrorCode, InputError
from schema.execution.context import OperationContext
from schema.execution.operation import prepare
from schema.execution.plan import Planner
from schema.roots.base import RootField
from store.errors import DatabaseLocked, DatabaseUnavailable

if TYPE_CHECKING:
    from strawberry.types import ExecutionContext

_UNAVAILABLE = "The hub's own database does not answer at the moment; try again in a while."
_log = logging.getLogger(__name__)


class PlanGatherAnswer(SchemaExtension):
    """Makes an operation ready, so that its resolvers only return what is there.

    Expects an :class:`OperationContext` as the context value: the engine has parsed and checked the
    document, and this takes it from there instead of doing it again.
    """

    planner: Planner
    fields: Mapping[str, type[RootField]]
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
        except (DatabaseLocked, DatabaseUnavailable) as error:
            _log.error("an operation was given up: %s", error)
            self._fail(InputError(_UNAVAILABLE, code=ErrorCode.UNAVAILABLE))
        except Exception as error:  # noqa: BLE001  # the executor would show its message to the caller
            self._fail(GraphQLError("gathering failed", original_error=error))
        yield

    def _fail(self, error: GraphQLError) -> None:
        self.execution_context.result = ExecutionResult(data=None, errors=[error])


def extension(planner: Planner, fields: Mapping[str, type[RootField]]) -> type[PlanGatherAnswer]:
    """The extension over one schema; the executor makes an instance for each operation."""
    return type("PlanGatherAnswer", (PlanGatherAnswer,), {"planner": planner, "fields": fields})
