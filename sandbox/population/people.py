"""The population: who there is, how each partner knows them, and what their life was."""

from __future__ import annotations

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from sandbox.population.hindsight import as_known
from sandbox.population.holdings import Holdings
from sandbox.population.households import EPOCH, Registry
from sandbox.population.living import Biographer
from sandbox.population.model import Life, Member, Presence
from sandbox.population.numbers import DOMAINS
from sandbox.population.presences import Clerk

MAX_PEOPLE = 100_000
MAX_COMPANIES = 10_000
LIVES_KEPT = 4096


class Population:
    """Made-up people and companies, the same for the same arguments in every process.

    Members of a smaller population are members of a larger one of the same seed, and a later day
    adds to their lives without changing who they are.

    Args:
        people: how many people there are, at most 100,000.
        companies: how many companies, at most 10,000.
        seed: another seed makes another population.
        today: the last day of the lives; bookings go beyond.
        start: the first day of the lives, where they are to begin earlier than they would for ``today``.

    Raises:
        ValueError: a number is out of range.
    """

    def __init__(
        self,
        people: int = 1000,
        companies: int = 50,
        seed: int = 360,
        *,
        today: date,
        start: date | None = None,
    ) -> None:
        if not 0 <= people <= MAX_PEOPLE or not 0 <= companies <= MAX_COMPANIES:
            raise ValueError(f"a population has 0 to {MAX_PEOPLE} people and 0 to {MAX_COMPANIES} companies")
        if today <= EPOCH:
            raise ValueError(f"the population was registered on {EPOCH}: today must be later")
        self.seed = seed
        self.today = today
        registry, clerk = Registry(seed), Clerk(seed)
        self._members: dict[str, Member] = {}
        self._held: dict[str, dict[str, Presence]] = {}
        self._presences: dict[str, list[Presence]] = {domain: [] for domain in DOMAINS}
        for member in (*registry.people(people), *registry.companies(companies)):
            index = int(member.id[1:]) + (MAX_PEOPLE if member.organization else 0)
            if member.quiet_since and member.quiet_since > today:
                member = dataclasses.replace(member, quiet_since=None)  # noqa: PLW2901  # as of today
            self._members[member.id] = member
            held = {presence.domain: presence for presence in clerk.presences(member, index)}
            self._held[member.id] = held
            for domain, presence in held.items():
                self._presences[domain].append(presence)
        self._biographer = Biographer(seed, today, start)
        self._indexes: dict[tuple[str, str], dict[str, list[Presence]]] = {}
        self._life: Callable[[str], Life] = functools.lru_cache(maxsize=LIVES_KEPT)(self._write_life)

    @functools.cached_property
    def members(self) -> Sequence[Member]:
        """Everybody: people first, then companies."""
        return tuple(self._members.values())

    def member(self, member_id: str) -> Member:
        """A member by id.

        Raises:
            KeyError: there is nobody of that id.
        """
        return self._members[member_id]

    def member_presences(self, member_id: str) -> Mapping[str, Presence]:
        """How a member is known, by domain.

        Raises:
            KeyError: there is nobody of that id.
        """
        return MappingProxyType(self._held[member_id])

    def household(self, household_id: str) -> Sequence[Member]:
        """The members of a household."""
        return self._households.get(household_id, ())

    def presences(self, domain: str) -> Sequence[Presence]:
        """Everybody one partner knows, in an order that never changes."""
        return self._presences[domain]

    def presence(self, domain: str, party_id: str) -> Presence | None:
        """Whom a partner knows under one of its customer numbers."""
        return _only(self._index(domain, "party_id").get(party_id))

    def by_token(self, domain: str, token: str) -> Presence | None:
        """Who granted a consent token."""
        return _only(self._index(domain, "token").get(token))

    def by_email(self, domain: str, email: str) -> Sequence[Presence]:
        """Everybody a partner knows with an e-mail address, whatever its case."""
        return self._index(domain, "email").get(email.lower(), ())

    def by_phone(self, domain: str, phone: str) -> Sequence[Presence]:
        """Everybody a partner knows with a phone number in E.164."""
        return self._index(domain, "phone").get(phone, ())

    def holdings(self, member_id: str) -> Holdings:
        """A member's accounts and policies alone, without writing their life.

        Raises:
            KeyError: there is nobody of that id.
        """
        return self._biographer.holdings(self._members[member_id], self._held[member_id])

    def life(self, member_id: str) -> Life:
        """What a member holds and did; written when first asked for.

        Raises:
            KeyError: there is nobody of that id.
        """
        return self._life(member_id)

    def life_around(self, member_id: str, day: date) -> tuple[Life, Life]:
        """A member's life as it was known at noon of an earlier day, and as it is known today.

        Both are written anew and not kept; see :mod:`sandbox.population.hindsight`.

        Raises:
            KeyError: there is nobody of that id.
            ValueError: the day is later than today.
        """
        if day > self.today:
            raise ValueError(f"lives are known up to {self.today}, not on {day}")
        member, held = self._members[member_id], self._held[member_id]
        whole = self._write_life(member_id)
        then = Biographer(self.seed, day, whole.since)
        if member.quiet_since and member.quiet_since > day:
            # Nobody knew of it yet, and journeys were booked beyond that day.
            return then.life(dataclasses.replace(member, quiet_since=None), held), whole
        return as_known(whole, then.holdings(member, held), day), whole

    def _write_life(self, member_id: str) -> Life:
        return self._biographer.life(self._members[member_id], self._held[member_id])

    @functools.cached_property
    def _households(self) -> Mapping[str, Sequence[Member]]:
        households: defaultdict[str, list[Member]] = defaultdict(list)
        for member in self._members.values():
            households[member.household].append(member)
        return dict(households)

    def _index(self, domain: str, attribute: str) -> Mapping[str, list[Presence]]:
        """Presences by one of their attributes, made when first asked for."""
        key = (domain, attribute)
        if key not in self._indexes:
            index: dict[str, list[Presence]] = {}
            for presence in self._presences[domain]:
                value: str | None = getattr(presence, attribute)
                if value is not None:
                    index.setdefault(value.lower() if attribute == "email" else value, []).append(presence)
            self._indexes[key] = index
        return self._indexes[key]


def _only(found: list[Presence] | None) -> Presence | None:
    return found[0] if found else None
