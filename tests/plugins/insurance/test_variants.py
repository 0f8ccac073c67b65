"""Whatever a partner answers, the connector gives typed records or an error of the contract."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.errors import ConnectorError
from c360.kinds import kind

KINDS = ("party.profile", "insurance.policies", "insurance.premiums", "insurance.claims")

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["NA", "", "NaN", "-1.00", "1e400", "2025-02-30", "OUTROS", "MONETARIO", "..", "٣"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
GONE = object()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield from places(inner, (*path, step))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at a place, or with nothing there."""
    if not path:
        return new if new is not GONE else None
    copied = copy.deepcopy(value)
    inner = copied
    for step in path[:-1]:
        inner = inner[step]
    if new is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return copied


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_variants_of_answers(data: st.DataObject, insurer: Any, book: dict[str, Any]) -> None:
    answers = dict(book)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(name for name, body in answers.items() if body != 204)))
        place = data.draw(st.sampled_from(list(places(answers[path]))))
        new = data.draw(JSON | st.just(GONE))
        answers[path] = changed(answers[path], place, new) if place else data.draw(JSON.filter(_is_body))

    for name, fetched in insurer(answers).ask(KINDS).items():
        if fetched.error is not None:
            assert isinstance(fetched.error, ConnectorError)
            continue
        for record in fetched.records:
            # A second reading checks each value against the record's own types.
            assert msgspec.convert(msgspec.to_builtins(record), type(record)) == record
            assert type(record) is kind(name).record


def _is_body(value: object) -> bool:
    return not isinstance(value, int)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extra=st.dictionaries(st.text(min_size=12, max_size=20), JSON, min_size=1, max_size=3))
def test_fields_of_later_versions_are_ignored(
    extra: dict[str, Any], insurer: Any, book: dict[str, Any]
) -> None:
    def grown(value: Any) -> Any:
        if isinstance(value, dict):
            return {f"x-{name}": inner for name, inner in extra.items()} | {
                name: grown(inner) for name, inner in value.items()
            }
        return [grown(inner) for inner in value] if isinstance(value, list) else value

    plain = insurer(book).ask(KINDS)
    richer = insurer({path: grown(body) for path, body in book.items()}).ask(KINDS)

    assert {name: answer.records for name, answer in richer.items()} == {
        name: answer.records for name, answer in plain.items()
    }
