"""What the store takes and gives about who is who: decisions, their evidence, plans and results.

Nothing here holds a personal value: evidence names the field and how well it agreed, never what stood in
it, so that a ledger that is kept for years does not become a second copy of the people it is about.
"""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from c360.records.party import PartyKind
from store.data import EnrolKey, EnrolLink, ProfileValueData


class PartyRef(msgspec.Struct, frozen=True, order=True):
    """A partner's record of a customer: connector instance id and the partner's own id."""

    connector: str
    party_id: str


class EvidenceData(msgspec.Struct, frozen=True, kw_only=True):
    """How one field of two parties agreed, and what that is worth."""

    field: str
    """Name of the comparison, such as ``email`` or ``birth_date``."""
    agreement: str
    """Name of the level that was met, such as ``EXACT`` or ``DIFFERENT``; never the values compared."""
    weight: float
    """Match weight in bits, log2(m/u): positive speaks for one person, negative against."""


class LinkDecision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why something is decided, and by whom: what every operation on the ledger asks for."""

    actor: str
    """Subject of the principal that decides, or the name of the program, such as ``worker``."""
    rule: str
    """Name of the rule that decided: ``VERIFIED_ID``, ``PROBABILITY``, ``STEWARD``…"""
    probability: float | None = None
    """Probability in [0, 1] that the two are one, where a model was asked."""
    model_version: str | None = None
    """Version of the artefact whose weights were used."""
    evidence: tuple[EvidenceData, ...] = ()
    reason: str = ""
    """What a human gave as a reason. Blanked when a customer concerned is erased."""


class EntryKind(enum.Enum):
    """What an entry of the ledger did."""

    CREATE = "CREATE"
    """A party that belonged to nobody became a customer."""
    LINK = "LINK"
    """A party that belonged to nobody was linked to a customer."""
    UNLINK = "UNLINK"
    """A party left its customer and became one of its own."""
    MERGE = "MERGE"
    """Customers became one."""
    SPLIT = "SPLIT"
    """Parties left their customer and became one together."""
    UNMERGE = "UNMERGE"
    """A merge was taken back."""
    RESTORE = "RESTORE"
    """An unlink or split was taken back: parties returned to where they were."""
    REVIEW = "REVIEW"
    """A pair was put before a human."""
    DECIDE = "DECIDE"
    """A human decided a review."""
    APART = "APART"
    """Parties were said never to be one customer."""
    TOGETHER = "TOGETHER"
    """Parties that were kept apart need not be any longer."""


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. Entries are only ever added; an erased customer's lose reason, evidence and parties."""

    id: str
    """Sorts by time."""
    kind: EntryKind
    at: datetime
    decision: LinkDecision
    customer_id: str
    """The customer that it left or made: the survivor of a merge, the customer that was split."""
    others: tuple[str, ...] = ()
    """The other customers of it: those merged away, the one that a split made."""
    parties: tuple[PartyRef, ...] = ()
    """The parties that were linked or moved."""
    review_id: str | None = None
    reverses: str | None = None
    """The entry that this one took back."""
    reversed_by: str | None = None
    """The entry that took this one back; read with the entry, not written into it."""


class LedgerPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of entries, newest first."""

    entries: tuple[LedgerEntry, ...]
    cursors: tuple[str, ...]
    """One per entry: where to go on from."""
    has_next: bool
    has_previous: bool


class CustomerDraft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a customer that comes to be is called. ``resolvers.identity`` makes it from the parties."""

    kind: PartyKind
    display_name: str
    sort_name: str | None = None
    """What the name is sorted by; ``None``: the display name."""
    names: tuple[str, ...] = ()
    """Other names to be found by."""
    country: str | None = None


class Admission(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A party that belongs to nobody yet, and what is to become of it."""

    party: EnrolLink
    """The party with keys, blocks and values."""
    draft: CustomerDraft
    """What it is called where it becomes a customer of its own."""
    decision: LinkDecision
    customer_id: str | None = None
    """The customer it is linked to; ``None``: it becomes one of its own."""
    reviews: tuple[ReviewRequest, ...] = ()
    """Customers that may be the same, for a human to say; only of a party that becomes a customer."""


class AdmissionState(enum.Enum):
    """What became of a party."""

    LINKED = "LINKED"
    """It was linked to the customer that was named."""
    CREATED = "CREATED"
    """It became a customer."""
    HELD = "HELD"
    """It belongs to a customer already: somebody else was faster. Nothing was changed."""
    APART = "APART"
    """A human said that it never belongs to the customer that was named; it became one of its own."""
    ERASED = "ERASED"
    """It belonged to an erased person, or the customer named was erased. Nothing was kept."""


class AdmissionResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one party."""

    party: PartyRef
    state: AdmissionState
    customer_id: str | None
    """Whose it is now."""
    entry_id: str | None = None
    """The entry that says so; none where nothing was changed."""


class Moves(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of one table go with a customer."""

    table: str
    rows: int


class MergePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a merge would do, had it been done at this moment."""

    survivor: str
    """Id of the customer that remains: the present one, where an old id was given."""
    others: tuple[str, ...]
    """Ids of the present customers that would be merged into it, sorted."""
    parties: tuple[PartyRef, ...]
    """The parties that would come to the survivor."""
    moves: tuple[Moves, ...]
    """What would move, by table; tables of which nothing would are left out."""
    apart: tuple[tuple[PartyRef, PartyRef], ...]
    """Pairs that a human keeps apart: the merge is refused unless it is told to overrule them."""
    reviews: tuple[str, ...]
    """Open reviews that it would make moot."""


class MergeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a merge did."""

    entry: LedgerEntry | None
    """``None``: they were one customer already."""
    survivor: str
    plan: MergePlan


class SplitResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a split or an unlinking did."""

    entry: LedgerEntry
    customer_id: str
    """The customer that the parties left."""
    created: str
    """The customer that they are now."""


class LaterFact(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the hub's own, noted after a merge, that stays with the survivor of an unmerge."""

    table: str
    key: str
    """Id of the fact within its table."""
    at: datetime


class UnmergeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an unmerge did."""

    entry: LedgerEntry
    survivor: str
    """The customer that the others were part of."""
    restored: tuple[str, ...]
    """Customers that stand on their own again, sorted."""
    moved: tuple[PartyRef, ...]
    """Parties that went back with them."""
    stayed: tuple[PartyRef, ...]
    """Parties that came to the survivor after the merge and stay with it."""
    later_facts: tuple[LaterFact, ...]
    """The hub's own facts of after the merge; they stay with the survivor."""


class Redirect(msgspec.Struct, frozen=True, kw_only=True):
    """Where an old id went."""

    customer_id: str
    """The id asked for."""
    survivor: str
    """The customer that answers for it now."""
    entry_id: str
    """The merge by which it stopped to stand on its own."""
    at: datetime


class PastProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What an id stood for at a moment of the past."""

    asked: str
    customer_id: str
    """The customer that answered for the id then."""
    parties: tuple[PartyRef, ...]
    """Its parties then, sorted."""
    values: tuple[ProfileValueData, ...]
    """What they were taken to say."""


class ReviewVerdict(enum.Enum):
    """What a human says of a pair."""

    SAME = "SAME"
    """They are one: the two customers are merged."""
    NOT_SAME = "NOT_SAME"
    """They are two: their parties are kept apart from now on."""


class ReviewState(enum.Enum):
    """How a review stands."""

    OPEN = "OPEN"
    """Nobody has said yet."""
    DECIDED = "DECIDED"
    """A human said."""
    MOOT = "MOOT"
    """The two are one customer by now, or one of them was erased. An unmerge opens it again."""


class ReviewRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that a human should look at. Which of the two comes first has no meaning."""

    left: PartyRef
    right: PartyRef
    """A party of each of the two customers, those whose comparison raised the question."""
    decision: LinkDecision
    """Evidence, rule, probability and model that raised it."""


class ReviewData(msgspec.Struct, frozen=True, kw_only=True):
    """A pair before a human, with both sides."""

    id: str
    state: ReviewState
    left: PartyRef
    right: PartyRef
    left_customer: str
    """The customer that the left party belongs to now."""
    right_customer: str
    raised: LedgerEntry
    """When, why and on what evidence."""
    verdict: ReviewVerdict | None = None
    decided: LedgerEntry | None = None


class ReviewPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the review queue."""

    reviews: tuple[ReviewData, ...]
    cursors: tuple[str, ...]
    """One per review: where to go on from."""
    has_next: bool
    has_previous: bool


class ReviewResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the decision of a review did."""

    review: ReviewData
    entry: LedgerEntry
    merge: MergeResult | None = None
    """The merge that ``SAME`` led to."""


class CandidateParty(msgspec.Struct, frozen=True, kw_only=True):
    """A party of a candidate, with what it is compared by."""

    party: PartyRef
    values: tuple[ProfileValueData, ...]


class CandidateData(msgspec.Struct, frozen=True, kw_only=True):
    """A customer that shares a key or a block with the party that is looked for."""

    customer_id: str
    kind: PartyKind
    hits: int
    """Keys and blocks that led to it."""
    parties: tuple[CandidateParty, ...]


class CandidateSet(msgspec.Struct, frozen=True, kw_only=True):
    """The customers that may be the one looked for, those of the rarest and of most keys first."""

    candidates: tuple[CandidateData, ...] = ()
    crowded: tuple[EnrolKey, ...] = ()
    """Keys that lead to more customers than are looked at: a switchboard, ``none@…``, a shared line."""


class HouseholdData(msgspec.Struct, frozen=True, kw_only=True):
    """Customers who live together, each of whom remains a customer."""

    id: str
    members: tuple[str, ...]
    """Ids of the customers, sorted."""
    since: datetime
    rule: str
    evidence: tuple[EvidenceData, ...] = ()


class HouseholdGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Customers found to live together."""

    members: frozenset[str]
    rule: str
    """Name of the rule, such as ``PHONE_AND_ADDRESS``."""
    evidence: tuple[EvidenceData, ...] = ()


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered to the same request before."""

    response: bytes
    at: datetime
