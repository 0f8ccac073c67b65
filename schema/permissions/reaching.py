"""Whom a caller may come to: its reach as the store's sight, and what is left of a shared customer.

This is the first rule, before scopes and purposes: who is out of reach is as if they did not exist. The store
holds to it wherever it finds somebody (:class:`store.sight.Sight`); here it is made from the principal.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

import msgspec

from c360.access import Access, Principal, Reach
from c360.values import CountryCode, PostalAddress
from connectors.identify import IdentifyResult
from connectors.infos import InstanceInfo
from connectors.results import SourceResult
from resolvers.names import display_name
from resolvers.profile import golden_profile
from schema.ports import Unit
from store.data import CustomerData
from store.sight import EVERYTHING, Sight

KeyT = TypeVar("KeyT", bound=Hashable)


def sight_of(principal: Principal, *, veiled: bool = False) -> Sight:
    """What the store shows to a principal.

    Args:
        principal: Who asks.
        veiled: Whether names are masked for it until somebody verified the caller.
    """
    if principal.reach is Reach.EVERYBODY and not veiled:
        return EVERYTHING
    return Sight(
        reach=principal.reach,
        subject=principal.subject,
        customer_id=principal.customer_id,
        connectors=principal.connectors,
        veiled=veiled,
        narrow=_told_by_own if principal.reach is Reach.PARTNER else EVERYTHING.narrow,
    )


def own(infos: Collection[InstanceInfo], principal: Principal) -> tuple[InstanceInfo, ...]:
    """The connector instances that there are for a principal: for a partner its own."""
    if principal.reach is not Reach.PARTNER:
        return tuple(infos)
    return tuple(info for info in infos if info.id in principal.connectors)


def own_only(only: frozenset[str] | None, principal: Principal) -> frozenset[str] | None:
    """The instances that a search goes to, out of those that it names."""
    if principal.reach is not Reach.PARTNER:
        return only
    return principal.connectors if only is None else only & principal.connectors


def own_sources(sources: Sequence[SourceResult], principal: Principal) -> Sequence[SourceResult]:
    """How the sources answered that there are for a principal."""
    if principal.reach is not Reach.PARTNER:
        return sources
    return tuple(source for source in sources if source.connector in principal.connectors)


def _told_by_own(customer: CustomerData) -> CustomerData:
    """A customer of whom a partner's own records alone are loaded, saying nothing that others told.

    The hub's name, country and dates come from all partners together; the partner has those of its own.
    """
    order = sorted({link.connector for link in customer.links})
    golden = golden_profile(customer.values, (), order)
    address = golden.address.value if golden.address else None
    country = address.country if isinstance(address, PostalAddress) else None
    heard = [one.recorded_at for one in customer.values if one.recorded_at is not None]
    linked = [link.linked_at for link in customer.links]
    first = customer.links[0].party_id if customer.links else ""
    return msgspec.structs.replace(
        customer,
        display_name=display_name(golden, customer.kind, first),
        country=None if country is None else CountryCode(country),
        created_at=min(linked, default=customer.created_at),
        updated_at=max((*linked, *heard), default=customer.updated_at),
    )


async def parties_in_sight(
    unit: Unit, found: Mapping[KeyT, Sequence[IdentifyResult]], access: Access
) -> dict[KeyT, Sequence[IdentifyResult]]:
    """What partners found, without the parties whom the caller may not come to.

    A partner is told of all that its own instances hold. For everybody else who does not see every customer,
    a party whom no customer in reach is linked to is nobody's in reach, whether another's or nobody's.
    """
    reach = access.principal.reach
    if reach in {Reach.EVERYBODY, Reach.PARTNER}:
        return dict(found)
    refs = {
        (party.connector, party.party_id)
        for results in found.values()
        for result in results
        for party in result.parties
    }
    held = await unit.customers.by_party_refs(refs) if refs else {}
    return {
        search: tuple(
            msgspec.structs.replace(
                result,
                parties=tuple(party for party in result.parties if (party.connector, party.party_id) in held),
            )
            for result in results
        )
        for search, results in found.items()
    }
