"""One answer for each customer and kind, always the same."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from c360.contract import Connector, Lookup, Need, Ref
from c360.errors import Reauthorise, SkipCustomer
from c360.testing import driving
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.driving import Result, same
from c360.testing.lab import Lab
from c360.testing.trials import Operation


@check("one-answer-each", "Every customer and kind asked for is answered exactly once", rule="answers")
def one_answer_each(lab: Lab) -> None:
    """For the known customers: no crash, nothing missing, nothing twice, nothing else."""
    trial = lab.baseline
    if trial.wire.unrecorded:
        raise Failed(trial.wire.unrecorded[0], "record every exchange of the known customers")
    if trial.result.breaches:
        raise Failed(
            trial.result.breaches[0],
            "yield one Fetched for each need's kind and each ref, and raise errors of c360.errors alone",
        )


@check("known-customers-answered", "Known customers are answered without an error", rule="answers")
def known_customers_answered(lab: Lab) -> None:
    """Whatever stands in the way of everything else is seen here first."""
    for (_, kind), answer in lab.sound().result.answers.items():
        if answer.error is not None:
            raise Failed(
                f"{kind} of a known customer ended as {type(answer.error).__name__}: {answer.error}",
                "let the suite's partner answer for the customers it names, or correct the connector",
            )


@check(
    "unknown-customer-skipped",
    "Who the partner does not know is SkipCustomer, or has nothing",
    rule="answers",
)
def unknown_customer_skipped(lab: Lab) -> None:
    """An unknown customer is no failure of the partner's. By grant it is a token that nobody gave."""
    lab.sound()
    by_grant = lab.description.lookup is Lookup.BY_GRANT
    expected = (SkipCustomer, Reauthorise) if by_grant else SkipCustomer
    if lab.unknown is None:
        raise Failed(
            "the suite names no unknown customer", "set unknown to an id that the partner does not know"
        )
    for fetch in lab.description.fetches:
        trial = lab.trial(lab.fetching([lab.need(fetch.kind)], [lab.unknown]), taped=False)
        if trial.wire.unrecorded:
            raise Failed(trial.wire.unrecorded[0], "record the unknown customer as well")
        if trial.result.breaches:
            raise Failed(trial.result.breaches[0], "yield SkipCustomer as the error of that customer")
        for answer in trial.result.answers.values():
            demand(
                answer.error is None or isinstance(answer.error, expected),
                f"{fetch.kind} of an unknown customer ended as {type(answer.error).__name__}",
                "yield SkipCustomer as the error of that customer",
            )
            demand(
                not answer.items,
                f"an unknown customer has {len(answer.items)} records of {fetch.kind}",
                "ask the partner for that customer alone, and leave out who was not asked for",
            )


@check("nothing-asked", "Asked for nothing, it answers nothing and sends nothing", rule="answers")
def nothing_asked(lab: Lab) -> None:
    """No kinds, or no customers."""
    lab.sound()
    _nothing(lab, (), lab.refs[:1], "no kinds")
    for need in lab.needs:
        _nothing(lab, (need,), (), f"{need.kind} of no customers")


def _nothing(lab: Lab, needs: Sequence[Need], refs: Sequence[Ref], what: str) -> None:
    trial = lab.trial(Operation(name=f"fetch() of {what}", run=functools.partial(_call, needs, refs)))
    for breach in trial.result.breaches:
        raise Failed(f"asked for {what}: {breach}", "let fetch() end without yielding")
    demand(not trial.wire.sent, f"asked for {what}, it sent requests", "send none where nothing is due")


@check("one-kind-alone", "A kind asked for alone is answered as together with others", rule="answers")
def one_kind_alone(lab: Lab) -> None:
    """The host asks for what an operation needs, which may be any of them."""
    whole = lab.sound().result
    if len(lab.needs) < 2:
        raise Exempt("it fetches one kind alone")
    for need in lab.needs:
        trial = lab.trial(lab.fetching([need], lab.refs))
        if trial.wire.unrecorded:
            raise Failed(trial.wire.unrecorded[0], "record each kind for itself as well")
        if trial.result.breaches:
            raise Failed(f"{need.kind} alone: {trial.result.breaches[0]}", "answer for the kinds asked for")
        for cell, answer in trial.result.answers.items():
            demand(
                same(answer.items, whole.answers[cell].items)
                and type(answer.error) is type(whole.answers[cell].error),
                f"{need.kind} alone is not what it is together with other kinds",
                "let no kind depend on another one being asked for",
            )


@check("deterministic", "The same question has the same answer and sends the same requests", rule="answers")
def deterministic(lab: Lab) -> None:
    """Twice, on two instances with the same clock."""
    lab.sound()
    first, second = (lab.trial(lab.fetching(lab.needs, lab.refs)) for _ in range(2))
    _same(first.result, second.result, "asked twice")
    asked = [
        sorted(f"{it.method} {it.url} {it.params} {it.content!r}" for it in trial.wire.sent)
        for trial in (first, second)
    ]
    demand(
        asked[0] == asked[1],
        "asked twice, it sends other requests",
        "let requests follow from what was asked and ctx.now() alone; nonces belong in headers",
    )


@check("order-independent", "The order of customers and kinds changes nothing", rule="answers")
def order_independent(lab: Lab) -> None:
    """Asked the other way round."""
    whole = lab.sound().result
    trial = lab.trial(lab.fetching(tuple(reversed(lab.needs)), tuple(reversed(lab.refs))))
    if trial.wire.unrecorded:
        raise Exempt("the recording holds the customers in one order alone")
    _same(whole, trial.result, "asked in another order")


async def _call(needs: Sequence[Need], refs: Sequence[Ref], connector: Connector[Any]) -> Result:
    result = Result()
    await driving.call(connector, needs, refs, into=result, patience=driving.PATIENCE)
    return result


def _same(one: Result, other: Result, what: str) -> None:
    if other.breaches:
        raise Failed(f"{what}: {other.breaches[0]}", "let no answer depend on it")
    for cell, answer in one.answers.items():
        there = other.answers[cell]
        demand(
            same(there.items, answer.items) and type(there.error) is type(answer.error),
            f"{what}, {cell[1]} comes out differently",
            "sort what has no order of its own; use no randomness, no clock but ctx.now()",
        )


CHECKS = (
    one_answer_each,
    known_customers_answered,
    unknown_customer_skipped,
    nothing_asked,
    one_kind_alone,
    deterministic,
    order_independent,
)
