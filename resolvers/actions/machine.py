"""What is done about what a partner was asked for, as it stands, and what an answer makes of it. Pure.

A partner is asked for actions, and to call the hub. :func:`course`, :func:`unanswered` and :func:`believed`
hold for both; the rest is of actions.

An action is kept before anything goes out, and that it goes out is kept before it does. So whatever ends a
process, what is kept says at least as much as happened, and what is done next follows from it alone:

- with a key that the partner honours, the action is sent again under the same key;
- with a look-up, it is sent again only when the partner knows of none, long enough after it was sent;
- with neither, it is never sent twice, and a person finds out.
"""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from c360.contract import Effect
from connectors.acting import Acted, Standing
from store.data_actions import (
    FINAL,
    ActionChange,
    ActionRejection,
    PartnerActionData,
    PartnerActionState,
    StepReason,
)

REQUESTED, SENT = PartnerActionState.REQUESTED, PartnerActionState.SENT
UNKNOWN = PartnerActionState.UNKNOWN
VALID_FOR = timedelta(hours=24)
"""For how long an action may be sent unless it says otherwise."""
LONGEST_VALID = timedelta(days=7)
"""For how long an action may be valid at the most: partners do not keep keys for ever."""


class ActionRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long actions at partners are waited for and found out about."""

    timeout: Annotated[float, Meta(description="Seconds a partner gets to answer an action.", gt=0)] = 10.0
    lease: Annotated[
        float,
        Meta(
            description="Seconds after which a process that works at an action is given up; well above "
            "`timeout`, and above what the clocks of the machines differ by.",
            gt=1,
        ),
    ] = 30.0
    settle: Annotated[
        float,
        Meta(
            description="Seconds after sending from which a partner that knows of none is believed; "
            "above `lease`, so that nothing is still on its way.",
            gt=1,
        ),
    ] = 60.0
    first_retry: Annotated[float, Meta(description="Seconds until the first further attempt.", gt=0)] = 2.0
    longest_retry: Annotated[float, Meta(description="Seconds between two attempts at the most.", gt=0)] = (
        900.0
    )
    longest_lookup: Annotated[
        float,
        Meta(
            description="Hours between two look-ups, at the most, of what a partner has and decides later; "
            "it may call before.",
            gt=0,
        ),
    ] = 4.0
    doubt_for: Annotated[
        float,
        Meta(description="Hours of finding out what became of an action before a person is asked.", gt=0),
    ] = 24.0
    pending_for: Annotated[
        float, Meta(description="Days that a partner may take to decide before a person is asked.", gt=0)
    ] = 30.0

    def after(self, age: timedelta, *, deciding: bool = False) -> timedelta:
        """Time until the next attempt at something of that age: half of it, within the bounds.

        Args:
            age: since when it is waited for.
            deciding: whether the partner has it and decides later. Of these there may be many for weeks.
        """
        longest = self.longest_lookup * 3_600 if deciding else self.longest_retry
        return timedelta(seconds=min(max(age.total_seconds() / 2, self.first_retry), longest))


class Doing(enum.Enum):
    """What is done about an action next."""

    SEND = "SEND"
    """Send it, for the first time or again."""
    TRACE = "TRACE"
    """Ask the partner what became of it."""
    DOUBT = "DOUBT"
    """Say that nothing tells what became of it: the process that sent it is gone."""
    EXPIRE = "EXPIRE"
    """Give it up: it was never sent and is not valid any more."""
    ASK = "ASK"
    """Have a person find out."""
    WAIT = "WAIT"
    """Nothing yet: the partner cannot be reached through this process."""
    REST = "REST"
    """Nothing."""


class Pursued(Protocol):
    """Something that a partner was asked for, or is to be."""

    @property
    def state(self) -> PartnerActionState:
        """Where it stands."""
        ...

    @property
    def valid_until(self) -> datetime:
        """Until when it may be sent."""
        ...


def course(pursued: Pursued, effect: Effect | None, now: datetime) -> Doing:
    """What is done about something that the partner answers at once, when nobody else works at it.

    Args:
        pursued: as it stands.
        effect: what can be promised of sending it again; none where the instance takes no work just now.
        now: the present.
    """
    if pursued.state in FINAL:
        return Doing.REST
    if pursued.state is SENT:
        return Doing.DOUBT
    if pursued.state is REQUESTED and now > pursued.valid_until:
        return Doing.EXPIRE
    if effect is None:
        return Doing.WAIT
    return Doing.SEND if pursued.state is REQUESTED or effect is Effect.KEYED else Doing.TRACE


def unanswered(standing: Standing, *, doubtful: bool) -> PartnerActionState:
    """Where a sending without an answer leaves what was sent.

    Args:
        standing: what the sending ended in.
        doubtful: whether an attempt before it may have taken effect.
    """
    # An attempt that did not reach the partner says nothing of the one before.
    return REQUESTED if standing is Standing.FAILED and not doubtful else UNKNOWN


def believed(sent_at: datetime | None, now: datetime, rules: ActionRules) -> datetime:
    """From when on a partner that knows of none is believed: nothing is on its way any more."""
    return (sent_at or now) + timedelta(seconds=rules.settle)


def next_doing(action: PartnerActionData, effect: Effect | None, now: datetime, rules: ActionRules) -> Doing:
    """What is done about an action that nobody else works at.

    Args:
        action: as it stands.
        effect: what can be promised of its kind at its instance; none where that takes no work just now.
        now: the present.
        rules: how long is waited for what.
    """
    if action.state is SENT and action.accepted_at is not None:
        if now - action.accepted_at > timedelta(days=rules.pending_for):
            return Doing.ASK
        return Doing.WAIT if effect is None else Doing.TRACE
    if action.state is UNKNOWN and _is_for_a_person(action, effect, now, rules):
        return Doing.ASK
    return course(action, effect, now)


def _is_for_a_person(
    action: PartnerActionData, effect: Effect | None, now: datetime, rules: ActionRules
) -> bool:
    since = action.doubtful_at or action.requested_at
    if effect is Effect.UNTRACEABLE or now - since > timedelta(hours=rules.doubt_for):
        return True
    # What is sent again may take effect only then: after its time nobody wants that any more.
    return effect is Effect.KEYED and now > action.valid_until


def sending(holder: str, until: datetime) -> ActionChange:
    """The step before it goes out."""
    return ActionChange(after=SENT, reason=StepReason.GOING_OUT, holder=holder, next_at=until, human_at=None)


def doubting(action: PartnerActionData, holder: str, now: datetime) -> ActionChange:
    """The step where the process that sent it is gone; whoever found that goes on with it."""
    return ActionChange(
        after=UNKNOWN,
        reason=StepReason.PROCESS_ENDED,
        doubtful_at=action.doubtful_at or now,
        holder=holder,
        next_at=action.next_at,
    )


def expiring() -> ActionChange:
    """The step of one that is not valid any more."""
    return ActionChange(
        after=PartnerActionState.REJECTED, reason=StepReason.EXPIRED, rejection=ActionRejection.EXPIRED
    )


def waiting(action: PartnerActionData, now: datetime, rules: ActionRules) -> datetime:
    """When something is tried again about one that nothing can be done about just now."""
    since = action.requested_at if action.state is REQUESTED else action.sent_at or action.requested_at
    deciding = action.state is SENT and action.accepted_at is not None
    again = now + rules.after(now - since, deciding=deciding)
    return min(again, action.valid_until + timedelta(seconds=1)) if action.state is REQUESTED else again


def sent(
    action: PartnerActionData, acted: Acted, effect: Effect, now: datetime, rules: ActionRules
) -> ActionChange | None:
    """The step that the end of a sending leads to; none where the partner has it and will decide.

    Args:
        action: in ``SENT``.
        acted: what the sending ended in.
        effect: what can be promised of its kind.
        now: the present.
        rules: how long is waited for what.
    """
    if acted.standing is Standing.PENDING:
        return None
    settled = _settled(acted, StepReason.ANSWERED)
    if settled is not None:
        return settled
    problem = None if acted.problem is None else acted.problem.code.value
    if unanswered(acted.standing, doubtful=action.doubtful_at is not None) is REQUESTED:
        again = ActionChange(after=REQUESTED, reason=StepReason.NOT_REACHED, problem=problem)
        return msgspec.structs.replace(again, next_at=waiting(_in(action, REQUESTED), now, rules))
    reached = acted.standing is not Standing.FAILED
    alone = effect is Effect.UNTRACEABLE
    return ActionChange(
        after=UNKNOWN,
        reason=StepReason.NO_ANSWER if reached else StepReason.NOT_REACHED,
        doubtful_at=action.doubtful_at or now,
        problem=problem,
        next_at=None if alone else now + rules.after(now - (action.doubtful_at or now)),
        human_at=now if alone else None,
    )


def traced(
    action: PartnerActionData, acted: Acted, now: datetime, rules: ActionRules
) -> ActionChange | datetime:
    """The step that looking an action up leads to, or when to look again where it leads to none.

    Args:
        action: in ``UNKNOWN``, or in ``SENT`` and accepted by the partner.
        acted: what looking it up ended in.
        now: the present.
        rules: how long is waited for what.
    """
    settled = _settled(acted, StepReason.FOUND)
    if settled is not None:
        return settled
    later = waiting(action, now, rules)
    if acted.standing is Standing.UNKNOWN:
        return later
    if action.state is SENT:  # the partner had it
        lost = ActionChange(after=UNKNOWN, reason=StepReason.NOT_FOUND, doubtful_at=now, human_at=now)
        return later if acted.standing is Standing.PENDING else lost
    if acted.standing is Standing.PENDING:
        return ActionChange(
            after=SENT,
            reason=StepReason.FOUND,
            accepted_at=now,
            doubtful_at=None,
            reference=None if acted.outcome is None else acted.outcome.reference,
            problem=None,
            next_at=later,
        )
    settled_at = believed(action.sent_at, now, rules)
    if now < settled_at:
        return settled_at
    return ActionChange(after=REQUESTED, reason=StepReason.NOT_FOUND, doubtful_at=None, next_at=now)


def _settled(acted: Acted, reason: StepReason) -> ActionChange | None:
    outcome = acted.outcome
    if acted.standing is Standing.CONFIRMED:
        return ActionChange(
            after=PartnerActionState.CONFIRMED,
            reason=reason,
            reference=None if outcome is None else outcome.reference,
            doubtful_at=None,
            problem=None,
        )
    if acted.standing is Standing.REJECTED:
        code = None if outcome is None or outcome.rejection is None else outcome.rejection.value
        return ActionChange(
            after=PartnerActionState.REJECTED,
            reason=reason,
            rejection=ActionRejection(code or "OTHER"),
            doubtful_at=None,
            problem=None,
        )
    return None


def _in(action: PartnerActionData, state: PartnerActionState) -> PartnerActionData:
    return msgspec.structs.replace(action, state=state)
