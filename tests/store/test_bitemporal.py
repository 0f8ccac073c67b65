from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from store.bitemporal import Belief, revise
from store.data import StatedValue

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def value(text: str) -> StatedValue:
    return StatedValue(attribute="email", value=text)


class Ledger:
    """The law in its simplest form: beliefs kept in memory, applied as the repository applies them."""

    def __init__(self) -> None:
        self.beliefs: dict[str, Belief] = {}
        self.count = 0

    def state(self, texts: set[str], day: int | None, *, now: int = 0) -> bool:
        revision = revise(
            list(self.beliefs.values()),
            [value(text) for text in sorted(texts)],
            None if day is None else at(day),
            at(now),
        )
        for gone in revision.ended:
            del self.beliefs[gone]
        for new in revision.recorded:
            self.count += 1
            self.beliefs[str(self.count)] = Belief(
                id=str(self.count),
                stated=new.stated,
                observed_at=new.observed_at,
                valid_from=new.valid_from,
                valid_to=new.valid_to,
            )
        return bool(revision)

    def valid(self, day: int) -> set[str]:
        return {
            belief.stated.value
            for belief in self.beliefs.values()
            if belief.valid_from <= at(day) and (belief.valid_to is None or at(day) < belief.valid_to)
        }


def test_first_statement_holds_from_when_it_was_observed() -> None:
    ledger = Ledger()
    ledger.state({"a"}, 3)
    assert [ledger.valid(day) for day in (2, 3, 9)] == [set(), {"a"}, {"a"}]


def test_what_a_later_statement_leaves_out_ends_there() -> None:
    ledger = Ledger()
    ledger.state({"a", "b"}, 1)
    ledger.state({"b", "c"}, 5)
    assert ledger.valid(4) == {"a", "b"}
    assert ledger.valid(5) == {"b", "c"}


def test_a_late_statement_does_not_undo_what_is_known_of_later() -> None:
    ledger = Ledger()
    ledger.state({"new"}, 9)
    ledger.state({"old"}, 2)
    assert [ledger.valid(day) for day in (1, 2, 8, 9)] == [set(), {"old"}, {"old"}, {"new"}]


def test_a_late_statement_before_a_confirmation_ends_at_the_confirmation() -> None:
    ledger = Ledger()
    ledger.state({"a"}, 1)
    ledger.state({"a"}, 9)
    # Seen again on day 9 only if the belief took note of it.
    belief = next(iter(ledger.beliefs.values()))
    revision = revise([belief], [value("a")], at(9), at(9))
    assert revision.confirmed == (belief.id,)
    assert revision.observed_at == at(9)


def test_repeating_a_statement_changes_nothing() -> None:
    ledger = Ledger()
    assert ledger.state({"a"}, 3)
    assert not ledger.state({"a"}, 3)


def test_without_a_date_only_news_count() -> None:
    ledger = Ledger()
    assert ledger.state({"a"}, None, now=4)
    assert not ledger.state({"a"}, None, now=6)
    assert ledger.state({"b"}, None, now=8)
    assert [ledger.valid(day) for day in (4, 7, 8)] == [{"a"}, {"a"}, {"b"}]


STATEMENTS = st.lists(
    st.tuples(st.integers(0, 12), st.sets(st.sampled_from("abcd"), max_size=3)), min_size=1, max_size=8
)


@given(STATEMENTS)
def test_each_day_shows_the_newest_statement_up_to_it(statements: list[tuple[int, set[str]]]) -> None:
    ledger = Ledger()
    told: dict[int, set[str]] = {}
    for number, (day, shared) in enumerate(statements):
        # A value of its own makes each statement news: what repeats another word for word is only confirmed.
        texts = shared | {f"only-{number}"}
        ledger.state(texts, day)
        told[day] = texts
        for seen in range(14):
            newest = max((each for each in told if each <= seen), default=None)
            assert ledger.valid(seen) == (set() if newest is None else told[newest])
