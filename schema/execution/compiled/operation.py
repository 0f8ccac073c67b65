"""Compiled operations: what generated code lives in, and how it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from types import FunctionType
from typing import Any

from graphql import (
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.values import VariableValues

from schema.execution.compiled import completing
from schema.execution.compiled.arguments import Arguments
from schema.execution.compiled.guarding import is_shut
from schema.execution.compiled.places import Info, Site, Way
from schema.execution.compiled.reading import Convert, Reading, Resolver, Source, reading, source_of
from schema.execution.compiled.refusing import NotCompiled
from schema.execution.compiled.running import Guards, Running
from schema.execution.compiled.serially import Step, answer_serially
from schema.execution.compiled.source import Texts
from schema.execution.compiled.switches import Collector, Part, Turn, every_selection, switches_of
from schema.execution.compiled.writing import MOST_IN_ONE, Function


class Compiler:
    """Compiles operations over one schema.

    Args:
        schema: The schema.
        convert: Makes Python's arguments of the schema's, for resolvers that are called directly.
        unread: Resolvers that do not look at their arguments.
        told_by_class: Whether the class of an object says what type of the schema it is of.
        expected: By the names of types, the classes that their objects are mostly of, and that tell it: those
            are written without a call for each.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        convert: Convert,
        *,
        unread: frozenset[Resolver] = frozenset(),
        told_by_class: bool = False,
        expected: Mapping[str, Sequence[type]] | None = None,
    ) -> None:
        self.schema = schema
        self.convert = convert
        self.unread = unread
        self.told_by_class = told_by_class
        self.expected = expected or {}
        self._leaves: dict[tuple[str, bool], completing.Leaf] = {}

    def leaf(self, kind: GraphQLLeafType, *, required: bool) -> completing.Leaf:
        """What completes values of a scalar or an enum, one for all operations."""
        key = (kind.name, required)
        found = self._leaves.get(key)
        if found is None:
            found = self._leaves[key] = completing.Leaf(kind, required=required)
        return found

    def compile(
        self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> Compiled:
        """A validated operation, ready to be executed.

        Raises:
            NotCompiled: It is not one that can be.
        """
        return Compiled(self, operation, fragments)


class _Selected:
    """What is selected of objects at one place of the document."""

    __slots__ = ("_cases", "_compiled", "_parts")

    def __init__(self, compiled: Compiled, parts: tuple[Part, ...], cases: int) -> None:
        self._compiled = compiled
        self._parts = parts
        self._cases = cases

    def written(self, kind: GraphQLObjectType, value: type) -> completing.Written:
        """See :class:`completing.Objects`."""
        return self._compiled.function(kind, source_of(value), self._parts, self._cases)


class Compiled:
    """A compiled operation. Its functions are generated when the first object comes that needs them.

    Args:
        compiler: What compiles it.
        operation: The operation, validated.
        fragments: Those of its document.

    Raises:
        NotCompiled: It is not one that can be.
    """

    def __init__(
        self,
        compiler: Compiler,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self.schema = compiler.schema
        self.operation = operation
        self.fragments = fragments
        self._compiler = compiler
        self._switches = switches_of(operation, fragments)
        self._collector = Collector(self.schema, fragments, self._switches)
        self._functions: dict[Any, completing.Written] = {}
        self._texts = Texts(operation.name.value if operation.name else operation.operation.value)
        self._names: dict[int, str] = {}
        self._steps: Sequence[Step] | None = None
        self._writing = RLock()
        """Held while something is generated: an answer may be made in a thread."""
        self.written = 0
        """Functions that were generated so far."""
        self.size = sum(1 for _ in every_selection(operation, fragments))
        """Selections in the document: so much there is to generate, more or less."""
        self.settled: set[bool] = set()
        """Whether an answer with nothing to hold back, and one with something, needed no new function."""
        self._sites = 0
        self._space: dict[str, Any] = {
            "Info": Info,
            "shut": is_shut,
            "listed": completing.listed,
            "listed_required": completing.listed_required,
        }
        root = self.schema.get_root_type(operation.operation)
        if root is None:
            raise NotCompiled("operation")
        self.root = root
        self._parts = (Part(operation.selection_set, self._switches.every),)
        self.turns = self._collector.turns(root, self._parts)
        if any(turn.field.name in {"__schema", "__type"} for turn in self.turns):
            raise NotCompiled("introspection")

    def run(
        self, context: Any, variables: VariableValues, *, guards: Guards, hide_suggestions: bool = True
    ) -> Running | None:
        """An execution; none where the variables make a case that is not compiled.

        Args:
            context: What resolvers are told as the context.
            variables: Coerced.
            guards: What may have to be held back.
            hide_suggestions: Whether errors of arguments name nothing that is in the schema.
        """
        case = self._switches.case(variables.coerced)
        if case is None:
            return None
        return Running(self, context, variables, case, guards=guards, hide_suggestions=hide_suggestions)

    def answer(self, run: Running, root: Any = None) -> ExecutionResult:
        """Answer an operation that nothing has to be waited for.

        Args:
            run: The execution, from :meth:`run`.
            root: What the root fields are read from.
        """
        write = self.function(self.root, Source.PLAIN, self._parts, self._switches.every)
        try:
            data = write(root, None, run, None)
        except GraphQLError as error:
            run.errors.append(error)
            return ExecutionResult(None, run.errors)
        return ExecutionResult(data, run.errors or None)

    async def answer_serially(self, run: Running, guards: Callable[[], Guards]) -> ExecutionResult:
        """Answer a mutation.

        Args:
            run: The execution, from :meth:`run`.
            guards: What may have to be held back by now.
        """
        if self._steps is None:
            self._steps = [self._step(turn) for turn in self.turns]
        return await answer_serially(self._steps, run, guards)

    def _step(self, turn: Turn) -> Step:
        if turn.field.name == "__typename":
            named = (turn.field.key, self.root.name)
            return Step(cases=turn.cases, call=lambda _: named)
        site = self.site(turn, self.root, cases=self._switches.every)
        how = self.reading(site, Source.PLAIN)
        arguments = Arguments(site, self._compiler.convert if how.converts else None)
        looked_at = how.takes_arguments or not arguments.are_certain(self.operation)
        return Step(
            cases=turn.cases,
            site=site,
            call=how.called(),
            arguments=arguments if looked_at else None,
            passes=how.takes_arguments,
            completer=self.completer(site.definition.type, turn),
        )

    def function(
        self, kind: GraphQLObjectType, source: Source, parts: tuple[Part, ...], cases: int
    ) -> completing.Written:
        """The function for objects of a type; generated the first time.

        Args:
            kind: The type.
            source: What the objects are.
            parts: What is selected of them.
            cases: In which it is called at all.
        """
        key = (kind.name, source, cases, tuple((id(part.selections), part.cases) for part in parts))
        found = self._functions.get(key)
        if found is None:
            with self._writing:
                turns = self._collector.turns(kind, parts)
                pieces = [turns[at : at + MOST_IN_ONE] for at in range(0, len(turns) or 1, MOST_IN_ONE)]
                written = [self._written(kind, source, piece, cases) for piece in pieces]
                found = self._functions[key] = written[0] if len(written) == 1 else _together(written)
        return found

    def _written(
        self, kind: GraphQLObjectType, source: Source, turns: Sequence[Turn], cases: int
    ) -> completing.Written:
        function = Function(self, kind, source, turns, cases)
        guarded = self.named("G", _Later(self, function, kind))
        self.written += 1
        made: completing.Written = self._made(f"{kind.name}_{self.written}", function, guarded)
        return made

    def _made(self, name: str, function: Function, guarded: str | None) -> Any:
        code = self._texts.compiled(name, function.text(name, guarded))
        return FunctionType(code, self._space, name)

    def guarded(self, function: Function, kind: GraphQLObjectType) -> Any:
        """The function that asks at every field whether it is held back."""
        with self._writing:
            self.written += 1
            return self._made(f"{kind.name}_{self.written}_guarded", function, None)

    def named(self, letter: str, value: Any) -> str:
        """See :class:`schema.execution.compiled.writing.Names`."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = f"{letter}{len(self._names)}"
            self._space[name] = value
        return name

    def use(self, name: str, value: Any) -> None:
        """Let the code use something under a name of its own."""
        self._space[name] = value

    def site(self, turn: Turn, kind: GraphQLObjectType, *, cases: int) -> Site:
        """See :class:`schema.execution.compiled.writing.Names`."""
        definition = self.schema.get_field(kind, turn.field.name)
        if definition is None:
            raise TypeError("a validated document has a field that the schema has not")  # a fault of ours
        self._sites += 1
        fixed = all(not cases & ~one.cases for one in turn.field.occurrences)
        return Site(self._sites, turn.field, kind, definition, fixed=fixed)

    def reading(self, site: Site, source: Source) -> Reading:
        """See :class:`schema.execution.compiled.writing.Names`."""
        return reading(site.definition, source, self._compiler.unread)

    def arguments(self, site: Site, reading: Reading) -> str:
        """See :class:`schema.execution.compiled.writing.Names`."""
        if not site.definition.args:
            return ""
        arguments = Arguments(site, self._compiler.convert if reading.converts else None)
        if not reading.takes_arguments:
            if arguments.are_certain(self.operation):
                return ""
            return f"{self.named('A', arguments)}(x)\n"
        constant = arguments.constant()
        if constant is not None:
            return self.named("A", constant)
        name = self.named("A", arguments)
        return f"g = x.given.get({site.number})\nif g is None: g = {name}(x)\ng"

    def completer(self, kind: GraphQLOutputType, turn: Turn) -> completing.Completer:
        """See :class:`schema.execution.compiled.writing.Names`."""
        required = is_non_null_type(kind)
        bare: Any = kind.of_type if is_non_null_type(kind) else kind
        if is_list_type(bare):
            return completing.ListOf(self.completer(bare.of_type, turn), required=required)
        if is_leaf_type(bare):
            return self._compiler.leaf(bare, required=required)
        objects = _Selected(self, turn.field.parts, turn.field.cases)
        make = completing.AbstractOf if is_abstract_type(bare) else completing.ObjectOf
        return make(bare, objects, told_by_class=self._compiler.told_by_class, required=required)

    def expected(self, kind: GraphQLOutputType) -> Sequence[type]:
        """See :class:`schema.execution.compiled.writing.Names`."""
        return self._compiler.expected.get(kind.name, ()) if is_object_type(kind) else ()

    def turns_of(self, kind: GraphQLObjectType, turn: Turn) -> Sequence[Turn]:
        """See :class:`schema.execution.compiled.writing.Names`."""
        return self._collector.turns(kind, turn.field.parts)


def _together(pieces: Sequence[completing.Written]) -> completing.Written:
    """A function for an object with so many fields that there is one for each stretch of them."""

    def write(source: Any, way: Way | None, run: Running, customer: Any) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for piece in pieces:
            data.update(piece(source, way, run, customer))
        return data

    return write


class _Later:
    """The guarded function of an object's type, until somebody comes for whom something is held back."""

    __slots__ = ("_compiled", "_function", "_kind", "_made")

    def __init__(self, compiled: Compiled, function: Function, kind: GraphQLObjectType) -> None:
        self._compiled = compiled
        self._function = function
        self._kind = kind
        self._made: Any = None

    def __call__(self, *given: Any) -> Any:
        if self._made is None:
            self._made = self._compiled.guarded(self._function, self._kind)
        return self._made(*given)
