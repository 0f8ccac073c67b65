"""Plans remembered with their document: what does not depend on the values asked for is planned once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec
from graphql import FragmentDefinitionNode, Node, OperationDefinitionNode, VariableNode
from graphql.execution.values import VariableValues

from schema.execution.plan import Plan, Planner
from schema.permissions.permit import Permit
from schema.reading import Filled, Place, Template

_MOST = 32
"""Plans that are remembered of one document: of its operations, days and kinds of caller."""


class _Kept(msgspec.Struct, frozen=True):
    permit: Permit
    plan: Plan
    """With places in its root fields' arguments."""
    templates: tuple[Template, ...]
    """Of those arguments."""


class RememberedPlans:
    """The plans of one document.

    A plan serves again, for the same kind of caller on the same day, where variables stand in the arguments
    of root fields alone and all of them were given: then only their values differ. Everything else is planned
    anew.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[int, date, int], _Kept] = {}
        self._steady: dict[int, bool] = {}

    def plan(
        self,
        planner: Planner,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        *,
        today: date,
        permit: Permit,
    ) -> Plan:
        """See :meth:`schema.execution.plan.Planner.plan`."""
        given = variables.coerced
        steady = self._steady.get(id(operation))
        if steady is None:
            steady = self._steady[id(operation)] = _is_steady(operation, fragments)
        if not steady or len(given) != len(operation.variable_definitions or ()) or None in given.values():
            return planner.plan(operation, fragments, variables, today, permit)
        key = (id(operation), today, id(permit))
        kept = self._kept.get(key)
        if kept is None or kept.permit is not permit:
            places = VariableValues(variables.sources, {name: Place(name) for name in given})
            plan = planner.plan(operation, fragments, places if given else variables, today, permit)
            if given and not _holds_for_any(plan, permit):
                return planner.plan(operation, fragments, variables, today, permit)
            kept = _Kept(permit, plan, tuple(Template(root.arguments) for root in plan.roots))
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[key] = kept
        return _filled(kept, given)


def _holds_for_any(plan: Plan, permit: Permit) -> bool:
    """Whether a plan is the same whatever the values of its variables are.

    It is not where the caller may give some values to an argument and not others.
    """
    asking = {field for _, field in permit.asking}
    return all(root.error is None and root.field not in asking for root in plan.roots)


def _filled(kept: _Kept, given: Mapping[str, Any]) -> Plan:
    """A plan with the values of the variables in their places."""
    if not given:
        return kept.plan
    roots = [
        msgspec.structs.replace(root, arguments=Filled(template, given))
        for root, template in zip(kept.plan.roots, kept.templates, strict=True)
    ]
    return Plan(roots=roots, refused=kept.plan.refused)


def _is_steady(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> bool:
    """Whether variables stand in the arguments of the operation's own fields, and nowhere else."""
    return not any(
        isinstance(node, VariableNode)
        for selection in operation.selection_set.selections
        for part in (getattr(selection, "directives", ()), getattr(selection, "selection_set", None))
        for node in _within(part)
    ) and not any(
        isinstance(node, VariableNode) for fragment in fragments.values() for node in _within(fragment)
    )


def _within(part: Any) -> Iterator[Node]:
    """A node, or nodes, with everything below."""
    if isinstance(part, (tuple, list)):
        for each in part:
            yield from _within(each)
    elif isinstance(part, Node):
        yield part
        for key in part.keys:
            if key != "loc":
                yield from _within(getattr(part, key))
