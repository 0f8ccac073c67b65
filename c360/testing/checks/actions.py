"""What the partner lets us change is changed, once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import msgspec

from c360.access import IdempotencyKey
from c360.actions import Action, ActionOutcome, ActionState
from c360.contract import Effect
from c360.errors import ConnectorError, OutcomeUnknown, place
from c360.http import Request, Response
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.checks.errors import status
from c360.testing.known import Known, SampleAction
from c360.testing.lab import Lab
from c360.testing.trials import Session
from c360.testing.wire import Heard, Misbehave, for_token
from c360.values import Value

_KEY = IdempotencyKey("c360-suite-7b0f6a52-1")
_OTHER_KEY = IdempotencyKey("c360-suite-7b0f6a52-2")

Came = ActionOutcome | ConnectorError


def _samples(lab: Lab, *effects: Effect) -> Iterator[SampleAction]:
    declared = {spec.kind: spec.effect for spec in lab.description.actions}
    if not declared:
        raise Exempt("it performs no actions")
    given = {sample.kind for sample in lab.suite.actions}
    for kind in declared:
        demand(kind in given, f"the suite has no sample of {kind}", "set actions to one sample of each kind")
    chosen = [it for it in lab.suite.actions if not effects or declared.get(it.kind) in effects]
    if not chosen:
        raise Exempt(f"none of its actions is {' or '.join(effect.value for effect in effects)}")
    yield from chosen


def _action(lab: Lab, sample: SampleAction, key: IdempotencyKey = _KEY) -> Action:
    customer = next((it for it in lab.customers if it.party_id == sample.party_id), None)
    ref = lab.ref(customer or Known(party_id=sample.party_id))
    return Action(kind=sample.kind, ref=ref, input=sample.input, idempotency_key=key, requested_at=lab.now)


async def _act(lab: Lab, session: Session, action: Action) -> Came:
    try:
        found = await session.connector.act(action)
    except ConnectorError as error:
        lab.ear.errors.append(error)
        return error
    except Exception as error:
        raise Failed(
            f"act() of {action.kind} raised {place(error, 3)}", "raise errors of c360.errors alone"
        ) from error
    if session.wire.unrecorded:
        raise Failed(session.wire.unrecorded[0], "record the action, or give the suite a fake partner")
    demand(
        isinstance(found, ActionOutcome),
        f"act() of {action.kind} returned a {type(found).__name__}",
        "return an ActionOutcome",
    )
    return found


def _once(lab: Lab, action: Action, misbehave: Misbehave | None = None) -> tuple[Came, Session]:
    """Perform an action once; what misbehaves does so at every request that changes something."""

    async def work() -> tuple[Came, Session]:
        def fault(heard: Heard) -> Misbehave | None:
            return misbehave if _changes(heard.request) else None

        session = lab.session(fault=fault)
        try:
            return await _act(lab, session, action), session
        finally:
            await lab.suite.close(session.connector)

    return lab.run(work)


def _changing(session: Session) -> list[Request]:
    return [request for request in session.wire.sent if _changes(request)]


def _changes(request: Request) -> bool:
    return not request.safe and not for_token(request)


@check("action-performed", "Each declared action comes out as the sample says", rule="actions")
def action_performed(lab: Lab) -> None:
    """With a rejection where it is rejected, and only there."""
    for sample in _samples(lab):
        found, _ = _once(lab, _action(lab, sample))
        if isinstance(found, ConnectorError):
            raise Failed(
                f"{sample.kind} ended as {type(found).__name__}: {found}", "perform it, or correct the sample"
            )
        demand(
            found.state is sample.state,
            f"{sample.kind} is {found.state.value}, the sample says {sample.state.value}",
            "read the partner's answer, or correct the sample",
        )
        demand(
            (found.rejection is not None) == (found.state is ActionState.REJECTED),
            f"{sample.kind} is {found.state.value} with the rejection {found.rejection}",
            "set rejection where the state is REJECTED, and only there",
        )


@check("actions-declared-unsafe", "Requests that change something do not claim to be safe", rule="actions")
def actions_declared_unsafe(lab: Lab) -> None:
    """A safe request is shared and repeated."""
    if not lab.http:
        raise Exempt(f"it speaks no HTTP: its medium is {lab.description.medium.value}")
    for sample in _samples(lab):
        _, session = _once(lab, _action(lab, sample))
        demand(
            _changing(session),
            f"{sample.kind} sends nothing that changes anything, as its requests say",
            "leave safe out of what changes something",
        )


@check(
    "action-refused-undeclared",
    "An action that is not declared is refused, and nothing is sent",
    rule="actions",
)
def action_refused_undeclared(lab: Lab) -> None:
    """The host asks for none, but a typing error must not change anything."""
    sample = next(_samples(lab))
    odd = msgspec.structs.replace(_action(lab, sample), kind="c360.no_such_action", input=_Nothing())
    found, session = _once(lab, odd)
    demand(
        isinstance(found, ConnectorError), "an undeclared action is performed", "raise ConnectorError for it"
    )
    demand(not _changing(session), "an undeclared action sends a change", "raise ConnectorError before")


@check(
    "action-errors-typed", "Refusals and failures of an action are never taken for success", rule="actions"
)
def action_errors_typed(lab: Lab) -> None:
    """Every status that is not 2xx, put where the change is sent."""
    lab.needs_http()
    for sample in _samples(lab):
        for number in (400, 401, 403, 404, 409, 422, 429, 500, 503):
            found, session = _once(lab, _action(lab, sample), status(number))
            taken = isinstance(found, ActionOutcome) and found.state is not ActionState.REJECTED
            demand(
                not taken or not session.wire.faults,
                f"{sample.kind} counts as done though the partner answered {number}",
                "let the error through, or return REJECTED",
            )


@check("action-lost-answer", "An action whose answer is lost is OutcomeUnknown", rule="idempotency")
def action_lost_answer(lab: Lab) -> None:
    """It reached the partner, and nobody told what became of it."""
    lab.needs_http()
    for sample in _samples(lab):
        for what, misbehave in (("the answer is lost", _lose), ("the partner answers 500", status(500))):
            found, session = _once(lab, _action(lab, sample), misbehave)
            if not session.wire.faults:
                continue
            demand(
                isinstance(found, OutcomeUnknown),
                f"where {what}, {sample.kind} ends as {_named(found)}",
                "let OutcomeUnknown of ctx.http through: whoever asks again could do it twice",
            )


def _lose(_: Heard) -> Response:
    raise OutcomeUnknown("no answer in time")


def _named(found: Came) -> str:
    return found.state.value if isinstance(found, ActionOutcome) else type(found).__name__


@check("action-same-key", "The same action sent twice takes effect once", rule="idempotency")
def action_same_key(lab: Lab) -> None:
    """The second attempt repeats the first to the byte, so that the partner knows it again."""
    lab.needs_http()
    for sample in _samples(lab, Effect.KEYED):
        action = _action(lab, sample)

        async def twice(action: Action = action) -> tuple[Came, Came, list[list[Request]], int | None]:
            session = lab.session()
            try:
                first = await _act(lab, session, action)
                sent = _changing(session)
                second = await _act(lab, session, action)
                both = [sent, _changing(session)[len(sent) :]]
                return first, second, both, lab.suite.effects(session.wire.partner)
            finally:
                await lab.suite.close(session.connector)

        first, second, (one, other), effects = lab.run(twice)
        demand(
            list(map(_asked, one)) == list(map(_asked, other)),
            f"the second attempt at {sample.kind} sends other requests than the first",
            "derive everything from the action: its key, its input, its requested_at",
        )
        demand(
            _named(first) == _named(second),
            f"the second attempt at {sample.kind} ends as {_named(second)}, the first as {_named(first)}",
            "treat the partner's answer to a repeated key as the answer to the first",
        )
        demand(
            effects is None or effects == 1,
            f"{sample.kind} sent twice takes effect {effects} times",
            "pass the key",
        )


def _asked(request: Request) -> tuple[object, ...]:
    return request.method, request.url, request.params, request.headers, request.content


@check("action-key-passed", "Another action of the same content is another request", rule="idempotency")
def action_key_passed(lab: Lab) -> None:
    """The key is passed to the partner: what wants the same thing twice gets it twice."""
    lab.needs_http()
    for sample in _samples(lab, Effect.KEYED):
        sent = []
        for key in (_KEY, _OTHER_KEY):
            _, session = _once(lab, _action(lab, sample, key), _lose)
            sent.append(list(map(_asked, session.wire.sent)))
        demand(
            sent[0] != sent[1],
            f"{sample.kind} sends the same request for two keys",
            "pass action.idempotency_key where the partner's API takes one; if it takes none, the effect is "
            "not KEYED",
        )


@check("action-traced", "What became of a lost action is found out", rule="idempotency")
def action_traced(lab: Lab) -> None:
    """Before it was sent the partner knows of none; after a lost answer it does.

    Of an action that takes several requests the last one makes it take effect: that one's answer is lost.
    """
    if not lab.http:
        raise Exempt(f"it speaks no HTTP: its medium is {lab.description.medium.value}")
    for sample in _samples(lab, Effect.TRACEABLE):
        action = _action(lab, sample)
        _, undisturbed = _once(lab, action)
        last = len(_changing(undisturbed))

        async def lost(
            action: Action = action, last: int = last
        ) -> tuple[ActionOutcome | None, ActionOutcome | None]:
            heard_of = itertools.count(1)

            async def reach(heard: Heard) -> Response:
                await session.wire.genuine(heard)
                raise OutcomeUnknown("no answer in time")

            def fault(heard: Heard) -> Misbehave | None:
                return reach if _changes(heard.request) and next(heard_of) == last else None

            session = lab.session(fault=fault)
            try:
                before = await session.connector.trace(action)
                await _act(lab, session, action)
                return before, await session.connector.trace(action)
            except ConnectorError as error:
                raise Failed(
                    f"trace() ended as {type(error).__name__}: {error}", "ask the partner"
                ) from error
            finally:
                await lab.suite.close(session.connector)

        before, after = lab.run(lost)
        demand(
            before is None,
            f"trace() finds {sample.kind} before it was sent",
            "match what this action did alone",
        )
        demand(
            after is not None,
            f"trace() does not find {sample.kind} that took effect",
            "look for its effect from action.requested_at on; return None where there is none alone",
        )


class _Nothing(Value, frozen=True, kw_only=True):
    """The input of no action."""


CHECKS = (
    action_performed,
    actions_declared_unsafe,
    action_refused_undeclared,
    action_errors_typed,
    action_lost_answer,
    action_same_key,
    action_key_passed,
    action_traced,
)
