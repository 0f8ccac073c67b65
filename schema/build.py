"""Builds the graph from its parts. The same parts give the same schema, whatever plugins there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_arguments

from c360.kinds import domains
from c360.records.party import Party
from resolvers.references import referrers
from schema.access.shapes import QueuedEmergency
from schema.actions.shapes import PartnerAction
from schema.audit import AuditEntry
from schema.bulk.jobs import job_type
from schema.consents.shapes import ConsentWording
from schema.derive import Demand, Deriver, reader_of
from schema.events.shapes import EventDelivery, EventEndpoint
from schema.execution.answering import Answering
from schema.execution.compiled.operation import Compiler
from schema.execution.plan import Planner
from schema.execution.sizes import print_sizes
from schema.groups import discover
from schema.identity.shapes import ProbableCustomer, Review
from schema.inputs import CustomerKey
from schema.mutations import every_mutation
from schema.mutations.base import Mutation
from schema.mutations.revealing import RevealValue
from schema.mutations.service.contact_points import ContactPointInput
from schema.mutations.types import mutation_type
from schema.paging import connection_type
from schema.permissions.declared import declared
from schema.permissions.permit import Permits
from schema.permissions.table import rule_table
from schema.permissions.veiling import veil_fields
from schema.privacy.retention import RetentionRule
from schema.privacy.shapes import DataExport, ErasureCertificate
from schema.roots.access_log import AccessLogEntry, AccessLogRoot
from schema.roots.actions import ActionRoot, ActionsRoot, QueuedAction
from schema.roots.audit import AuditEntriesRoot
from schema.roots.base import RootField
from schema.roots.best import BestCustomersRoot
from schema.roots.contests import ContestsRoot
from schema.roots.customer import CustomerRoot
from schema.roots.customers import CustomersRoot
from schema.roots.emergencies import EmergencyAccessesRoot
from schema.roots.endpoints import DeliveriesRoot, EndpointsRoot
from schema.roots.exports import DataExportRoot
from schema.roots.jobs import JobRoot, JobsRoot
from schema.roots.nodes import ConnectorsRoot, NodeRoot, NodesRoot
from schema.roots.preferences import PreferenceKeysRoot
from schema.roots.privacy import ErasureCertificateRoot, RetentionRulesRoot
from schema.roots.products import ProductsRoot
from schema.roots.reviews import ReviewsRoot
from schema.roots.search import SearchRoot
from schema.roots.segments import SegmentsRoot
from schema.roots.service import AppointmentsRoot, ComplaintCountsRoot, ComplaintsRoot, TasksRoot
from schema.roots.wordings import ConsentWordingsRoot
from schema.scalars import scalar_map
from schema.scoring.contests import QueuedContest
from schema.scoring.offers import Product
from schema.scoring.segments import BestCustomer, Segment
from schema.service.lists import service_lists
from schema.service.timeline import Lines
from schema.shapes import SearchSource
from schema.subscriptions import FOLLOWING, SUBSCRIPTIONS
from schema.subscriptions.base import SubscriptionField
from schema.types import GroupType, Node, connector_type, customer_type, deriver, group_answers

ROOTS: Mapping[str, type[RootField]] = {
    root.name: root
    for root in (
        CustomerRoot,
        CustomersRoot,
        SearchRoot,
        ReviewsRoot,
        ProductsRoot,
        SegmentsRoot,
        BestCustomersRoot,
        ContestsRoot,
        AuditEntriesRoot,
        ConsentWordingsRoot,
        DataExportRoot,
        EndpointsRoot,
        DeliveriesRoot,
        ErasureCertificateRoot,
        RetentionRulesRoot,
        AccessLogRoot,
        ActionRoot,
        ActionsRoot,
        TasksRoot,
        ComplaintsRoot,
        ComplaintCountsRoot,
        AppointmentsRoot,
        PreferenceKeysRoot,
        EmergencyAccessesRoot,
        JobRoot,
        JobsRoot,
        ConnectorsRoot,
        NodeRoot,
        NodesRoot,
    )
}


class Schema(strawberry.Schema):
    """The executable graph with what its engine needs."""

    planner: Planner
    answering: Answering
    """Executes what the engine let in: the library's own way there is not taken."""
    subscriptions: Mapping[str, type[SubscriptionField]]
    permits: Permits
    group_answers: Mapping[str, Any]
    expected: Mapping[str, Sequence[type]] = {}
    """By the names of types, the classes that their objects are mostly of."""

    @property
    def graphql(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        return self._schema

    def compiler(self) -> Compiler:
        """What compiles operations over it."""
        return Compiler(
            self.graphql,
            self._converted,
            unread=frozenset({_ready, _mutate}),
            told_by_class=True,
            expected=self.expected,
        )

    def _converted(self, field: GraphQLField, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments of a field as its resolver takes them."""
        arguments = field.extensions["strawberry-definition"].arguments
        converter = self.schema_converter
        return convert_arguments(dict(given), arguments, converter.scalar_registry, converter.config)


def built_schema() -> Schema:
    """The graph over the domains there are, built when a process first asks for it: it takes seconds."""
    return _over(domains())


@cache
def _over(_domains: tuple[str, ...]) -> Schema:
    return build_schema()


def build_schema(mutations: Iterable[type[Mutation]] | None = None) -> Schema:
    """The graph, ready for an engine.

    Args:
        mutations: What can be changed; everything there is unless told.
    """
    groups = discover()
    timelines = {kind: line for group in groups for kind, line in group.timelines.items()}
    references = referrers(timelines)
    make = deriver(groups, references)
    make.input(CustomerKey, one_of=True)
    make.input(ContactPointInput, one_of=True)
    group_types = [GroupType(make, group) for group in groups]
    customer = customer_type(make, group_types, Lines(timelines, references))
    make.stand("Customer", customer)
    connector = connector_type(make)
    query = _query(make, customer, connector)
    roots = {**ROOTS, **{root.name: root.over(references) for root in (NodeRoot, NodesRoot)}}
    changing = {
        one.name: one.over(references) if issubclass(one, RevealValue) else one
        for one in (every_mutation() if mutations is None else mutations)
    }
    mutation, problems = mutation_type(make, changing.values(), _mutate) if changing else (None, ())
    following = {one.name: one for one in SUBSCRIPTIONS}
    schema = Schema(
        query,
        mutation=mutation,
        subscription=_subscription(make, following.values()),
        types=[customer, connector, *problems],
        config=StrawberryConfig(scalar_map=scalar_map()),
    )
    _natively_one_of(schema.graphql)
    _resolve_by_attribute(schema.graphql)
    veil_fields(schema.graphql)
    weights = {("Query", name): root.weight for name, root in roots.items()}
    print_sizes(schema.graphql, weights | {("Mutation", name): one.weight for name, one in changing.items()})
    schema.expected = make.expected
    schema.planner = Planner(schema.graphql, timelines)
    schema.answering = Answering(
        compiler=schema.compiler(),
        planner=schema.planner,
        fields=roots,
        mutations=changing,
        subscriptions=following,
    )
    schema.subscriptions = following
    schema.permits = Permits(schema.graphql, rule_table(declared(schema.graphql)))
    schema.group_answers = group_answers(group_types)
    return schema


def _ready(_root: object, info: Any, **_given: object) -> Any:
    """The resolver of every root field: all work is done."""
    info.context.require_guard()
    return info.context.ready(info.path.key)


def _mutate(_root: object, info: Any, **_given: object) -> Any:
    """The resolver of every mutation: the executor awaits each before it comes to the next."""
    info.context.require_guard()
    return info.context.mutations[info.path.key]()


def _subscription(make: Deriver, following: Iterable[type[SubscriptionField]]) -> Any:
    fields = {
        one.name: make.computed(
            _ready,
            make.object(one.payload_type) | None,
            one.description,
            arguments=one.arguments_type,
            rule=one.rule,
        )
        for one in following
    }
    return make.build("Subscription", f"What can be followed. {FOLLOWING}", fields)


_NULLABLE = "A field is null where an error says why: one that is refused does not void the others."


def _query(make: Deriver, customer: Any, connector: Any) -> Any:
    shown_job = job_type(make)
    make.stand("Job", shown_job)
    returns = {
        "customer": customer,
        "customers": _customers(make, customer),
        "search": _search(make, customer),
        "connectors": list[connector],
        "reviews": _reviews(make),
        "products": _products(make),
        "bestCustomers": _best(make),
        "segments": list[make.object(Segment)],  # type: ignore[misc]  # built at run time
        "contests": _contests(make),
        "emergencyAccesses": _emergencies(make),
        "auditEntries": _audit(make),
        "consentWordings": _wordings(make),
        "dataExport": make.object(DataExport),
        "endpoints": list[make.object(EventEndpoint)],  # type: ignore[misc]  # built at run time
        "deliveries": _deliveries(make),
        "erasureCertificate": make.object(ErasureCertificate),
        "accessLog": _access_log(make),
        "retentionRules": list[make.object(RetentionRule)],  # type: ignore[misc]  # built at run time
        "action": make.object(PartnerAction),
        "actions": _actions(make),
        **service_lists(make),
        "job": shown_job,
        "jobs": connection_type(
            make, shown_job, "Job", "uploads and their jobs, the latest first", counted=None
        ),
        "node": Node,
        "nodes": list[Node | None],
    }
    fields = {
        name: make.computed(
            _ready, returns[name] | None, root.description, arguments=root.arguments_type, rule=root.rule
        )
        for name, root in ROOTS.items()
    }
    return make.build("Query", f"What can be asked. {_NULLABLE}", fields)


def _customers(make: Deriver, customer: Any) -> Any:
    return connection_type(
        make,
        customer,
        "Customer",
        "customers",
        counted="How many customers meet the filter; counted only where it is asked for.",
        count_demand=Demand(count=True),
    )


def _reviews(make: Deriver) -> Any:
    return connection_type(
        make,
        make.object(Review),
        "Review",
        "reviews, the oldest first",
        counted="How many reviews meet the filter; counted only where it is asked for.",
        count_demand=Demand(count=True),
    )


def _best(make: Deriver) -> Any:
    return connection_type(
        make,
        make.object(BestCustomer),
        "BestCustomer",
        "customers by a figure, the best first",
        counted=None,
        more={
            "counted_on": make.attribute(
                date | None, "Day that the figures are of; null where nobody was counted yet."
            )
        },
    )


def _contests(make: Deriver) -> Any:
    return connection_type(
        make,
        make.object(QueuedContest),
        "Contest",
        "contested scores, the oldest first",
        counted="How many contests stand so; counted only where it is asked for.",
        count_demand=Demand(count=True),
    )


def _emergencies(make: Deriver) -> Any:
    return connection_type(
        make,
        make.object(QueuedEmergency),
        "EmergencyAccess",
        "emergency accesses, the oldest first",
        counted="How many stand so; counted only where it is asked for.",
        count_demand=Demand(count=True),
    )


def _audit(make: Deriver) -> Any:
    return connection_type(
        make, make.object(AuditEntry), "AuditEntry", "entries of the audit, the newest first", counted=None
    )


def _access_log(make: Deriver) -> Any:
    return connection_type(
        make,
        make.object(AccessLogEntry),
        "AccessLogEntry",
        "looks and changes, the newest first",
        counted=None,
    )


def _wordings(make: Deriver) -> Any:
    return connection_type(
        make,
        make.object(ConsentWording),
        "ConsentWording",
        "wordings, by name, the latest version first",
        counted="How many there are.",
    )


def _deliveries(make: Deriver) -> Any:
    return connection_type(
        make, make.object(EventDelivery), "EventDelivery", "deliveries, the latest first", counted=None
    )


def _actions(make: Deriver) -> Any:
    return connection_type(
        make,
        make.object(QueuedAction),
        "QueuedAction",
        "actions at partners with their customers, the latest first",
        counted="How many actions meet the filter; counted only where it is asked for.",
        count_demand=Demand(count=True),
    )


def _products(make: Deriver) -> Any:
    return connection_type(
        make, make.object(Product), "Product", "products, by id", counted="How many products meet the filter."
    )


def _search(make: Deriver, customer: Any) -> Any:
    result = make.build(
        "SearchResult",
        "A customer that the text leads to, or a partner's record that no customer is linked to.",
        {
            "customer": make.attribute(customer | None, "The customer; null where the hub has none linked."),
            "parties": make.attribute(
                tuple[Party, ...], "Partner records that were found live, as the partners hold them."
            ),
            "probably": make.attribute(
                tuple[ProbableCustomer, ...] | None,
                "Of a record that no customer is linked to: whom it probably is, the likeliest first. "
                "`linkIdentity` links it. Null only where it is refused.",
            ),
        },
    )
    return connection_type(
        make,
        result,
        "Search",
        "results, the surest first",
        counted="How many results there are.",
        more={
            "sources": make.attribute(
                tuple[SearchSource, ...],
                "What became of the search at each source, in the order of the settings.",
            ),
            "truncated": make.attribute(
                bool, "Whether the hub's index has more customers than are shown; narrow the text."
            ),
        },
    )


def _natively_one_of(schema: GraphQLSchema) -> None:
    """Let graphql-core itself check oneOf inputs, which the library does in rules of its own."""
    for kind in schema.type_map.values():
        definition = (kind.extensions or {}).get("strawberry-definition")
        if isinstance(kind, GraphQLInputObjectType) and getattr(definition, "is_one_of", False):
            kind.is_one_of = True
            kind.out_type = GraphQLInputObjectType.out_type  # type: ignore[method-assign]  # the default again


def _resolve_by_attribute(schema: GraphQLSchema) -> None:
    """Resolve plain fields by their attribute at once, without the library's detour on each value."""
    for name, kind in schema.type_map.items():
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType):
            continue
        for field in kind.fields.values():
            read = reader_of(field)
            if read is not None:
                field.resolve = _resolver(read)


def _resolver(read: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda source, _info, **_given: read(source)
