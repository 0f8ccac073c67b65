"""Holds back what a caller may not see, wherever generated code comes to it.

Every generated function asks whether anything of its type may be held back, so that there is no code that
would answer without asking. What decides is what decides for graphql-core's executor: the type of the
object, the field, the nearest customer above.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from schema.execution.compiled.places import Site, Way
from schema.execution.compiled.running import Guards, Running
from schema.execution.context import OperationContext
from schema.permissions.refusing import forbidden
from schema.permissions.selection import CUSTOMER

__all__ = ["CUSTOMER", "guards_of", "is_shut"]


class _Every(Collection[str]):
    """All names there are."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1


class _Everything(Mapping[str, Collection[str]]):
    """All fields there are: where arguments are refused, every field may be one of those."""

    def __getitem__(self, key: str) -> Collection[str]:
        return _Every()

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1


def guards_of(context: OperationContext) -> Guards:
    """At which fields it has to be asked whether they are held back; whoever calls this is taken to ask."""
    if not context.guarded:
        return {}
    context.is_guarded = True
    if context.refused_nodes:
        return _Everything()
    if not context.held_somewhere:
        return context.permit.refused
    found: dict[str, set[str]] = {name: set(fields) for name, fields in context.permit.refused.items()}
    for type_name, field in context.held_somewhere:
        found.setdefault(type_name, set()).add(field)
    return found


def is_shut(site: Site, above: Way | None, run: Running, customer: Any) -> bool:
    """Whether a field is held back; notes the error that says so, where it is one.

    Args:
        site: The field.
        above: Where its object stands.
        run: The execution.
        customer: The nearest customer, be it the object itself.

    Raises:
        GraphQLError: It is, and may not be null.
    """
    context: OperationContext = run.context
    type_name, name = site.parent.name, site.name
    refused = context.permit.refused.get(type_name, {}).get(name)
    error = context.refused_nodes.get(id(site.nodes(run)[0])) if context.refused_nodes else None
    if refused is not None and not refused.is_quiet:
        error = forbidden(refused)
    if error is not None:
        located = site.located(error, (above, site.key), run)
        if site.is_required:
            raise located
        run.errors.append(located)
        return True
    if refused is not None:
        return True
    coordinate = (type_name, name)
    if customer is None or not context.holds or coordinate not in context.held_somewhere:
        return False
    hold = context.hold_of(customer, coordinate)
    return hold is not None and not hold.masked
