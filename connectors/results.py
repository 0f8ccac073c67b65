"""What gathering asks for and what it ends in: data, whatever the partners did."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from c360.access import Access, TenantId
from c360.contract import Need
from c360.errors import ProblemCode
from c360.records.base import Record


class SourceState(enum.Enum):
    """How far one source answered for one customer."""

    FRESH = "FRESH"
    """Answered live in this operation; also where the partner says that it does not know the customer
    (no records, problem ``CUSTOMER_UNKNOWN``), or holds too much (cut, ``TOO_MUCH_DATA``)."""
    KEPT = "KEPT"
    """Answered from the last-known copy, within the freshness that was asked for."""
    STALE = "STALE"
    """The partner did not answer in full; the last-known copy stands in, older than was asked for.
    Not where the customer's grant is missing or withdrawn: then the copy is not shown."""
    UNAVAILABLE = "UNAVAILABLE"
    """The partner did not answer and there is no last-known copy of all that was needed."""
    NOT_LINKED = "NOT_LINKED"
    """The customer has no known record at this partner."""
    NOT_REQUESTED = "NOT_REQUESTED"
    """Nothing in this operation needed the source."""
    WITHHELD = "WITHHELD"
    """Consent, purpose or permission keeps the data from this caller."""

    __hash__ = object.__hash__  # members are one of each, and looked up for every kind of every source


class SourceProblem(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Why a source did not answer in full."""

    code: ProblemCode
    message: Annotated[str, Meta(description="In words that may be shown to the agent.")]
    retry_after: Annotated[float | None, Meta(description="Seconds the partner asked to wait.")] = None


class Link(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A customer's record at one connector instance, as the hub's identity says."""

    connector: str
    """Instance id."""
    party_id: str
    objects: Mapping[str, tuple[str, ...]] = {}
    """See :class:`c360.contract.Ref`."""


class Target(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A customer to gather for, with all links."""

    customer_id: str
    links: tuple[Link, ...]
    grants: Mapping[tuple[str, str], object] | None = None
    """The customer's grants by (instance id, party id), sealed as whoever keeps them read them with the
    customer; none where they were not read: then that is done when they are needed."""


class GatherRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One operation's gathering: every customer, every need, one deadline."""

    targets: Sequence[Target]
    needs: Mapping[str, frozenset[Need]]
    """Customer id to what that customer's fields need."""
    access: Access
    deadline: timedelta
    """From now to the moment at which answering begins, whatever is missing."""
    max_age: timedelta | None = None
    """A last-known copy at most this old is good enough; ``None``: ask live."""
    all_known_only: bool = False
    """Answer from last-known copies alone, however old, without any upstream call before the answer."""
    refresh: bool = False
    """Where nothing is asked before the answer: ask behind it for what there is no current copy of, and
    tell those who listen what has arrived."""
    keep: bool = True
    """Whether what is fetched is worth a last-known copy, and a place in memory; not what work in the
    background reads once."""


class KindResult(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One kind of record of one customer from one source."""

    records: tuple[Record, ...]
    state: SourceState
    fetched_at: datetime | None = None
    problem: SourceProblem | None = None
    """Why it is not all there is."""


class SourceResult(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """All that one source gave for one customer."""

    connector: str
    """Instance id."""
    domain: str
    """Business domain; empty where not even the instance's plugin could be loaded."""
    state: SourceState
    """The worst of its kinds: UNAVAILABLE before STALE before KEPT before FRESH."""
    kinds: Mapping[str, KindResult] = {}
    fetched_at: datetime | None = None
    """The oldest of its kinds."""
    latency: timedelta | None = None
    """From the start of gathering to the source's last answer, or to giving up on it; null where it
    was not asked."""
    problem: SourceProblem | None = None


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived behind an answer, and is kept now."""

    tenant: TenantId
    customer_id: str
    connector: str
    """Instance id."""


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of gathering, for all customers of the operation."""

    at: datetime
    """When gathering ended; ages are measured against it."""
    sources: Mapping[str, tuple[SourceResult, ...]]
    """Customer id to one result per configured instance, in the order of the settings."""

    def of(self, customer_id: str) -> tuple[SourceResult, ...]:
        """Results of one customer, empty where it was not gathered for."""
        return self.sources.get(customer_id, ())
