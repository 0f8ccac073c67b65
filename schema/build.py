"""Builds the graph from its parts. The same parts give the same schema, whatever plugins there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_arguments

from c360.kinds import domains
from resolvers.references import referrers
from schema.declarations import reader_of
from schema.derive import Deriver
from schema.execution.answering import Answering
from schema.execution.compiled.operation import Compiler
from schema.execution.plan import Planner
from schema.execution.sizes import print_sizes
from schema.groups import discover
from schema.inputs import CustomerKey
from schema.mutations import every_mutation
from schema.mutations.base import Mutation
from schema.mutations.revealing import RevealValue
from schema.mutations.service.contact_points import ContactPointInput
from schema.mutations.types import mutation_type
from schema.permissions.declared import declared
from schema.permissions.permit import Permits
from schema.permissions.table import rule_table
from schema.permissions.veiling import veil_fields
from schema.roots.nodes import NodeRoot, NodesRoot
from schema.roots.query import ROOTS, query_type
from schema.scalars import scalar_map
from schema.service.timeline import Lines
from schema.subscriptions import FOLLOWING, SUBSCRIPTIONS
from schema.subscriptions.base import SubscriptionField
from schema.types import GroupType, connector_type, customer_type, deriver, group_answers


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
    query = query_type(make, customer, connector, _ready)
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
