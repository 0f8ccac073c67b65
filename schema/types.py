"""The customer and the groups of the discovered domains, as types of the graph."""

from __future__ import annotations

import enum
import operator
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from c360.errors import ProblemCode
from c360.kinds import domains
from c360.kinds import kind as kind_of
from c360.records.party import PartyKind
from c360.testing.tiers import Tier
from c360.values import CountryCode, Money
from connectors.instances import InstanceState
from resolvers.lifetime_value.lines import Unvalued
from resolvers.needs import needs_of
from resolvers.offers.situation import Agent, Channel, Doing
from resolvers.offers.stages import Stage
from resolvers.references import Referrer, owned_type
from resolvers.risk.combined import ReviewCause
from resolvers.risk.features import Worse
from resolvers.risk.merton import Position
from resolvers.segments.dimensions import Dimension, Risk, Value
from resolvers.summaries.measures import Line, Measure, Unit
from resolvers.timeline import Timeline
from resolvers.view import CustomerView
from schema import ids
from schema.actions.fields import action_fields
from schema.actions.shapes import PartnerAction
from schema.answers import Answer, CustomerAnswer, FieldAnswers, SourceAnswer, missing, windowed
from schema.consents.fields import consent_fields
from schema.declarations import Demand
from schema.derive import Deriver, NodeOf
from schema.docs import description
from schema.grants.fields import grant_fields
from schema.groups.base import Group, RecordConnection, RecordList, Total
from schema.identity.fields import identities, identity_fields
from schema.identity.shapes import Identity, LedgerEntry, Review
from schema.inputs import CustomerOrderField, NodeId, WindowArguments
from schema.paging import connection_type
from schema.permissions.directives import Authenticated
from schema.permissions.rules import Rule, needs
from schema.permissions.scopes import Scope
from schema.permissions.types import ADDRESSED, TYPES, domain_rule, type_rule
from schema.permissions.withholding import Withheld
from schema.scoring.offers import offer_fields
from schema.scoring.profit import profit_fields
from schema.scoring.risk import risk_fields
from schema.scoring.segments import segment_fields
from schema.scoring.summaries import summary_fields
from schema.scoring.value import value_fields
from schema.service.fields import service_fields
from schema.service.timeline import Lines, timeline_field
from schema.shapes import Connector, MissingSource, SourceStatus
from store.data_actions import ActionRejection, StepReason
from store.data_identity import EntryKind
from store.data_service import Direction, Severity


@strawberry.interface(
    description="An object with an id of its own, which `node` finds again.", directives=[Authenticated()]
)
class Node:
    """What Relay calls a node."""

    id: strawberry.ID = strawberry.field(description="Global id, opaque; take it as it is.")


def deriver(groups: Sequence[Group], references: Mapping[str, Referrer]) -> Deriver:
    """A maker of types that knows the graph's own names, and which records are nodes."""
    made = Deriver(
        enum_names={
            PartyKind: "CustomerKind",
            InstanceState: "ConnectorState",
            Tier: "ConnectorTier",
            ProblemCode: "SourceProblemCode",
            EntryKind: "LedgerEntryKind",
            Line: "BusinessLine",
            Doing: "CustomerActivity",
            Channel: "OfferChannel",
            Agent: "OfferAgent",
            Stage: "OfferStage",
            Unvalued: "UnvaluedReason",
            Measure: "SummaryMeasure",
            Unit: "MeasureUnit",
            Dimension: "SegmentDimension",
            Value: "SegmentValue",
            Risk: "SegmentRisk",
            Worse: "RiskDirection",
            Position: "DebtPosition",
            ReviewCause: "RiskReviewCause",
            ActionRejection: "PartnerActionRejection",
            StepReason: "PartnerActionReason",
            Direction: "InteractionDirection",
            Severity: "ComplaintSeverity",
        },
        input_names={Money: "MoneyInput"},
        stands_for={"ID": strawberry.ID, "Domain": domain_enum(groups)},
        nodes={
            one.record: NodeOf(interface=Node, identify=_identify(name, one))
            for name, one in references.items()
        }
        | {
            own: NodeOf(interface=Node, identify=operator.attrgetter("id"))
            for own in (LedgerEntry, Review, PartnerAction)
        },
        asking={CustomerOrderField.NAME: needs(Scope.PROFILE_READ)},
    )
    made.expected["SourceStatus"] = (SourceAnswer,)
    made.expected |= {name: (one.record, owned_type(one.record)) for name, one in references.items()}
    return made


def _identify(type_name: str, referrer: Referrer) -> Callable[[Any], str]:
    return lambda record: ids.encode(type_name, str(referrer.of(record)))


def domain_enum(groups: Sequence[Group]) -> type[enum.StrEnum]:
    """The enum of the discovered domains, described by their groups."""
    texts = {group.domain: group.description for group in groups}
    members = [(name.upper(), name) for name in domains()]
    made: type[enum.StrEnum] = enum.StrEnum("Domain", members)  # type: ignore[misc]  # members are discovered
    made.__doc__ = "A line of business that partners are in."
    for member in made:
        member.__doc__ = texts.get(member.value)
    return made


class GroupType:
    """The graph's type of one domain's group, and how its fields are answered."""

    def __init__(self, make: Deriver, group: Group) -> None:
        self.group = group
        self.answers: dict[str, Answer] = {}
        self.totals = {total.name: _known(total.compute) for total in group.totals}
        rule = domain_rule(group.domain)
        self.type = make.build(group.type_name, group.description, self._fields(make, rule), rule=rule)

    def answer(self, view: CustomerView) -> FieldAnswers | None:
        """The group of a customer; none where no source of the domain gave anything."""
        return FieldAnswers(view, self.answers) if view.answered(self.group.domain) else None

    def _fields(self, make: Deriver, rule: Rule) -> dict[str, StrawberryField]:
        fields = {one.name: self._list(make, one) for one in self.group.lists}
        fields |= {one.name: self._connection(make, one) for one in self.group.connections}
        if self.group.totals:
            fields["totals"] = self._totals(make, rule)
        main = Demand(kinds=(self.group.main,))
        fields["partial"] = make.attribute(
            bool, "Whether a source did not give all that was needed, so that totals miss it.", demand=main
        )
        fields["missing"] = make.attribute(
            tuple[MissingSource, ...], "The sources that did not, and what of them is missing.", demand=main
        )
        fields["stale"] = make.attribute(
            bool,
            "Whether a last-known copy, older than was asked for, stands in for any of its records because "
            "their source did not answer.",
            demand=main,
        )
        fields["fetched_at"] = make.attribute(
            datetime | None, "When the oldest of its records shown here was fetched.", demand=main
        )
        self.answers["stale"] = lambda view: view.stale(self.group.domain)
        self.answers["fetched_at"] = lambda view: view.fetched_at(self.group.domain)
        self.answers["partial"] = lambda view: bool(view.missing(self.group.domain))
        self.answers["missing"] = lambda view: missing(view, self.group.domain)
        return fields

    def _list(self, make: Deriver, one: RecordList) -> StrawberryField:
        self.answers[one.name] = lambda view: view.joined(one.kind)
        record = kind_of(one.kind).record
        listed: Any = tuple[record, ...]  # type: ignore[valid-type]  # known at run time
        text, rule = one.description, type_rule(record.__name__, record)
        if rule != domain_rule(self.group.domain):
            listed, text = listed | None, f"{text} Null only where they are withheld."
        return make.attribute(listed, text, demand=Demand(kinds=(one.kind,)))

    def _connection(self, make: Deriver, one: RecordConnection) -> StrawberryField:
        timeline = one.timeline
        record = kind_of(timeline.kind).record
        connection = connection_type(
            make,
            make.object(record),
            record.__name__,
            f"{one.name.replace('_', ' ')}, newest first",
            counted="How many there are in the window, at the sources that answered.",
            more={
                "since": make.attribute(date, "First day of the window, included."),
                "until": make.attribute(date, "Last day of the window, included."),
            },
        )

        def resolve(group: FieldAnswers, _info: object, **given: Any) -> Any:
            return windowed(timeline, group.view, WindowArguments(**given))

        return make.computed(
            resolve,
            connection,
            f"{one.description} {_default_window(timeline)}",
            arguments=WindowArguments,
            demand=Demand(kinds=(timeline.kind,), timeline=timeline),
        )

    def _totals(self, make: Deriver, rule: Rule) -> StrawberryField:
        fields = {total.name: self._total(make, total) for total in self.group.totals}
        built = make.build(
            f"{self.group.type_name}Totals",
            f"What the records of the group add up to. {_PER_CURRENCY}",
            fields,
            rule=rule,
        )
        self.answers["totals"] = lambda view: FieldAnswers(view, self.totals)
        return make.attribute(built, "What the records add up to, per currency.")

    def _total(self, make: Deriver, total: Total) -> StrawberryField:
        returns = typing.get_type_hints(total.compute)["return"] | None
        text = f"{description(total.compute)} Null where no source gave what it is reckoned from."
        return make.attribute(returns, text, demand=Demand(kinds=needs_of(total.compute)))


def _known(compute: Callable[[CustomerView], Any]) -> Answer:
    """The figure, or nothing where what it is reckoned from is missing altogether: unknown is not zero."""
    kinds = needs_of(compute)
    return lambda view: compute(view) if view.knows(kinds) else None


_PER_CURRENCY = "Amounts of different currencies are never added: there is one sum for each."


def _default_window(timeline: Timeline) -> str:
    ahead = f" to {timeline.ahead} days ahead" if timeline.ahead else ""
    return f"The window is the last {timeline.back} days{ahead} unless told."


_EXISTS = needs(Scope.CUSTOMERS_READ)
"""Of what tells that there is a customer, and not who."""


def customer_type(make: Deriver, groups: Sequence[GroupType], lines: Lines) -> Any:
    """The type of a customer with a field per group."""
    fields: dict[str, StrawberryField] = {
        "id": make.attribute(NodeId, "Global id.", rule=_EXISTS),
        "kind": make.attribute(PartyKind, "A person or an organisation.", rule=_EXISTS),
        "display_name": make.attribute(
            str | None,
            "Name in lists, as the hub keeps it; asks no partner. Null only where it is withheld.",
            rule=needs(Scope.PROFILE_READ, purposes=ADDRESSED, pii=True),
        ),
        "country": make.attribute(
            CountryCode | None, "Country of residence, as the hub keeps it.", rule=_EXISTS
        ),
        "created_at": make.attribute(datetime, "When the hub came to know the customer.", rule=_EXISTS),
        "updated_at": make.attribute(
            datetime, "When the hub last changed something about the customer.", rule=_EXISTS
        ),
        "identities": make.attribute(
            tuple[Identity, ...] | None,
            "The partner records behind this customer, with their evidence. Null only where they are "
            "withheld.",
            read=identities,
            rule=TYPES["Identity"],
        ),
        "sources": make.attribute(
            tuple[SourceStatus, ...],
            "Every configured source and how it answered in this operation.",
            rule=_EXISTS,
        ),
        "complete": make.attribute(
            bool,
            "Whether every source this operation needed answered within the freshness asked for. What is "
            "withheld from the caller does not count against it.",
            rule=_EXISTS,
        ),
    }
    fields["withheld"] = make.computed(
        lambda customer, info: info.context.withheld(customer, info.path.prev.as_list()),
        tuple[Withheld, ...],
        "What was asked for of this customer and is held back, and what would open it: such a field is null, "
        "or shows a part, and is no error.",
        rule=_EXISTS,
    )
    fields |= identity_fields(make)
    fields |= value_fields(make)
    fields |= profit_fields(make)
    fields |= summary_fields(make)
    fields |= segment_fields(make)
    fields |= risk_fields(make)
    fields |= offer_fields(make)
    fields |= consent_fields(make)
    fields |= action_fields(make)
    fields |= service_fields(make)
    fields["timeline"] = timeline_field(make, lines)
    fields |= grant_fields(make)
    for one in groups:
        text = (
            f"{one.group.description} Null only where no source gave anything, and `sources` says why; or "
            "where it is withheld, and `withheld` says so."
        )
        fields[one.group.domain] = make.attribute(one.type | None, text, rule=domain_rule(one.group.domain))
    return make.build(
        "Customer",
        "A person or an organisation whose records live with many partners.",
        fields,
        bases=(Node,),
        is_type_of=lambda value, _info: isinstance(value, CustomerAnswer),
    )


def connector_type(make: Deriver) -> Any:
    """The type of a connector instance."""
    return make.build(
        "Connector",
        description(Connector),
        make.fields(Connector),
        bases=(Node,),
        is_type_of=lambda value, _info: isinstance(value, Connector),
    )


def group_answers(groups: Sequence[GroupType]) -> Mapping[str, Answer]:
    """How the groups of a customer are answered, by the name of their field."""
    return {one.group.domain: one.answer for one in groups}
