"""What the other contenders are given: the graph's types that the race reads, and what the hub knows.

They hold it in memory, where c360 reads its database and asks who may see what. Values that the hub reckons
(lifetime value, offers) are handed over as c360 reckoned them. Both are in their favour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    is_specified_scalar_type,
    parse,
    print_ast,
    visit,
)
from pyreqwest.client import Client

from benchmarks.race.load import Shot, ask
from benchmarks.race.recording import Kept
from benchmarks.race.scene import Scene, links
from benchmarks.stage.partners import CHECKOUT

DAYS = 365
"""Stays and rentals are shown so many days back and ahead, unless an operation says otherwise."""
CONNECTORS = ("banking", "insurance", "brokerage", "loyalty", "hotel", "rental")
KNOWN = """query Known($id: ID!) {
  customer(by: {id: $id}) {
    id kind displayName country
    identities { connector partyId }
    lifetimeValue { months total { amount currency } value lines { line value } }
    offers(first: 3) { stage product { productId name } }
  }
}"""


def types(documents: Iterable[str]) -> str:
    """The part of the schema that these documents use, without directives and descriptions."""
    text = (CHECKOUT / "schema" / "schema.graphql").read_text("utf-8")
    schema = build_schema(text, assume_valid=True)
    found = _Used()
    for document in documents:
        info = TypeInfo(schema)
        visit(parse(document), TypeInfoVisitor(info, _Seen(info, found)))
    texts = [_object(schema.type_map[name], fields) for name, fields in found.fields.items()]
    texts += [_plain(kind) for kind in found.others()]
    return "\n\n".join(texts) + "\n"


async def facts(client: Client, scene: Scene, customers: Sequence[str], recording: Path, day: date) -> Any:
    """Everything that a contender has to know, as JSON takes it.

    Args:
        client: what asks c360.
        scene: where the race is run.
        customers: ids of the customers of the race, in the order of their list.
        recording: which bookings belong to whom.
        day: the partners' day.
    """
    tokens, bookings = links(scene.customers), _bookings(recording)
    known = []
    for told in await hub_knows(client, scene, customers):
        parties = {one["connector"]: one["partyId"] for one in told.pop("identities")}
        known.append(
            {
                **told,
                "parties": parties,
                "tokens": {
                    name: f"Bearer {tokens[name][parties[name]]}"
                    for name in ("banking", "insurance")
                    if name in parties
                },
                "bookings": bookings.get(parties.get("rental", ""), []),
                "sources": [
                    {"connector": name, "status": "FRESH" if name in parties else "NOT_LINKED"}
                    for name in CONNECTORS
                ],
            }
        )
    return {
        "customers": known,
        "partners": scene.standin.partners,
        "credentials": scene.credentials,
        "today": day.isoformat(),
        "since": (day - timedelta(days=DAYS)).isoformat(),
        "until": (day + timedelta(days=DAYS)).isoformat(),
    }


async def hub_knows(client: Client, scene: Scene, customers: Sequence[str]) -> list[dict[str, Any]]:
    """What c360 itself knows and reckons of customers."""
    found = []
    for customer in customers:  # one after the other: this is prepared, not measured
        body = msgspec.json.encode({"query": KNOWN, "variables": {"id": customer}})
        headers = {"content-type": "application/json", **scene.callers[0]}
        found.append((await ask(client, scene.gateway, Shot(body, headers)))["customer"])
    return found


def _bookings(recording: Path) -> Mapping[str, list[str]]:
    """Ids of the bookings that were asked for, by customer of the rental."""
    kept = msgspec.msgpack.decode(recording.read_bytes(), type=Kept)
    found: dict[str, list[str]] = {}
    for request, answer in kept.answers:
        if request.partner == "rental" and request.path.startswith("/bookings/"):
            booking = msgspec.json.decode(answer.body)
            found.setdefault(booking["customer"]["id"], []).append(booking["id"])
    return found


class _Used:
    """Fields by type, and the types that stand behind them."""

    def __init__(self) -> None:
        self.fields: dict[str, dict[str, str]] = {"Query": {}}
        self._inputs: dict[str, GraphQLNamedType] = {}

    def field(self, parent: GraphQLObjectType, name: str) -> None:
        definition = parent.fields[name]
        arguments = ", ".join(f"{key}: {each.type}{_default(each)}" for key, each in definition.args.items())
        self.fields.setdefault(parent.name, {})[name] = (
            f"{name}({arguments}): {definition.type}" if arguments else f"{name}: {definition.type}"
        )
        for each in (definition, *definition.args.values()):
            self._behind(get_named_type(each.type))

    def others(self) -> Iterable[GraphQLNamedType]:
        return self._inputs.values()

    def _behind(self, kind: GraphQLNamedType) -> None:
        if kind.name in self._inputs or is_specified_scalar_type(kind):
            return
        if isinstance(kind, GraphQLEnumType | GraphQLScalarType | GraphQLInputObjectType):
            self._inputs[kind.name] = kind
        if isinstance(kind, GraphQLInputObjectType):
            for each in kind.fields.values():
                self._behind(get_named_type(each.type))


class _Seen(Visitor):
    def __init__(self, info: TypeInfo, found: _Used) -> None:
        super().__init__()
        self._info = info
        self._found = found

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._info.get_parent_type()
        if isinstance(parent, GraphQLObjectType):
            self._found.field(parent, node.name.value)


def _default(argument: GraphQLArgument) -> str:
    value = argument.ast_node and argument.ast_node.default_value
    return f" = {print_ast(value)}" if value else ""


def _object(kind: GraphQLNamedType, fields: Mapping[str, str]) -> str:
    return "\n".join([f"type {kind.name} {{", *(f"  {text}" for text in fields.values()), "}"])


def _plain(kind: GraphQLNamedType) -> str:
    """A type without what is said of it."""
    if isinstance(kind, GraphQLEnumType):
        return f"enum {kind.name} {{ {' '.join(kind.values)} }}"
    if isinstance(kind, GraphQLInputObjectType):
        fields = (f"{name}: {each.type}" for name, each in kind.fields.items())
        return f"input {kind.name} {{ {', '.join(fields)} }}"
    return f"scalar {kind.name}"
