"""Every customer is in one cell, may be in several segments, and learns why."""

from __future__ import annotations

import itertools
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.records.party import PartyKind
from resolvers.segments.definitions import (
    FORMAT,
    Definitions,
    Dimensions,
    FigureRange,
    Segment,
    When,
    load,
    unversioned,
)
from resolvers.segments.dimensions import By, Dimension, Lifecycle, Risk, Value
from resolvers.segments.placing import Cell, Placer, Standing
from resolvers.segments.ranks import Ranked
from resolvers.segments.scores import Subject
from resolvers.summaries.measures import Line, Measure
from tests.resolvers.segments.subjects import RANKS, ago, subject, subjects


def placer(*segments: Segment) -> Placer:
    return Placer(unversioned(Definitions(format=FORMAT, segments=segments)), RANKS)


def segment(name: str, *rule: When) -> Segment:
    return Segment(name=name, title=name, description="", rule=rule, strategy="")


def names(found: Placer, asked: Subject) -> list[str]:
    return [each.segment.segment.name for each in found.memberships(asked, found.standing(asked))]


@given(subjects())
def test_every_customer_is_in_exactly_one_cell_and_the_figures_say_so(asked: Subject) -> None:
    standing = placer().standing(asked)
    cell = standing.cell
    assert (standing.value.label, standing.risk.label, standing.lifecycle.label) == (
        cell.value.value, cell.risk.value, cell.lifecycle.value,
    )  # fmt: skip
    dimensions = Dimensions()
    for bands, finding in ((dimensions.value, standing.value), (dimensions.risk, standing.risk)):
        cuts = [cut for _, cut in bands.cuts()]
        stretches = list(zip([None, *cuts], [*cuts], strict=False))
        holding = [
            label.value
            for (label, _), (below, least) in zip(bands.cuts(), stretches, strict=True)
            if finding.value is not None
            and (least is None or finding.value >= least)
            and (below is None or finding.value < below)
        ]
        assert holding == ([] if finding.value is None else [finding.label])
        assert (finding.value is None) == (finding.label == "UNKNOWN") == (finding.note is not None)
    for finding in (standing.value, standing.risk, standing.lifecycle):
        if finding.value is not None:
            assert finding.cut is not None
            assert finding.at_least is None or finding.value >= finding.at_least
            assert finding.below is None or finding.value < finding.below


@given(subjects(), st.randoms(use_true_random=False))
def test_the_order_of_definitions_means_nothing(asked: Subject, shuffled: random.Random) -> None:
    shipped = load()
    other = list(shipped.segments)
    shuffled.shuffle(other)
    one = Placer(unversioned(shipped), RANKS)
    two = Placer(unversioned(msgspec.structs.replace(shipped, segments=tuple(other))), RANKS)
    assert one.memberships(asked, one.standing(asked)) == two.memberships(asked, two.standing(asked))


@given(subjects())
def test_whoever_meets_a_rule_belongs_to_it_and_nobody_else(asked: Subject) -> None:
    found = Placer(unversioned(load()), RANKS)
    standing = found.standing(asked)
    for each in found.memberships(asked, standing):
        cell = standing.cell
        assert any(
            (not when.value or cell.value in when.value)
            and (not when.risk or cell.risk in when.risk)
            and (not when.lifecycle or cell.lifecycle in when.lifecycle)
            for when in each.segment.segment.rule
        )
        asked_for = {
            dimension
            for when in each.segment.segment.rule
            for dimension, wanted in (
                (Dimension.VALUE, when.value),
                (Dimension.RISK, when.risk),
                (Dimension.LIFECYCLE, when.lifecycle),
                (Dimension.FIGURE, (*when.figures, *when.holds, *when.lacks)),
            )
            if wanted
        }
        assert {finding.dimension for finding in each.why} <= asked_for


def test_the_shipped_segments_leave_no_cell_to_nobody() -> None:
    found = Placer(unversioned(load()), RANKS)
    someone = subject()
    reason = found.standing(someone)
    for value, risk, stage in itertools.product(Value, Risk, Lifecycle):
        standing = Standing(
            cell=Cell(value, risk, stage),
            value=reason.value,
            risk=reason.risk,
            lifecycle=reason.lifecycle,
        )
        assert found.memberships(someone, standing), (value, risk, stage)


def test_value_is_a_place_among_customers_of_the_same_kind() -> None:
    found = placer()
    expected = {95.0: Value.TOP, 90.0: Value.TOP, 89.9: Value.HIGH, 30.0: Value.MIDDLE, 0.0: Value.LOW}
    for profit, label in expected.items():
        assert found.standing(subject(profit=profit)).cell.value is label
    organisation = found.standing(subject(profit=95.0, kind=PartyKind.ORGANIZATION))
    assert organisation.cell.value is Value.UNKNOWN
    assert organisation.value.note == "no population of organisations was ranked by profit"
    unknown = found.standing(subject())
    assert (unknown.cell.value, unknown.value.note) == (Value.UNKNOWN, "the figure is not known")


def test_a_segment_says_each_dimension_it_asked_for_with_figure_and_cut() -> None:
    rule = When(
        value=(Value.TOP, Value.HIGH),
        risk=(Risk.LOW,),
        figures=(FigureRange(figure=Ranked.LIFETIME_VALUE, by=By.AMOUNT, at_least=1000.0),),
    )
    found = placer(segment("worth-it", rule))
    asked = subject(profit=80.0, points=640.0, lifetime_value=1500.0)
    (member,) = found.memberships(asked, found.standing(asked))
    assert [(each.dimension, each.label, each.figure, each.value, each.cut) for each in member.why] == [
        (Dimension.VALUE, "HIGH", "PROFIT_PERCENTILE", 80.0, "at least 70 and below 90"),
        (Dimension.RISK, "LOW", "BEHAVIOURAL_POINTS", 640.0, "at least 600"),
        (Dimension.FIGURE, "LIFETIME_VALUE", "LIFETIME_VALUE", 1500.0, "at least 1000"),
    ]
    assert names(found, subject(profit=80.0, points=640.0)) == []


def test_one_alternative_is_enough_and_counts_once() -> None:
    both = segment("either", When(value=(Value.TOP,)), When(risk=(Risk.HIGH,)))
    found = placer(both)
    assert names(found, subject(profit=95.0, points=500.0)) == ["either"]
    assert names(found, subject(points=500.0)) == ["either"]
    assert names(found, subject(profit=1.0, points=600.0)) == []


def test_lines_held_and_lacked() -> None:
    found = placer(
        segment("insured", When(holds=(Line.MOTOR,), lacks=(Line.DEPOSITS,))),
        segment("guests", When(holds=(Line.HOTEL,))),
    )
    policy = {Line.MOTOR: {Measure.FIRST_ON: ago(500), Measure.CONTRACTS: 2.0}}
    assert names(found, subject(policy)) == ["insured"]
    assert names(found, subject(policy | {Line.DEPOSITS: {Measure.CONTRACTS: 1.0}})) == []
    # What a partner's part is missing of is not known to be lacked.
    assert names(found, subject(policy, missing=("bank-a",))) == []
    assert names(found, subject({Line.HOTEL: {Measure.PURCHASE_DAYS_12M: 2.0}})) == ["guests"]
    assert names(found, subject({Line.HOTEL: {Measure.CONTRACTS: 1.0}})) == []


@pytest.mark.parametrize("kind", list(PartyKind))
def test_a_rule_may_ask_for_a_kind_of_customer(kind: PartyKind) -> None:
    found = placer(segment("companies", When(kind=(PartyKind.ORGANIZATION,))))
    assert names(found, subject(kind=kind)) == (["companies"] if kind is PartyKind.ORGANIZATION else [])
