"""What one caller may select in one document, for one purpose; worked out once for each of the three.

The table of rules is the schema's and the same for all. For a set of scopes and a purpose it gives the fields
that are refused; for a document, those of them that it selects. Both are remembered, so that a document that
comes again costs a look-up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import msgspec
from graphql import GraphQLSchema

from c360.access import Access, Purpose
from c360.kinds import kind as kind_of
from schema.permissions.scopes import Scope
from schema.permissions.selection import Selected, Selections
from schema.permissions.table import Asking, RuleTable, Scopes
from schema.permissions.withholding import Coordinate

MOST_GRANTS = 512
"""Sets of scopes with a purpose that are remembered: roles are few, and so are tokens with less of one."""
MOST_OF_A_DOCUMENT = 64
"""The same for one document."""
ROOTS = frozenset({"Query", "Mutation", "Subscription"})


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A field that a caller may not select."""

    type_name: str
    field: str
    scopes: tuple[Scopes, ...] = ()
    """Any of these sets would do; empty where scopes are not what is missing, or nobody may."""
    purposes: frozenset[Purpose] | None = None
    """Where it is the purpose that does not allow it: those that do."""

    @property
    def is_quiet(self) -> bool:
        """Whether it is null without an error, and told in ``withheld``."""
        return self.purposes is not None and self.type_name not in ROOTS


Refusals = Mapping[str, Mapping[str, Refused]]
"""By type and field."""


class Permit(msgspec.Struct, frozen=True, kw_only=True):
    """What may be selected in one document."""

    scopes: Scopes
    purpose: Purpose
    refused: Refusals
    """The fields that the document selects in vain."""
    asking: Mapping[tuple[str, str], Mapping[str, Asking]]
    """By type and field that the document selects: the arguments that may be more than the caller may ask."""
    every: Refusals
    """All fields of the graph that are refused."""
    introspects: bool
    """Whether the document asks for the schema itself."""

    @property
    def quiet(self) -> Mapping[Coordinate, Refused]:
        """The fields that the document selects and the purpose does not allow."""
        return {
            (type_name, name): one
            for type_name, fields in self.refused.items()
            for name, one in fields.items()
            if one.is_quiet
        }

    def has(self, scope: Scope) -> bool:
        """Whether the caller has a scope."""
        return scope.value in self.scopes

    def reads(self, kind: str) -> bool:
        """Whether the caller may see records of a kind, such as ``banking.accounts``."""
        return self.of(kind_of(kind).record.__name__, "connector") is None

    def of(self, type_name: str, field: str) -> Refused | None:
        """Why a field is refused, selected or not; none where it is not."""
        return self.every.get(type_name, {}).get(field)


class _Grants(msgspec.Struct, frozen=True, kw_only=True):
    """What some scopes allow for a purpose in the whole graph."""

    refused: Refusals
    asking: Mapping[tuple[str, str], Mapping[str, Asking]]


class Permits:
    """Makes permits over one schema.

    Args:
        schema: The schema.
        table: Its rules.
    """

    def __init__(self, schema: GraphQLSchema, table: RuleTable) -> None:
        self.table = table
        self.selections = Selections(schema)
        self._grants: OrderedDict[tuple[Scopes, Purpose], _Grants] = OrderedDict()

    def of(self, selected: Selected, known: dict[tuple[Scopes, Purpose], Permit], access: Access) -> Permit:
        """The permit of a caller for a document.

        Args:
            selected: What the document selects.
            known: Where the permits of the document are remembered.
            access: Who asks, for what.
        """
        key = (access.principal.scopes, access.purpose)
        permit = known.get(key)
        if permit is None:
            if len(known) >= MOST_OF_A_DOCUMENT:
                known.clear()
            permit = known[key] = self._permit(selected, *key)
        return permit

    def _permit(self, selected: Selected, scopes: Scopes, purpose: Purpose) -> Permit:
        grants = self._granted(scopes, purpose)
        refused: dict[str, dict[str, Refused]] = {}
        for type_name, field in selected.fields:
            found = grants.refused.get(type_name, {}).get(field)
            if found is not None:
                refused.setdefault(type_name, {})[field] = found
        return Permit(
            scopes=scopes,
            purpose=purpose,
            refused=refused,
            asking={one: asking for one, asking in grants.asking.items() if one in selected.fields},
            every=grants.refused,
            introspects=selected.introspects,
        )

    def _granted(self, scopes: Scopes, purpose: Purpose) -> _Grants:
        key = (scopes, purpose)
        found = self._grants.get(key)
        if found is None:
            found = self._grants[key] = self._grant(scopes, purpose)
            if len(self._grants) > MOST_GRANTS:
                self._grants.popitem(last=False)
        else:
            self._grants.move_to_end(key)
        return found

    def _grant(self, scopes: Scopes, purpose: Purpose) -> _Grants:
        refused: dict[str, dict[str, Refused]] = {}
        for type_name, fields in self.table.fields.items():
            for name, needed in fields.items():
                if not needed.met_by(scopes):
                    why = Refused(type_name=type_name, field=name, scopes=needed.scopes)
                elif purpose not in needed.purposes:
                    why = Refused(type_name=type_name, field=name, purposes=needed.purposes)
                else:
                    continue
                refused.setdefault(type_name, {})[name] = why
        asking = {one: _unmet(arguments, scopes) for one, arguments in self.table.asking.items()}
        return _Grants(refused=refused, asking={one: left for one, left in asking.items() if left})


def _unmet(asking: Mapping[str, Asking], scopes: Scopes) -> dict[str, Asking]:
    """What of some arguments the scopes do not allow to be given."""
    left = {}
    for name, one in asking.items():
        refused = one.scopes is not None and not any(every <= scopes for every in one.scopes)
        inner = _unmet(one.inner, scopes)
        if refused or inner:
            left[name] = Asking(scopes=one.scopes if refused else None, inner=inner)
    return left
