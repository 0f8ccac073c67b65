"""What the database says of one customer, as values: in the order in which the repositories give it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from store.data import CustomerData, LinkData, PartyFigures
from store.data_consents import DecisionData
from store.data_contests import ContestData
from store.data_folders import Folder, SealedGrant
from store.data_offers import Contact
from store.repositories.profiles import place
from store.sight import Sight


class _Contact(Contact, frozen=True, kw_only=True):
    id: str


class _Grant(SealedGrant, frozen=True, kw_only=True):
    connector: str
    party_id: str


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    """As :mod:`store.repositories.folder_statement` has the database write it."""

    customer: CustomerData
    decisions: tuple[DecisionData, ...] = ()
    figures: tuple[PartyFigures, ...] = ()
    contests: tuple[ContestData, ...] = ()
    contacts: tuple[_Contact, ...] = ()
    verified: datetime | None = None
    grants: tuple[_Grant, ...] | None = None


_DECODER = msgspec.json.Decoder(_Body)


def folder(body: bytes | str, sight: Sight, salt: bytes) -> Folder:
    """A customer's folder.

    The database gives lists in any order: sorting them here costs it nothing, and is not repeated for a
    text that is understood already.

    Args:
        body: the JSON text.
        sight: whose view it is; leaves of the customer what is theirs to see.
        salt: the tenant's secret.
    """
    read = _DECODER.decode(body)
    customer = msgspec.structs.replace(
        read.customer,
        links=tuple(sorted(map(_link, read.customer.links), key=_linked)),
        values=tuple(sorted(read.customer.values, key=place)),
        salt=salt,
    )
    contacts = sorted(read.contacts, key=lambda one: (one.at, one.id))
    return Folder(
        customer=sight.narrow(customer),
        decisions=tuple(sorted(read.decisions, key=lambda one: (one.at, one.id))),
        figures=tuple(sorted(read.figures, key=lambda one: (one.connector, one.party_id))),
        contests=tuple(sorted(read.contests, key=lambda one: one.id, reverse=True)),
        contacts=tuple(
            Contact(product_id=one.product_id, event=one.event, at=one.at, channel=one.channel)
            for one in contacts
        ),
        verified=read.verified,
        grants=None if read.grants is None else {(one.connector, one.party_id): one for one in read.grants},
    )


def _link(link: LinkData) -> LinkData:
    if not link.objects:
        return link
    return msgspec.structs.replace(
        link, objects={kind: tuple(sorted(ids)) for kind, ids in link.objects.items()}
    )


def _linked(link: LinkData) -> tuple[str, datetime, str]:
    return (link.connector, link.linked_at, link.party_id)
