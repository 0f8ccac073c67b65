"""What the store takes and gives: plain frozen values, never mapped objects."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from c360.contract import KeyKind
from c360.records.party import PartyKind
from c360.values import Secret

HUB = "hub"
"""Instance id of the hub itself as a source: what its own people say of customers. No connector has it."""


class ProfileValueData(msgspec.Struct, frozen=True, kw_only=True):
    """One value of one attribute, as one partner stated it."""

    attribute: str
    value: str
    connector: str
    party_id: str
    observed_at: datetime
    """When the partner was last seen to hold it."""
    dated: bool = True
    """Whether the partner said when; otherwise the moment above is the one at which the hub heard it."""
    verified: bool = False
    rank: int = 0
    """Place among the attribute's values as the partner lists them; 0 is the preferred one."""
    valid_from: datetime | None = None
    """Since when the partner holds it, as far as the hub knows."""
    recorded_at: datetime | None = None
    """When the hub recorded it as it stands."""


class LinkData(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An active link of a customer to a partner's record."""

    connector: str
    party_id: str
    method: str
    confidence: float
    evidence: str
    linked_at: datetime
    objects: Mapping[str, tuple[str, ...]] = {}
    """Ids of the party's records by kind, as the change feeds told."""


class CustomerData(msgspec.Struct, frozen=True, kw_only=True):
    """A customer with links and present profile values."""

    id: str
    kind: PartyKind
    display_name: str
    country: str | None
    created_at: datetime
    updated_at: datetime
    links: tuple[LinkData, ...] = ()
    values: tuple[ProfileValueData, ...] = ()
    salt: bytes = b""
    """A secret of the tenant's, with which whatever shows of unseen values is keyed. Never shown itself."""


class OrderField(enum.Enum):
    """What customers can be listed by."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"


class CustomerOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of customers; ties are broken by id, in the same direction."""

    field: OrderField = OrderField.NAME
    descending: bool = False


class CustomerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which customers are listed: those that meet every condition that is set."""

    name: str | None = None
    """Every word of it starts a word of one of the customer's names, whatever case and accents."""
    domains: tuple[str, ...] = ()
    """The customer is linked to an instance of each of these domains."""
    connectors: tuple[str, ...] = ()
    """The customer is linked to each of these instances."""
    country: str | None = None
    kind: PartyKind | None = None
    segment: str | None = None
    """The customer was in this segment when the population was last counted."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of an ordered list."""

    ids: tuple[str, ...]
    cursors: tuple[str, ...]
    """One per id: where to go on from."""
    has_next: bool
    has_previous: bool


class EnrolKey(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A key that leads to the customer."""

    kind: KeyKind
    value: str
    """Normalised."""


class EnrolGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's token at a partner."""

    token: Secret
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None


class StatedValue(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One value within a party's statement."""

    attribute: str
    value: str
    verified: bool = False
    rank: int = 0


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """All that one party's record said at one moment. What it leaves out, it no longer says."""

    connector: str
    party_id: str
    values: tuple[StatedValue, ...]
    observed_at: datetime | None = None
    """``None``: whenever it is recorded, and of no effect where it repeats what is known."""


class EnrolLink(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The customer at one partner."""

    connector: str
    party_id: str
    keys: tuple[EnrolKey, ...] = ()
    """All keys that this link brings; others it brought before are dropped."""
    blocks: tuple[str, ...] = ()
    """What it is found by where no key agrees, such as birth date and a word of the name, normalised.
    Kept as keyed hashes; others it brought before are dropped."""
    values: tuple[StatedValue, ...] = ()
    observed_at: datetime | None = None
    """When the partner held the values; ``None``: at the time of import."""
    grant: EnrolGrant | None = None
    linked_at: datetime | None = None
    """``None``: at the time of import."""
    method: str = "import"
    confidence: float = 1.0
    evidence: str = ""


class EnrolCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer to be brought in, or brought up to date, with links."""

    external_id: str
    kind: PartyKind
    display_name: str
    sort_name: str | None = None
    """What the name is sorted by, such as family name first; ``None``: the display name."""
    names: tuple[str, ...] = ()
    """Other names to be found by, such as those the partners hold."""
    country: str | None = None
    links: tuple[EnrolLink, ...] = ()


class EnrolResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    erased: int = 0
    """Lines left out because the customer was erased."""
    conflicts: tuple[tuple[str, str], ...] = ()
    """(connector, party id) of links left out because the party belongs to another customer."""

    def __add__(self, other: EnrolResult) -> EnrolResult:
        return EnrolResult(
            created=self.created + other.created,
            changed=self.changed + other.changed,
            unchanged=self.unchanged + other.unchanged,
            erased=self.erased + other.erased,
            conflicts=self.conflicts + other.conflicts,
        )


class SnapshotKeyData(msgspec.Struct, frozen=True, kw_only=True):
    """Which copy is wanted."""

    customer_id: str
    connector: str
    kind: str


class SnapshotData(msgspec.Struct, frozen=True, kw_only=True):
    """The last-known copy of one kind of record of one customer from one source."""

    customer_id: str
    connector: str
    kind: str
    fetched_at: datetime
    content: bytes
    """Opaque; encrypted at rest."""
    since: date | None = None
    until: date | None = None
    parties: tuple[str, ...] | None = None
    """Ids of the parties it is of; ``None``, in writing: those that the customer has at this moment."""


class RecordRef(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's record and the party it belongs to."""

    connector: str
    party_id: str
    kind: str
    object_id: str


class FigureData(msgspec.Struct, frozen=True, array_like=True):
    """One figure of a party."""

    line: str
    """Line of business."""
    measure: str
    value: float
    currency: str | None = None
    """Of an amount; else none. A party may have the same amount in several currencies."""


class PartyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one party: they are reckoned together, and replaced together."""

    customer_id: str
    connector: str
    party_id: str
    """The party whose records they were reckoned from: they go where the party goes."""
    as_of: datetime | None = None
    """When that was; none where it was never done: then there are no figures, and nothing is known."""
    figures: tuple[FigureData, ...] = ()


class InstanceState(enum.Enum):
    """Whether a connector instance takes part."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    DRAINING = "DRAINING"
    """Finishes what is under way and takes nothing new."""


class InstanceData(msgspec.Struct, frozen=True, kw_only=True):
    """A configured connector."""

    id: str
    plugin: str
    domain: str
    state: InstanceState = InstanceState.ENABLED
    updated_at: datetime | None = None


class FeedData(msgspec.Struct, frozen=True, kw_only=True):
    """How far a change feed has been read."""

    connector: str
    kind: str
    cursor: str
    updated_at: datetime
    finished: bool
    """Whether the feed was ever read to its end."""


class JobData(msgspec.Struct, frozen=True, kw_only=True):
    """Where long work stands."""

    name: str
    position: int
    """Units that are done and committed."""
    total: int | None
    updated_at: datetime
