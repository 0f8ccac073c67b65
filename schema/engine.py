"""The engine: what the HTTP layer asks to execute an operation."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
)
from graphql.execution.values import VariableValues

from c360.access import Access
from c360.errors import place
from resolvers.actions.performing import Performer
from resolvers.events.bus import Bus
from resolvers.identity import model
from resolvers.identity.decide import Matcher
from resolvers.identity.recognition import Recogniser
from resolvers.serving import Models, shipped
from schema import cursors
from schema.build import Schema
from schema.errors import ErrorCode, InputError, coded, is_told
from schema.execution.admission import Admission, Allowance, Open, RateLimited, count
from schema.execution.auditing import AuditBehind, AuditSink, Unaudited
from schema.execution.context import EngineSettings, OperationContext, Services
from schema.execution.documents import Documents, Prepared, RequestError, operation_of
from schema.execution.following import Following, opened
from schema.execution.limits import Limits
from schema.execution.unavailable import unavailable
from schema.live import AccessEnded, AccessSource, check_expiry
from schema.observing import Observation, OperationObserver, Unobserved
from schema.permissions.holders import HOLDERS
from schema.permissions.introspection import NoIntrospection, may_introspect
from schema.permissions.permit import Permit
from schema.permissions.veiling import personal_coordinates, unverified
from schema.permissions.withholding import Holder
from schema.ports import Database, Host
from schema.response import GraphResponse
from schema.subscriptions.base import NOTHING, SubscriptionField, Told, place_of
from store.errors import DatabaseLocked, DatabaseUnavailable

_log = logging.getLogger(__name__)

_MOST_ERRORS = 50
"""Errors in one answer; a list whose every element fails would repeat itself."""

_HEAVY = 2_500
"""Values of an answer, as estimated, beyond which it is made in a thread: some 20 ms of computing."""

_READS = 16
"""Answers of subscriptions that read the store at the same time: what happens to many leaves connections
for queries, and waits here instead of for one of those, which has a time-out."""

Allow = Literal["query", "any"]


class NotAllowedError(RequestError):
    """This kind of operation cannot be sent this way."""


class _Asked(NamedTuple):
    """An operation as it was sent, and as it was read."""

    query: str
    variables: Mapping[str, Any]
    prepared: Prepared
    operation: OperationDefinitionNode


class _Request(NamedTuple):
    """What was sent; see :meth:`GraphEngine.execute`."""

    query: str | None
    document_id: str | None
    variables: Mapping[str, Any]
    operation_name: str | None
    allow: Allow
    tell_cost: bool


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
        self._documents = Documents(schema.graphql, limits or Limits())
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
            text = self._admission.document(granted, query, document_id)
            prepared = self._documents.prepare(text, suggest=self._may_introspect(granted))
            operation = operation_of(prepared.document, operation_name)
            if operation.operation is not OperationType.SUBSCRIPTION:
                yield await self.execute(text, variables, operation_name, access=granted, allow=allow)
                return
            self._admission.request(granted)
            asked = _Asked(text, variables or {}, prepared, operation)
            async with aclosing(self._follow(asked, granted, access, after)) as answers:
                async for answer in answers:
                    yield answer
        except AccessEnded as ended:
            yield GraphResponse(errors=[ended.told()], is_request_error=True)
        except RequestError as refused:
            yield _refused(refused)
        except Exception as error:  # noqa: BLE001  # a fault of ours must not show its message
            yield GraphResponse(errors=[_masked(GraphQLError("", original_error=error))])

    async def _follow(
        self, asked: _Asked, granted: Access, access: AccessSource, after: str | None
    ) -> AsyncGenerator[GraphResponse, None]:
        """A subscription's answers, and last of all why it ends where it has not come to its own end.

        Raises:
            RequestError: It cannot begin.
        """
        variables = self._coerced(asked.operation, asked.variables, granted)
        self._documents.check_values(asked.prepared, asked.operation, variables)
        self._admission.spend(granted, self._documents.cost(asked.prepared, asked.operation, variables))

        def context(access: Access, told: Told) -> OperationContext:
            made = self._context(asked.prepared, asked.operation, variables, access, told)
            made.turn = self._turns
            return made

        async def answer(access: Access, told: Told) -> tuple[GraphResponse, SubscriptionField | None]:
            answered = context(access, told)
            with self._observer.operation() as seen:
                seen.named("subscription", asked.prepared.root_fields(asked.operation))
                response = await self._run(asked.variables, answered)
                seen.ended([_code(error) for error in response.errors], refused=False)
            # Where there is no data, the field did not come so far as to know what it follows.
            field = answered.following if response.data is not None else None
            return msgspec.structs.replace(response, cursor=told.cursor), field

        if self._bus is None:
            message = "A subscription cannot be sent here: no events are followed."
            raise NotAllowedError([InputError(message, code=ErrorCode.OPERATION_NOT_ALLOWED)])
        try:
            opening = context(granted, Told(opening=True))
            field = await opened(opening, self._schema.planner, self._schema.subscriptions)
            place = _begin(field, after)
        except (AuditBehind, DatabaseLocked, DatabaseUnavailable) as error:
            raise RequestError([unavailable(error)]) from None
        except GraphQLError as refused:
            raise RequestError([refused]) from None
        gathering = self._services.settings.gathering.total_seconds()
        following = Following(self._bus, gathering, now=self.now, access=access, answer=answer)
        try:
            async with aclosing(following.answers(field, granted, place)) as answers:
                async for each in answers:
                    yield each
        except AccessEnded as ended:
            yield GraphResponse(errors=[ended.told()])
        except InputError as refused:
            yield GraphResponse(errors=[_presented(refused)])

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
        with self._observer.operation() as seen:
            asked = _Request(query, document_id, variables or {}, operation_name, allow, tell_cost)
            answer = await self._execute(asked, access, seen)
            seen.ended([_code(error) for error in answer.errors], refused=answer.is_request_error)
            return answer

    async def _execute(self, asked: _Request, access: Access, seen: Observation) -> GraphResponse:
        allowances: list[Allowance] = []
        try:
            allowances += self._admission.request(access)
            text = self._admission.document(access, asked.query, asked.document_id)
            prepared = self._documents.prepare(text, suggest=self._may_introspect(access))
            operation = operation_of(prepared.document, asked.operation_name)
            seen.named(operation.operation.value, prepared.root_fields(operation))
            _check_allowed(operation, asked.allow)
            coerced = self._coerced(operation, asked.variables, access)
            self._documents.check_values(prepared, operation, coerced)
            cost = self._documents.cost(prepared, operation, coerced)
            allowances += self._admission.spend(access, cost)
            context = self._context(prepared, operation, coerced, access)
            context.heavy = cost > _HEAVY
        except RequestError as refused:
            return _refused(refused, allowances)
        except Exception as error:  # noqa: BLE001  # a fault of ours must not show its message
            return GraphResponse(errors=[_masked(GraphQLError("", original_error=error))])
        answer = await self._run(asked.variables, context)
        told = {"cost": {"estimated": cost, "actual": count(answer.data)}} if asked.tell_cost else {}
        return msgspec.structs.replace(
            answer, allowances=allowances, extensions={**answer.extensions, **told}
        )

    def _context(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
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
            operation=operation,
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

    def _coerced(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any], access: Access
    ) -> VariableValues:
        found = get_variable_values(
            self._schema.graphql,
            operation.variable_definitions or (),
            dict(variables),
            _MOST_ERRORS,
            hide_suggestions=not self._may_introspect(access),
        )
        if isinstance(found, list):
            raise RequestError([coded(error, ErrorCode.BAD_USER_INPUT) for error in found])
        return found

    async def _run(self, variables: Mapping[str, Any], context: OperationContext) -> GraphResponse:
        try:
            result = await self._schema.answering.answer(context, variables)
        except Exception as error:  # noqa: BLE001  # a fault of ours must not show its message
            return GraphResponse(errors=[_masked(GraphQLError("", original_error=error))])
        errors = [_presented(error) for error in _told_first(result.errors or ())]
        return GraphResponse(data=result.data, errors=errors)


def _told_first(errors: Sequence[GraphQLError]) -> Sequence[GraphQLError]:
    """The errors that are told: of those that a list repeats, the first before the others."""
    if len(errors) <= _MOST_ERRORS:
        return errors
    first: dict[object, GraphQLError] = {}
    for error in errors:
        fields = tuple(key for key in error.path or () if isinstance(key, str))
        first.setdefault((fields, error.message), error)
    chosen = {id(error) for error in first.values()}
    return [*first.values(), *(error for error in errors if id(error) not in chosen)][:_MOST_ERRORS]


def _code(error: Mapping[str, Any]) -> str:
    return str(error.get("extensions", {}).get("code", ""))


def _refused(refused: RequestError, allowances: Sequence[Allowance] = ()) -> GraphResponse:
    """The answer to a request that is not executed."""
    limited = refused if isinstance(refused, RateLimited) else None
    return GraphResponse(
        errors=[_presented(error) for error in refused.errors],
        is_request_error=True,
        not_allowed=isinstance(refused, NotAllowedError),
        allowances=[*allowances, *(limited.allowances if limited else ())],
        retry_after=limited.retry_after if limited else None,
    )


def _begin(field: SubscriptionField, after: str | None) -> int:
    """Behind which place events are followed.

    Raises:
        InputError: The cursor is none of this graph's.
    """
    given = after or field.arguments.after
    if given is None:
        return field.head
    place = place_of(given)
    if place > field.head:
        raise cursors.refused("after")
    return place


def _check_allowed(operation: OperationDefinitionNode, allow: Allow) -> None:
    kind = operation.operation
    if kind is not OperationType.QUERY and (kind is not OperationType.MUTATION or allow != "any"):
        message = f"A {kind.value} cannot be sent this way."
        raise NotAllowedError([InputError(message, code=ErrorCode.OPERATION_NOT_ALLOWED)])


def _presented(error: GraphQLError) -> Mapping[str, Any]:
    if not is_told(error):
        return _masked(error)
    presented: Mapping[str, Any] = error.formatted
    return presented


def _masked(error: GraphQLError) -> Mapping[str, Any]:
    """An unexpected error without its message, which is logged without its values."""
    correlation = uuid.uuid4().hex
    cause = error.original_error or error
    _log.error("unexpected %s (correlation id %s)", place(cause, lines=3), correlation)
    masked: dict[str, Any] = {
        "message": "Something unexpected went wrong here. Quote the correlation id when reporting it.",
        "extensions": {"code": ErrorCode.INTERNAL.value, "correlationId": correlation},
    }
    if error.path is not None:
        masked["path"] = list(error.path)
    return masked
