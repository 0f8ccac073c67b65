"""Households: groups of persons who live together or share what households share. Never a merge.

Two persons are of one household where two things agree that a household shares: the address and the
family name, phone or e-mail, or the family name and the phone or e-mail. A value that more people share
than a household has members (a tower without flat numbers, a switchboard) makes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec

from c360.records.party import PartyKind
from resolvers.identity.features import Features

MOST_MEMBERS = 12
"""More people than this are an institution, not a household."""


class Person(msgspec.Struct, frozen=True):
    """A customer who may live with others."""

    customer_id: str
    parties: tuple[Features, ...]
    """All of the customer's parties; those of organisations are passed over."""


class Bond(msgspec.Struct, frozen=True, order=True):
    """Why two members are of one household."""

    left: str
    """Customer id; the lower of the two."""
    right: str
    fields: tuple[str, ...]
    """What they share: two or more of ``address``, ``email``, ``family_name``, ``phone``, in this order."""


class Household(msgspec.Struct, frozen=True, order=True):
    """Persons of one household."""

    members: tuple[str, ...]
    """Customer ids in order, two at least."""
    bonds: tuple[Bond, ...]
    """What ties them together; every member is in one at least."""


def households(persons: Iterable[Person], most: int = MOST_MEMBERS) -> tuple[Household, ...]:
    """Group persons into households; who lives alone is in none.

    The same whatever the order of the persons; linear in their number.

    Args:
        persons: Customers, each once.
        most: Members beyond which a group is no household.
    """
    shared: dict[_Tie, set[str]] = {}
    for person in persons:
        for tie in _ties(person):
            shared.setdefault(tie, set()).add(person.customer_id)
    # Small groups first, so that what stays out does not depend on the order of the persons.
    ties = sorted((len(ids), tie) for tie, ids in shared.items() if 1 < len(ids) <= most)
    groups: dict[str, set[str]] = {}
    bonds: dict[tuple[str, str], set[str]] = {}
    for _, tie in ties:
        ids = sorted(shared[tie])
        together = set().union(*(groups.get(one, {one}) for one in ids))
        if len(together) > most:
            continue
        groups.update(dict.fromkeys(together, together))
        for left, right in pairwise(ids):
            bonds.setdefault((left, right), set()).update(tie.fields)
    found: dict[tuple[str, ...], list[Bond]] = {}
    for (left, right), fields in sorted(bonds.items()):
        members = tuple(sorted(groups[left]))
        found.setdefault(members, []).append(Bond(left, right, tuple(sorted(fields))))
    return tuple(sorted(Household(members, tuple(held)) for members, held in found.items()))


class _Tie(msgspec.Struct, frozen=True, order=True):
    """Two things that agree, and their values."""

    fields: tuple[str, str]
    values: tuple[str, str]


def _ties(person: Person) -> Iterator[_Tie]:
    for party in person.parties:
        if party.kind is not PartyKind.PERSON:
            continue
        family = (("family_name", party.family),) if party.family else ()
        addresses = tuple(("address", value) for value in party.addresses)
        emails = tuple(("email", value) for value in party.emails)
        phones = tuple(("phone", value) for value in party.phones)
        for address in addresses:
            for other in (*emails, *family, *phones):
                yield _tie(address, other)
        for name in family:
            for contact in (*emails, *phones):
                yield _tie(contact, name)


def _tie(one: tuple[str, str], other: tuple[str, str]) -> _Tie:
    first, second = sorted((one, other))
    return _Tie((first[0], second[0]), (first[1], second[1]))
