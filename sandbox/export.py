"""Writes the true links of a population in the import format of :mod:`c360.enrolment`."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import msgspec

from c360.contract import KeyKind
from c360.enrolment import CustomerLine, GrantLine, KeyLine, LinkLine
from c360.records.party import Identifier, IdentifierKind, Party, PartyKind
from c360.values import AddressPurpose, CountryCode, LanguageTag, PostalAddress
from sandbox.partners.loyalty.render import account_id
from sandbox.population import Population
from sandbox.population.model import Member, Presence

_SCOPES = {
    "banking": (
        "common:customer.detail:read",
        "bank:accounts.basic:read",
        "bank:accounts.detail:read",
        "bank:transactions:read",
        "bank:regular_payments:read",
    ),
    "insurance": ("customers", "resources", "insurance-auto", "insurance-person", "insurance-housing"),
}


def export(
    population: Population,
    file: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    back_office: bool = False,
) -> int:
    """Write every member with all links to a file, which appears whole or not at all.

    Args:
        progress: called now and then with how many members are written, and of how many.
        back_office: whether to link everybody to the back office, which knows them by the company's number.

    Returns:
        how many members were written.
    """
    encoder = msgspec.json.Encoder()
    total = len(population.members)
    with _appearing(file) as descriptor, os.fdopen(descriptor, "wb", buffering=1 << 20) as stream:
        for written, line in enumerate(lines(population, back_office=back_office), start=1):
            stream.write(encoder.encode(line))
            stream.write(b"\n")
            if progress and (written % 500 == 0 or written == total):
                progress(written, total)
        stream.flush()
        os.fsync(stream.fileno())
    return total


def lines(population: Population, *, back_office: bool = False) -> Iterator[CustomerLine]:
    """Every member of a population, with their links."""
    for member in population.members:
        links = [
            _link(population, member, presence)
            for presence in population.member_presences(member.id).values()
        ]
        yield CustomerLine(
            external_id=member.id,
            kind=_kind(member),
            links=(*links, _in_house(member)) if back_office else tuple(links),
        )


def party(presence: Presence) -> Party:
    """A member as one partner holds them."""
    address = presence.address
    organization = presence.organization_name if presence.organization else None
    return Party(
        party_id=presence.party_id,
        kind=PartyKind.ORGANIZATION if presence.organization else PartyKind.PERSON,
        given_name=presence.given_name,
        family_name=presence.family_name,
        organization_name=organization,
        birth_date=presence.birth_date,
        emails=(presence.email,) if presence.email else (),
        phones=(presence.phone,) if presence.phone else (),
        addresses=(
            PostalAddress(
                lines=(f"{address.street} {address.number}",),
                city=address.city,
                region=address.region,
                postal_code=address.postal_code,
                country=CountryCode(address.country),
                purpose=AddressPurpose.REGISTERED if presence.organization else AddressPurpose.HOME,
            ),
        ),
        language=LanguageTag(presence.language),
        identifiers=_identifiers(presence),
        updated_at=presence.updated_at,
    )


def _in_house(member: Member) -> LinkLine:
    """The link to the back office: it has no customers of its own, only the company's numbers for them."""
    return LinkLine(connector="workorders", party=Party(party_id=member.id, kind=_kind(member)))


def _kind(member: Member) -> PartyKind:
    return PartyKind.ORGANIZATION if member.organization else PartyKind.PERSON


def _identifiers(presence: Presence) -> tuple[Identifier, ...]:
    if not presence.tax_id:
        return ()
    # The insurer asks for the Brazilian number; the others for the one of the country of residence.
    country = "BR" if presence.domain == "insurance" else presence.address.country
    return (Identifier(kind=IdentifierKind.TAX_ID, value=presence.tax_id, country=CountryCode(country)),)


def _link(population: Population, member: Member, presence: Presence) -> LinkLine:
    domain = presence.domain
    return LinkLine(
        connector=domain,
        party=party(presence),
        keys=tuple(_keys(population, member, presence)),
        grant=GrantLine(token=presence.token, scopes=_SCOPES[domain]) if presence.token else None,
        linked_at=datetime.combine(presence.since, time(), tzinfo=UTC),
    )


def _keys(population: Population, member: Member, presence: Presence) -> Iterator[KeyLine]:
    """Numbers that are printed on what the member holds there; e-mail and phone are in the party."""
    if presence.tax_id:
        yield KeyLine(kind=KeyKind.TAX_ID, value=presence.tax_id)
    match presence.domain:
        case "banking":
            for account in population.holdings(member.id).accounts:
                yield KeyLine(kind=KeyKind.ACCOUNT_NUMBER, value=account.number)
        case "insurance":
            for policy in population.holdings(member.id).policies:
                yield KeyLine(kind=KeyKind.POLICY_NUMBER, value=policy.id)
        case "loyalty":
            yield KeyLine(kind=KeyKind.MEMBERSHIP_NUMBER, value=account_id(presence))
        case _:
            yield KeyLine(kind=KeyKind.CUSTOMER_NUMBER, value=presence.party_id)


@contextlib.contextmanager
def _appearing(file: Path) -> Iterator[int]:
    """A new file beside the wanted one that takes its place when all went well."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # Holds tokens: readable by its owner alone, which mkstemp sees to.
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        yield descriptor
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
