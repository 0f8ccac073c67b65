"""The executor that leaves out what a caller may not select; the only place where fields are held back.

Planning has left the same fields out already, so that nothing was read or gathered for them. What decides is
the type of the object that stands there, and the field: no alias, fragment or interface is a way round.
"""

from __future__ import annotations

from typing import Any

from graphql import GraphQLObjectType
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.answers import CustomerAnswer
from schema.execution.context import OperationContext
from schema.permissions.introspection import may_introspect
from schema.permissions.refusing import forbidden
from schema.permissions.selection import CUSTOMER
from schema.permissions.withholding import Hold


class PermittingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes as the library does; where something of the operation is held back, as a :class:`_Guard`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        context = self.context_value
        if not isinstance(context, OperationContext):
            return
        self.hide_suggestions = not may_introspect(context.access.principal, context.services.settings.access)
        if context.guarded:
            # A class of its own, so that whoever has nothing held back pays nothing, field by field.
            self.__class__ = _Guard
            context.is_guarded = True
            self._above: dict[int, tuple[Path | None, CustomerAnswer]] = {}


class _Guard(PermittingExecutor):
    """Looks at every field before it is resolved."""

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: list[FieldDetails],
        path: Path,
        position_context: Any,
    ) -> Any:
        """The field's value; null, or an error, where it is held back."""
        context: OperationContext = self.context_value
        node = field_details_list[0].node
        type_name, name = parent_type.name, node.name.value
        refused = context.permit.refused.get(type_name, {}).get(name)
        error = context.refused_nodes.get(id(node))
        if refused is not None and not refused.is_quiet:
            error = forbidden(refused)
        if error is not None:
            returned = parent_type.fields[name].type
            self.handle_field_error(error, returned, field_details_list, path)
            return None
        if refused is not None or (context.holds and self._held(type_name, name, source, path)):
            return None
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def _held(self, type_name: str, name: str, source: Any, path: Path) -> bool:
        """Whether a holder keeps the field of the nearest customer above it."""
        if type_name == CUSTOMER:
            # The place of the customer in the answer: one object for all of its fields, kept with it.
            self._above[id(path.prev)] = (path.prev, source)
        context: OperationContext = self.context_value
        coordinate = (type_name, name)
        if coordinate not in context.held_somewhere:
            return False
        customer = self._customer(path)
        hold: Hold | None = None if customer is None else context.hold_of(customer, coordinate)
        return hold is not None and not hold.masked

    def _customer(self, path: Path) -> CustomerAnswer | None:
        place = path.prev
        while place is not None:
            found = self._above.get(id(place))
            if found is not None:
                return found[1]
            place = place.prev
        return None
