"""Who there is: households of people, and companies, one after the other.

The first members are the same whatever the size of the population, and nothing here depends on
the day, so that a larger or a later population has the same people in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sandbox.population.model import Address, Member
from sandbox.population.naming import address_of, feminine, slug
from sandbox.population.numbers import cnpj, cpf, number
from sandbox.population.origins import Name, Origin, fill, origins, pick

EPOCH = date(2025, 6, 30)
"""The day the population was registered; its ages are measured against it."""
KEEP_NAMES = frozenset({"ES", "PT", "CN", "GR"})
"""Where marriage seldom changes a name."""


DOUBLES = 0.05
"""Of those who live alone, how many have the name and the birth date of somebody else."""
NAMED_FOR_FATHER = 0.12
"""Of the sons, how many have the father's name."""
TWINS = 0.4
"""Of two grown children at home, how many are twins."""
RECYCLED = 0.04
"""How many have a phone number that somebody else had before."""


def given_up_number(phone: str) -> str:
    """The number that the owner of a phone had before, which a partner may still hold."""
    return phone[:-4] + f"{(int(phone[-4:]) + 4711) % 10_000:04d}"


@dataclass(slots=True)
class _Home:
    """What the people of one household share."""

    id: str
    origin: Origin
    residence: Origin
    address: Address
    previous: Address | None
    moved_on: date | None
    email: str
    """Empty where somebody lives alone."""
    phone: str


class Registry:
    """Makes members, one household after the other.

    Args:
        seed: another seed makes other people.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._emails: set[str] = set()
        self._singles: list[tuple[Origin, Name, Name, str, Address]] = []
        self._alone: list[tuple[Origin, Name, Name, str, date]] = []
        self._phones: list[str] = []

    def people(self, count: int) -> Iterator[Member]:
        """The first ``count`` people."""
        made = 0
        household = 0
        while made < count:
            for member in self._household(household, made):
                if made == count:
                    return
                yield member
                made += 1
            household += 1

    def companies(self, count: int) -> Iterator[Member]:
        """The first ``count`` companies."""
        for index in range(count):
            yield self._company(index)

    def _household(self, household: int, first: int) -> Iterator[Member]:
        rng = Random(f"{self._seed}/household/{household}")
        origin = origins().draw(rng)
        kind = rng.random()
        home = self._home(f"H{household:06d}", origin, rng)
        if kind < 0.45:
            yield self._single(home, first, rng)
            return
        couple = self._couple(home, first, rng)
        yield from couple
        if kind > 0.75:
            parents = sorted(couple, key=lambda parent: parent.sex, reverse=True)
            oldest_parent = max(parent.birth_date for parent in parents)
            yield from self._children(home, parents[0], oldest_parent, first + 2, rng)

    def _children(
        self, home: _Home, parent: Member, youngest: date, first: int, rng: Random
    ) -> Iterator[Member]:
        """One or two grown children at home; two may be twins, and never have one name."""
        count = 1 if rng.random() < 0.6 else 2
        eldest: Member | None = None
        for child in range(count):
            member = self._child(home, parent, youngest, first + child, rng, eldest=eldest)
            yield member
            eldest = eldest or member

    def _home(self, household: str, origin: Origin, rng: Random) -> _Home:
        residence = origin if rng.random() > 0.1 else origins().draw(rng)
        address = _address(residence, rng)
        moved = rng.random() < 0.3
        return _Home(
            id=household,
            origin=origin,
            residence=residence,
            address=address,
            previous=_address(residence, rng) if moved else None,
            moved_on=_day(rng, date(2017, 1, 1), EPOCH) if moved else None,
            email="",
            phone=fill(residence.landline, rng),
        )

    def _single(self, home: _Home, index: int, rng: Random) -> Member:
        woman = rng.random() < 0.5
        given = _given(home.origin, woman, rng)
        family = _family(home.origin, rng)
        if self._singles and rng.random() < 0.03:
            # A namesake: the same name in the same town, born on another day.
            origin, given, family, sex, address = pick(rng, tuple(self._singles[-400:]))
            woman, home.origin = sex == "F", origin
            home.address = Address(
                pick(rng, origin.streets),
                str(1 + int(rng.random() * 90)),
                address.city,
                address.region,
                address.postal_code,
                address.country,
            )
        else:
            self._singles.append((home.origin, given, family, "F" if woman else "M", home.address))
        born = _day(rng, date(1938, 1, 1), date(2006, 1, 1))
        hard = self._luck("double", home.id)
        if self._alone and hard.random() < DOUBLES:
            # Two of one name born on one day, somewhere else: only contact points and numbers tell.
            home.origin, given, family, sex, born = pick(hard, tuple(self._alone[-2000:]))
            woman = sex == "F"
        self._alone.append((home.origin, given, family, "F" if woman else "M", born))
        return self._person(home, index, rng, woman=woman, given=given, family=family, born=born)

    def _couple(self, home: _Home, first: int, rng: Random) -> list[Member]:
        origin = home.origin
        born = _day(rng, date(1945, 1, 1), date(2000, 1, 1))
        husband = _given(origin, False, rng)
        family = _family(origin, rng)
        same_sex = rng.random() < 0.06
        partner_born = born + timedelta(days=int(rng.gauss(700, 1500)))
        partner_born = min(partner_born, date(2004, 1, 1))
        own = _family(origin, rng)
        home.email = f"family.{slug(family.latin)}{int(home.id[1:])}@postbox.example"
        married = rng.random() < 0.75
        takes = married and not same_sex and rng.random() < (0.1 if origin.country in KEEP_NAMES else 0.75)
        earliest = date(max(born.year, partner_born.year) + 22, 1, 1)
        # Recent enough in many cases for older records to carry the maiden name.
        wedding = _day(rng, max(earliest, date(2008, 1, 1)), max(EPOCH, earliest + timedelta(days=30)))
        married_on = wedding if married and wedding <= EPOCH else None
        takes = takes and married_on is not None
        return [
            self._person(
                home, first, rng, woman=False, given=husband, family=family, born=born, married_on=married_on
            ),
            self._person(
                home,
                first + 1,
                rng,
                woman=not same_sex,
                given=_given(origin, not same_sex, rng),
                family=family if takes else own,
                born=partner_born,
                married_on=married_on,
                maiden=own if takes else None,
            ),
        ]

    def _luck(self, what: str, of: str) -> Random:
        """Chance of its own for what makes a population hard, so that everybody else stays who they are."""
        return Random(f"{self._seed}/{what}/{of}")

    def _child(
        self, home: _Home, parent: Member, youngest: date, index: int, rng: Random, *, eldest: Member | None
    ) -> Member:
        woman = rng.random() < 0.5
        given = _given(home.origin, woman, rng)
        if not woman and parent.sex == "M" and rng.random() < NAMED_FOR_FATHER:
            given = Name(parent.given_name, parent.native_given_name)
        luck = self._luck("sibling", str(index))
        while eldest and set(given.latin.split()) & set(eldest.given_name.split()):
            given = _given(home.origin, woman, luck)
        family = Name(parent.birth_family_name, parent.native_family_name)
        born = _day(
            rng, min(youngest.replace(day=1, year=youngest.year + 20), date(2005, 1, 1)), date(2006, 6, 1)
        )
        if eldest and luck.random() < TWINS:
            born = eldest.birth_date
        return self._person(home, index, rng, woman=woman, given=given, family=family, born=born)

    def _person(
        self,
        home: _Home,
        index: int,
        rng: Random,
        *,
        woman: bool,
        given: Name,
        family: Name,
        born: date,
        married_on: date | None = None,
        maiden: Name | None = None,
    ) -> Member:
        country = home.origin.country
        form = (lambda name: feminine(name, country)) if woman else str
        before = maiden or family
        own_number = number(self._seed, "tax", index, digits=9)
        email = self._email(given.latin, family.latin, born, index, rng)
        return Member(
            id=f"P{index:06d}",
            organization=False,
            given_name=given.latin,
            family_name=form(family.latin),
            organization_name=None,
            birth_date=born,
            sex="F" if woman else "M",
            email=email,
            phone=self._phone(fill(home.residence.mobile, rng), index),
            address=home.address,
            language=home.origin.language if rng.random() < 0.8 else home.residence.language,
            household=home.id,
            quiet_since=_quiet(rng),
            origin=country,
            native_given_name=given.native,
            native_family_name=form(family.native),
            birth_family_name=form(before.latin),
            married_on=married_on,
            previous_address=home.previous,
            moved_on=home.moved_on,
            tax_id=cpf(own_number) if home.residence.country == "BR" else f"{own_number:09d}",
            household_email=home.email or email,
            household_phone=home.phone,
        )

    def _phone(self, own: str, index: int) -> str:
        """Mostly a number of one's own; sometimes one that somebody else gave up, as operators hand out."""
        luck = self._luck("recycled", str(index))
        given_up = self._phones
        phone = (
            given_up_number(pick(luck, tuple(given_up[-2000:])))
            if (given_up and luck.random() < RECYCLED)
            else own
        )
        given_up.append(own)
        return phone

    def _company(self, index: int) -> Member:
        rng = Random(f"{self._seed}/company/{index}")
        origin = origins().draw(rng)
        woman = rng.random() < 0.4
        given, family = _given(origin, woman, rng), pick(rng, origin.families)
        short = f"{family.latin} {pick(rng, origin.trades)}"
        host = f"{slug(short)}{index}.example"
        own_number = number(self._seed, "company", index, digits=9)
        return Member(
            id=f"C{index:06d}",
            organization=True,
            given_name=given.latin,
            family_name=feminine(family.latin, origin.country) if woman else family.latin,
            organization_name=f"{short} {origin.legal}",
            birth_date=_day(rng, date(1950, 1, 1), date(2020, 1, 1)),
            sex="",
            email=f"info@{host}",
            phone=fill(origin.landline, rng),
            address=_address(origin, rng),
            language=origin.language,
            household=f"F{index:06d}",
            quiet_since=_quiet(rng),
            origin=origin.country,
            native_given_name=given.native,
            native_family_name=family.native,
            birth_family_name=family.latin,
            tax_id=cnpj(own_number) if origin.country == "BR" else f"{own_number:09d}",
            household_email=f"accounts@{host}",
            household_phone=fill(origin.landline, rng),
        )

    def _email(self, given: str, family: str, born: date, index: int, rng: Random) -> str:
        email = address_of(given, family, born, rng)
        if email in self._emails:
            local, _, host = email.partition("@")
            email = f"{local}{index}@{host}"
        self._emails.add(email)
        return email


def _given(origin: Origin, woman: bool, rng: Random) -> Name:
    first: Name = pick(rng, origin.women if woman else origin.men)
    if first.latin.isascii() and first.native != first.latin:
        return first
    if rng.random() < 0.18:
        second: Name = pick(rng, origin.women if woman else origin.men)
        if second != first:
            return Name(f"{first.latin} {second.latin}", f"{first.native} {second.native}")
    return first


def _family(origin: Origin, rng: Random) -> Name:
    name: Name = pick(rng, origin.families)
    if origin.double and rng.random() < 0.85:
        other: Name = pick(rng, origin.families)
        return Name(f"{name.latin} {other.latin}", f"{name.native} {other.native}")
    if origin.particles and rng.random() < 0.3:
        text = f"{pick(rng, origin.particles)} {name.latin}"
        return Name(text, text)
    return name


def _address(origin: Origin, rng: Random) -> Address:
    city = pick(rng, origin.cities)
    return Address(
        street=pick(rng, origin.streets),
        number=str(1 + int(rng.random() ** 2 * 180)),
        city=city.name,
        region=city.region,
        postal_code=fill(city.postal_code, rng),
        country=origin.country,
    )


def _day(rng: Random, first: date, last: date) -> date:
    return date.fromordinal(first.toordinal() + int(rng.random() * (last - first).days))


def _quiet(rng: Random) -> date | None:
    """Some stop one day, for good, and nobody tells the partners."""
    return _day(rng, date(2023, 3, 1), date(2028, 12, 31)) if rng.random() < 0.3 else None
