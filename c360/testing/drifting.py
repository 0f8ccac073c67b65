"""A partner's answers with something changed: fields that are new, gone or of another type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from c360.http import Response
from c360.testing.lab import Lab
from c360.testing.pseudonyms import Category, category
from c360.testing.recording import value_of
from c360.testing.trials import Trial, at
from c360.testing.wire import Heard

Path = tuple[str, ...]
"""Names that lead to a place in a body; ``*`` for every item of a list, and of a map keyed by ids."""

NEW_FIELD = "c360_new_field"
UNKNOWN_WORD = "C360_UNKNOWN"
MOST_PLACES = 24
"""Places of one exchange that are tried, spread over all there are."""
BUDGET = 1_600
"""What the places of one exchange may cost together, as :meth:`Lab.cost` counts."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_ANY_ID = re.compile(r".*\d.*")
_WORD = re.compile(r"[A-Z][A-Z_]{3,}")
_SMALL_WORD = re.compile(r"[A-Za-z]+([_-][A-Za-z]+)*")
_KIND_OF = frozenset(
    [
        "type",
        "status",
        "state",
        "kind",
        "category",
        "class",
        "method",
        "reason",
        "level",
        "result",
        "phase",
        "mode",
    ]
)
_CODES = frozenset(["currency", "country", "language", "locale", "zone", "timezone"])


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place below a JSON value with what stands there first; lists and maps count as one place."""
    seen: set[Path] = set()
    for where, found in _walk(value, path):
        if where not in seen:
            seen.add(where)
            yield where, found


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if path:
        yield path, value
    if isinstance(value, dict):
        keyed = _keyed(value)
        for name, inner in value.items():
            yield from _walk(inner, (*path, "*" if keyed else name))
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, (*path, "*"))


def _keyed(value: dict[str, Any]) -> bool:
    """Whether an object is a map: its names are ids."""
    return bool(value) and all(_ANY_ID.fullmatch(name) for name in value)


def changed(value: Any, path: Path, change: Callable[[dict[str, Any], str], None]) -> Any:
    """A copy of a JSON value, with every object at the place changed by name."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(value, list):
        return [changed(it, rest, change) for it in value] if first == "*" else value
    if not isinstance(value, dict):
        return value
    if first == "*":
        return {name: changed(it, rest, change) if rest else it for name, it in value.items()}
    copy = dict(value)
    if first in copy:
        if rest:
            copy[first] = changed(copy[first], rest, change)
        else:
            change(copy, first)
    return copy


def with_new_fields(value: Any) -> Any:
    """A copy in which every object that is no map has a field more."""
    if isinstance(value, list):
        return [with_new_fields(it) for it in value]
    if isinstance(value, dict):
        copy = {name: with_new_fields(it) for name, it in value.items()}
        if any(not isinstance(it, dict | list) for it in value.values()) and not _keyed(value):
            copy[NEW_FIELD] = {"text": "new", "list": [1, None]}
        return copy
    return value


def retyped(value: Any) -> Iterator[Any]:
    """Other types in the place of a value."""
    if value is not None:
        yield None
    if isinstance(value, str):
        yield from (7, {"c360": 1}, "")
    elif isinstance(value, bool):
        yield from ("yes", 2)
    elif isinstance(value, int | float | Decimal):
        yield from ("many", [1], 10**40)
    elif isinstance(value, list):
        yield from ({}, "list")
    elif isinstance(value, dict):
        yield from ([], "object")


def rewritten(change: Callable[[Any], Any]) -> Callable[[Heard], Response]:
    """A fault: the answer that was heard, its JSON changed."""

    def misbehave(heard: Heard) -> Response:
        if heard.response is None:
            raise AssertionError("only an exchange that was answered can be rewritten")
        return altered(heard.response, change)

    return misbehave


def altered(response: Response, change: Callable[[Any], Any]) -> Response:
    """An answer with its JSON changed."""
    value = value_of(response.content)
    return msgspec.structs.replace(response, content=_ENCODER.encode(change(value)))


def mutations(
    lab: Lab, pick: Callable[[Path, Any], Iterator[Callable[[Any], Any]]], *, most: int = MOST_PLACES
) -> Iterator[Trial]:
    """Run the baseline's operations with answers changed, place by place.

    Args:
        lab: the lab.
        pick: what to try at a place: functions from a body to a changed body.
        most: places of one exchange at the most.
    """
    for trial, heard in lab.targets():
        if heard.response is None:
            continue
        body = value_of(heard.response.content)
        if not isinstance(body, dict | list):
            continue
        found = [change for path, value in places(body) for change in pick(path, value)]
        bound = min(most, max(4, BUDGET // lab.cost(trial)))
        step = max(1, len(found) // bound)
        for change in found[::step][:bound]:
            response = altered(heard.response, change)
            yield lab.trial(trial.operation, fault=at(heard, _answering(response)), heard=heard)


def _answering(response: Response) -> Callable[[Heard], Response]:
    return lambda _: response


def words(lab: Lab) -> Iterator[Trial]:
    """The baseline's operations with values that nobody knows in the place of enum values."""
    ids = {customer.party_id for customer in lab.customers}

    def pick(path: Path, value: Any) -> Iterator[Callable[[Any], Any]]:
        if isinstance(value, str) and value not in ids and _looks_like_enum(path, value):
            yield lambda body: changed(body, path, _set(UNKNOWN_WORD))

    yield from mutations(lab, pick)


def _looks_like_enum(path: Path, value: str) -> bool:
    name = path[-1]
    last = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)[-1:] or [""]
    if len(path) < 2 or category(name) is not None or last[0].lower() in _CODES:
        return False
    if category(name) is Category.ID:
        return False
    return bool(_WORD.fullmatch(value) or (last[0].lower() in _KIND_OF and _SMALL_WORD.fullmatch(value)))


def _set(value: Any) -> Callable[[dict[str, Any], str], None]:
    def change(owner: dict[str, Any], name: str) -> None:
        owner[name] = value

    return change


def without(path: Path) -> Callable[[Any], Any]:
    """A change: the place is gone."""
    return lambda body: changed(body, path, lambda owner, name: owner.pop(name))


def replaced(path: Path, value: Any) -> Callable[[Any], Any]:
    """A change: something else stands at the place."""
    return lambda body: changed(body, path, _set(value))
