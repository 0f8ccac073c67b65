"""Everything that the hub keeps of one person, table by table, for the person to be told.

A table with a ``customer_id`` is told of by :data:`store.moving.MOVABLES` alone, all its columns but those
that :data:`UNTOLD` names; what else holds something of a person has a reader here, or stands in
:data:`NOTHING_TOLD` with the reason. A test walks the tables and fails for one that is neither.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, and_, or_, select

from store.data_identity import PartyRef
from store.data_privacy import Section
from store.keyring import DataKey
from store.models import (
    Apart,
    Customer,
    EntryCustomer,
    EntryParty,
    Evidence,
    Household,
    HouseholdMember,
    IdentityEntry,
    IdentityLink,
    RecordIndex,
    Review,
)
from store.models.base import Base, table
from store.moving import MOVABLES
from store.repositories.base import Repository
from store.repositories.families import Families
from store.repositories.relocation import Relocation
from store.repositories.vault import Vault
from store.sealed import SEALED

UNTOLD: Mapping[tuple[str, str], str] = {
    ("grant", "token"): "lets the hub in at the partner: a secret that is shown to nobody",
    ("grant_duty", "token"): "lets the hub in at the partner: a secret that is shown to nobody",
    ("grant_flow", "sealed"): "secrets of a grant under way, for minutes",
    ("grant_flow", "state_hash"): "a digest, from which nothing can be read",
    ("grant_flow", "browser_hash"): "a digest, from which nothing can be read",
    ("customer_key", "wrapped"): "a key, which is no knowledge of the person",
    ("lookup_key", "hash"): "a keyed hash, from which nothing can be read",
    ("snapshot", "parties_hash"): "a digest of the column beside it",
    ("partner_action", "key_hash"): "a keyed hash, from which nothing can be read",
    ("partner_action", "fingerprint"): "a digest of the request, from which nothing can be read",
    ("consent_decision", "import_key"): "a keyed hash, from which nothing can be read",
    ("data_export_chunk", "content"): "an earlier export, in which this one would be contained",
    **{
        ("review", f"{side}_{what}"): "may be another person's"
        for side in ("left", "right")
        for what in ("connector", "party", "id")
    },
    ("review", "low_id"): "may be another person's",
    ("review", "high_id"): "may be another person's",
    **{
        ("apart", f"{side}_{what}"): "may be another person's"
        for side in ("low", "high")
        for what in ("connector", "party")
    },
}
"""Columns of tables that are told of, which themselves are not, with the reason."""

NOTHING_TOLD: Mapping[str, str] = {
    "answered_request": "answers to requests by hashed keys, of ids and figures alone, for a day",
    "request_customer": "which of those answers are about the person, to be deleted with them",
    "api_key": "of no customer: keys by which programs let themselves in",
    "appointment_slot": "the hours of employees; the appointment itself is told of",
    "audit_mark": "where the audit has entries of whom",
    "audit_batch": "told of as who looked at the person, by its entries",
    "audit_selection": "names of fields of the graph",
    "audit_write": "told of as who looked at the person, by its entries",
    "connector_instance": "of no person",
    "consent_wording": "of no person; decisions name the versions they were made on",
    "delivery": "which events went where; events have ids alone",
    "endpoint": "of no customer: where programs want to be told",
    "received_event": "ids that partners gave their messages, to take each once",
    "erased_party": "keyed hashes of persons who were erased",
    "erasure_certificate": "of persons who were erased",
    "outbox": "ids alone, of what is told of elsewhere",
    "feed_cursor": "of no person",
    "job": "of no person",
    "lease": "of no person",
    "product": "of no person",
    "retention_rule": "of no person",
    "retention_run": "of no person",
    "segment_cell": "counts of many",
    "segment_count": "counts of many",
    "segment_size": "counts of many",
    "segment_version": "of no person",
    "upload": "of no one person; what was taken in of it is told of",
    "upload_chunk": "what a program sent of many at once, deleted once taken in and then told of",
    "upload_problem": "numbers of rows that were not taken in",
    "webhook_registration": "of no customer: addresses at which partners were asked to call the hub",
}
"""Tables of which a person is told nothing, with the reason."""


class Family(msgspec.Struct, frozen=True):
    """One person: the present customer, the nodes merged into it, and the parties."""

    present: str
    nodes: frozenset[str]
    parties: frozenset[PartyRef]


class DossierRepository(Repository):
    """Reads everything of one person."""

    async def family(self, customer_id: str) -> Family | None:
        """The person behind an id; none where nobody answers for it."""
        families = Families(self._scope)
        present = (await families.resolve([customer_id])).get(customer_id)
        if present is None:
            return None
        links = table(IdentityLink).c
        rows = await self._session.execute(
            select(links.connector, links.party_id).where(
                links.tenant == self._tenant, self._scope.among(IdentityLink.customer_id, [present])
            )
        )
        return Family(
            present=present,
            nodes=frozenset(await families.nodes([present])),
            parties=frozenset(PartyRef(row.connector, row.party_id) for row in rows),
        )

    async def sections(self, family: Family) -> AsyncIterator[Section]:
        """What every table keeps of a person.

        Raises:
            KeyringError: something was sealed under another master key, or is damaged.
        """
        keys = await Vault(self._scope).keys(family.nodes)
        for movable in MOVABLES:
            model: Any = movable.model
            yield await self._section(table(model), self._scope.among(model.customer_id, family.nodes), keys)
        for found, where in self._others(family):
            yield await self._section(found, where, keys)

    def _others(self, family: Family) -> Iterator[tuple[Table, ColumnElement[bool]]]:
        """The rows of tables without a customer's id that are about the person."""
        nodes = partial(self._scope.among, values=family.nodes)
        concerned = select(EntryCustomer.entry_id).where(
            EntryCustomer.tenant == self._tenant, nodes(EntryCustomer.node_id)
        )
        homes = select(HouseholdMember.household_id).where(
            HouseholdMember.tenant == self._tenant, nodes(HouseholdMember.customer_id)
        )
        relocation = Relocation(self._scope)
        yield table(Customer), nodes(Customer.id)
        yield table(IdentityEntry), IdentityEntry.id.in_(concerned)
        yield table(EntryCustomer), nodes(EntryCustomer.node_id)
        yield table(Evidence), Evidence.entry_id.in_(concerned)
        yield table(Review), or_(nodes(Review.left_id), nodes(Review.right_id))
        yield table(Household), Household.id.in_(homes)
        if family.parties:
            yield table(EntryParty), relocation.of_parties(EntryParty, family.parties)
            yield table(RecordIndex), relocation.of_parties(RecordIndex, family.parties)
            yield table(Apart), or_(*(_apart(one) for one in sorted(family.parties)))

    async def _section(
        self, found: Table, where: ColumnElement[bool], keys: Mapping[str, DataKey]
    ) -> Section:
        rows = await self._session.execute(
            select(found).where(found.c.tenant == self._tenant, where).order_by(*found.primary_key)
        )
        name = str(found.name)
        told = tuple(_told(name, dict(row), self._tenant, keys) for row in rows.mappings())
        return Section(table=name, rows=told)


OTHERS: Collection[type[Base]] = (
    Customer, IdentityEntry, EntryCustomer, Evidence, Review, Household, EntryParty, RecordIndex, Apart,
)  # fmt: skip
"""The tables without a ``customer_id`` that are told of."""


def _apart(party: PartyRef) -> ColumnElement[bool]:
    return or_(
        and_(Apart.low_connector == party.connector, Apart.low_party == party.party_id),
        and_(Apart.high_connector == party.connector, Apart.high_party == party.party_id),
    )


def _told(name: str, row: dict[str, Any], tenant: str, keys: Mapping[str, DataKey]) -> dict[str, Any]:
    """A row as the person is told it."""
    found: dict[str, Any] = {}
    for column, value in row.items():
        if column == "tenant" or (name, column) in UNTOLD:
            continue
        sealing = SEALED.get((name, column))
        if sealing is None or value is None:
            found[column] = value
            continue
        key = keys.get(row[sealing.key_of])
        found[column] = None if key is None else _read(key.open(value, *sealing.bound_to(tenant, row)))
    return found


def _read(content: bytes) -> Any:
    """What was sealed: JSON, or a text."""
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return content.decode("utf-8", "replace")
