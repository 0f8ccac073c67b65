"""The fields of a customer that say who they are, and why the hub thinks so."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from strawberry.types.field import StrawberryField

from c360.kinds import PARTY
from schema import hub
from schema.answers import CustomerAnswer, profile
from schema.declarations import Demand
from schema.derive import Deriver
from schema.hub import known
from schema.identity import answers
from schema.identity.shapes import FormerCustomer, Household, Identity, LedgerEntry
from schema.inputs import EntriesArguments, ProfileArguments
from schema.paging import Connection, connection_type, stored_page
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.permissions.types import TYPES
from schema.shapes import Profile
from store.data import CustomerData
from store.data_identity import LedgerPage


def identity_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields by name; the types that they need are made with them."""
    return {
        "version": make.attribute(
            str,
            "Changes whenever the hub changes anything about the customer: give it to a mutation as "
            "`expectedVersion`, to change nothing that you have not seen.",
            read=lambda customer: version_of(customer.view.customer),
            rule=needs(Scope.CUSTOMERS_READ),
        ),
        "profile": make.computed(
            _profile,
            Profile | None,
            "The golden record over all partners, each value with its source and what it won over; with "
            "`asOf` or `recordedAt` that of the past. Null only where it is withheld.",
            rule=TYPES["Profile"],
            arguments=ProfileArguments,
            demand=Demand(kinds=(PARTY,), hub=hub.PAST, arguments=ProfileArguments),
        ),
        "identity_history": make.computed(
            _history,
            _history_type(make) | None,
            "Every decision about who this is, and about everybody merged into them, the latest first.",
            arguments=EntriesArguments,
            demand=Demand(hub=hub.HISTORY, arguments=EntriesArguments),
            rule=TYPES["LedgerEntry"],
        ),
        "merged_from": make.attribute(
            tuple[FormerCustomer, ...],
            "Customers who were merged into this one, by their old ids. An old id that was asked for is "
            "among them.",
            demand=Demand(hub=hub.FORMER),
            rule=TYPES["FormerCustomer"],
            read=lambda customer: answers.former(known(customer.view, hub.FORMER) or ()),
        ),
        "household": make.attribute(
            Household | None,
            "The household that a person lives in; null for an organisation, and where none is known.",
            demand=Demand(hub=hub.HOUSEHOLD, leads=True),
            rule=TYPES["Household"],
            read=_household,
        ),
    }


def identities(customer: CustomerAnswer) -> list[Identity]:
    """The partner records behind a customer."""
    view = customer.view
    domains = customer.domain_of
    return [answers.identity(view, link, domains.get(link.connector)) for link in view.customer.links]


def version_of(customer: CustomerData) -> str:
    """What is different after any change to a customer in the hub.

    A digest of what is kept, so that it differs even where two changes bear the same time; a keyed one, so
    that nobody to whom the customer shows masked can guess names until the digest agrees.
    """
    links = sorted((link.connector, link.party_id) for link in customer.links)
    state = (customer.id, customer.updated_at, customer.display_name, customer.country, links)
    return hashlib.blake2b(msgspec.json.encode(state), key=customer.salt, digest_size=12).hexdigest()


def _profile(customer: CustomerAnswer, _info: object, **given: Any) -> Profile | None:
    asked = ProfileArguments(**{name: value for name, value in given.items() if value is not None})
    if asked == ProfileArguments():
        return profile(customer.view)
    past = known(customer.view, hub.PAST, asked)
    return answers.stated_profile(past.values if past else (), customer.view)


def _history_type(make: Deriver) -> Any:
    return connection_type(
        make, make.object(LedgerEntry), "LedgerEntry", "decisions, the latest first", counted=None
    )


def _history(customer: CustomerAnswer, _info: object, **given: Any) -> Connection:
    asked = EntriesArguments(**{name: value for name, value in given.items() if value is not None})
    page: LedgerPage = known(customer.view, hub.HISTORY, asked)
    rows = zip(map(answers.ledger_entry, page.entries), page.cursors, strict=True)
    return stored_page(rows, page)


def _household(customer: CustomerAnswer) -> Household | None:
    found = known(customer.view, hub.HOUSEHOLD)
    return None if found is None else answers.household(found, customer.customers)
