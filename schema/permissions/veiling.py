"""Customers whose personal values are masked, until somebody made sure that the caller is the customer.

Everything is reckoned from the true values, so that no figure depends on who looks. What a field of a masked
customer gives is masked as it leaves the customer, with all that lies below: which fields are personal is
read from the structs themselves. So a value shows masked by whatever way it is reached: under another name,
as a value that lost, as a partner's record, beside the other side of a review.

Where nobody is masked, a field of a customer costs one comparison more.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.utils.str_converters import to_snake_case

from resolvers.hints import hints_of
from resolvers.joins import field_extra
from resolvers.masking import masked
from resolvers.references import with_identity
from schema.answers import CustomerAnswer
from schema.declarations import is_attribute, rule_of
from schema.permissions.table import RuleTable
from schema.permissions.withholding import Coordinate, Hold, WithheldReason

CUSTOMER = "Customer"
_ROOTS = frozenset({"Query", "Mutation", "Subscription"})


def unverified(fields: frozenset[Coordinate]) -> Hold:
    """What is told of the fields that show masked.

    Args:
        fields: Those that hold what is personal, by the rules of the schema.
    """
    return Hold(
        reason=WithheldReason.NOT_VERIFIED,
        remedy="Make sure who is calling and note it with `verifyCaller`, or have one value shown by "
        "`revealValue`.",
        fields=fields,
        masked=True,
    )


def personal_coordinates(table: RuleTable) -> frozenset[Coordinate]:
    """The fields of the graph, below its roots, that hold what is personal."""
    return frozenset(
        (type_name, name)
        for type_name, fields in table.fields.items()
        if type_name not in _ROOTS
        for name, needed in fields.items()
        if needed.pii
    )


class VeiledCustomer(CustomerAnswer):
    """A customer whose personal values are masked. Its view has the true ones: fields mask what they give."""

    __slots__ = ()


class Veiled:
    """An object below a masked customer that is read only when asked: masks what it gives."""

    __slots__ = ("inner",)

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return veiled(getattr(self.inner, name))


def veiled(value: Any, shown: Collection[str] = ()) -> Any:
    """A value with everything personal in it masked; itself where there is nothing.

    Customers in it stay as they are, masked or not: each is for itself.

    Args:
        value: What a field gives.
        shown: Ids of customers that are not masked: what is theirs stays as it is.
    """
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, CustomerAnswer | Veiled):
        return value
    if isinstance(value, msgspec.Struct):
        return value if _theirs(value, shown) else _struct(value, shown)
    if isinstance(value, tuple | list):
        found = [veiled(one, shown) for one in value]
        changed = any(new is not old for new, old in zip(found, value, strict=True))
        return type(value)(found) if changed else value
    if isinstance(value, Mapping):
        return {key: veiled(one, shown) for key, one in value.items()}
    return Veiled(value) if type(value).__module__.startswith("schema.") else value


_PLAIN = (str, int, float, enum.Enum)


def _theirs(value: msgspec.Struct, shown: Collection[str]) -> bool:
    """Whether an object is one of a customer who is not masked, or shows what was revealed."""
    if getattr(value, "revealed", False):
        return True
    customer = getattr(value, "customer", None)
    if isinstance(customer, CustomerAnswer):
        return not isinstance(customer, VeiledCustomer)
    return bool(shown) and getattr(value, "hub_customer_id", None) in shown


def _struct(value: msgspec.Struct, shown: Collection[str]) -> Any:
    personal = personal_fields(type(value))
    changes = {}
    for name in value.__struct_fields__:
        old = getattr(value, name)
        new = _hidden(old, name) if name in personal else veiled(old, shown)
        if new is not old:
            changes[name] = new
    if not changes:
        return value
    if hasattr(value, "hub_customer_id"):
        return with_identity(value, changes)
    return msgspec.structs.replace(value, **changes)


def _hidden(value: Any, name: str) -> Any:
    """What is shown of a personal value; of one with its provenance, which partners say so stays."""
    if isinstance(value, tuple | list) and any(map(_stated, value)):
        return tuple(one for one in (_hidden(each, name) for each in value) if one is not None)
    if not _stated(value):
        return masked(value, name)
    shown = masked(value.value, name)
    if shown is None:
        return None
    losing = [
        msgspec.structs.replace(one, value=other, sources=veiled(one.sources))
        for one in value.losing
        if (other := masked(one.value, name)) is not None
    ]
    told = {"source": veiled(value.source), "agreeing": veiled(value.agreeing), "losing": tuple(losing)}
    return msgspec.structs.replace(value, value=shown, **told)


def _stated(value: Any) -> bool:
    """Whether it is a value of the profile, with where it comes from and what it won over."""
    return isinstance(value, msgspec.Struct) and {"value", "losing"} <= set(value.__struct_fields__)


@functools.cache
def personal_fields(struct: type[msgspec.Struct]) -> frozenset[str]:
    """The fields of a struct that hold what is personal."""
    hints = hints_of(struct)
    told = {name for name in struct.__struct_fields__ if _is_personal(hints[name])}
    return frozenset(told | _KNOWN.get(struct.__name__, frozenset()))


def _is_personal(hint: Any) -> bool:
    extra = field_extra(hint)
    rule = extra.get("rule")
    return bool(extra.get("personal")) or (rule is not None and rule.pii)


_NAMES = frozenset({"given_name", "family_name", "full_name", "organization_name", "display_name"})
_KNOWN: Mapping[str, frozenset[str]] = {
    "Profile": _NAMES | {"birth_date", "email", "phone", "address", "identifiers"},
    "Party": _NAMES | {"birth_date", "emails", "phones", "addresses", "identifiers"},
    "ContactPoint": frozenset({"value", "address"}),
    "ValueSource": frozenset({"party_id"}),
    "ComparedField": frozenset({"left", "right"}),
}
"""What is personal whatever the structs say of themselves."""


def veil_fields(schema: GraphQLSchema) -> None:
    """Let the fields of a built schema mask what they give of masked customers.

    Args:
        schema: Its fields' resolvers are wrapped: those of a customer, and those with arguments or a reader
            of their own on what lies below.
    """
    for name, kind in schema.type_map.items():
        if not isinstance(kind, GraphQLObjectType) or name.startswith("__") or name in _ROOTS:
            continue
        for in_graph, field in kind.fields.items():
            if field.resolve is None:
                continue
            if name == CUSTOMER:
                rule = rule_of(field)
                own = in_graph == "displayName" or (rule is not None and rule.pii)
                field.resolve = _of_customer(field.resolve, to_snake_case(in_graph), own=own)
            elif not is_attribute(field):
                field.resolve = _below(field.resolve)


def _of_customer(resolve: Callable[..., Any], name: str, *, own: bool) -> Callable[..., Any]:
    def veiling(source: Any, info: Any, **given: Any) -> Any:
        value = resolve(source, info, **given)
        if type(source) is not VeiledCustomer:
            return value
        return masked(value, name) if own and isinstance(value, str | None) else veiled(value)

    return veiling


def _below(resolve: Callable[..., Any]) -> Callable[..., Any]:
    def veiling(source: Any, info: Any, **given: Any) -> Any:
        if type(source) is not Veiled:
            return resolve(source, info, **given)
        return veiled(resolve(source.inner, info, **given))

    return veiling
