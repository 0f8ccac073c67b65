"""What an operation needs, read from the operation alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_argument_values,
    get_named_type,
)
from graphql.execution.values import VariableValues

from c360.contract import Need
from resolvers.needs import merge
from resolvers.timeline import Timeline
from schema.answers import window_of
from schema.declarations import Demand, demand_of
from schema.errors import ErrorCode, InputError, coded
from schema.execution.auditing import PLUMBING
from schema.execution.including import included
from schema.hub import READERS, HubNeed
from schema.inputs import WindowArguments
from schema.permissions.permit import Permit
from schema.permissions.refusing import Forbidden, forbidden, refused_argument
from schema.permissions.selection import CUSTOMER
from schema.reading import read_input
from store.data_folders import WHOLE, Part

_OWN = frozenset({"id", "kind", "displayName", "country", "createdAt", "updatedAt"})
"""Fields of a customer that the hub knows by itself, whoever the customer's partners are."""
_PARTNERS = frozenset(
    {"banking", "insurance", "brokerage", "loyalty", "hotel", "rental", "sources", "complete"}
)
"""Fields of a customer that show what partners gave of whom the customer is linked to, and nothing else."""
_LINKS = frozenset({Part.LINKS})
_COUNT = Need(kind="count")
"""Stands in a set of needs for the number of all customers."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What is selected of each of some customers, and what follows from that alone."""

    needs: frozenset[Need] = frozenset()
    """Of their partners; one per kind."""
    hub: frozenset[HubNeed] = frozenset()
    """Of the hub itself."""
    edges: Mapping[HubNeed, Selection] = {}
    """What is selected of the customers that they lead to, by what leads there."""
    parts: frozenset[Part] = frozenset()
    """Of their folders, and of those that they lead to, that it is made of."""
    beyond: bool = False
    """Whether anything is selected that no folder tells."""
    asks: bool = False
    """Whether anything is selected that decisions of customers may forbid."""


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """A root field of an operation."""

    key: str
    """Where it stands in the answer."""
    field: str
    arguments: Mapping[str, Any]
    selection: Selection
    """Of every customer right under it."""
    count: bool
    """Whether the number of all customers is selected."""
    error: GraphQLError | None = None
    """Why its arguments cannot be used."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation needs."""

    roots: Sequence[Root]
    refused: Mapping[int, Forbidden]
    """Fields below the roots whose arguments the caller may not give, by the identity of their node."""


class _Entry(msgspec.Struct, frozen=True):
    """What planning knows of a field."""

    field: GraphQLField
    demand: Demand | None
    inner: str | None
    """The type of its selections."""


class Planner:
    """Plans operations over one schema.

    Args:
        schema: Whose fields declare their demands.
        timelines: The default window of each windowed kind.
    """

    def __init__(self, schema: GraphQLSchema, timelines: Mapping[str, Timeline]) -> None:
        self._timelines = timelines
        self._schema = schema
        self.table: Mapping[str, Mapping[str, _Entry]] = {
            name: {key: _entry(field) for key, field in kind.fields.items()}
            for name, kind in schema.type_map.items()
            if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__")
        }
        """(type, field) → demand, built once from the declarations."""

    def plan(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        today: date,
        permit: Permit,
    ) -> Plan:
        """The root fields of a validated operation with what they need.

        What the permit refuses is left out, with everything below it.
        """
        kind = self._schema.get_root_type(operation.operation)
        name = kind.name if kind else ""
        walk = _Walk(self.table, self._timelines, fragments, variables, today, permit=permit)
        roots: dict[str, list[FieldNode]] = {}
        for node in walk.fields(operation.selection_set, set()):
            roots.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        planned = [
            self._root(key, nodes, name, walk)
            for key, nodes in roots.items()
            if not nodes[0].name.value.startswith("__")
        ]
        return Plan(roots=planned, refused=walk.refused)

    def _root(self, key: str, nodes: Sequence[FieldNode], root_type: str, walk: _Walk) -> Root:
        name = nodes[0].name.value
        entry = self.table[root_type][name]
        refused = walk.permit.of(root_type, name)
        arguments: Mapping[str, Any] = {}
        error: GraphQLError | None = None if refused is None else forbidden(refused)
        try:
            arguments = get_argument_values(entry.field, nodes[0], walk.variables)
            error = error or walk.refused_argument(root_type, name, arguments)
        except GraphQLError as wrong:
            error = error or coded(wrong, ErrorCode.BAD_USER_INPUT)
        found = _Collected()
        for node in nodes if error is None else ():
            if node.selection_set is not None and entry.inner is not None:
                walk.collect(node.selection_set, entry.inner, found)
        return Root(
            key=key,
            field=name,
            arguments=arguments,
            selection=found.selection(),
            count=_COUNT in found.needs,
            error=error,
        )


def _entry(field: GraphQLField) -> _Entry:
    named = get_named_type(field.type)
    demand = demand_of(field)
    asks = bool(demand.kinds or demand.count or demand.hub)
    composite = hasattr(named, "fields") or hasattr(named, "types")
    return _Entry(field, demand if asks else None, named.name if composite else None)


class _Collected:
    """A selection while it is being collected."""

    __slots__ = ("edges", "hub", "linked", "needs", "whole")

    def __init__(self) -> None:
        self.linked = False
        """Whether what partners gave of the customers is selected."""
        self.whole = False
        """Whether more of them is selected than that and the hub's own few fields."""
        self.needs: set[Need] = set()
        self.hub: set[HubNeed] = set()
        self.edges: dict[HubNeed, _Collected] = {}

    def edge(self, need: HubNeed) -> _Collected:
        return self.edges.setdefault(need, _Collected())

    def add(self, other: _Collected) -> None:
        self.linked = self.linked or other.linked
        self.whole = self.whole or other.whole
        self.needs |= other.needs
        self.hub |= other.hub
        for need, there in other.edges.items():
            self.edge(need).add(there)

    def selection(self) -> Selection:
        edges = {need: there.selection() for need, there in self.edges.items()}
        needs, below = merge(self.needs - {_COUNT}), edges.values()
        own = [WHOLE] if self.whole else [_LINKS] if self.linked else []
        read = [READERS[need.name] for need in self.hub]
        return Selection(
            needs=needs,
            hub=frozenset(self.hub),
            edges=edges,
            parts=frozenset().union(*own, *(each.parts for each in read), *(each.parts for each in below)),
            beyond=bool(edges) or any(each.made is None for each in read),
            asks=bool(needs or read) or any(each.asks for each in below),
        )


class _Walk:
    """One operation's walk. What a fragment needs is worked out once, however often it is spread."""

    def __init__(
        self,
        table: Mapping[str, Mapping[str, _Entry]],
        timelines: Mapping[str, Timeline],
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        today: date,
        *,
        permit: Permit,
    ) -> None:
        self.permit = permit
        self.refused: dict[int, Forbidden] = {}
        self._table = table
        self._timelines = timelines
        self._fragments = fragments
        self.variables = variables
        self._today = today
        self._known: dict[str, _Collected] = {}

    def fields(self, selection_set: SelectionSetNode, seen: set[str]) -> Iterator[FieldNode]:
        """The fields of a selection set itself, its fragments spread out, each fragment once."""
        for selection in selection_set.selections:
            if not included(selection, self.variables):
                continue
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                yield from self.fields(selection.selection_set, seen)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                seen.add(selection.name.value)
                yield from self.fields(self._fragments[selection.name.value].selection_set, seen)

    def collect(
        self, selection_set: SelectionSetNode, type_name: str, found: _Collected, *, linked: bool = False
    ) -> None:
        """Add what a selection set needs.

        Args:
            selection_set: Of a field or a fragment.
            type_name: What it is of.
            found: What is added to.
            linked: Whether it lies below a field that shows what partners gave.
        """
        entries = self._table.get(type_name, {})
        refused = self.permit.refused.get(type_name, ())
        for selection in selection_set.selections:
            if selection.directives and not included(selection, self.variables):
                continue
            if isinstance(selection, FieldNode):
                name = selection.name.value
                entry = entries.get(name)
                if entry is None or name in refused or self._asks_too_much(type_name, entry, selection):
                    continue
                given = name in _PARTNERS if type_name == CUSTOMER else linked
                if given:
                    found.linked = True
                elif not (name in _OWN if type_name == CUSTOMER else type_name.endswith(PLUMBING)):
                    found.whole = True
                below = found if entry.demand is None else self._add(entry, entry.demand, selection, found)
                if selection.selection_set is not None and entry.inner is not None:
                    self.collect(selection.selection_set, entry.inner, below, linked=given)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                named = condition.name.value if condition else type_name
                self.collect(selection.selection_set, named, found, linked=linked)
            elif isinstance(selection, FragmentSpreadNode):
                found.add(self._fragment(selection.name.value))

    def refused_argument(self, type_name: str, name: str, given: Mapping[str, Any]) -> Forbidden | None:
        """Why a field may not be asked so; none where it may."""
        asking = self.permit.asking.get((type_name, name))
        return None if asking is None else refused_argument(f"{type_name}.{name}", asking, given)

    def _asks_too_much(self, type_name: str, entry: _Entry, node: FieldNode) -> bool:
        """Whether a field's arguments are more than the caller may ask; the executor is told."""
        if not self.permit.asking or (type_name, node.name.value) not in self.permit.asking:
            return False
        try:
            given = get_argument_values(entry.field, node, self.variables)
        except GraphQLError:
            return False  # the executor says what is wrong
        error = self.refused_argument(type_name, node.name.value, given)
        if error is not None:
            self.refused[id(node)] = error
        return error is not None

    def _fragment(self, name: str) -> _Collected:
        known = self._known.get(name)
        if known is None:
            fragment = self._fragments[name]
            known = self._known[name] = _Collected()
            self.collect(fragment.selection_set, fragment.type_condition.name.value, known)
        return known

    def _add(self, entry: _Entry, demand: Demand, node: FieldNode, found: _Collected) -> _Collected:
        """Add what a field needs; what its selections belong to."""
        needs = found.needs
        if demand.count:
            needs.add(_COUNT)
        if demand.hub:
            need = self._hub_need(entry.field, demand, node)
            if need is not None:
                found.hub.add(need)
                found.hub |= {HubNeed(name) for name in READERS[demand.hub].beside}
                if demand.windows is not None:
                    with suppress(InputError):  # the field itself says what is wrong
                        windows = demand.windows(need.arguments, self._today)
                        needs.update(one for one in windows if self.permit.reads(one.kind))
                if demand.leads:
                    return found.edge(need)
                if demand.arguments is not None:
                    return found
        if demand.timeline is not None:
            self._add_window(entry.field, demand.timeline, node, needs)
            return found
        for kind in demand.kinds:
            timeline = self._timelines.get(kind)
            needs.add(Need(kind=kind) if timeline is None else timeline.window(self._today))
        return found

    def _hub_need(self, field: GraphQLField, demand: Demand, node: FieldNode) -> HubNeed | None:
        """What a field reads of the hub, if it does."""
        if demand.arguments is None:
            return HubNeed(demand.hub)
        try:
            given = get_argument_values(field, node, self.variables) if node.arguments else {}
        except GraphQLError:
            return None  # the executor says what is wrong
        arguments = read_input(demand.arguments, given)
        if demand.kinds and arguments == demand.arguments():
            return None
        return HubNeed(demand.hub, arguments)

    def _add_window(self, field: GraphQLField, timeline: Timeline, node: FieldNode, needs: set[Need]) -> None:
        try:
            given = get_argument_values(field, node, self.variables) if node.arguments else {}
            needs.add(window_of(timeline, self._today, read_input(WindowArguments, given)))
        except (GraphQLError, InputError):
            # The field's own resolver says what is wrong, and is asked only where its group is there.
            needs.add(timeline.window(self._today))
