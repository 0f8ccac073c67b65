"""The sandbox's people with their hard cases: strangers stay strangers, and most of one are found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from resolvers.identity.comparisons import COMPARISONS
from resolvers.identity.decide import Matcher
from resolvers.identity.features import Features, party_features
from resolvers.identity.model import decode, encode, load
from resolvers.identity.population import modelling, parties, tables
from resolvers.identity.population.truth import measure
from resolvers.identity.population.workspace import Groups, Key, Told, open_workspace
from sandbox.export import party
from sandbox.population import Population
from sandbox.population.model import Presence
from sandbox.population.numbers import DOMAINS

PEOPLE = 4_000


@pytest.fixture(scope="module")
def presences() -> list[Presence]:
    """People on whom the shipped model was not trained: of another seed."""
    population = Population(people=PEOPLE, companies=PEOPLE // 20, seed=7, today=date(2026, 6, 15))
    return [presence for domain in DOMAINS for presence in population.presences(domain)]


@pytest.fixture(scope="module")
def features(presences: list[Presence]) -> list[Features]:
    return [party_features(party(presence), blocked=load().blocked) for presence in presences]


@pytest.fixture(scope="module")
def groups(
    presences: list[Presence], features: list[Features], tmp_path_factory: pytest.TempPathFactory
) -> Groups:
    model = load()
    by: defaultdict[str, list[Told]] = defaultdict(list)
    for presence, found in zip(presences, features, strict=True):
        by[presence.domain].append(Told(presence.domain, presence.party_id, b"{}", found))
    with open_workspace(tmp_path_factory.mktemp("population")) as workspace:
        for connector, told in by.items():
            workspace.tell(connector, told)
        workspace.compare(model, report=lambda _: None)
        return workspace.group(model)


def simple(presences: list[Presence], key: Callable[[Presence], Hashable]) -> tuple[float, float]:
    """Precision and recall of linking by one thing that agrees exactly."""
    sizes = Counter(presence.member_id for presence in presences)
    true = sum(size * (size - 1) // 2 for size in sizes.values())
    blocks: defaultdict[Hashable, list[str]] = defaultdict(list)
    for presence in presences:
        if (value := key(presence)) is not None:
            blocks[value].append(presence.member_id)
    found = sum(len(block) * (len(block) - 1) // 2 for block in blocks.values())
    right = sum(n * (n - 1) // 2 for block in blocks.values() for n in Counter(block).values())
    return right / found, right / true


def test_the_population_is_hard(presences: list[Presence]) -> None:
    _, recall = simple(presences, lambda each: each.email.lower() if each.email else None)
    assert recall <= 0.6
    precision, _ = simple(
        presences,
        lambda each: (
            (each.given_name.lower(), each.family_name.lower(), each.birth_date) if each.birth_date else None
        ),
    )
    assert precision <= 0.97


def test_it_has_every_hard_case(presences: list[Presence]) -> None:
    people = Population(people=PEOPLE, companies=0, seed=7, today=date(2026, 6, 15))
    homes: defaultdict[str, list[tuple[str, date, str]]] = defaultdict(list)
    for member in people.members:
        homes[member.household].append((member.given_name, member.birth_date, member.id))
    twins = [home for home in homes.values() if len({born for _, born, _ in home}) < len(home)]
    fathers = [home for home in homes.values() if len({given for given, _, _ in home}) < len(home)]
    names = Counter((m.given_name, m.family_name, m.birth_date) for m in people.members)
    phones = defaultdict(set)
    mails = defaultdict(set)
    for each in presences:
        if not each.organization:
            phones[each.phone].add(each.member_id)
            mails[each.email].add(each.member_id)
    assert len(twins) > 20
    assert len(fathers) > 20
    assert sum(count > 1 for count in names.values()) > 25
    assert sum(member.family_name != member.birth_family_name for member in people.members) > 200
    assert sum(len(owners) > 1 for phone, owners in phones.items() if phone) > 100
    assert sum(len(owners) > 1 for mail, owners in mails.items() if mail) > 100
    assert sum(not each.given_name.isascii() for each in presences) > 500


def test_strangers_stay_strangers_and_most_of_one_are_found(
    presences: list[Presence], groups: Groups
) -> None:
    truth: dict[Key, Hashable] = {(each.domain, each.party_id): each.member_id for each in presences}
    found = measure(groups, truth)
    assert found["precision"] >= 0.999
    assert found["recall"] >= 0.95
    assert found["review_recall"] >= 0.6


def test_scores_are_those_of_a_request(features: list[Features], tmp_path: Path) -> None:
    model = load()
    matcher = Matcher(model)
    some = features[::3]
    file = tmp_path / "some.parquet"
    tables.write(file, ((number, "x", str(number), None, each) for number, each in enumerate(some)))
    with duckdb.connect() as connection:
        parties.create(connection, [file])
        parties.find_pairs(connection)
        parties.score(connection, model, {}, least=-100.0)
        rows = connection.execute("SELECT l, r, kind, levels, bits FROM scored USING SAMPLE 3000").fetchall()
    assert len(rows) > 1000
    for left, right, _, levels, bits in rows:
        pair, _ = matcher.compare(some[left], some[right])
        comparisons = COMPARISONS[some[left].kind]
        names = [comparison.levels[place].name for comparison, place in zip(comparisons, levels, strict=True)]
        assert names == [field.agreement for field in pair.score.fields]
        assert bits == pytest.approx(pair.score.total, abs=1e-9)


@pytest.mark.thorough
def test_a_trained_model_is_one_that_can_be_read(features: list[Features], tmp_path: Path) -> None:
    file = tmp_path / "some.parquet"
    tables.write(file, ((number, "x", str(number), None, each) for number, each in enumerate(features[::2])))
    said: list[str] = []
    at = datetime(2026, 6, 15, tzinfo=UTC)
    with duckdb.connect() as connection:
        parties.create(connection, [file])
        model = modelling.train(connection, load(), at=at, report=said.append)
    assert decode(encode(model)) == model
    assert model.engine.startswith("splink 5")
    assert model.version.startswith("2026-06-15-")
    assert 1e-5 < model.person.prior < 1e-2
    weights = {each.comparison: each.levels for each in model.person.comparisons}
    assert weights["birth_date"][0].weight > 8
    assert weights["email"][0].weight > 8
    assert model.person.term_frequencies["family"].values
    assert any("round" in line for line in said)
