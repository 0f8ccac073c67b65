"""What matching costs in a request: a record made comparable, and fifty candidates decided."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from random import Random

from benchmarks.figures import Figure, Sample
from benchmarks.punctual import quiet_collector
from c360.records.party import Identifier, IdentifierKind, Party
from c360.values import CountryCode, PostalAddress
from resolvers.identity.decide import Candidate, KnownParty, Matcher, PartyKey
from resolvers.identity.features import party_features
from resolvers.identity.model import load

NAME = "matching in the request"
CANDIDATES = 50
RUNS = 200
PROMISED = 1000.0
"""Microseconds for fifty candidates."""

_GIVEN = ("Anna", "Peter", "Ursula", "Hans", "María José", "Olga", "Robert", "Bob", "Jürg", "Zoë", "Łukasz")
_FAMILY = ("Meier", "Müller", "García", "van der Berg", "Smith", "Rossi", "Santos", "Nguyen", "O'Brien")


def run() -> list[Figure]:
    """Times of a decision among candidates that share some of the party's values, and of its features."""
    rng = Random(4)
    matcher = Matcher(load())
    new = _known("new", rng)
    candidates = [Candidate(str(place), (_known(str(place), rng),)) for place in range(CANDIDATES)]
    parties = iter([_party(str(place), rng) for place in range(RUNS)])
    decided = _timed(lambda: matcher.decide(new, candidates)).p50 * 1e6
    made = _timed(lambda: party_features(next(parties))).p50 * 1e6
    return [
        Figure(
            workload=NAME,
            name=f"decide among {CANDIDATES} candidates: p50",
            value=round(decided, 1),
            unit="µs",
            bound=PROMISED,
        ),
        Figure(workload=NAME, name="make a record comparable: p50", value=round(made, 1), unit="µs"),
    ]


def _timed(step: Callable[[], object]) -> Sample:
    took = []
    with quiet_collector():
        for _ in range(RUNS):
            started = time.perf_counter()
            step()
            took.append(time.perf_counter() - started)
    return Sample.of(took)


def _known(name: str, rng: Random) -> KnownParty:
    return KnownParty(PartyKey("bank", name), party_features(_party(name, rng)))


def _party(name: str, rng: Random) -> Party:
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    return Party(
        party_id=name,
        given_name=given,
        family_name=family,
        birth_date=date(1950 + rng.randrange(50), 1 + rng.randrange(12), 1 + rng.randrange(28)),
        emails=(f"person{rng.randrange(10_000)}@webmail.example",),
        phones=(f"+4144668{rng.randrange(1000, 9999)}",),
        addresses=(
            PostalAddress(
                lines=(f"Seestrasse {rng.randrange(99)}",),
                city="Zürich",
                postal_code=str(rng.randrange(8000, 8100)),
                country=CountryCode("CH"),
            ),
        ),
        identifiers=(
            Identifier(
                kind=IdentifierKind.TAX_ID,
                value=str(rng.randrange(10**10, 10**11)),
                country=CountryCode("BR"),
            ),
        ),
    )
