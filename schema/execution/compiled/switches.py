"""``@skip`` and ``@include`` as sets of cases, and the fields of a selection as they come about in each.

Variables that switch selections on and off are booleans, so that all an operation can come to is a case for
each combination of them. A condition is the set of cases in which it holds, written as the bits of a whole
number: both of two hold in ``a & b``, either in ``a | b``. What holds in every case costs nothing later on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

from schema.execution.compiled.refusing import NotCompiled

MOST_SWITCHES = 8
"""Variables that switch selections in one operation: more of them are more cases than can be looked at."""


class Occurrence(NamedTuple):
    """A field where it stands in the document."""

    node: FieldNode
    cases: int
    """In which it is taken up."""


class Part(NamedTuple):
    """A selection set that others may be merged with."""

    selections: SelectionSetNode
    cases: int
    """In which it is taken up."""


class Field(NamedTuple):
    """Everything that an operation selects under one key of an object."""

    key: str
    occurrences: tuple[Occurrence, ...]

    @property
    def name(self) -> str:
        """Its name in the schema."""
        return self.occurrences[0].node.name.value

    @property
    def cases(self) -> int:
        """In which there is a value under the key."""
        found = 0
        for one in self.occurrences:
            found |= one.cases
        return found

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is selected of its value."""
        return tuple(
            Part(one.node.selection_set, one.cases)
            for one in self.occurrences
            if one.node.selection_set is not None
        )


class Turn(NamedTuple):
    """A field with the cases in which its key comes at this place of the object."""

    field: Field
    cases: int


class Switches:
    """The variables that switch selections of one operation.

    Args:
        names: Of the variables, each once.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.every = (1 << (1 << len(names))) - 1
        """All cases."""
        self._on = {
            name: sum(1 << case for case in range(1 << len(names)) if case >> place & 1)
            for place, name in enumerate(names)
        }

    def of(self, node: SelectionNode) -> int:
        """The cases in which the directives of a selection leave it in."""
        cases = self.every
        for directive in node.directives or ():
            name = directive.name.value
            if name not in {"skip", "include"}:
                continue
            value = (directive.arguments or ())[0].value
            if isinstance(value, BooleanValueNode):
                holds = self.every if value.value else 0
            elif isinstance(value, VariableNode):
                holds = self._on[value.name.value]
            else:
                raise NotCompiled("switches")  # validation lets nothing else through
            cases &= holds if name == "include" else self.every & ~holds
        return cases

    def case(self, values: Mapping[str, object]) -> int | None:
        """The case that an operation is executed in; none where a variable is no boolean.

        Args:
            values: The variables, coerced.
        """
        case = 0
        for place, name in enumerate(self.names):
            value = values.get(name)
            if value is True:
                case |= 1 << place
            elif value is not False:
                return None
        return case


def switches_of(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Switches:
    """The switches of an operation.

    Raises:
        NotCompiled: They are too many.
    """
    names: dict[str, None] = {}
    for node in every_selection(operation, fragments):
        names.update(dict.fromkeys(_variables(node)))
    if len(names) > MOST_SWITCHES:
        raise NotCompiled("switches")
    return Switches(tuple(names))


def every_selection(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[SelectionNode]:
    """All that an operation selects, each fragment looked at once."""
    seen: set[str] = set()
    waiting = [operation.selection_set]
    while waiting:
        for node in waiting.pop().selections:
            yield node
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in seen:
                    seen.add(name)
                    waiting.append(fragments[name].selection_set)
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
                waiting.append(node.selection_set)


def _variables(node: SelectionNode) -> Iterator[str]:
    for directive in node.directives or ():
        if directive.name.value in {"skip", "include"}:
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    yield argument.value.name.value


class Collector:
    """Collects fields of objects as graphql-core does, for all cases at once.

    Args:
        schema: The schema.
        fragments: Those of the document.
        switches: Those of the operation.
    """

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], switches: Switches
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._switches = switches

    def turns(self, kind: GraphQLObjectType, parts: Iterable[Part]) -> Sequence[Turn]:
        """The fields of an object in the order of their keys.

        Where the order depends on the case, a field has several turns, of which one is taken.

        Args:
            kind: The type of the object.
            parts: What is selected of it.
        """
        found: dict[str, list[Occurrence]] = {}
        order: list[tuple[str, int]] = []
        spread: dict[str, int] = {}
        for part in parts:
            for one in self._fields(part.selections, part.cases, kind, spread):
                key = one.node.alias.value if one.node.alias else one.node.name.value
                before = found.setdefault(key, [])
                first = one.cases
                for other in before:
                    first &= ~other.cases
                if first:
                    order.append((key, first))
                before.append(one)
        fields = {key: Field(key, tuple(occurrences)) for key, occurrences in found.items()}
        return [Turn(fields[key], cases) for key, cases in order]

    def _fields(
        self, selections: SelectionSetNode, cases: int, kind: GraphQLObjectType, spread: dict[str, int]
    ) -> Iterator[Occurrence]:
        for node in selections.selections:
            here = cases & self._switches.of(node)
            if not here:
                continue
            if isinstance(node, FieldNode):
                yield Occurrence(node, here)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or self._fits(condition.name.value, kind):
                    yield from self._fields(node.selection_set, here, kind, spread)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                if not self._fits(fragment.type_condition.name.value, kind):
                    continue
                # A fragment counts where it is spread first.
                before = spread.get(node.name.value, 0)
                spread[node.name.value] = before | here
                if here & ~before:
                    yield from self._fields(fragment.selection_set, here & ~before, kind, spread)

    def _fits(self, name: str, kind: GraphQLObjectType) -> bool:
        if name == kind.name:
            return True
        condition = self._schema.get_type(name)
        return is_abstract_type(condition) and self._schema.is_sub_type(condition, kind)
