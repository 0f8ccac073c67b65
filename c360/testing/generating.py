"""JSON values that fit a schema: random, but the same for the same seed."""

from __future__ import annotations

import functools
import random
import re
import string
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from re import _constants as sre  # type: ignore[attr-defined]  # how a pattern was understood, nobody else tells
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

from c360.testing.openapi import Document, Schema

MOST_ITEMS = 3
DEEPEST = 7
"""Objects within objects beyond which only what is required is made."""
MOST_VALUES = 150
"""Values of one payload beyond which only what is required is made: another payload has the others."""
_AROUND = datetime(2026, 6, 15, tzinfo=UTC)
"""Dates are made from three years before it to some months after."""
_ODD_TEXTS = ("", " ", "0", "null", "ß" * 40, "\u202eabc", "🙂", "-", "9999-99-99", "NaN", "1e400")
_ODD_VALUES: tuple[Any, ...] = (None, True, 0, -1, 10**20, 0.1, "", "text", [], {}, [None], {"a": None})


class Generator:
    """Makes a payload: a value for a schema of one document.

    Args:
        document: where references lead.
        seed: the same seed makes the same values, in the same order of asking.
    """

    def __init__(self, document: Document, seed: str) -> None:
        self._document = document
        self._random = random.Random(seed)  # noqa: S311  # made-up payloads need no cryptography
        self._made = 0

    def value(self, schema: Schema, depth: int = 0) -> Any:  # noqa: C901, PLR0911  # a table of types
        """A value that fits."""
        self._made += 1
        schema = self._plain(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._random.choice(schema["enum"])
        if schema.get("nullable") and self._random.random() < 0.15:
            return None
        match self._type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._text(schema)
            case "integer":
                return self._integer(schema)
            case "number":
                return self._number(schema)
            case "boolean":
                return self._random.random() < 0.5
            case "null":
                return None
            case _:
                return self._random.choice(["text", 1, True, {}])

    def broken(self, value: Any) -> Any:
        """A copy with something else in one place: a value of another type, or nothing."""
        places: list[tuple[Any, Any]] = []
        copy = _copied(value, places)
        if not places:
            return self._random.choice(_ODD_VALUES)
        owner, name = self._random.choice(places)
        if isinstance(owner, dict) and self._random.random() < 0.4:
            del owner[name]
        elif isinstance(owner[name], str) and self._random.random() < 0.5:
            owner[name] = self._random.choice(_ODD_TEXTS)
        else:
            owner[name] = self._random.choice(_ODD_VALUES)
        return copy

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return self._random.random() < share

    def choice(self, among: Sequence[Any]) -> Any:
        """One of several."""
        return self._random.choice(among)

    def _plain(self, schema: Any, depth: int = 0) -> Mapping[str, Any]:
        """A schema without references, choices made and parts joined."""
        schema = self._document.resolve(schema)
        if not isinstance(schema, dict) or depth > 20:
            return {}  # ``true``: anything
        merged = {name: value for name, value in schema.items() if name not in {"allOf", "oneOf", "anyOf"}}
        parts = [self._plain(part, depth + 1) for part in schema.get("allOf") or ()]
        choices = [schema[name] for name in ("oneOf", "anyOf") if schema.get(name)]
        parts.extend(self._plain(self._random.choice(among), depth + 1) for among in choices)
        for part in parts:
            merged = _joined(merged, part)
        return merged

    def _type(self, schema: Mapping[str, Any]) -> str:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = self._random.choice(kind)
        if isinstance(kind, str):
            return kind
        if "properties" in schema or "additionalProperties" in schema:
            return "object"
        if "items" in schema:
            return "array"
        return "string" if "pattern" in schema or "format" in schema else ""

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = set(schema.get("required") or ())
        properties = schema.get("properties") or {}
        made = {}
        # In any order, so that it is not always the last ones for which no room is left.
        for name in self._random.sample(list(properties), len(properties)):
            wanted = name in required or (not self._sparing(depth) and self._random.random() < 0.75)
            if wanted and depth < 4 * DEEPEST:
                made[name] = self.value(properties[name], depth + 1)
        more = schema.get("additionalProperties")
        if isinstance(more, dict) and not self._sparing(depth):
            for _ in range(self._random.randint(0, 2)):
                made[self._word(6)] = self.value(more, depth + 1)
        return made

    def _sparing(self, depth: int) -> bool:
        """Whether only what is required is made from here on."""
        return depth >= DEEPEST or self._made >= MOST_VALUES

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        least = int(schema.get("minItems") or 0)
        most = max(least, min(int(schema.get("maxItems") or MOST_ITEMS), MOST_ITEMS))
        number = least if self._sparing(depth) else self._random.randint(least, most)
        return [self.value(schema.get("items") or {}, depth + 1) for _ in range(min(number, 20))]

    def _integer(self, schema: Mapping[str, Any]) -> int:
        low, high = _bounds(schema, 1)
        step = int(schema.get("multipleOf") or 1) or 1
        value = self._random.randint(int(low), max(int(low), int(high)))
        return value - value % step

    def _number(self, schema: Mapping[str, Any]) -> float:
        low, high = _bounds(schema, 0.01)
        return round(self._random.uniform(low, max(low, high)), 2)

    def _text(self, schema: Mapping[str, Any]) -> str:
        least = int(schema.get("minLength") or 0)
        most = int(schema.get("maxLength") or max(least, 24))
        if schema.get("pattern"):
            made = self._matching(str(schema["pattern"]), most)
            if made is not None:
                return made
        made = self._formatted(str(schema.get("format") or ""))
        if made is None and schema.get("example") is not None and self._random.random() < 0.5:
            made = str(schema["example"])
        if made is None:
            made = self._word(self._random.randint(max(least, 1), max(1, min(most, least + 16))))
        return made.ljust(least, "x")[: max(most, 1)]

    def _formatted(self, name: str) -> str | None:  # noqa: PLR0911  # a table of formats
        match name:
            case "date-time":
                return self._moment().isoformat(timespec="seconds").replace("+00:00", "Z")
            case "date":
                return self._moment().date().isoformat()
            case "time":
                return self._moment().time().isoformat(timespec="seconds")
            case "email":
                return f"{self._word(6).lower()}@mail.example"
            case "uuid":
                return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
            case "uri" | "url" | "uri-reference":
                return f"https://api.example/{self._word(5)}"
            case "byte":
                return "AAAA"
            case "decimal":
                return f"{self._random.uniform(-1000, 1000):.2f}"
            case _:
                return None

    def _moment(self) -> datetime:
        return _AROUND - timedelta(seconds=self._random.randint(-(10**7), 10**8))

    def _word(self, length: int) -> str:
        return "".join(self._random.choices(string.ascii_letters + string.digits, k=max(1, length)))

    def _matching(self, pattern: str, most: int) -> str | None:
        """A text that matches a pattern; ``None`` where it is beyond this."""
        try:
            made = self._sequence(_parsed(pattern), most)
            return made if re.search(pattern, made) else None
        except (re.error, ValueError, RecursionError, OverflowError):
            return None

    def _sequence(self, parsed: Any, most: int) -> str:
        return "".join(self._part(operator, argument, most) for operator, argument in parsed)

    def _part(self, operator: Any, argument: Any, most: int) -> str:  # noqa: PLR0911  # a table of operators
        if operator is sre.LITERAL:
            return chr(argument)
        if operator is sre.NOT_LITERAL:
            return "a" if argument != ord("a") else "b"
        if operator is sre.ANY:
            return self._random.choice(string.ascii_letters)
        if operator is sre.IN:
            return self._member(argument)
        if operator in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
            least, largest, inner = argument
            times = self._random.randint(least, max(least, min(int(largest), least + 8, max(most, least))))
            return "".join(self._sequence(inner, most) for _ in range(times))
        if operator is sre.SUBPATTERN:
            return self._sequence(argument[3], most)
        if operator is sre.BRANCH:
            return self._sequence(self._random.choice(argument[1]), most)
        if operator is sre.AT:
            return ""
        raise ValueError("beyond this generator")  # look-arounds and references back

    def _member(self, members: Any) -> str:
        signs: list[str] = []
        negated = False
        for operator, argument in members:
            if operator is sre.NEGATE:
                negated = True
            elif operator is sre.LITERAL:
                signs.append(chr(argument))
            elif operator is sre.RANGE:
                signs.extend(chr(it) for it in range(argument[0], min(argument[1], argument[0] + 127) + 1))
            elif operator is sre.CATEGORY:
                signs.extend(_CATEGORIES.get(argument, "a"))
        if negated:
            signs = [it for it in string.ascii_letters + string.digits + " -_." if it not in signs] or ["a"]
        return self._random.choice(signs)


@functools.lru_cache(maxsize=1024)
def _parsed(pattern: str) -> Any:
    return sre_parser.parse(pattern)


_CATEGORIES = {
    sre.CATEGORY_DIGIT: string.digits,
    sre.CATEGORY_WORD: string.ascii_letters + string.digits,
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_DIGIT: string.ascii_letters,
    sre.CATEGORY_NOT_SPACE: string.ascii_letters + string.digits,
    sre.CATEGORY_NOT_WORD: "-",
}


def _bounds(schema: Mapping[str, Any], step: float) -> tuple[float, float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    for name, sign in (("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):
        value = schema.get(name)
        if isinstance(value, bool):  # OpenAPI 3.0: whether the bound itself is left out
            if value and sign > 0 and low is not None:
                low += step
            if value and sign < 0 and high is not None:
                high -= step
        elif value is not None:
            low, high = (value + step, high) if sign > 0 else (low, value - step)
    least = (
        float(low) if low is not None else min(-1000.0, float(high) - 1000 if high is not None else -1000.0)
    )
    most = float(high) if high is not None else max(100_000.0, least + 1000)
    return least, most


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**other, **one}
    if "properties" in one or "properties" in other:
        merged["properties"] = {**(other.get("properties") or {}), **(one.get("properties") or {})}
    if one.get("required") or other.get("required"):
        merged["required"] = [*(one.get("required") or ()), *(other.get("required") or ())]
    return merged


def _copied(value: Any, places: list[tuple[Any, Any]]) -> Any:
    if isinstance(value, dict):
        copy = {name: _copied(inner, places) for name, inner in value.items()}
        places.extend((copy, name) for name in copy)
        return copy
    if isinstance(value, list):
        items = [_copied(inner, places) for inner in value]
        places.extend((items, index) for index in range(len(items)))
        return items
    return value
