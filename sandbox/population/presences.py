"""How each partner knows a member: through its own forms, clerks and years."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

from sandbox.population.households import EPOCH, given_up_number
from sandbox.population.model import Address, Member, Presence
from sandbox.population.naming import (
    BLOCKED,
    address_of,
    company_variant,
    mistaken,
    mistyped,
    plain,
    rewritten,
)
from sandbox.population.numbers import DOMAINS, GRANTED, PARTY_IDS, cnpj, cpf, number, token
from sandbox.population.origins import Origin, origins, pick

_PARTNERS_HELD = ((0.10, 1), (0.34, 2), (0.61, 3), (0.81, 4), (0.93, 5), (1.01, 6))
_REACH = {"banking": 3.0, "insurance": 2.4, "brokerage": 0.7, "loyalty": 2.2, "hotel": 1.7, "rental": 1.1}
_WITHOUT_ACCENTS = {
    "banking": 0.6,
    "insurance": 0.1,
    "brokerage": 0.15,
    "loyalty": 0.35,
    "hotel": 0.3,
    "rental": 0.3,
}
_NATIVE_SCRIPT = {"loyalty": 0.35, "hotel": 0.4, "rental": 0.3}
_NICKNAME = {"loyalty": 0.3, "hotel": 0.12, "rental": 0.1}
_NO_BIRTH_DATE = {"brokerage": 0.02, "loyalty": 0.4, "hotel": 0.45, "rental": 0.15}
_NO_EMAIL = {
    "banking": 0.06,
    "insurance": 0.08,
    "brokerage": 0.1,
    "loyalty": 0.12,
    "hotel": 0.1,
    "rental": 0.04,
}
_NO_PHONE = {
    "banking": 0.05,
    "insurance": 0.08,
    "brokerage": 0.1,
    "loyalty": 0.12,
    "hotel": 0.15,
    "rental": 0.03,
}
_SHARED_EMAIL = {"insurance": 0.08, "loyalty": 0.12, "hotel": 0.15, "rental": 0.05}
_SHARED_PHONE = {"insurance": 0.2, "loyalty": 0.12, "hotel": 0.15, "brokerage": 0.15}
_TYPO = {
    "banking": 0.015,
    "insurance": 0.03,
    "brokerage": 0.01,
    "loyalty": 0.05,
    "hotel": 0.08,
    "rental": 0.03,
}


class Clerk:
    """Writes down members as the partners hold them.

    Args:
        seed: the population's seed.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._origins: dict[str, Origin] = {origin.country: origin for origin in origins().all}

    def presences(self, member: Member, index: int) -> Iterator[Presence]:
        """The member at every partner that knows them, in the order of the ports."""
        rng = Random(f"{self._seed}/presence/{member.id}")
        for domain in _held(member, rng):
            yield self._presence(member, index, domain, rng)

    def _presence(self, member: Member, index: int, domain: str, rng: Random) -> Presence:
        # A company banks from its first year; a person not before 18.
        grown = date(member.birth_date.year + (1 if member.organization else 18), 1, 1)
        since = _between(max(date(2009, 1, 1), grown), EPOCH, rng)
        current = rng.random() < 0.55
        updated = (
            _between(since, EPOCH, rng) if not current else EPOCH - timedelta(days=int(rng.random() * 200))
        )
        updated = max(updated, since)
        given, family = self._name(member, domain, updated, rng)
        return Presence(
            domain=domain,
            member_id=member.id,
            party_id=PARTY_IDS[domain](self._seed, index),
            organization=member.organization,
            given_name=given,
            family_name=family,
            organization_name=self._company_name(member, domain, rng),
            birth_date=_birth_date(member, domain, rng),
            sex=member.sex,
            email=self._email(member, domain, updated, rng),
            phone=_phone(member, domain, rng),
            address=_address(member, domain, updated, rng),
            language=member.language,
            tax_id=self._tax_id(member, domain, index),
            since=since,
            updated_at=datetime(
                updated.year,
                updated.month,
                updated.day,
                7 + int(rng.random() * 12),
                int(rng.random() * 60),
                tzinfo=UTC,
            ),
            token=token(self._seed, domain, index) if domain in GRANTED else None,
        )

    def _name(self, member: Member, domain: str, updated: date, rng: Random) -> tuple[str, str]:
        given = member.given_name
        family = member.family_name
        if member.married_on and updated < member.married_on:
            family = member.birth_family_name
        elif family != member.birth_family_name and rng.random() < 0.1:
            family = f"{family}-{member.birth_family_name}"
        if member.native_family_name != member.family_name and rng.random() < _NATIVE_SCRIPT.get(domain, 0):
            return member.native_given_name, member.native_family_name
        first, _, second = given.partition(" ")
        if second and rng.random() < 0.5:
            given = first if rng.random() < 0.7 else f"{first} {second[0]}."
        nickname = self._origins[member.origin].nicknames.get(first)
        if nickname and rng.random() < _NICKNAME.get(domain, 0.02):
            given = nickname
        if " " in family and self._origins[member.origin].double and rng.random() < 0.4:
            family = family.split(" ")[-1 if member.origin in {"BR", "PT"} else 0]
        if rng.random() < _WITHOUT_ACCENTS[domain]:
            given, family = plain(given, member.origin), plain(family, member.origin)
        if rng.random() < _TYPO[domain]:
            given, family = (
                (given, mistyped(family, rng)) if rng.random() < 0.6 else (mistyped(given, rng), family)
            )
        if member.origin in {"CN", "JP"} and rng.random() < 0.08:
            given, family = family, given
        return given, family

    def _company_name(self, member: Member, domain: str, rng: Random) -> str | None:
        name = member.organization_name
        if name is None:
            return None
        origin = self._origins[member.origin]
        if rng.random() < 0.3:
            name = company_variant(name, origin, rng)
        return plain(name, member.origin) if rng.random() < _WITHOUT_ACCENTS[domain] else name

    def _email(self, member: Member, domain: str, updated: date, rng: Random) -> str | None:
        draw = rng.random()
        if draw < _NO_EMAIL[domain]:
            return None
        if draw > 0.993:
            return str(pick(rng, BLOCKED))
        if rng.random() < _SHARED_EMAIL.get(domain, 0.03):
            return member.household_email
        if rng.random() < (0.25 if updated.year < 2018 else 0.06):
            # An older mailbox, in the maiden name where there was one.
            old = Random(f"{self._seed}/mailbox/{member.id}")
            return address_of(
                member.given_name, f"{member.birth_family_name}{member.id[1:]}", member.birth_date, old
            )
        return rewritten(member.email, rng) if rng.random() < 0.12 else member.email

    def _tax_id(self, member: Member, domain: str, index: int) -> str:
        if domain == "insurance":
            # The insurer is Brazilian: whoever is insured there has a CPF or CNPJ.
            if member.address.country == "BR" and len(member.tax_id) > 9:
                return member.tax_id
            of_their_own = number(self._seed, "br", index, digits=9)
            return cnpj(of_their_own) if member.organization else cpf(of_their_own)
        return member.tax_id if domain in {"banking", "brokerage"} else ""


def _held(member: Member, rng: Random) -> tuple[str, ...]:
    draw = rng.random()
    count = next(count for bound, count in _PARTNERS_HELD if draw < bound)
    reach = dict(_REACH)
    if member.organization:
        reach |= {"loyalty": 0.1, "brokerage": 0.3, "insurance": 3.0}
        count = min(count, 4)
    elif member.birth_date.year > 2000:
        reach["brokerage"] = 0.1
    ranked = sorted(DOMAINS, key=lambda domain: rng.random() ** (1 / reach[domain]), reverse=True)
    chosen = set(ranked[:count])
    return tuple(domain for domain in DOMAINS if domain in chosen)


def _birth_date(member: Member, domain: str, rng: Random) -> date | None:
    if member.organization or rng.random() < _NO_BIRTH_DATE.get(domain, 0):
        return None
    return mistaken(member.birth_date, rng) if rng.random() < 0.015 else member.birth_date


def _phone(member: Member, domain: str, rng: Random) -> str | None:
    draw = rng.random()
    if draw < _NO_PHONE[domain]:
        return None
    if rng.random() < _SHARED_PHONE.get(domain, 0.05):
        return member.household_phone
    if rng.random() < 0.05:
        # A number given up long ago.
        return given_up_number(member.phone)
    return member.phone


def _address(member: Member, domain: str, updated: date, rng: Random) -> Address:
    if member.previous_address and member.moved_on and updated < member.moved_on:
        return member.previous_address
    if domain in {"hotel", "rental"} and rng.random() < 0.1:
        address = member.address
        return Address(
            mistyped(address.street, rng),
            address.number,
            address.city,
            address.region,
            address.postal_code,
            address.country,
        )
    return member.address


def _between(first: date, last: date, rng: Random) -> date:
    days = (last - first).days
    return date.fromordinal(first.toordinal() + int(rng.random() * days)) if days > 0 else first
