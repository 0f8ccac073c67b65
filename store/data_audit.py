"""What is kept of who looked at whom and who changed what."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime

import msgspec


class AuditKind(enum.Enum):
    """What somebody did."""

    READ = "READ"
    """Personal data was read."""
    WRITE = "WRITE"
    """Something was changed."""


class ReadEntry(msgspec.Struct, frozen=True, kw_only=True, tag="read", omit_defaults=True):
    """One operation that read personal data. Ids alone: no value that was read."""

    at: datetime
    principal: str
    """Subject of the caller's token."""
    client: str = ""
    """Application that the token was issued to, where that is told."""
    purpose: str
    customers: tuple[str, ...]
    """Those whose data was read, by the ids they had then."""
    selection: str
    """Digest of the fields that were asked for; see :meth:`AuditRepository.keep_selections`."""
    sources: Mapping[str, str] = {}
    """How each connector instance answered that was asked: the least of its states over the customers."""


class WriteEntry(msgspec.Struct, frozen=True, kw_only=True, tag="write", omit_defaults=True):
    """One change, kept in the transaction that made it. Ids alone."""

    at: datetime
    principal: str
    client: str = ""
    purpose: str
    action: str
    """The mutation, or what the hub did by itself."""
    customers: tuple[str, ...] = ()
    detail: Mapping[str, str] = {}
    """What else an auditor needs: ids and names of closed lists, nothing personal."""


class SealEntry(msgspec.Struct, frozen=True, kw_only=True, tag="seal"):
    """A change's place in a chain: from here on it cannot be altered unseen."""

    write_id: str
    digest: str
    """SHA-256 of the change's entry as it is stored, hexadecimal."""


ChainEntry = ReadEntry | SealEntry


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as auditors see it."""

    id: str
    kind: AuditKind
    at: datetime
    principal: str
    client: str
    purpose: str
    customer_ids: tuple[str, ...]
    action: str = ""
    """Of a change."""
    fields: tuple[str, ...] = ()
    """Of a reading: coordinates such as ``Profile.familyName``."""
    sources: Mapping[str, str] = {}
    detail: Mapping[str, str] = {}
    sealed: bool = True
    """Whether its chain holds it already."""


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of entries, the newest first."""

    entries: tuple[AuditEntry, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool = False
    """Whether it begins behind a cursor."""


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are wanted; what is not given does not narrow."""

    customer_id: str | None = None
    principal: str | None = None
    kind: AuditKind | None = None
    purpose: str | None = None
    since: datetime | None = None
    """Included. Where neither a customer nor a principal narrows, 30 days ago unless told."""
    until: datetime | None = None
    """Excluded."""


class ChainHead(msgspec.Struct, frozen=True, kw_only=True):
    """How far a chain goes: kept elsewhere, it proves later that nothing was cut off its end."""

    chain: str
    number: int
    hash: str
    """Hexadecimal."""


class AuditFault(msgspec.Struct, frozen=True, kw_only=True):
    """Something about the audit that should not be."""

    where: str
    """The chain and number of the batch, or the id of the change."""
    what: str


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """What verifying found."""

    chains: int
    batches: int
    entries: int
    unsealed: int
    """Changes that no chain holds yet."""
    heads: tuple[ChainHead, ...]
    faults: tuple[AuditFault, ...]
