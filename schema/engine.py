"""The engine: what the HTTP layer asks to execute an operation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple

from graphql import GraphQLError, GraphQLSchema, OperationType
from graphql.execution.values import VariableValues

from c360.access import Access
from resolvers.actions.performing import Performer
from resolvers.events.bus import Bus
from resolvers.identity import model
from resolvers.identity.decide import Matcher
from resolvers.identity.recognition import Recogniser
from resolvers.serving import Models, shipped
from schema.build import Schema
from schema.errors import InputError, RequestError
from schema.execution.admission import Admission, Allowance, Open, count
from schema.execution.auditing import AuditBehind, AuditSink, Unaudited
from schema.execution.context import EngineSettings, OperationContext, Services
from schema.execution.cost import TooManyValues
from schema.execution.documents import Documents
from schema.execution.following import Following, begin, opened
from schema.execution.limits import Limits
from schema.execution.prepared import Prepared, PreparedOperation
from schema.execution.unavailable import unavailable
from schema.live import AccessEnded, AccessSource, check_expiry
from schema.observing import Observation, OperationObserver, Unobserved
from schema.permissions.holders import HOLDERS
from schema.permissions.introspection import NoIntrospection, may_introspect
from schema.permissions.permit import Permit
from schema.permissions.veiling import personal_coordinates, unverified
from schema.permissions.withholding import Holder
from schema.ports import Database, Host
from schema.presenting import (
    NotAllowedError,
    code_of,
    failed_answer,
    presented,
    presented_all,
    refused_answer,
)
from schema.response import GraphResponse
from schema.subscriptions.base import NOTHING, SubscriptionField, Told
from store.errors import DatabaseLocked, DatabaseUnavailable

_READS = 16
"""Answers of subscriptions that read the store at the same time: what happens to many leaves connections
for queries, and waits here instead of for one of those, which has a time-out."""

Allow = Literal["query", "any"]


class _Asked(NamedTuple):
    """An operation as it was sent, and as it was read."""

    variables: Mapping[str, Any]
    prepared: Prepared
    operation: PreparedOperation


class GraphEngine:
    """Executes operations over one schema.

    Args:
        schema: From :func:`schema.build.build_schema`.
        database: The store.
        host: The connectors.
        clock: The present, in UTC.
        settings: Defaults of gathering.
        limits: Bounds of a document.
        matcher: Recognises partner records; with the model that is shipped unless told.
        models: What value, risk and offers are reckoned by; the shipped ones unless told.
        bus: Where subscriptions follow what happens; without it there are none.
        holders: Keep fields of single customers back; those in :mod:`schema.permissions.holders` unless told.
        audit: Keeps who read what of whom; without it nobody does.
        observer: Watches how operations do.
        performer: Has partners do what they are asked to; one of its own unless told.
        admission: Says which documents a caller may send, and how many; lets everything in unless told.
    """

    def __init__(
        self,
        schema: Schema,
        database: Database,
        host: Host,
        clock: Callable[[], datetime],
        *,
        settings: EngineSettings | None = None,
        limits: Limits | None = None,
        matcher: Matcher | None = None,
        models: Models | None = None,
        audit: AuditSink | None = None,
        observer: OperationObserver | None = None,
        performer: Performer | None = None,
        bus: Bus | None = None,
        holders: Sequence[Holder] | None = None,
        admission: Admission | None = None,
    ) -> None:
        settings = settings or EngineSettings()
        self._schema = schema
        self._observer = observer or Unobserved()
        self._bus = bus
        self._turns = asyncio.Semaphore(_READS)
        self._admission = admission or Open()
        self._limits = limits or Limits()
        self._documents = Documents(schema.graphql, self._limits)
        self._services = Services(
            database=database,
            host=host,
            clock=clock,
            settings=settings,
            groups=schema.group_answers,
            recogniser=Recogniser(matcher or Matcher(model.load()), settings.region),
            models=models or shipped(),
            schema=schema.graphql,
            permits=schema.permits,
            holders=HOLDERS if holders is None else holders,
            masked=unverified(personal_coordinates(schema.permits.table)),
            apart=ThreadPoolExecutor(1, thread_name_prefix="answers"),
            audit=audit or Unaudited(),
            performer=performer or Performer(database, host, clock),
        )

    @property
    def graph(self) -> GraphQLSchema:
        """The schema that it executes over."""
        return self._schema.graphql

    def prepare(self, text: str) -> None:
        """Make a document ready before it is sent for the first time.

        Raises:
            RequestError: It is too large, is not GraphQL, or does not fit the schema.
        """
        self._documents.prepare(text)

    def now(self) -> datetime:
        """The present, in UTC."""
        return self._services.clock()

    async def stream(
        self,
        query: str | None,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        access: AccessSource,
        allow: Allow = "any",
        after: str | None = None,
        document_id: str | None = None,
    ) -> AsyncGenerator[GraphResponse, None]:
        """Execute an operation of any kind: a subscription answers as long as it goes on, others once.

        Never raises but for cancellation.

        Args:
            query: The document; none where an id names it.
            variables: Values of its variables, as decoded from JSON.
            operation_name: Which of its operations; needed where it has several.
            access: Finds out who asks, for what; asked again before every answer.
            allow: ``query`` where the request must not change anything.
            after: Cursor after which a subscription goes on, instead of its argument's.
            document_id: Of a registered document, in place of its text.
        """
        try:
            granted = await access()
            check_expiry(granted, self.now())
            allowances = self._admission.request(granted)
            asked = self._read(granted, query, document_id, operation_name, variables)
            if asked.operation.node.operation is not OperationType.SUBSCRIPTION:
                yield await self._once(lambda: asked, granted, allow, allowances)
                return
            async with aclosing(self._follow(asked, granted, access, after)) as answers:
                async for answer in answers:
                    yield answer
        except AccessEnded as ended:
            yield GraphResponse(errors=[ended.told()], is_request_error=True)
        except RequestError as refused:
            yield refused_answer(refused)
        except Exception as error:  # noqa: BLE001  # a fault of ours must not show its message
            yield failed_answer(error)

    def _read(
        self,
        access: Access,
        query: str | None,
        document_id: str | None,
        operation_name: str | None,
        variables: Mapping[str, Any] | None,
    ) -> _Asked:
        """The operation that is meant.

        Raises:
            RequestError: The caller may not send the document, or it cannot be executed.
        """
        text = self._admission.document(access, query, document_id)
        prepared = self._documents.prepare(text, suggest=self._may_introspect(access))
        return _Asked(variables or {}, prepared, prepared.operation(operation_name))

    async def _follow(
        self, asked: _Asked, granted: Access, access: AccessSource, after: str | None
    ) -> AsyncGenerator[GraphResponse, None]:
        """A subscription's answers, and last of all why it ends where it has not come to its own end.

        Raises:
            RequestError: It cannot begin.
        """
        variables = asked.operation.coerced(asked.variables, suggest=self._may_introspect(granted))
        cost = self._cost(asked.operation, variables)
        # Of being opened, and of the first answer where it is asked for at once.
        self._admission.spend(granted, cost)

        def context(access: Access, told: Told) -> OperationContext:
            made = self._context(asked.prepared, asked.operation, variables, access, told)
            made.turn = self._turns
            return made

        async def answer(access: Access, told: Told) -> tuple[GraphResponse, SubscriptionField | None]:
            answered = context(access, told)
            with self._observer.operation() as seen:
                seen.named(asked.operation.kind, asked.operation.root_fields)
                data, errors = await self._run(asked.variables, answered, seen)
                seen.ended([code_of(error) for error in errors], refused=False)
            # Where there is no data, the field did not come so far as to know what it follows.
            field = answered.following if data is not None else None
            return GraphResponse(data=data, errors=errors, cursor=told.cursor), field

        if self._bus is None:
            message = "A subscription cannot be sent here: no events are followed."
            raise NotAllowedError(message)
        try:
            opening = context(granted, Told(opening=True))
            field = await opened(opening, self._schema.planner, self._schema.subscriptions)
            place = begin(field, after)
        except (AuditBehind, DatabaseLocked, DatabaseUnavailable) as error:
            raise RequestError([unavailable(error)]) from None
        except GraphQLError as refused:
            raise RequestError([refused]) from None
        gathering = self._services.settings.gathering.total_seconds()
        spend = partial(self._admission.spend, cost=cost)
        following = Following(self._bus, gathering, now=self.now, access=access, spend=spend, answer=answer)
        try:
            async with aclosing(following.answers(field, granted, place)) as answers:
                async for each in answers:
                    yield each
        except AccessEnded as ended:
            yield GraphResponse(errors=[ended.told()])
        except InputError as refused:
            yield GraphResponse(errors=[presented(refused)])

    async def execute(
        self,
        query: str | None,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        access: Access,
        allow: Allow = "any",
        document_id: str | None = None,
        tell_cost: bool = False,
    ) -> GraphResponse:
        """Execute an operation. Never raises but for cancellation.

        Args:
            query: The document; none where an id names it.
            variables: Values of its variables, as decoded from JSON.
            operation_name: Which of its operations; needed where it has several.
            access: Who asks, for what.
            allow: ``query`` where the request must not change anything, as over GET.
            document_id: Of a registered document, in place of its text.
            tell_cost: Whether the answer says what the operation was estimated to cost, and did.
        """

        def read() -> _Asked:
            return self._read(access, query, document_id, operation_name, variables)

        return await self._once(read, access, allow, None, tell_cost=tell_cost)

    async def _once(
        self,
        read: Callable[[], _Asked],
        access: Access,
        allow: Allow,
        allowances: Sequence[Allowance] | None,
        *,
        tell_cost: bool = False,
    ) -> GraphResponse:
        """The one answer to a request, whose budget was asked already where there are ``allowances``."""
        told: list[Allowance] = []
        with self._observer.operation() as seen:
            try:
                told += self._admission.request(access) if allowances is None else allowances
                answer = await self._answer(read(), access, seen, allow, told, tell_cost=tell_cost)
            except RequestError as refused:
                answer = refused_answer(refused, told)
            except Exception as error:  # noqa: BLE001  # a fault of ours must not show its message
                answer = failed_answer(error)
            seen.ended([code_of(error) for error in answer.errors], refused=answer.is_request_error)
        return answer

    async def _answer(
        self,
        asked: _Asked,
        access: Access,
        seen: Observation,
        allow: Allow,
        allowances: list[Allowance],
        *,
        tell_cost: bool,
    ) -> GraphResponse:
        """The answer of an operation that was let in and read.

        Raises:
            RequestError: It cannot be executed.
        """
        operation = asked.operation
        seen.named(operation.kind, operation.root_fields)
        _check_allowed(operation, allow)
        coerced = operation.coerced(asked.variables, suggest=self._may_introspect(access))
        cost = self._cost(operation, coerced)
        allowances += self._admission.spend(access, cost)
        context = self._context(asked.prepared, operation, coerced, access)
        context.values = cost
        data, errors = await self._run(asked.variables, context, seen)
        extensions = {"cost": {"estimated": cost, "actual": count(data)}} if tell_cost else {}
        return GraphResponse(data=data, errors=errors, extensions=extensions, allowances=allowances)

    def _cost(self, operation: PreparedOperation, variables: VariableValues) -> int:
        """What an operation may cost with these variables.

        Raises:
            RequestError: Its answer would be too large to make.
        """
        cost = operation.cost(variables)
        if cost > self._limits.values:
            raise RequestError([TooManyValues(self._limits.values)])
        return cost

    def _context(
        self,
        prepared: Prepared,
        operation: PreparedOperation,
        variables: VariableValues,
        access: Access,
        told: Told = NOTHING,
    ) -> OperationContext:
        permit = self._permit(prepared, access)
        if permit.introspects and not self._may_introspect(access):
            raise RequestError([NoIntrospection()])
        return OperationContext(
            services=self._services,
            access=access,
            document=prepared.document,
            operation=operation.node,
            fragments=prepared.fragments,
            variables=variables,
            told=told,
            at=self._services.clock(),
            permit=permit,
            memo=prepared.memo,
        )

    def _permit(self, prepared: Prepared, access: Access) -> Permit:
        """What the caller may select of a document."""
        permits = self._services.permits
        memo = prepared.memo
        selected = memo.get("touched")
        if selected is None:
            selected = memo["touched"] = permits.selections.of(prepared.document)
        return permits.of(selected, memo.setdefault("permits", {}), access)

    def _may_introspect(self, access: Access) -> bool:
        """Whether the caller may ask for the schema, and is told of names like a mistaken one."""
        return may_introspect(access.principal, self._services.settings.access)

    async def _run(
        self, variables: Mapping[str, Any], context: OperationContext, seen: Observation
    ) -> tuple[Mapping[str, Any] | None, Sequence[Mapping[str, Any]]]:
        """The data and the errors of an operation."""
        try:
            result = await self._schema.answering.answer(context, variables)
            seen.answered(context.answered)
        except Exception as error:  # noqa: BLE001  # a fault of ours must not show its message
            return None, failed_answer(error).errors
        return result.data, presented_all(result.errors) if result.errors else ()


def _check_allowed(operation: PreparedOperation, allow: Allow) -> None:
    kind = operation.node.operation
    if kind is not OperationType.QUERY and (kind is not OperationType.MUTATION or allow != "any"):
        message = f"A {kind.value} cannot be sent this way."
        raise NotAllowedError(message)
