"""What a document may ask for at the most, checked before the standard rules look at it.

The standard rules take quadratic time over repeated fields, and naive walks exponential time over
fragments that spread each other; so everything here is counted once per fragment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from schema.errors import ErrorCode, InputError


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one document."""

    characters: int = 100_000
    tokens: int = 10_000
    comments: int = 1_000
    operations: int = 50
    fragments: int = 100
    variables: int = 200
    directives: int = 200
    directives_together: int = 5
    """Directives of one field, fragment, operation or variable."""
    depth: int = 24
    """Fields within fields; introspection needs 15."""
    nesting: int = 60
    """Selection sets within selection sets, inline fragments and spreads included."""
    fields: int = 2_000
    """Fields of an operation with its fragments spread out, aliases or not."""
    all_fields: int = 6_000
    """The same, over all operations and fragments of the document."""
    root_fields: int = 100
    mutations: int = 20
    """Root fields of a mutation: each is a transaction of its own, one after the other."""
    repetitions: int = 20_000
    """Pairs of fields that have to be compared because they share a place in the answer."""
    values: int = 250_000
    """Values of the answer, as :mod:`schema.execution.cost` estimates them: full views of a page of
    customers. Making them takes about a second, in which nobody else is served."""


class _Size(msgspec.Struct, frozen=True):
    fields: int
    depth: int
    nesting: int
    roots: int


def _one_more(size: _Size) -> _Size:
    return _Size(size.fields + 1, size.depth, size.nesting, size.roots)


class TooMuch(InputError):
    """The document asks for more than is allowed."""

    def __init__(self, what: str, limit: int) -> None:
        """Say which limit it is."""
        super().__init__(
            f"The document has too many {what}: at most {limit} are allowed.", code=ErrorCode.LIMIT_EXCEEDED
        )


class FragmentCycleError(Exception):
    """A fragment spreads itself, if only through others: spread out, the document would never end."""


def check(document: DocumentNode, limits: Limits) -> None:
    """Check a parsed document.

    Raises:
        InputError: ``LIMIT_EXCEEDED``, the first limit that is exceeded.
        FragmentCycleError: it cannot be measured; the standard rules say well what is wrong with it.
    """
    definitions = [
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
    _bound("operations", len(operations), limits.operations)
    _bound("fragments", len(definitions) - len(operations), limits.fragments)
    for operation in operations:
        _bound("variables", len(operation.variable_definitions or ()), limits.variables)
    sizes = _Sizes(definitions, limits)
    total = 0
    for node in definitions:
        size = sizes.of(node.selection_set)
        total += size.fields
        _bound("levels of fields", size.depth, limits.depth)
        _bound("levels of selections", size.nesting, limits.nesting)
        _bound("fields, fragments spread out", size.fields, limits.fields)
        if isinstance(node, OperationDefinitionNode):
            _bound("root fields", size.roots, limits.root_fields)
            if node.operation is OperationType.MUTATION:
                _bound("mutations", size.roots, limits.mutations)
    _bound("fields, over all operations and fragments", total, limits.all_fields)
    _bound("directives", sizes.directives, limits.directives)
    if sizes.cyclic:
        raise FragmentCycleError
    for node in definitions:
        _bound("fields with the same name", sizes.repetitions(node.selection_set), limits.repetitions)


def _bound(what: str, found: int, limit: int) -> None:
    if found > limit:
        raise TooMuch(what, limit)


class _Sizes:
    """Counts selection sets, each fragment once."""

    def __init__(
        self, definitions: Sequence[OperationDefinitionNode | FragmentDefinitionNode], limits: Limits
    ) -> None:
        self._limits = limits
        self._fragments = {
            node.name.value: node.selection_set
            for node in definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, _Size] = {}
        self._open: set[str] = set()
        self.cyclic = False
        """Whether a fragment was met within itself."""
        self.directives = 0
        for node in definitions:
            self._count(node.directives)
            if isinstance(node, OperationDefinitionNode):
                for variable in node.variable_definitions or ():
                    self._count(variable.directives)

    def _count(self, directives: Sequence[DirectiveNode] | None) -> None:
        found = len(directives or ())
        _bound("directives in one place", found, self._limits.directives_together)
        self.directives += found

    def of(self, selection_set: SelectionSetNode, level: int = 1) -> _Size:
        """The size of a selection set with its fragments spread out."""
        _bound("levels of selections", level, self._limits.nesting)
        fields = depth = nesting = roots = 0
        for selection in selection_set.selections:
            if selection.directives:
                self._count(selection.directives)
            part = self._selection(selection, level)
            fields += part.fields
            roots += part.roots
            depth = max(depth, part.depth)
            nesting = max(nesting, part.nesting)
        return _Size(fields, depth, nesting + 1, roots)

    def _selection(self, selection: object, level: int) -> _Size:
        # A spread counts as one more: fragments that hold nothing but spreads have to be paid for too.
        if isinstance(selection, FragmentSpreadNode):
            return _one_more(self._spread(selection.name.value, level))
        if isinstance(selection, InlineFragmentNode):
            return _one_more(self.of(selection.selection_set, level + 1))
        if isinstance(selection, FieldNode) and selection.selection_set is not None:
            inner = self.of(selection.selection_set, level + 1)
            return _Size(inner.fields + 1, inner.depth + 1, inner.nesting, 1)
        return _Size(1, 1, 0, 1)

    def _spread(self, name: str, level: int) -> _Size:
        known = self._known.get(name)
        if known is not None:
            return known
        # Unknown fragments and cycles are the standard rules' affair, which report them well.
        self.cyclic |= name in self._open
        if name not in self._fragments or name in self._open:
            return _Size(0, 0, 0, 0)
        self._open.add(name)
        self._known[name] = self.of(self._fragments[name], level + 1)
        self._open.discard(name)
        return self._known[name]

    def repetitions(self, selection_set: SelectionSetNode) -> int:
        """Pairs of fields that share a place in the answer, counted over the spread-out tree.

        Only for documents whose fragments are within their bounds and not cyclic: ends on no other.
        """
        pairs = 0
        stack = [[selection_set]]
        while stack:
            places: dict[str, list[FieldNode]] = {}
            for node in stack.pop():
                for field in self._flat(node):
                    key = field.alias.value if field.alias else field.name.value
                    places.setdefault(key, []).append(field)
            for nodes in places.values():
                pairs += len(nodes) * (len(nodes) - 1)
                if pairs > self._limits.repetitions:
                    return pairs
                inner = [node.selection_set for node in nodes if node.selection_set is not None]
                if inner:
                    stack.append(inner)
        return pairs

    def _flat(self, selection_set: SelectionSetNode) -> Iterator[FieldNode]:
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                yield from self._flat(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value in self._fragments:
                yield from self._flat(self._fragments[selection.name.value])
