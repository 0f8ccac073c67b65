"""What the hub keeps of a party: what is said of it, what it is found by, and what it is called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from c360.contract import KeyKind
from c360.records.party import Party, PartyKind
from resolvers import names
from resolvers.attributes import party_values
from resolvers.identity import normalise
from resolvers.identity.blocks import blocks
from resolvers.identity.features import block_features
from resolvers.profile import golden_profile
from resolvers.survivorship import AS_EVER, ProfileRules
from store.data import EnrolKey, EnrolLink, ProfileValueData, StatedValue
from store.data_identity import CustomerDraft


def stated(party: Party) -> tuple[StatedValue, ...]:
    """The profile values of a party as the store keeps them."""
    return tuple(
        [
            StatedValue(attribute=attribute, value=text, rank=rank)
            for attribute, text, rank in party_values(party)
        ]
    )


def party_name(party: Party) -> str:
    """The name of a party, to be found by; empty where the partner holds none."""
    if party.kind is PartyKind.ORGANIZATION:
        return party.organization_name or party.full_name or ""
    return " ".join(part for part in (party.given_name, party.family_name) if part) or party.full_name or ""


def party_keys(party: Party, region: str) -> tuple[EnrolKey, ...]:
    """The keys that a party's own contact points and numbers give.

    Args:
        party: The party.
        region: Country of phone numbers written without one.
    """
    found: list[tuple[KeyKind, str | None]] = [(KeyKind.CUSTOMER_NUMBER, normalise.number(party.party_id))]
    found += [(KeyKind.EMAIL, normalise.email(email)) for email in party.emails]
    found += [(KeyKind.PHONE, normalise.phone(phone, region)) for phone in party.phones]
    found += [
        (KeyKind.TAX_ID, normalise.number(identifier.value))
        for identifier in party.identifiers
        if identifier.kind.value == KeyKind.TAX_ID.value
    ]
    return tuple(EnrolKey(kind=kind, value=value) for kind, value in dict.fromkeys(found) if value)


def draft(
    kind: PartyKind,
    values: Iterable[ProfileValueData],
    order: Sequence[str],
    rules: ProfileRules = AS_EVER,
) -> CustomerDraft:
    """What a customer is called who is made of parties that the hub knows already.

    Args:
        kind: Person or organisation.
        values: What the hub keeps of the parties.
        order: Connector instances, the most trusted first.
        rules: By which values of the profile win.
    """
    kept = tuple(values)
    golden = golden_profile(kept, (), order, rules=rules)
    address = golden.address.value if golden.address else None
    by_party: dict[tuple[str, str], list[ProfileValueData]] = {}
    for value in kept:
        by_party.setdefault((value.connector, value.party_id), []).append(value)
    said = (
        names.display_name(golden_profile(mine, (), order, rules=rules), kind) for mine in by_party.values()
    )
    # A person of one name is called by it; an organisation without one is not called by its contact's.
    otherwise = UNNAMED if kind is PartyKind.ORGANIZATION else ""
    return CustomerDraft(
        kind=kind,
        display_name=names.display_name(golden, kind, otherwise) or UNNAMED,
        sort_name=names.sort_name(golden, kind, otherwise) or UNNAMED,
        names=tuple(dict.fromkeys(name for name in said if name)),
        country=None if address is None else address.country,
    )


def party_draft(
    parties: Sequence[Party],
    order: Sequence[str],
    *,
    kind: PartyKind | None = None,
    otherwise: str | None = None,
    rules: ProfileRules = AS_EVER,
) -> CustomerDraft:
    """What a customer is called who is made of parties as they just came in.

    Args:
        parties: Its parties, each with its connector instance.
        order: Connector instances, the most trusted first: the name is the golden one.
        kind: Person or organisation; by default what the first party is.
        otherwise: What to call it where no party has a name.
        rules: By which values of the profile win.
    """
    said = [name for party in parties for name in (party_name(party), party.organization_name) if name]
    countries = [address.country for party in parties for address in party.addresses if address.country]
    golden = golden_profile((), parties, order, rules=rules)
    kind = kind or (parties[0].kind if parties else PartyKind.PERSON)
    name = said[0] if said else otherwise or UNNAMED
    return CustomerDraft(
        kind=kind,
        display_name=names.display_name(golden, kind, name),
        sort_name=names.sort_name(golden, kind, name),
        names=tuple(dict.fromkeys(said)),
        country=countries[0] if countries else None,
    )


def lone_draft(party: Party) -> CustomerDraft:
    """What a customer is called who is made of one party: what it says itself wins over nothing else.

    The same as :func:`party_draft` of it alone, where it says one name of each kind, many times as fast.
    """
    person = party.kind is PartyKind.PERSON and party.given_name and party.family_name
    shown = names.full_name(str(party.given_name), str(party.family_name)) if person else ""
    first = (
        (party.organization_name, party.full_name)
        if party.kind is PartyKind.ORGANIZATION
        else (shown, party.full_name, party.organization_name)
    )
    said = tuple(name for name in (party_name(party), party.organization_name) if name)
    called = next((name for name in (*first, *said) if name), UNNAMED)
    return CustomerDraft(
        kind=party.kind,
        display_name=called,
        sort_name=f"{party.family_name} {party.given_name}" if person else called,
        names=tuple(dict.fromkeys(said)),
        country=next((one.country for one in party.addresses if one.country), None),
    )


def party_link(party: Party, region: str, *, method: str = "import") -> EnrolLink:
    """A party with all that it is found by and all that it says.

    Args:
        party: The party, with its connector instance.
        region: Country of phone numbers written without one.
        method: How it was found.
    """
    return EnrolLink(
        connector=party.connector,
        party_id=party.party_id,
        keys=party_keys(party, region),
        blocks=blocks(block_features(party)),
        values=stated(party),
        observed_at=party.updated_at,
        method=method,
    )


UNNAMED = "?"
"""What a customer is called of whom no partner has said a name yet."""
