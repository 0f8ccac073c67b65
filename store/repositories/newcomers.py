"""Customers who are new with one party each, written thousands at once.

What is new has nothing to be compared with: no key that it had, no value that was believed, no entry before.
So nothing is looked up here, and every table is written once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import repeat

import msgspec
from sqlalchemy import Dialect

from store import names
from store.columns import new_id
from store.copying import Always, Columns, Written, alike
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
from store.models.base import Base
from store.repositories.base import Repository
from store.repositories.keys import BLOCK


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
        if newcomers:
            now, dialect = self._scope.clock(), self._scope.dialect
            await self._scope.insert_written(await asyncio.to_thread(self.written, newcomers, now, dialect))

    def written(self, newcomers: Sequence[Newcomer], now: datetime, dialect: Dialect) -> tuple[Written, ...]:
        """Their rows, in the order in which they refer to each other; may be done in a thread.

        Args:
            newcomers: at least one.
            now: when they come.
            dialect: the database's.
        """
        made: Sequence[tuple[type[Base], Columns]] = (
            (Customer, _customers(newcomers, now)),
            (NameToken, _names(newcomers)),
            (IdentityLink, _links(newcomers, now)),
            (LookupKey, self._keys(newcomers)),
            (ProfileValue, _values(newcomers, now)),
            (IdentityEntry, _entries(newcomers, now)),
            (EntryCustomer, _concerned(newcomers)),
            (EntryParty, _moved(newcomers)),
            (Evidence, _evidence(newcomers)),
        )
        return tuple(self._scope.written(model, columns, dialect) for model, columns in made)

    def _keys(self, newcomers: Sequence[Newcomer]) -> Columns:
        by_kind: dict[str, dict[tuple[str, int], None]] = {BLOCK: {}}
        blocks = by_kind[BLOCK]
        for place, each in enumerate(newcomers):
            for key in each.party.keys:
                by_kind.setdefault(key.kind._value_, {})[key.value, place] = None
            for block in each.party.blocks:
                blocks[block, place] = None
        found: list[tuple[str, bytes, int]] = []
        for kind, said in sorted(by_kind.items()):
            hashes = self._scope.keyring.lookup_hashes(self._tenant, kind, [value for value, _ in said])
            places = [place for _, place in said]
            # In the order of the index, so that its pages are written once each.
            found += sorted(zip(repeat(kind), hashes, places, strict=False))
        theirs = [newcomers[place] for _, _, place in found]
        return {
            "customer_id": [each.customer_id for each in theirs],
            **_parties(theirs),
            "kind": [kind for kind, _, _ in found],
            "hash": [digest for _, digest, _ in found],
        }


def _parties(newcomers: Sequence[Newcomer]) -> Columns:
    return {
        "connector": alike([each.party.connector for each in newcomers]) if newcomers else [],
        "party_id": [each.party.party_id for each in newcomers],
    }


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
    }


def _names(newcomers: Sequence[Newcomer]) -> Columns:
    found = [names.tokens({each.draft.display_name, *each.draft.names}) for each in newcomers]
    tokens = [token for each in found for token in each]
    whose = [place for place, each in enumerate(found) for _ in each]
    order = sorted(range(len(tokens)), key=tokens.__getitem__)
    ids = [newcomers[whose[at]].customer_id for at in order]
    return {"token": [tokens[at] for at in order], "customer_id": ids, "home_id": ids}


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
        "recorded_at": Always(now),
    }


def _values(newcomers: Sequence[Newcomer], now: datetime) -> Columns:
    # As `store.bitemporal.revise` has it where nothing was believed: all of it, since it was said.
    said = [dict.fromkeys(each.party.values) for each in newcomers]
    values = [value for each in said for value in each]
    whose = [newcomers[place] for place, each in enumerate(said) for _ in each]
    since = [each.party.observed_at or now for each in whose]
    return {
        "id": [new_id() for _ in values],
        "customer_id": [each.customer_id for each in whose],
        **_parties(whose),
        "attribute": [value.attribute for value in values],
        "rank": [value.rank for value in values],
        "value": [value.value for value in values],
        "verified": [value.verified for value in values],
        "observed_at": since,
        "valid_from": since,
        "recorded_from": Always(now),
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
        **_parties(newcomers),
        "to_id": [each.customer_id for each in newcomers],
    }


def _evidence(newcomers: Sequence[Newcomer]) -> Columns:
    rows = [
        (each.entry_id, place, one) for each in newcomers for place, one in enumerate(each.decision.evidence)
    ]
    return {
        "entry_id": [entry for entry, _, _ in rows],
        "place": [place for _, place, _ in rows],
        "field": [one.field for _, _, one in rows],
        "agreement": [one.agreement for _, _, one in rows],
        "weight": [one.weight for _, _, one in rows],
    }
