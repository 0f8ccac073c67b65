"""Customers who are new with one party each, written thousands at once.

What is new has nothing to be compared with: no key that it had, no value that was believed, no entry before.
So nothing is looked up here, and every table is written once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from store import names
from store.bitemporal import revise
from store.columns import new_id
from store.copying import Always, Columns
from store.data import EnrolLink, LinkData
from store.data_identity import CustomerDraft, EntryKind, LinkDecision
from store.models import (
    Customer,
    EntryCustomer,
    EntryParty,
    Evidence,
    IdentityEntry,
    IdentityLink,
    LookupKey,
    NameToken,
    ProfileValue,
)
from store.repositories.base import Repository
from store.repositories.keys import KeyRepository


class Newcomer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A customer who is new, with the party that they are made of."""

    customer_id: str
    external_id: str
    entry_id: str
    draft: CustomerDraft
    party: EnrolLink
    link: LinkData
    decision: LinkDecision


class Newcomers(Repository):
    """Writes customers with their names, links, keys, values and entries."""

    async def add(self, newcomers: Sequence[Newcomer]) -> None:
        """Write them; their parties must belong to nobody, and be in it once."""
        if not newcomers:
            return
        now = self._scope.clock()
        await self._scope.insert_each(
            [
                (Customer, partial(_customers, newcomers, now)),
                (NameToken, partial(_names, newcomers)),
                (IdentityLink, partial(_links, newcomers, now)),
                (LookupKey, partial(self._keys, newcomers)),
                (ProfileValue, partial(_values, newcomers, now)),
                (IdentityEntry, partial(_entries, newcomers, now)),
                (EntryCustomer, partial(_concerned, newcomers)),
                (EntryParty, partial(_moved, newcomers)),
                (Evidence, partial(_evidence, newcomers)),
            ]
        )

    def _keys(self, newcomers: Sequence[Newcomer]) -> Columns:
        hashes = KeyRepository(self._scope).hashes
        rows = [
            (each.customer_id, each.party.connector, each.party.party_id, kind, digest)
            for each in newcomers
            for kind, digest in dict.fromkeys(hashes(each.party.keys, each.party.blocks))
        ]
        # In the order of the index, so that its pages are written once each.
        rows.sort(key=lambda row: row[3:])
        return _by_column(("customer_id", "connector", "party_id", "kind", "hash"), rows)


def _by_column(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    return dict(zip(columns, zip(*rows, strict=True) if rows else [()] * len(columns), strict=True))


def _customers(newcomers: Sequence[Newcomer], now: datetime) -> Columns:
    drafts = [each.draft for each in newcomers]
    return {
        "id": [each.customer_id for each in newcomers],
        "external_id": [each.external_id for each in newcomers],
        "kind": [draft.kind.value for draft in drafts],
        "display_name": [draft.display_name for draft in drafts],
        "sort_name": [names.sort_name(draft.sort_name or draft.display_name) for draft in drafts],
        "country": [draft.country for draft in drafts],
        "created_at": Always(now),
        "updated_at": Always(now),
        "erased_at": Always(None),
        "standing": Always("PRESENT"),
    }


def _names(newcomers: Sequence[Newcomer]) -> Columns:
    rows = sorted(
        (token, each.customer_id)
        for each in newcomers
        for token in names.tokens({each.draft.display_name, *each.draft.names})
    )
    whose = [customer_id for _, customer_id in rows]
    return {"token": [token for token, _ in rows], "customer_id": whose, "home_id": whose}


def _links(newcomers: Sequence[Newcomer], now: datetime) -> Columns:
    links = [each.link for each in newcomers]
    whose = [each.customer_id for each in newcomers]
    return {
        "id": [new_id() for _ in newcomers],
        "customer_id": whose,
        "home_id": whose,
        "connector": [link.connector for link in links],
        "party_id": [link.party_id for link in links],
        "status": Always("ACTIVE"),
        "method": [link.method for link in links],
        "confidence": [link.confidence for link in links],
        "evidence": [link.evidence for link in links],
        "linked_at": [link.linked_at for link in links],
        "unlinked_at": Always(None),
        "recorded_at": Always(now),
    }


def _values(newcomers: Sequence[Newcomer], now: datetime) -> Columns:
    rows = [
        (
            new_id(),
            each.customer_id,
            each.party.connector,
            each.party.party_id,
            belief.stated.attribute,
            belief.stated.rank,
            belief.stated.value,
            belief.stated.verified,
            belief.observed_at,
            belief.valid_from,
        )
        for each in newcomers
        for belief in revise((), each.party.values, each.party.observed_at, now).recorded
    ]
    return {
        **_by_column(
            (
                "id",
                "customer_id",
                "connector",
                "party_id",
                "attribute",
                "rank",
                "value",
                "verified",
                "observed_at",
                "valid_from",
            ),
            rows,
        ),
        "valid_to": Always(None),
        "recorded_from": Always(now),
        "recorded_to": Always(None),
    }


def _entries(newcomers: Sequence[Newcomer], now: datetime) -> Columns:
    decisions = [each.decision for each in newcomers]
    return {
        "id": [each.entry_id for each in newcomers],
        "kind": Always(EntryKind.CREATE.value),
        "at": Always(now),
        "actor": [one.actor for one in decisions],
        "rule": [one.rule for one in decisions],
        "probability": [one.probability for one in decisions],
        "model_version": [one.model_version for one in decisions],
        "reason": [one.reason for one in decisions],
        "review_id": Always(None),
        "reverses": Always(None),
    }


def _concerned(newcomers: Sequence[Newcomer]) -> Columns:
    return {
        "entry_id": [each.entry_id for each in newcomers],
        "place": Always(0),
        "node_id": [each.customer_id for each in newcomers],
    }


def _moved(newcomers: Sequence[Newcomer]) -> Columns:
    return {
        "entry_id": [each.entry_id for each in newcomers],
        "connector": [each.party.connector for each in newcomers],
        "party_id": [each.party.party_id for each in newcomers],
        "from_id": Always(None),
        "to_id": [each.customer_id for each in newcomers],
    }


def _evidence(newcomers: Sequence[Newcomer]) -> Columns:
    rows = [
        (each.entry_id, place, one.field, one.agreement, one.weight)
        for each in newcomers
        for place, one in enumerate(each.decision.evidence)
    ]
    return _by_column(("entry_id", "place", "field", "agreement", "weight"), rows)
