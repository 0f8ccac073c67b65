"""Arguments of the graph, each written once: the GraphQL inputs are derived from these structs."""

from __future__ import annotations

import enum
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from c360.records.party import PartyKind
from c360.values import CountryCode
from resolvers.summaries.measures import Line
from schema.derive import GraphName
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from store.data_contests import ContestState
from store.data_identity import ReviewState

NodeId = Annotated[str, GraphName("ID")]
DomainName = Annotated[str, GraphName("Domain")]
"""Name of a business domain; the enum's values are discovered."""

MAX_PAGE = 100
"""Elements of one page at the most."""
DEFAULT_PAGE = 20
MAX_NODES = 100
"""Ids that ``nodes`` takes at the most."""
LONGEST_WINDOW = timedelta(days=3 * 366)
LONGEST_DEADLINE = timedelta(seconds=30)
SHORTEST_DEADLINE = timedelta(milliseconds=50)


class LookupMode(enum.Enum):
    """Where a customer is looked up."""

    HUB = "HUB"
    """In the hub's own index: the customers it already knows by that key."""
    LIVE = "LIVE"
    """Also at every partner that can be searched by that kind of key, for links the hub knows."""


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """Base of inputs and argument lists."""


class PartnerRef(Arguments, frozen=True, kw_only=True):
    """A customer as one partner numbers them."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance, as settings name it.")]
    party_id: Annotated[str, Meta(description="The partner's own id of the customer.")]


class CustomerKey(Arguments, frozen=True, kw_only=True):
    """What a customer is looked up by; exactly one of the fields is given."""

    id: Annotated[NodeId | None, Meta(description="Global id of the customer.")] = None
    email: Annotated[
        str | None, Meta(description="E-mail address.", extra={"asking": needs(Scope.PROFILE_READ)})
    ] = None
    phone: Annotated[
        str | None,
        Meta(
            description="Phone number with its country code: `+61 2 5550 1234`.",
            extra={"asking": needs(Scope.PROFILE_READ)},
        ),
    ] = None
    partner_ref: Annotated[PartnerRef | None, Meta(description="Customer number at one partner.")] = None
    policy_number: Annotated[
        str | None,
        Meta(description="Number of an insurance policy.", extra={"asking": needs(Scope.INSURANCE_READ)}),
    ] = None
    account_number: Annotated[
        str | None,
        Meta(
            description="Number of an account in full, with the number of its bank and branch before it (in "
            "Australia the BSB), or of a card. Spaces and hyphens do not matter.",
            extra={"asking": needs(Scope.BANKING_READ)},
        ),
    ] = None
    membership_number: Annotated[
        str | None,
        Meta(
            description="Number of a loyalty membership: the programme's id of the account.",
            extra={"asking": needs(Scope.LOYALTY_READ)},
        ),
    ] = None


class GatherMode(enum.Enum):
    """Whether an answer waits for partners."""

    LIVE = "LIVE"
    """Partners are asked, and waited for until the deadline, for all that no copy will do for."""
    KNOWN = "KNOWN"
    """What the hub has is answered at once, however old it is, and says how old. Partners are asked behind
    the answer for what is not current; `customerChanged` tells when something has arrived."""


class Gather(Arguments, frozen=True, kw_only=True):
    """How fresh partner data must be, and how long it may take. The tightest of an operation wins."""

    max_age: Annotated[
        timedelta | None,
        Meta(
            description="A last-known copy at most this old will do; without it, partners are asked live. "
            "Root fields that do not set it leave it to those that do."
        ),
    ] = None
    deadline: Annotated[
        timedelta | None,
        Meta(
            description="Partners that have not answered by then are left out, or answered for by their "
            "last-known copy. From `PT0.05S` to `PT30S`."
        ),
    ] = None
    mode: Annotated[
        GatherMode | None,
        Meta(
            description="Whether the answer waits for partners: it does unless told. Root fields that do not "
            "set it leave it to those that do. With `KNOWN`, `maxAge` means nothing."
        ),
    ] = None


class CustomerFilter(Arguments, frozen=True, kw_only=True):
    """Which customers are listed: those that meet every condition given."""

    name: Annotated[
        str | None,
        Meta(
            description="Every word starts a word of the customer's name, whatever its case and accents.",
            extra={"asking": needs(Scope.PROFILE_READ)},
        ),
    ] = None
    holds: Annotated[
        tuple[DomainName, ...],
        Meta(description="Linked to a partner of each of these domains."),
    ] = ()
    connectors: Annotated[
        tuple[NodeId, ...], Meta(description="Linked to each of these connector instances.")
    ] = ()
    country: Annotated[CountryCode | None, Meta(description="Country of residence.")] = None
    kind: Annotated[PartyKind | None, Meta(description="Persons or organisations.")] = None
    segment: Annotated[
        str | None,
        Meta(
            description="Name of a segment: whoever belonged to it when customers were last counted.",
            extra={"asking": needs(Scope.SCORES_READ)},
        ),
    ] = None


class CustomerOrderField(enum.Enum):
    """What customers are ordered by."""

    NAME = "NAME"
    """Name, without case and accents."""
    CREATED_AT = "CREATED_AT"
    """When the hub came to know the customer."""
    UPDATED_AT = "UPDATED_AT"
    """When something about the customer last changed in the hub."""


class OrderDirection(enum.Enum):
    """Which end comes first."""

    ASC = "ASC"
    """Smallest, earliest or alphabetically first."""
    DESC = "DESC"
    """Largest, latest or alphabetically last."""


class CustomerOrder(Arguments, frozen=True, kw_only=True):
    """The order of customers; equal ones follow by id."""

    field: Annotated[CustomerOrderField, Meta(description="What they are ordered by.")]
    direction: Annotated[OrderDirection, Meta(description="Which end comes first.")] = OrderDirection.ASC


class PageArguments(Arguments, frozen=True, kw_only=True):
    """Which stretch of a list is wanted."""

    first: Annotated[
        int | None,
        Meta(
            description=f"Elements from the start or after a cursor, 1 to {MAX_PAGE}; {DEFAULT_PAGE} unless "
            "told."
        ),
    ] = None
    after: Annotated[str | None, Meta(description="Cursor after which the stretch begins.")] = None
    last: Annotated[
        int | None, Meta(description=f"Elements from the end or before a cursor, 1 to {MAX_PAGE}.")
    ] = None
    before: Annotated[str | None, Meta(description="Cursor before which the stretch ends.")] = None


class WindowArguments(PageArguments, frozen=True, kw_only=True):
    """A stretch of what happened in a window of days."""

    since: Annotated[
        date | None, Meta(description="First day, included. See the field for what it is unless told.")
    ] = None
    until: Annotated[
        date | None, Meta(description="Last day, included. See the field for what it is unless told.")
    ] = None


class CustomerArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``customer``."""

    by: Annotated[CustomerKey, Meta(description="What the customer is looked up by.")]
    lookup: Annotated[LookupMode, Meta(description="Where the customer is looked up.")] = LookupMode.HUB
    gather: Annotated[Gather | None, Meta(description="How fresh and how long.")] = None


class CustomersArguments(PageArguments, frozen=True, kw_only=True):
    """Arguments of ``customers``."""

    filter: Annotated[CustomerFilter | None, Meta(description="Which customers are listed.")] = None
    order_by: Annotated[
        CustomerOrder | None,
        Meta(
            description="Their order; unless told by name, or by `CREATED_AT` where names are not the "
            "caller's to see."
        ),
    ] = None
    gather: Annotated[Gather | None, Meta(description="How fresh and how long.")] = None


class SearchArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``search``."""

    text: Annotated[
        str,
        Meta(
            description="A name or the start of one, an e-mail address, a phone number with its country "
            "code, or another number as a whole."
        ),
    ]
    domains: Annotated[
        tuple[DomainName, ...],
        Meta(description="Only customers and partners of these domains."),
    ] = ()
    first: Annotated[
        int | None, Meta(description=f"Elements, 1 to {MAX_PAGE}; {DEFAULT_PAGE} unless told.")
    ] = None
    after: Annotated[str | None, Meta(description="Cursor after which the stretch begins.")] = None
    gather: Annotated[Gather | None, Meta(description="How fresh and how long.")] = None


class ProfileArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of a customer's ``profile``."""

    as_of: Annotated[
        datetime | None,
        Meta(
            description="The profile as it was at this moment, from what the hub keeps; no partner is asked."
        ),
    ] = None
    recorded_at: Annotated[
        datetime | None,
        Meta(
            description="What the hub knew at this moment, of values and of who is who: customers merged "
            "since are separate. Without it, what it knows now. Without `asOf`, of that same moment."
        ),
    ] = None


class EntriesArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of a customer's ``identityHistory``."""

    first: Annotated[
        int | None, Meta(description=f"Elements, 1 to {MAX_PAGE}; {DEFAULT_PAGE} unless told.")
    ] = None
    after: Annotated[str | None, Meta(description="Cursor after which the stretch begins.")] = None


class ReviewFilter(Arguments, frozen=True, kw_only=True):
    """Which reviews are listed: those that meet every condition given."""

    state: Annotated[ReviewState, Meta(description="How they stand.")] = ReviewState.OPEN
    customer_id: Annotated[NodeId | None, Meta(description="Of this customer; an old id will do.")] = None


class ReviewsArguments(PageArguments, frozen=True, kw_only=True):
    """Arguments of ``reviews``."""

    filter: Annotated[ReviewFilter | None, Meta(description="Which reviews are listed; open ones.")] = None
    gather: Annotated[Gather | None, Meta(description="How fresh and how long.")] = None


class SegmentsArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``segments``."""

    since: Annotated[
        date | None, Meta(description="First day of the sizes; 30 days before the last unless told.")
    ] = None
    until: Annotated[
        date | None, Meta(description="Last day of the sizes; the day last counted unless told.")
    ] = None


class BestBy(enum.Enum):
    """A figure by which the best customers are told."""

    PROFIT = "PROFIT"
    """What they contributed in the last 12 months."""
    LIFETIME_VALUE = "LIFETIME_VALUE"
    """What they are worth over the months to come."""


class BestCustomersArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``bestCustomers``."""

    by: Annotated[BestBy, Meta(description="The figure.")] = BestBy.PROFIT
    line: Annotated[
        Line | None, Meta(description="Of this line of business alone; over all of them unless told.")
    ] = None
    first: Annotated[
        int | None, Meta(description=f"Elements, 1 to {MAX_PAGE}; {DEFAULT_PAGE} unless told.")
    ] = None
    after: Annotated[str | None, Meta(description="Cursor after which the stretch begins.")] = None
    gather: Annotated[Gather | None, Meta(description="How fresh and how long.")] = None


class CreditLineArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of a risk's ``creditLine``."""

    amount: Annotated[Decimal, Meta(description="The amount asked for, in the hub's own currency.")]
    term: Annotated[int, Meta(description="Months in which it is to be paid back.")]
    against_policy: Annotated[
        NodeId | None,
        Meta(
            description="Id of a policy of the customer's whose reserve is to secure it; an old id will do.",
            extra={"asking": needs(Scope.INSURANCE_READ)},
        ),
    ] = None


class ContestsArguments(PageArguments, frozen=True, kw_only=True):
    """Arguments of ``contests``."""

    state: Annotated[ContestState, Meta(description="How they stand.")] = ContestState.OPEN
    gather: Annotated[Gather | None, Meta(description="How fresh and how long.")] = None


class NodeArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``node``."""

    id: Annotated[NodeId, Meta(description="Global id of the object.")]


class NodesArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``nodes``."""

    ids: Annotated[tuple[NodeId, ...], Meta(description=f"Global ids, at most {MAX_NODES}.")]


class ValueArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of a customer's ``lifetimeValue``."""

    months: Annotated[int, Meta(description="How many months to look ahead, 1 to 600.")] = 36
