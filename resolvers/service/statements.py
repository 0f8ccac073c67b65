"""What the hub's own people say of a customer, as the record of a party: changed field by field.

The hub is a source like any partner, under the id :data:`store.data.HUB`. What it says stands in the golden
profile beside what partners say, and wins by the same rules.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from c360.records.party import Party, PartyKind
from resolvers import names
from resolvers.attributes import ATTRIBUTES, party_values
from resolvers.identity.blocks import blocks
from resolvers.identity.features import block_features
from resolvers.identity.keeping import UNNAMED, party_keys, stated
from resolvers.profile import golden_profile
from resolvers.survivorship import ProfileRules
from store.data import HUB, CustomerData, EnrolLink, ProfileValueData, StatedValue
from store.data_identity import CustomerDraft

METHOD = "hub"
"""How a party of the hub's own was found."""
SINGLE: Mapping[str, str] = {
    "given_name": "given_name",
    "family_name": "family_name",
    "full_name": "full_name",
    "organization_name": "organization_name",
    "birth_date": "birth_date",
    "language": "language",
}
"""Attributes of which the hub says one value at the most, with the fields of a party that hold them."""
CONTACTS: Mapping[str, str] = {"email": "emails", "phone": "phones", "address": "addresses"}
"""Attributes of which it says several, the preferred one first."""


class Clear(enum.Enum):
    """In place of a value: nothing is said of it any more."""

    CLEAR = "CLEAR"


CLEAR = Clear.CLEAR


class OwnStatement(msgspec.Struct, frozen=True, kw_only=True):
    """All that the hub says of a customer."""

    party: Party
    verified: frozenset[tuple[str, str]] = frozenset()
    """Attribute and text of the values that somebody checked."""

    @property
    def values(self) -> tuple[StatedValue, ...]:
        """It as the store keeps it."""
        checked = self.verified
        if not checked:
            return stated(self.party)
        return tuple(
            StatedValue(attribute=name, value=text, rank=rank, verified=(name, text) in checked)
            for name, text, rank in party_values(self.party)
        )

    def link(self, region: str, at: datetime) -> EnrolLink:
        """It with all that the customer is found by.

        Args:
            region: country of phone numbers written without one.
            at: when it is said.
        """
        return EnrolLink(
            connector=HUB,
            party_id=self.party.party_id,
            keys=party_keys(self.party, region),
            blocks=blocks(block_features(self.party)),
            values=self.values,
            observed_at=at,
            method=METHOD,
        )

    def says(self, attribute: str, value: Any) -> bool:
        """Whether it says a value of an attribute, in whatever spelling."""
        same = ATTRIBUTES[attribute].same
        return same(value) in {same(one) for one in getattr(self.party, CONTACTS[attribute])}

    def with_values(self, changes: Mapping[str, Any], *, verified: bool) -> OwnStatement:
        """It with other values of single attributes.

        Args:
            changes: by attribute; :data:`CLEAR`: nothing is said any more.
            verified: whether somebody checked them.
        """
        fields = {SINGLE[name]: None if value is CLEAR else value for name, value in changes.items()}
        party = msgspec.structs.replace(self.party, **fields)
        kept = {one for one in self.verified if one[0] not in changes}
        if verified:
            kept |= {
                (name, ATTRIBUTES[name].write(value)) for name, value in changes.items() if value is not CLEAR
            }
        return OwnStatement(party=party, verified=frozenset(kept))

    def with_contact(
        self, attribute: str, value: Any, *, preferred: bool, verified: bool = False, instead_of: Any = None
    ) -> OwnStatement:
        """It with one more contact point, in the place of another where one is given.

        Args:
            attribute: ``email``, ``phone`` or ``address``.
            value: the contact point.
            preferred: whether it goes before the others.
            verified: whether somebody checked it.
            instead_of: the one whose place it takes.
        """
        of = ATTRIBUTES[attribute]
        present: Sequence[Any] = getattr(self.party, CONTACTS[attribute])
        gone = {of.same(value)} | ({of.same(instead_of)} if instead_of is not None else set())
        place = next((at for at, one in enumerate(present) if of.same(one) in gone), len(present))
        rest = [one for one in present if of.same(one) not in gone]
        place = 0 if preferred else min(place, len(rest))
        made = self._with(attribute, (*rest[:place], value, *rest[place:]))
        checked = {(attribute, of.write(value))} if verified else set()
        return OwnStatement(party=made.party, verified=made.verified | checked)

    def without_contact(self, attribute: str, value: Any) -> OwnStatement:
        """It without a contact point."""
        same = ATTRIBUTES[attribute].same
        present: Sequence[Any] = getattr(self.party, CONTACTS[attribute])
        return self._with(attribute, [one for one in present if same(one) != same(value)])

    def _with(self, attribute: str, values: Collection[Any]) -> OwnStatement:
        texts = {(attribute, ATTRIBUTES[attribute].write(one)) for one in values}
        kept = frozenset(one for one in self.verified if one[0] != attribute or one in texts)
        party = msgspec.structs.replace(self.party, **{CONTACTS[attribute]: tuple(values)})
        return OwnStatement(party=party, verified=kept)


def own_statement(kind: PartyKind, values: Iterable[ProfileValueData], party_id: str) -> OwnStatement:
    """What the hub says of a customer by now.

    Args:
        kind: person or organisation.
        values: what is kept of the customer, of whatever source.
        party_id: the hub's own party.
    """
    mine = sorted(
        (one for one in values if (one.connector, one.party_id) == (HUB, party_id)), key=lambda one: one.rank
    )
    fields: dict[str, Any] = {}
    for one in mine:
        attribute = ATTRIBUTES.get(one.attribute)
        if attribute is None:
            continue  # of another release
        value = attribute.read(one.value)
        if one.attribute in SINGLE:
            fields.setdefault(SINGLE[one.attribute], value)
        else:
            several = CONTACTS.get(one.attribute, "identifiers")
            fields[several] = (*fields.get(several, ()), value)
    return OwnStatement(
        party=Party(connector=HUB, party_id=party_id, kind=kind, **fields),
        verified=frozenset((one.attribute, one.value) for one in mine if one.verified),
    )


def called(
    customer: CustomerData,
    said: OwnStatement,
    order: Sequence[str],
    rules: ProfileRules,
    *,
    at: datetime,
) -> CustomerDraft:
    """What a customer is called when the hub says this.

    Args:
        customer: as they were.
        said: what the hub says now.
        order: connector instances, the most trusted first.
        rules: by which values win.
        at: when it is said.
    """
    mine = (HUB, said.party.party_id)
    others = [one for one in customer.values if (one.connector, one.party_id) != mine]
    known = {
        StatedValue(attribute=one.attribute, value=one.value, verified=one.verified, rank=one.rank): one
        for one in customer.values
        if (one.connector, one.party_id) == mine
    }
    values = [known.get(one) or _kept(one, said.party.party_id, at) for one in said.values]
    golden = golden_profile([*others, *values], (), order, rules=rules)
    name = customer.display_name or UNNAMED
    address = golden.address.value if golden.address else None
    return CustomerDraft(
        kind=customer.kind,
        display_name=names.display_name(golden, customer.kind, name),
        sort_name=names.sort_name(golden, customer.kind, name),
        country=customer.country if address is None or not address.country else address.country,
    )


def _kept(stated: StatedValue, party_id: str, at: datetime) -> ProfileValueData:
    return ProfileValueData(
        attribute=stated.attribute,
        value=stated.value,
        connector=HUB,
        party_id=party_id,
        observed_at=at,
        verified=stated.verified,
        rank=stated.rank,
        valid_from=at,
        recorded_at=at,
    )
