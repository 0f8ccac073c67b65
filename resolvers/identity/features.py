"""A partner's record of a customer as what can be compared: one flat struct, one table column a field.

The request path compares these structs; work over the population writes them as a table whose columns
have the same names. Texts are never empty but ``None``; lists never hold nothing but are empty.
"""

from __future__ import annotations

import contextlib
import functools
import re
import typing
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from c360.records.party import Party, PartyKind
from resolvers.attributes import ATTRIBUTES
from resolvers.identity import identifiers, naming, normalise, organizations, postal, tables
from resolvers.identity.blocked import NOTHING_BLOCKED, Blocked
from store.data import ProfileValueData

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_TELLING = 4
"""Letters from which on a word of an organisation's name tells something."""
_LONG_LOCAL = 5
"""Letters from which on a local part is somebody's rather than everybody's."""


class Features(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What of a party is compared. Lists keep their order, the preferred value first."""

    kind: PartyKind = PartyKind.PERSON
    given: str | None = None
    """Given names in plain Latin letters."""
    given_tokens: tuple[str, ...] = ()
    """The same as words, with those of another spelling (``jurg``, ``juerg``)."""
    given_forms: tuple[str, ...] = ()
    """The same and all names they may be short for."""
    given_sound: str | None = None
    initial: str | None = None
    """First letter of the first given name."""
    initial_only: bool = False
    """No given name is more than its first letter."""
    family: str | None = None
    """Family names in plain Latin letters, without particles."""
    family_tokens: tuple[str, ...] = ()
    family_sound: str | None = None
    name: str | None = None
    """All words of the name in alphabetical order; of two words at least."""
    native: str | None = None
    """The name in its own script, where that is not Latin."""
    script: str = "LATIN"
    company: str | None = None
    """Name of an organisation in plain Latin letters, without its legal form."""
    company_words: str | None = None
    """Its words in alphabetical order."""
    company_tokens: tuple[str, ...] = ()
    """Its words of four letters and more."""
    birth_date: str | None = None
    """As ``2001-02-03``."""
    emails: tuple[str, ...] = ()
    """Addresses in the form in which one mailbox has one (:func:`~.normalise.same_mailbox`)."""
    email_locals: tuple[str, ...] = ()
    """Their local parts of five letters and more."""
    email_hosts: tuple[str, ...] = ()
    """Their hosts but for those where anyone can have an address."""
    phones: tuple[str, ...] = ()
    """In E.164."""
    addresses: tuple[str, ...] = ()
    """Street and place, as one text each."""
    streets: tuple[str, ...] = ()
    """Street and number alone."""
    postcode: str | None = None
    """Of the preferred address."""
    city: str | None = None
    """Of the preferred address."""
    country: str | None = None
    """Of the preferred address."""
    ids: tuple[str, ...] = ()
    """Registered numbers with their scope, such as ``TAX_ID:BR:12345678909``."""
    id_kinds: tuple[str, ...] = ()
    """Their scopes, such as ``TAX_ID:BR``."""
    verified_ids: tuple[str, ...] = ()
    """Those that somebody checked, or whose check digits hold."""


_COLUMN_TYPES: Mapping[object, str] = {
    PartyKind: "VARCHAR",
    str: "VARCHAR",
    str | None: "VARCHAR",
    bool: "BOOLEAN",
    tuple[str, ...]: "VARCHAR[]",
}


@functools.cache
def columns() -> Mapping[str, str]:
    """The fields of :class:`Features` as columns: name → DuckDB type, in order."""
    hints = typing.get_type_hints(Features)
    return MappingProxyType({name: _COLUMN_TYPES[hints[name]] for name in Features.__struct_fields__})


def row(features: Features) -> tuple[Any, ...]:
    """The values of those columns, as DuckDB takes them."""
    _, *rest = msgspec.structs.astuple(features)
    return (features.kind.value, *rest)


def from_row(values: Iterable[Any]) -> Features:
    """Features from the values of :func:`row`."""
    kind, *rest = values
    lists = (tuple(value) if isinstance(value, list) else value for value in rest)
    fields: dict[str, Any] = dict(zip(Features.__struct_fields__, (PartyKind(kind), *lists), strict=True))
    return Features(**fields)


def party_features(
    party: Party,
    *,
    region: str | None = None,
    verified: Iterable[str] = (),
    blocked: Blocked = NOTHING_BLOCKED,
) -> Features:
    """What of a partner's record is compared.

    Args:
        party: The record.
        region: Country of phone numbers written without one, where the party's address names none.
        verified: Texts of attributes (as the hub keeps them) that somebody checked.
        blocked: Values that count for nothing (``none@…``, ``0000000``).
    """
    shared = _contact(party, region, blocked) | _registered(party, frozenset(verified), blocked)
    build = _organization if party.kind is PartyKind.ORGANIZATION else _person
    return Features(kind=party.kind, **build(party, blocked), **shared)


def block_features(party: Party, blocked: Blocked = NOTHING_BLOCKED) -> Features:
    """Those alone that blocks are made of (:func:`.blocks.blocks`), at a fraction of the cost."""
    emails = _mailboxes(party, blocked)
    postcode = postal.postcode(party.addresses[0].postal_code) if party.addresses else None
    if party.kind is PartyKind.ORGANIZATION:
        words = _company(party, blocked)
        return Features(
            kind=party.kind,
            company_words=" ".join(sorted(words)) if words else None,
            emails=emails,
            postcode=postcode,
        )
    name, given, family = _words(party, blocked)
    return Features(
        kind=party.kind,
        given_tokens=(*given, *name.given_spellings),
        family_tokens=(*family, *name.family_spellings),
        name=_whole_name(given, family),
        native=name.native,
        birth_date=_born(party, blocked),
        emails=emails,
        postcode=postcode,
    )


def stored_features(
    kind: PartyKind,
    values: Iterable[ProfileValueData],
    *,
    region: str | None = None,
    blocked: Blocked = NOTHING_BLOCKED,
) -> Features:
    """The same from the values that the hub keeps of one party.

    Values that this release cannot read are left out.
    """
    ordered = sorted(values, key=lambda value: (value.attribute, value.rank, value.value))
    verified = [value.value for value in ordered if value.verified]
    return party_features(_party(kind, ordered), region=region, verified=verified, blocked=blocked)


_PLURALS = {"email": "emails", "phone": "phones", "address": "addresses", "identifier": "identifiers"}


def _party(kind: PartyKind, values: list[ProfileValueData]) -> Party:
    """The party that stated these values."""
    found: dict[str, list[Any]] = {}
    for value in values:
        attribute = ATTRIBUTES.get(value.attribute)
        if attribute is not None:
            with contextlib.suppress(ValueError):  # msgspec's decoding errors are ValueErrors too
                found.setdefault(value.attribute, []).append(attribute.read(value.value))
    fields: dict[str, Any] = {
        _PLURALS.get(name, name): tuple(read) if name in _PLURALS else read[0]
        for name, read in found.items()
        if read
    }
    return Party(party_id=values[0].party_id if values else "", kind=kind, **fields)


def _person(party: Party, blocked: Blocked) -> dict[str, Any]:
    name, given, family = _words(party, blocked)
    first = naming.joined(given)
    last = naming.joined(family)
    return {
        "given": first,
        "given_tokens": (*given, *name.given_spellings),
        "given_forms": tuple(dict.fromkeys(form for word in given for form in naming.forms(word))),
        "given_sound": naming.sound(first) if first else None,
        "initial": given[0][0] if given else None,
        "initial_only": bool(given) and all(len(word) == 1 for word in given),
        "family": last,
        "family_tokens": (*family, *name.family_spellings),
        "family_sound": naming.sound(last) if last else None,
        "name": _whole_name(given, family),
        "native": name.native,
        "script": name.script,
        "birth_date": _born(party, blocked),
    }


def _words(party: Party, blocked: Blocked) -> tuple[naming.PersonName, tuple[str, ...], tuple[str, ...]]:
    """A person's name, and those of its given and family names that tell something."""
    name = naming.person_name(party.given_name, party.family_name, party.full_name)
    if blocked.names.isdisjoint(name.given) and blocked.names.isdisjoint(name.family):
        return name, name.given, name.family
    given = tuple(word for word in name.given if word not in blocked.names)
    return name, given, tuple(word for word in name.family if word not in blocked.names)


def _whole_name(given: tuple[str, ...], family: tuple[str, ...]) -> str | None:
    words = sorted({*given, *family})
    return " ".join(words) if len(words) > 1 else None


def _born(party: Party, blocked: Blocked) -> str | None:
    born = party.birth_date.isoformat() if party.birth_date else None
    return None if born in blocked.birth_dates else born


def _organization(party: Party, blocked: Blocked) -> dict[str, Any]:
    words = _company(party, blocked)
    if not words:
        return {}
    return {
        "company": " ".join(words),
        "company_words": " ".join(sorted(words)),
        "company_tokens": tuple(word for word in words if len(word) >= _TELLING),
    }


def _company(party: Party, blocked: Blocked) -> tuple[str, ...]:
    """The words of an organisation's name; none where they all count for nothing."""
    written = party.organization_name or party.full_name or party.family_name or ""
    country = party.addresses[0].country if party.addresses else None
    words = organizations.company_words(written, country)
    return words if set(words) - blocked.names else ()


def _mailboxes(party: Party, blocked: Blocked) -> tuple[str, ...]:
    return _unique(
        normalise.same_mailbox(address)
        for written in party.emails
        if (address := normalise.email(written)) is not None and not blocked.email(address)
    )


def _contact(party: Party, region: str | None, blocked: Blocked) -> dict[str, Any]:
    emails = _mailboxes(party, blocked)
    home = next((address.country for address in party.addresses if address.country), None) or region
    phones = dict.fromkeys(
        number
        for written in party.phones
        if (number := _phone(written, home)) is not None and not blocked.phone(number)
    )
    locals_and_hosts = [address.rpartition("@") for address in emails]
    taken = [postal.address(written) for written in party.addresses]
    first = taken[0] if taken else postal.ComparableAddress()
    return {
        "emails": emails,
        "email_locals": _unique(local for local, _, _ in locals_and_hosts if len(local) >= _LONG_LOCAL),
        "email_hosts": _unique(host for _, _, host in locals_and_hosts if host not in tables.providers()),
        "phones": tuple(phones),
        "addresses": _unique(one.whole for one in taken if one.whole),
        "streets": _unique(one.street for one in taken if one.street and one.numbered),
        "postcode": first.postcode,
        "city": first.city,
        "country": party.addresses[0].country if party.addresses else None,
    }


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


@functools.lru_cache(maxsize=65_536)
def _phone(written: str, region: str | None) -> str | None:
    return written if _E164.fullmatch(written) else normalise.phone(written, region)


def _registered(party: Party, verified: frozenset[str], blocked: Blocked) -> dict[str, Any]:
    kept: dict[str, str] = {}
    proven: list[str] = []
    for identifier in party.identifiers:
        if identifier.kind not in identifiers.COMPARED:
            continue
        key = identifiers.key(identifier)
        scope = identifiers.scope(identifier)
        if key is None or blocked.number(key.removeprefix(f"{scope}:")):
            continue
        kept[key] = scope
        if identifiers.checked(identifier) or (
            verified and ATTRIBUTES["identifier"].write(identifier) in verified
        ):
            proven.append(key)
    return {"ids": tuple(kept), "id_kinds": _unique(kept.values()), "verified_ids": _unique(proven)}
