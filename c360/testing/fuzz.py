"""Generated answers through a connector: no crash, only typed records or typed errors.

The baseline's operations are run again and again, and every request that the partner's OpenAPI file knows
is answered by a payload made from the file: some fit it, some are broken in one place. What fails is made
smaller, field by field, until nothing more can be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from c360.errors import RetryLater
from c360.http import Response
from c360.testing.generating import Generator
from c360.testing.lab import Lab
from c360.testing.openapi import Document, Operation
from c360.testing.trials import Trial
from c360.testing.validity import STRUCTURE, complaints
from c360.testing.wire import Fingerprint, Heard, Misbehave

CASES = 200
SEED = 360
_BROKEN = 0.3
"""Share of answers that are broken in one place."""
_DEAR = 60
"""Operations that cost more, as :meth:`Lab.cost` counts, are not run hundreds of times: made-up answers end
them soon, but what comes before the first of them is replayed each time."""
_MOST_ANSWERS = 8
"""Answers of one case; then the partner is down, because made-up cursors never end."""
_MOST_SHRINKS = 300

Key = tuple[Fingerprint, int]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What fuzzing found."""

    cases: int
    seed: int
    matched: int
    """Answers that were made."""
    problem: str = ""
    """What came out that is neither a typed record nor a typed error; empty: nothing."""
    case: int = 0
    answers: str = ""
    """The smallest answers that bring it about, one a line."""


def fuzz(lab: Lab, documents: Sequence[Document], *, cases: int = CASES, seed: int = SEED) -> Finding:
    """Run generated cases until one fails.

    Args:
        lab: with a sound baseline.
        documents: the partner's OpenAPI files.
        cases: how many.
        seed: the same seed makes the same cases.
    """
    matched = 0
    one = lab.trial(lab.fetching(lab.needs, lab.refs[:1]))
    operations = [one, *(it for it in lab.trials[1:] if lab.cost(it) <= _DEAR)]
    for case in range(cases):
        trial = operations[case % len(operations)]
        made: dict[Key, Any] = {}
        again = lab.trial(trial.operation, fault=_made(documents, f"{seed}/{case}", made), taped=True)
        matched += len(made)
        problem = _problem(again)
        if problem:
            smallest = _shrunk(lab, trial, made, problem)
            shown = "\n".join(
                f"  {key[0].partition(' [')[0]}: {msgspec.json.encode(value).decode()[:2000]}"
                for key, value in smallest.items()
            )
            return Finding(
                cases=case + 1, seed=seed, matched=matched, problem=problem, case=case, answers=shown
            )
    return Finding(cases=cases, seed=seed, matched=matched)


def _made(
    documents: Sequence[Document], seed: str, made: dict[Key, Any]
) -> Callable[[Heard], Misbehave | None]:
    """A fault: answers made from the files. What was made is put down."""

    def fault(heard: Heard) -> Misbehave | None:
        found = _operation(documents, heard)
        if found is None:
            return None
        if len(made) >= _MOST_ANSWERS:
            return _down
        generator = Generator(found.document, f"{seed}/{heard.key}/{heard.nth}")
        status, schema = generator.choice(found.answers)
        value = generator.value(schema)
        if generator.chance(_BROKEN):
            value = generator.broken(value)
        made[heard.key, heard.nth] = value
        return _answering(value, status)

    return fault


def _operation(documents: Sequence[Document], heard: Heard) -> Operation | None:
    path = urlsplit(heard.request.url).path
    for document in documents:
        found = document.find(heard.request.method, path)
        if found is not None:
            return found
    return None


def _answering(value: Any, status: int = 200) -> Misbehave:
    content = msgspec.json.encode(value)
    return lambda _: Response(status=status, headers={"content-type": "application/json"}, content=content)


def _down(_: Heard) -> Response:
    raise RetryLater("no answer in time")


def _problem(trial: Trial) -> str:
    """What came out that should not, without values."""
    if trial.result.breaches:
        return trial.result.breaches[0]
    for (_, kind), item in trial.result.records():
        record = getattr(item, "record", item)
        found = complaints(record) if isinstance(record, msgspec.Struct) else ()
        for complaint in (it for it in found if it.aspect in STRUCTURE):
            return f"{kind}: {complaint.place} is {complaint.found}"
    return ""


def _shrunk(lab: Lab, trial: Trial, made: dict[Key, Any], problem: str) -> dict[Key, Any]:
    """The smallest answers with which the same problem comes about."""

    def fails(answers: dict[Key, Any]) -> bool:
        def fault(heard: Heard) -> Misbehave | None:
            key = (heard.key, heard.nth)
            return _answering(answers[key]) if key in answers else (_down if key in made else None)

        return _problem(lab.trial(trial.operation, fault=fault)) == problem

    left = _MOST_SHRINKS
    best = dict(made)
    if not fails(best):
        return best  # it needs another status: shown whole
    progress = True
    while progress and left > 0:
        progress = False
        for smaller in _smaller(best):
            left -= 1
            if left <= 0:
                break
            if fails(smaller):
                best, progress = smaller, True
                break
    return best


def _smaller(answers: dict[Key, Any]) -> Iterator[dict[Key, Any]]:
    """Answers with something left out: the largest parts first."""
    for key in answers:
        yield {other: value for other, value in answers.items() if other != key}
    for key, value in answers.items():
        for less in _less(value):
            yield {**answers, key: less}


def _less(value: Any) -> Iterator[Any]:  # noqa: C901  # lists and objects, each in three ways
    """A JSON value with less in it: half of a list or of the fields, then one, then inside."""
    if isinstance(value, list):
        half = len(value) // 2
        if half:
            yield value[:half]
            yield value[half:]
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        for index, inner in enumerate(value):
            for less in _less(inner):
                yield [*value[:index], less, *value[index + 1 :]]
    elif isinstance(value, dict):
        names = list(value)
        half = len(names) // 2
        if half > 1:
            yield {name: value[name] for name in names[:half]}
            yield {name: value[name] for name in names[half:]}
        for name in names:
            yield {other: inner for other, inner in value.items() if other != name}
        for name, inner in value.items():
            for less in _less(inner):
                yield {**value, name: less}
