"""How one field of a mutation takes effect: one transaction, then plan, gather and answer for its payload.

A client that does not know whether its request arrived sends it again with the same idempotency key. The
outcome is kept in the transaction that takes effect, so that there is never one without the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from c360.access import Reach
from resolvers.events.catalogue import check
from schema.errors import InputError
from schema.execution.auditing import AuditBehind
from schema.execution.context import OperationContext
from schema.execution.operation import gather
from schema.execution.plan import Planner, Root, Selection
from schema.execution.unavailable import unavailable
from schema.mutations.base import Mutation, MutationInput, PayloadField
from schema.mutations.problems import IdempotencyProblem, Refusal, as_problem
from schema.mutations.reaching import check_concerned, check_named
from schema.permissions.reaching import own
from schema.permissions.refusing import Forbidden, forbidden
from schema.ports import Unit
from schema.reading import read_input
from store.data_audit import WriteEntry
from store.errors import Conflict, DatabaseLocked, DatabaseUnavailable
from store.errors_identity import KeyReused

ATTEMPTS = 3
"""Transactions that are tried for one field where others come in between."""
_UNAVAILABLE = (AuditBehind, Conflict, DatabaseLocked, DatabaseUnavailable)


def arrange(context: OperationContext, planner: Planner, mutations: Mapping[str, type[Mutation]]) -> None:
    """Plan a mutation; fills ``context.mutations``.

    Args:
        context: The operation.
        planner: Plans over its schema.
        mutations: The fields of the root type by name.
    """
    context.infos = own(context.services.host.infos(), context.access.principal)
    for root in context.planned(planner):
        context.mutations[root.key] = partial(_take_effect, context, root, mutations[root.field])


async def _take_effect(context: OperationContext, root: Root, kind: type[Mutation]) -> Any:
    """The payload of one field.

    Raises:
        GraphQLError: Its arguments do not fit, or the database does not answer.
    """
    if root.error is not None:
        raise root.error
    try:
        asked = read_input(kind.input_type, root.arguments["input"])
        region = context.services.settings.region
        mutation = kind(
            asked,
            access=context.access,
            infos=context.infos,
            region=region,
            rules=context.services.settings.profile,
            models=context.services.models,
            at=context.at,
            addresses=context.services.settings.endpoint_addresses,
            service=context.services.settings.service,
            recogniser=context.services.recogniser,
            doors=context.services.settings.access,
        )
        _check_reads(context, mutation)
        context.services.audit.check()
        if _held_to_reach(context, mutation):
            await asyncio.shield(_find_named(context, asked))
        await _find_out(context, root, mutation)
        await mutation.ask(context.services.host)
        # Ends even where the caller has gone: what was begun is done or undone, never left open.
        outcome = await asyncio.shield(_followed(context, mutation))
    except Forbidden:
        raise
    except Refusal as refusal:
        return kind.refused(refusal.problems)
    except InputError as error:
        return kind.refused([as_problem(error)])
    except _UNAVAILABLE as error:
        raise unavailable(error) from None
    try:
        await gather(context, [(root, partial(PayloadField, mutation, outcome, context.infos))])
    except _UNAVAILABLE as error:
        raise unavailable(error, changed=mutation.changes) from None
    return context.ready(root.key)


async def _followed(context: OperationContext, mutation: Mutation) -> Any:
    """What a mutation did, with what goes on outside of the hub begun."""
    outcome = await _outcome(context, mutation)
    if mutation.changes:
        await mutation.follow(outcome, context.services)
    return outcome


async def _outcome(context: OperationContext, mutation: Mutation) -> Any:
    """What a mutation did, in a transaction that is begun anew where another one came in between.

    Raises:
        Refusal: It changed nothing.
        StoreError: The database does not answer, or others came in between again and again.
    """
    database = context.services.database
    begin = database.unit if mutation.changes else database.read

    async def attempt() -> Any:
        async with begin(context.access.tenant, context.sight) as unit:
            outcome, changed = await _once(unit, mutation)
            if _held_to_reach(context, mutation):
                await check_concerned(unit, mutation.concerns(outcome).customers)
            kept = await unit.audit.append(_change(context, mutation, outcome)) if changed else None
        if kept is not None:
            context.services.audit.seal(context.access.tenant, kept)
        return outcome

    for _ in range(ATTEMPTS - 1):
        with suppress(Conflict, DatabaseLocked):
            return await attempt()
    return await attempt()


def _change(context: OperationContext, mutation: Mutation, outcome: Any) -> WriteEntry:
    """What the audit keeps of a mutation that took effect."""
    principal = context.access.principal
    return WriteEntry(
        at=context.at,
        principal=principal.subject,
        client=principal.client,
        purpose=context.access.purpose.value,
        action=mutation.name,
        customers=tuple(dict.fromkeys(mutation.concerns(outcome).customers)),
        detail=mutation.audit_detail(outcome),
    )


async def _find_named(context: OperationContext, asked: MutationInput) -> None:
    """Make sure that the caller may come to what the input names.

    Raises:
        Refusal: Something is not there, for the caller.
    """
    async with context.services.database.read(context.access.tenant, context.sight) as unit:
        await check_named(unit, asked)


async def _find_out(context: OperationContext, root: Root, mutation: Mutation) -> None:
    """Gather what the effect depends on, unless it was asked for before.

    Raises:
        Refusal: What partners say does not allow it.
    """
    field = mutation.before()
    if field is None or await asyncio.shield(_is_repeated(context, mutation)):
        return
    bare = msgspec.structs.replace(root, selection=Selection())
    await gather(context, [(bare, lambda: field)])
    context.ready(root.key)


async def _is_repeated(context: OperationContext, mutation: Mutation) -> bool:
    async with context.services.database.read(context.access.tenant, context.sight) as unit:
        return await mutation.is_repeated(unit)


def _check_reads(context: OperationContext, mutation: Mutation) -> None:
    """Make sure that a mutation shows nothing that the caller may not select.

    Raises:
        Forbidden: It would.
    """
    for type_name, field in mutation.reads():
        refused = context.permit.of(type_name, field)
        if refused is not None:
            raise forbidden(refused)


def _held_to_reach(context: OperationContext, mutation: Mutation) -> bool:
    return not context.sight.whole and not mutation.beyond_reach


async def _once(unit: Unit, mutation: Mutation) -> tuple[Any, bool]:
    """The effect, or the outcome that is kept under the mutation's idempotency key; and which it was."""
    if mutation.key is None or not mutation.changes:
        return await _effect(unit, mutation), mutation.changes
    caller, key = mutation.actor, mutation.key
    try:
        before = await unit.idempotency.claim(caller, key, mutation.fingerprint)
    except KeyReused:
        raise Refusal(_REUSED) from None
    if before is not None:
        return msgspec.json.decode(before.response, type=mutation.outcome_type), False
    outcome = await _effect(unit, mutation)
    concerned = mutation.concerns(outcome).customers
    await unit.idempotency.keep(caller, key, msgspec.json.encode(outcome), customer_ids=concerned)
    return outcome, True


async def _effect(unit: Unit, mutation: Mutation) -> Any:
    """The effect and what is told of it; customers whom an agent made come into the agent's book."""
    outcome = await mutation.effect(unit)
    if not mutation.changes:
        return outcome
    made = mutation.made(outcome)
    if made and mutation.access.principal.reach is Reach.BOOK:
        await unit.books.assign(mutation.actor, made, by=mutation.actor)
    unit.outbox.add([check(draft) for draft in mutation.events(outcome)])
    return outcome


_REUSED = IdempotencyProblem(
    message="This idempotency key was used with another mutation or another input: take a new one.",
    path=("input", "idempotencyKey"),
)
