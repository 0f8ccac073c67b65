"""Budgets and registered documents: what callers may send, and how much."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.admission.budgets import WINDOW, Spending
from api.admission.documents import manifest_of, read_documents
from api.admission.gate import Gate
from api.admission.settings import AdmissionSettings, Budget, check_admission
from c360.errors import ConfigError
from schema.errors import RequestError
from schema.execution.admission import RateLimited, count
from tests.fixtures.access import access

QUERY = "{ connectors { id } }"
SHA = hashlib.sha256(QUERY.encode()).hexdigest()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_budget_is_spent_and_comes_back_evenly() -> None:
    clock = Clock()
    spending = Spending("requests", clock)
    for left in range(9, -1, -1):
        fits, allowance, _ = spending.spend("a", 10, 1)
        assert (fits, allowance.remaining) == (True, left)
    fits, allowance, wait = spending.spend("a", 10, 1)
    assert (fits, allowance.remaining, allowance.reset, wait) == (False, 0, 60, 6)
    assert spending.spend("b", 10, 1)[0]
    clock.now += 6
    assert spending.spend("a", 10, 1)[0]
    assert not spending.spend("a", 10, 1)[0]
    clock.now += WINDOW
    assert spending.spend("a", 10, 10)[0]


def test_a_whole_budget_is_there_whatever_the_clock_shows() -> None:
    """Near a power of two the end of a window may be rounded up."""
    clock = Clock()
    clock.now = 8147.794003492886
    assert clock.now + WINDOW - clock.now > WINDOW
    fits, allowance, _ = Spending("cost", clock).spend("a", 1, 1)
    assert (fits, allowance.remaining, allowance.reset) == (True, 0, WINDOW)


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 20)), max_size=40),
)
def test_no_window_ever_sees_more_than_twice_the_budget_and_a_quiet_caller_is_never_refused(
    limit: int, steps: list[tuple[float, int]]
) -> None:
    clock = Clock()
    spending = Spending("cost", clock)
    taken: list[tuple[float, int]] = []
    for pause, amount in steps:
        clock.now += pause
        fits, allowance, wait = spending.spend("a", limit, amount)
        assert 0 <= allowance.remaining <= limit
        if fits:
            taken.append((clock.now, amount))
        else:
            assert wait >= 1
        window = sum(each for at, each in taken if at > clock.now - WINDOW)
        # What was saved up at its start, and what came back during it.
        assert window <= 2 * limit
    clock.now += WINDOW
    assert spending.spend("a", limit, limit)[0]


def test_waiting_as_long_as_was_said_is_enough() -> None:
    clock = Clock()
    spending = Spending("cost", clock)
    spending.spend("a", 7, 7)
    _, _, wait = spending.spend("a", 7, 3)
    clock.now += wait
    assert spending.spend("a", 7, 3)[0]


def test_the_gate_counts_for_each_principal_by_the_largest_of_its_roles() -> None:
    roles = {"integrator": Budget(requests=3), "partner": Budget(requests=2)}
    gate = Gate(AdmissionSettings(requests=1, roles=roles))
    both = access("a", roles=frozenset({"integrator", "partner", "agent"}))
    for _ in range(3):
        gate.request(both)
    with pytest.raises(RateLimited) as limited:
        gate.request(both)
    assert limited.value.retry_after > 0
    gate.request(access("b"))
    with pytest.raises(RateLimited):
        gate.request(access("b"))
    gate.request(access("b", client="another"))
    gate.spend(access("b"), 10**9)


@pytest.mark.parametrize(
    "content",
    [
        {SHA: QUERY},
        {f"sha256:{SHA}": QUERY},
        {
            "format": "apollo-persisted-query-manifest",
            "operations": [{"id": SHA, "name": "Q", "type": "query", "body": QUERY}],
        },
    ],
    ids=["by hash", "by prefixed hash", "apollo"],
)
def test_registered_documents_are_found_by_id(tmp_path: Path, content: Any) -> None:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps(content))
    gate = Gate(AdmissionSettings(), read_documents(file))
    assert gate.document(access(), None, SHA) == QUERY
    assert gate.document(access(), None, f"sha256:{SHA}") == QUERY


def test_who_may_send_registered_documents_alone_cannot_send_another() -> None:
    gate = Gate(AdmissionSettings(registered_only=("front-end",)), {"q1": QUERY})
    page = access("web", roles=frozenset({"front-end"}))
    assert gate.document(page, None, "q1") == QUERY
    assert gate.document(page, QUERY, None) == QUERY
    with pytest.raises(RequestError) as refused:
        gate.document(page, QUERY + " ", None)
    assert code(refused.value) == "DOCUMENT_NOT_TRUSTED"
    with pytest.raises(RequestError) as refused:
        gate.document(page, QUERY + " ", "q2")
    assert code(refused.value) == "DOCUMENT_NOT_TRUSTED"
    with pytest.raises(RequestError) as refused:
        gate.document(page, None, "q2")
    assert code(refused.value) == "PERSISTED_QUERY_NOT_FOUND"
    assert gate.document(access("agent"), "{ x }", None) == "{ x }"


def code(refused: RequestError) -> Any:
    return (refused.errors[0].extensions or {})["code"]


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"operations": [1]}'])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "documents.json"
    file.write_text(content)
    if content == '{"operations": [1]}':
        assert read_documents(file) == {}
        return
    with pytest.raises(ConfigError):
        read_documents(file)


def test_a_manifest_is_made_of_files(tmp_path: Path) -> None:
    file = tmp_path / "q.graphql"
    file.write_text(QUERY)
    assert manifest_of([file]) == {f"sha256:{SHA}": QUERY}
    file.write_text("{")
    with pytest.raises(ConfigError):
        manifest_of([file])


def test_the_values_of_an_answer_are_counted() -> None:
    assert count({"a": 1, "b": [{"c": None}, {"c": 2}], "d": {"e": []}}) == 6


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (AdmissionSettings(registered_only=("frontend",), documents="d.json"), "admission.registered_only"),
        (AdmissionSettings(roles={"frontend": Budget(requests=1)}), "admission.roles"),
        (AdmissionSettings(registered_only=("front-end",)), "admission.documents"),
    ],
    ids=["no role", "no role with a budget", "no documents"],
)
def test_what_would_have_no_effect_is_refused(settings: AdmissionSettings, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        check_admission(settings)


def test_what_has_an_effect_is_taken() -> None:
    check_admission(AdmissionSettings(registered_only=("front-end",), documents="d.json"))
    check_admission(AdmissionSettings(roles={"integrator": Budget(requests=1)}))
