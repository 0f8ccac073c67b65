"""What the store says of who is who, as objects of the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from resolvers.attributes import ATTRIBUTES
from resolvers.identity.decide import Decision, Match
from resolvers.identity.recognition import evidence_data
from resolvers.identity.rules import Outcome
from resolvers.profile import golden_profile
from resolvers.view import CustomerView
from schema import ids
from schema.answers import CustomerAnswer, in_one_line, profile_of
from schema.hub import DECIDING, known
from schema.identity.shapes import (
    ComparedField,
    Evidence,
    FormerCustomer,
    Household,
    HouseholdMember,
    Identity,
    LedgerEntry,
    PartyReference,
    ProbableCustomer,
    Review,
    ReviewSide,
)
from schema.shapes import Profile
from store import data_identity as data
from store.data import LinkData, ProfileValueData

CUSTOMER = "Customer"
ENTRY = "LedgerEntry"
REVIEW = "Review"
"""Names of types, as global ids have them."""


def evidence(found: Iterable[data.EvidenceData]) -> tuple[Evidence, ...]:
    """What agreed, in the order of the comparisons."""
    return tuple(Evidence(field=one.field, agreement=one.agreement, weight=one.weight) for one in found)


def parties(found: Iterable[data.PartyRef]) -> tuple[PartyReference, ...]:
    """Partner records by their numbers."""
    return tuple(PartyReference(connector=one.connector, party_id=one.party_id) for one in found)


def customer_ids(found: Iterable[str]) -> tuple[str, ...]:
    """Global ids of customers."""
    return tuple(ids.encode(CUSTOMER, one) for one in found)


def entry_id(found: str | None) -> str | None:
    """Global id of an entry."""
    return None if found is None else ids.encode(ENTRY, found)


def ledger_entry(found: data.LedgerEntry) -> LedgerEntry:
    """An entry of the ledger."""
    why = found.decision
    return LedgerEntry(
        id=ids.encode(ENTRY, found.id),
        kind=found.kind,
        at=found.at,
        decided_by=why.actor,
        rule=why.rule,
        probability=why.probability,
        model_version=why.model_version,
        evidence=evidence(why.evidence),
        reason=why.reason or None,
        customer_id=ids.encode(CUSTOMER, found.customer_id),
        other_customer_ids=customer_ids(found.others),
        parties=parties(found.parties),
        review_id=None if found.review_id is None else ids.encode(REVIEW, found.review_id),
        reverses=entry_id(found.reverses),
        reversed_by=entry_id(found.reversed_by),
    )


def entry_of(entries: Mapping[str, data.LedgerEntry], local_id: str | None) -> LedgerEntry | None:
    """The entry of an id, where there is one."""
    found = None if local_id is None else entries.get(local_id)
    return None if found is None else ledger_entry(found)


def identity(view: CustomerView, link: LinkData, domain: str | None) -> Identity:
    """A link with the decisions behind it, where they were read."""
    deciding: Mapping[data.PartyRef, tuple[data.LedgerEntry, ...]] = known(view, DECIDING) or {}
    entries = deciding.get(data.PartyRef(link.connector, link.party_id), ())
    latest = entries[0] if entries else None
    why = latest.decision if latest else None
    return Identity(
        connector=link.connector,
        domain=domain,
        party_id=link.party_id,
        linked_at=link.linked_at,
        rule=why.rule if why else link.method.upper(),
        probability=why.probability if why else None,
        evidence=evidence(why.evidence) if why else (),
        model_version=why.model_version if why else None,
        decided_by=why.actor if why else None,
        at=latest.at if latest else link.linked_at,
        decisions=tuple(map(ledger_entry, entries)),
    )


def former(redirects: Iterable[data.Redirect]) -> tuple[FormerCustomer, ...]:
    """Old ids."""
    return tuple(
        FormerCustomer(
            id=ids.encode(CUSTOMER, one.customer_id), at=one.at, entry_id=ids.encode(ENTRY, one.entry_id)
        )
        for one in redirects
    )


def household(found: data.HouseholdData, customers: Mapping[str, CustomerAnswer]) -> Household:
    """A household with those of its members who are customers still."""
    return Household(
        members=tuple(HouseholdMember(customer=customers[one]) for one in found.members if one in customers),
        since=found.since,
        rule=found.rule,
        evidence=evidence(found.evidence),
    )


def probable(decision: Decision, customers: Mapping[str, CustomerAnswer]) -> tuple[ProbableCustomer, ...]:
    """The customers whom a party probably is, the likeliest first."""
    return tuple(
        ProbableCustomer(
            customer=customers[match.customer_id],
            probability=match.evidence.probability,
            certain=match.outcome is Outcome.LINK and decision.outcome is Outcome.LINK,
            rule=match.rule,
            evidence=evidence(evidence_data(match.evidence)),
            model_version=decision.model,
        )
        for match in probable_matches(decision)
        if match.customer_id in customers
    )


def probable_matches(decision: Decision) -> Iterator[Match]:
    """Those candidates that a person would at least look at."""
    return (match for match in decision.matches if match.outcome is not Outcome.NEW)


def stated_profile(values: Iterable[ProfileValueData], view: CustomerView) -> Profile:
    """A golden profile made of some of the values that the hub keeps, of now or of the past."""
    return profile_of(golden_profile(values, (), view.order, rules=view.rules), view)


def review(found: data.ReviewData, customers: Mapping[str, CustomerAnswer]) -> Review:
    """A review with both sides; of erased customers only their ids at the partners are left."""
    why = found.raised.decision
    left = customers.get(found.left_customer)
    right = customers.get(found.right_customer)
    return Review(
        id=ids.encode(REVIEW, found.id),
        state=found.state,
        left=_side(found.left, left),
        right=_side(found.right, right),
        fields=tuple(
            ComparedField(
                field=one.field,
                agreement=one.agreement,
                weight=one.weight,
                left=_said(found.left, left, one.field),
                right=_said(found.right, right, one.field),
            )
            for one in why.evidence
        ),
        probability=why.probability,
        rule=why.rule,
        model_version=why.model_version,
        raised_at=found.raised.at,
        raised_by=why.actor,
        verdict=found.verdict,
        decision=None if found.decided is None else ledger_entry(found.decided),
    )


def _side(party: data.PartyRef, customer: CustomerAnswer | None) -> ReviewSide:
    return ReviewSide(
        connector=party.connector,
        party_id=party.party_id,
        profile=None if customer is None else stated_profile(_values(party, customer), customer.view),
        customer=customer,
    )


def _values(party: data.PartyRef, customer: CustomerAnswer) -> list[ProfileValueData]:
    return [
        one
        for one in customer.view.customer.values
        if (one.connector, one.party_id) == (party.connector, party.party_id)
    ]


def _said(party: data.PartyRef, customer: CustomerAnswer | None, field: str) -> tuple[str, ...]:
    """What a party says of what was compared, in words."""
    if customer is None:
        return ()
    return tuple(
        _in_words(one) for one in _values(party, customer) if one.attribute in _COMPARED.get(field, (field,))
    )


_COMPARED: Mapping[str, tuple[str, ...]] = {
    "given_name": ("given_name", "full_name"),
    "family_name": ("family_name", "full_name"),
}
"""Attributes that a comparison looks at, where it is not only the one that it is named like."""


def _in_words(value: ProfileValueData) -> str:
    attribute = ATTRIBUTES.get(value.attribute)
    try:
        return value.value if attribute is None else in_one_line(attribute.read(value.value))
    except ValueError:  # written by another release
        return value.value
