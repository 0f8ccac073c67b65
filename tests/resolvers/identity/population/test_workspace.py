"""Runs over what changed end like a run over everything, whatever the history."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from random import Random

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.records.party import Party
from resolvers.identity.features import party_features
from resolvers.identity.model import Model, load
from resolvers.identity.population.workspace import Groups, Told, Workspace, open_workspace
from sandbox.export import party as party_of
from sandbox.population import Population


def told(connector: str, party: Party, model: Model) -> Told:
    features = party_features(party, blocked=model.blocked)
    return Told(connector, party.party_id, msgspec.json.encode(party), features)


def everybody(population: Population, model: Model) -> list[Told]:
    return [
        told(presence.domain, party_of(presence), model)
        for member in population.members
        for presence in population.member_presences(member.id).values()
    ]


def feed(workspace: Workspace, some: Iterable[Told], gone: Iterable[Told] = ()) -> None:
    by: dict[str, list[Told]] = {}
    for each in some:
        by.setdefault(each.connector, []).append(each)
    for connector, batch in by.items():
        workspace.tell(connector, batch)
    for each in gone:
        workspace.tell(each.connector, [], [each.party_id])


def run(workspace: Workspace, model: Model, *, full: bool = False) -> Groups:
    workspace.compare(model, full=full, report=lambda _: None)
    return workspace.group(model)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1_000_000))
def test_any_history_ends_like_a_full_run(population: Population, seed: int) -> None:
    model, rng = load(), Random(seed)
    parties = everybody(population, model)
    with tempfile.TemporaryDirectory() as folder, open_workspace(Path(folder)) as workspace:
        present: dict[tuple[str, str], Told] = {}
        for _ in range(3):
            some = rng.sample(parties, rng.randint(0, len(parties) // 2))
            # Some come with the contact points of somebody else.
            changed = [
                told(
                    each.connector,
                    msgspec.structs.replace(
                        msgspec.json.decode(each.document, type=Party),
                        emails=msgspec.json.decode(rng.choice(parties).document, type=Party).emails,
                    ),
                    model,
                )
                if rng.random() < 0.3
                else each
                for each in some
            ]
            gone = rng.sample(sorted(present), min(len(present), rng.randint(0, 20)))
            gone = [key for key in gone if key not in {(e.connector, e.party_id) for e in some}]
            feed(workspace, changed, [present.pop(key) for key in gone])
            present |= {(each.connector, each.party_id): each for each in changed}
            found = run(workspace, model)
        with tempfile.TemporaryDirectory() as other, open_workspace(Path(other)) as fresh:
            feed(fresh, present.values())
            expected = run(fresh, model, full=True)
            assert found == expected
        assert run(workspace, model, full=True) == expected


def test_what_did_not_change_is_not_compared_again(population: Population, tmp_path: Path) -> None:
    model = load()
    parties = everybody(population, model)
    with open_workspace(tmp_path) as workspace:
        feed(workspace, parties)
        first = workspace.compare(model, report=lambda _: None)
        assert first.changed == first.parties == len(parties)
        assert first.compared == first.pairs > 0
        feed(workspace, parties)
        again = workspace.compare(model, report=lambda _: None)
        assert (again.changed, again.compared) == (0, 0)
        before = workspace.group(model)
    with open_workspace(tmp_path) as workspace:  # what was done is on disk
        assert workspace.group(model) == before


def test_a_cursor_is_kept_with_what_came_before_it(population: Population, tmp_path: Path) -> None:
    model = load()
    (first, *_) = everybody(population, model)
    with open_workspace(tmp_path) as workspace:
        assert workspace.cursor(first.connector) is None
        assert workspace.tell(first.connector, [first], cursor="c1") == 1
        assert workspace.tell(first.connector, [first], cursor="c2") == 0
    with open_workspace(tmp_path) as workspace:
        assert workspace.cursor(first.connector) == "c2"
        key = (first.connector, first.party_id)
        assert workspace.documents([key]) == {key: first.document}
