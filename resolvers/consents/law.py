"""Which of a customer's decisions holds: the law of consents and objections, and nothing else.

A decision has a *scope*: a channel or all of them, a partner or all of them. A question has one too, and the
decisions that *apply* to it are those whose scope contains it. In the order in which the person made them:

1. A refusal, a withdrawal or an objection ends every narrower permission that was given before it, or at
   the same moment. What is given later stands, whatever its scope.
2. In each scope the latest decision stands; at the same moment, the stricter.
3. Of what stands, the narrower scope wins over the wider. Where neither contains the other (one names a
   channel, one a partner), the stricter wins.
4. A permission is over at its ``expires_at``. That is no act of the person and ends nothing else.
5. Of customers that were merged each keeps its own decisions, and the strictest answer holds; silence is no
   answer. What is decided after the merge is decided for all of them. An unmerge restores what each had.

A question that names no channel or no partner is answered by decisions that name none either.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec

from c360.access import Purpose
from store.data_consents import DecisionData, DecisionKind, DecisionState


class ConsentStatus(enum.Enum):
    """How a consent or an objection stands."""

    GIVEN = "GIVEN"
    """The customer agreed, or an objection was lifted."""
    NOT_RECORDED = "NOT_RECORDED"
    """Nothing says yes or no."""
    EXPIRED = "EXPIRED"
    """The customer agreed for a time that is over."""
    WITHDRAWN = "WITHDRAWN"
    """The customer agreed once, and took it back."""
    REFUSED = "REFUSED"
    """The customer said no, or objects."""

    __hash__ = object.__hash__  # members are one of each: see resolvers.summaries.measures


_STRICTER = {
    ConsentStatus.NOT_RECORDED: -1,
    ConsentStatus.GIVEN: 0,
    ConsentStatus.EXPIRED: 1,
    ConsentStatus.WITHDRAWN: 2,
    ConsentStatus.REFUSED: 3,
}
_STATUS = {
    DecisionState.GIVEN: ConsentStatus.GIVEN,
    DecisionState.LIFTED: ConsentStatus.GIVEN,
    DecisionState.WITHDRAWN: ConsentStatus.WITHDRAWN,
    DecisionState.REFUSED: ConsentStatus.REFUSED,
    DecisionState.RAISED: ConsentStatus.REFUSED,
}
POSITIVE = frozenset({DecisionState.GIVEN, DecisionState.LIFTED})


class Scope(msgspec.Struct, frozen=True, order=False):
    """Through what, and of whom."""

    channel: str | None = None
    """None: through whatever."""
    connector: str | None = None
    """None: of all partners."""

    def contains(self, other: Scope) -> bool:
        """Whether it is as wide as another one, or wider."""
        return self.channel in {None, other.channel} and self.connector in {None, other.connector}

    def wider(self, other: Scope) -> bool:
        """Whether it contains another one that it is not."""
        return self != other and self.contains(other)


class Found(msgspec.Struct, frozen=True):
    """How something stands, and by which decision."""

    status: ConsentStatus = ConsentStatus.NOT_RECORDED
    decision: DecisionData | None = None


NOT_RECORDED = Found()


def standing(
    decisions: Collection[DecisionData],
    *,
    kind: DecisionKind,
    purpose: Purpose | None,
    scope: Scope,
    at: datetime,
) -> Found:
    """How a consent, an objection or a restriction stands.

    Args:
        decisions: every decision of the customer, in any order.
        kind: of what kind.
        purpose: what for; none of a restriction.
        scope: the question's.
        at: the moment, by which permissions are over. What is kept was decided before, whatever the
            clocks of several processes say.
    """
    if not decisions:
        return NOT_RECORDED
    applying = [
        one
        for one in decisions
        if one.kind is kind and one.purpose is purpose and scope_of(one).contains(scope)
    ]
    if not applying:
        return NOT_RECORDED
    applying.sort(key=_order)
    homes = dict.fromkeys(one.home_id for one in applying)
    answers = [_of_one([one for one in applying if home in {one.home_id, *one.others}], at) for home in homes]
    return strictest(answers)


def scope_of(decision: DecisionData) -> Scope:
    """Through what and of whom a decision is."""
    return Scope(decision.channel, decision.connector)


def strictest(answers: Iterable[Found]) -> Found:
    """The strictest of several answers; silence is none."""
    return max(answers, key=lambda one: _STRICTER[one.status], default=NOT_RECORDED)


def _order(one: DecisionData) -> tuple[datetime, bool, int, str]:
    """By time; at the same moment permissions first, so that what is stricter ends them."""
    return one.at, one.state not in POSITIVE, _STRICTER[_STATUS[one.state]], one.id


def _of_one(decisions: Sequence[DecisionData], at: datetime) -> Found:
    """The answer of one customer as they were before all merges; the decisions in order."""
    stands: dict[Scope, DecisionData] = {}
    for one in decisions:
        scope = scope_of(one)
        if one.state not in POSITIVE:
            ended = [other for other, held in stands.items() if scope.wider(other) and held.state in POSITIVE]
            for other in ended:
                del stands[other]
        stands[scope] = one
    narrowest = (one for scope, one in stands.items() if not any(scope.wider(other) for other in stands))
    return strictest(Found(_status(one, at), one) for one in narrowest)


def _status(one: DecisionData, at: datetime) -> ConsentStatus:
    if one.state in POSITIVE and one.expires_at is not None and one.expires_at <= at:
        return ConsentStatus.EXPIRED
    return _STATUS[one.state]
