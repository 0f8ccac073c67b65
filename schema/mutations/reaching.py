"""Holds mutations to the caller's reach: what is out of it is not found, whatever the mutation is.

Before the effect, every object that an input names has to be in sight, by its global id or as a partner's
record. Behind the effect, in the same transaction, every customer whom the outcome concerns has to be: a
mutation that finds its customers in a way of its own is held to the same, and undone where it is not.

For callers who see everybody nothing of this runs.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from strawberry.utils.str_converters import to_camel_case

from c360.kinds import kinds
from resolvers.hints import hints_of
from schema import ids
from schema.derive import GraphName
from schema.errors import InputError
from schema.identity.answers import CUSTOMER, ENTRY, REVIEW
from schema.inputs import PartnerRef
from schema.mutations.problems import NotFoundProblem, Refusal
from schema.ports import Unit
from schema.scoring.contests import CONTEST
from schema.service.answers import APPOINTMENT, COMPLAINT, INTERACTION, NOTE, TASK

Path = tuple[str, ...]

_MISSING = "There is no such customer, or no more: look it up again."
_KEYS = frozenset({"idempotency_key"})
"""What is typed as an id and names nothing."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """An object that an input names."""

    path: Path
    id: ids.GlobalId | None = None
    party: tuple[str, str] | None = None
    """A partner's record: instance and the partner's own id."""


_FINDERS: Mapping[str, Callable[[Unit, Iterable[str]], Awaitable[Collection[str]]]] = {
    CUSTOMER: lambda unit, local: unit.customers.resolve(local),
    ENTRY: lambda unit, local: unit.ledger.by_ids(local),
    REVIEW: lambda unit, local: unit.reviews.get(local),
    CONTEST: lambda unit, local: unit.contests.get(local),
    TASK: lambda unit, local: unit.tasks.get(local),
    INTERACTION: lambda unit, local: unit.interactions.get(local),
    NOTE: lambda unit, local: unit.notes.get(local),
    COMPLAINT: lambda unit, local: unit.complaints.get(local),
    APPOINTMENT: lambda unit, local: unit.appointments.get(local),
}
"""What finds those in sight among objects of a type, by their local ids."""


async def check_named(unit: Unit, asked: msgspec.Struct) -> None:
    """Make sure that everything an input names is in sight.

    Args:
        unit: Opened for the caller.
        asked: The input.

    Raises:
        Refusal: Something is not there, for the caller.
    """
    problems = []
    by_type: dict[str, list[tuple[Path, str]]] = {}
    parties: dict[tuple[str, str], Path] = {}
    for one in named(asked):
        if one.party is not None:
            parties[one.party] = one.path
        elif one.id is not None and one.id.type_name in _records():
            by_type.setdefault(CUSTOMER, []).append((one.path, one.id.local_id.partition(".")[0]))
        elif one.id is not None and one.id.type_name in _FINDERS:
            by_type.setdefault(one.id.type_name, []).append((one.path, one.id.local_id))
    for type_name, wanted in by_type.items():
        found = await _FINDERS[type_name](unit, [local for _, local in wanted])
        problems += [path for path, local in wanted if local not in found]
    if parties:
        held = await unit.customers.by_party_refs(parties)
        problems += [path for party, path in parties.items() if party not in held]
    if problems:
        raise Refusal(*(NotFoundProblem(message=_MISSING, path=path) for path in problems))


async def check_concerned(unit: Unit, customers: Iterable[str]) -> None:
    """Make sure that all whom an effect concerned are in sight; the transaction ends with it otherwise.

    Raises:
        Refusal: One is not there, for the caller.
    """
    wanted = set(customers)
    if wanted - set(await unit.customers.resolve(wanted)):
        raise Refusal(NotFoundProblem(message=_MISSING, path=("input",)))


def named(asked: msgspec.Struct, path: Path = ("input",)) -> Iterator[Named]:
    """The objects that an input names, wherever in it. Texts that are no ids name nothing."""
    if isinstance(asked, PartnerRef):
        yield Named(path=path, party=(asked.connector, asked.party_id))
        return
    for name, in_graph, is_id in _members(type(asked)):
        if name not in _KEYS:
            yield from _within(getattr(asked, name), (*path, in_graph), is_id=is_id)


def _within(value: Any, path: Path, *, is_id: bool) -> Iterator[Named]:
    if isinstance(value, msgspec.Struct):
        yield from named(value, path)
    elif isinstance(value, tuple | list):
        for place, one in enumerate(value):
            yield from _within(one, (*path, str(place)), is_id=is_id)
    elif is_id and isinstance(value, str):
        try:
            yield Named(path=path, id=ids.decode(value, argument=""))
        except InputError:
            return


@functools.cache
def _records() -> frozenset[str]:
    """The types of partners' records, whose ids begin with their customer's."""
    return frozenset(one.record.__name__ for one in kinds().values() if one.identity is not None)


@functools.cache
def _members(struct: type[msgspec.Struct]) -> tuple[tuple[str, str, bool], ...]:
    """The fields of an input: name, name in the graph, and whether they hold ids."""
    hints = hints_of(struct)
    return tuple((name, to_camel_case(name), _holds_ids(hints[name])) for name in struct.__struct_fields__)


def _holds_ids(hint: Any) -> bool:
    if GraphName("ID") in getattr(hint, "__metadata__", ()):
        return True
    return any(_holds_ids(one) for one in typing.get_args(hint))
