"""The graph's own objects, each written once: the GraphQL types are derived from these structs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from c360.access import Purpose
from c360.contract import KeyKind, Lookup
from c360.errors import ProblemCode
from c360.records.party import Identifier
from c360.testing.tiers import Tier
from c360.values import LanguageTag, PostalAddress
from connectors.breaking import BreakerState
from connectors.instances import InstanceState
from connectors.results import SourceState
from resolvers.contacts import ContactKind
from resolvers.profile import SurvivorshipRule
from schema.inputs import DomainName, NodeId
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.permissions.types import IDENTIFYING


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the graph's own objects."""


class SourceProblem(Shape, frozen=True, kw_only=True):
    """Why a source did not answer in full."""

    code: Annotated[ProblemCode, Meta(description="What it is, from a closed list.")]
    message: Annotated[str, Meta(description="In words that may be shown to an agent.")]
    retry_after: Annotated[timedelta | None, Meta(description="How long the partner asked to wait.")] = None


class SourceStatus(Shape, frozen=True, kw_only=True):
    """How one source answered for one customer in this operation."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance, as settings name it.")]
    domain: Annotated[DomainName | None, Meta(description="Business domain it serves.")]
    status: Annotated[SourceState, Meta(description="How far it answered.")]
    fetched_at: Annotated[
        datetime | None, Meta(description="When its oldest record shown here was fetched.")
    ] = None
    age: Annotated[timedelta | None, Meta(description="How old that was when gathering ended.")] = None
    latency: Annotated[
        timedelta | None,
        Meta(description="From the start of gathering to its last answer; null where nothing was sent."),
    ] = None
    problem: Annotated[SourceProblem | None, Meta(description="Why it did not answer in full.")] = None


class MissingSource(Shape, frozen=True, kw_only=True):
    """What one source of a group did not give."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance.")]
    status: Annotated[SourceState, Meta(description="Unavailable or withheld.")]
    records: Annotated[
        tuple[str, ...], Meta(description="Kinds of record that are not there, such as `banking.balances`.")
    ]
    problem: Annotated[SourceProblem | None, Meta(description="Why it did not answer in full.")] = None


class ValueSource(Shape, frozen=True, kw_only=True):
    """A source that states a value."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance.")]
    party_id: Annotated[
        str, Meta(description="The partner's own id of the customer.", extra={"personal": True})
    ]
    observed_at: Annotated[datetime | None, Meta(description="When the partner stated it.")]
    fetched_at: Annotated[
        datetime | None, Meta(description="When the hub fetched it, or recorded the copy that it keeps.")
    ]
    verified: Annotated[bool, Meta(description="Whether somebody checked it.")]


def _golden(name: str, what: str, value: Any) -> type[msgspec.Struct]:
    """The shapes of a golden value and of a value that lost, for values of one type."""

    def field(kind: Any, text: str) -> Any:
        return Annotated[kind, Meta(description=text)]

    stated = Annotated[value, Meta(description="The value.", extra={"personal": True})]
    won = Annotated[value, Meta(description="The value that won.", extra={"personal": True})]

    losing: Any = msgspec.defstruct(
        f"Losing{name}",
        [
            ("value", stated),
            ("sources", field(tuple[ValueSource, ...], "Who states it, the best source first.")),
        ],
        bases=(Shape,),
        kw_only=True,
        frozen=True,
        namespace={"__doc__": f"{what} that another one won over."},
    )
    return msgspec.defstruct(
        f"Golden{name}",
        [
            ("value", won),
            ("rule", field(SurvivorshipRule, "Why it won.")),
            ("verified", field(bool, "Whether somebody checked it, at any of its sources.")),
            ("source", field(ValueSource, "Where it was taken from.")),
            ("agreeing", field(tuple[ValueSource, ...], "Every other source that says the same.")),
            ("losing", field(tuple[losing, ...], "What else is said, best first.")),
        ],
        bases=(Shape,),
        kw_only=True,
        frozen=True,
        namespace={"__doc__": f"{what} that won over what other sources say, and why."},
    )


GoldenText = _golden("Text", "A text", str)
GoldenDate = _golden("Date", "A date", date)
GoldenAddress = _golden("Address", "A postal address", PostalAddress)
GoldenLanguage = _golden("Language", "A language", LanguageTag)
GoldenIdentifier = _golden("Identifier", "A registered number", Identifier)


class ContactPoint(Shape, frozen=True, kw_only=True):
    """One way to reach a customer."""

    kind: Annotated[ContactKind, Meta(description="What it is.")]
    value: Annotated[str, Meta(description="The address or number in one line.", extra={"personal": True})]
    address: Annotated[
        PostalAddress | None, Meta(description="Of a postal address: its parts.", extra={"personal": True})
    ] = None
    preferred: Annotated[
        bool, Meta(description="Whether it is the one that the golden record has; of each kind one is.")
    ]
    verified: Annotated[bool, Meta(description="Whether somebody checked it, at any of its sources.")]
    sources: Annotated[tuple[ValueSource, ...], Meta(description="Who states it, the best source first.")]
    purposes: Annotated[
        tuple[Purpose, ...] | None,
        Meta(
            description="What it may be used for, by the customer's consents and objections. Null where they "
            "were not read: null is no permission."
        ),
    ] = None


_PERSONAL: dict[str, Any] = {"personal": True}
_TELLING_APART = {**_PERSONAL, "rule": needs(Scope.PROFILE_READ, purposes=IDENTIFYING)}
"""Of what tells somebody apart from others of the same name; to address them it is not needed."""

_PROFILE: Mapping[str, tuple[Any, str]] = {
    "given_name": (GoldenText, "Given name or names; of an organisation, its contact's."),
    "family_name": (
        GoldenText,
        "Family name; of an organisation, its contact's, or its own where a partner has no other place.",
    ),
    "full_name": (GoldenText, "The name in one piece, from partners that hold it only so."),
    "organization_name": (GoldenText, "Legal name of an organisation."),
    "birth_date": (GoldenDate, "Date of birth of a person."),
    "email": (GoldenText, "E-mail address; further ones are among the losing values."),
    "phone": (GoldenText, "Phone number; further ones are among the losing values."),
    "address": (GoldenAddress, "Postal address; further ones are among the losing values."),
    "language": (GoldenLanguage, "Preferred language."),
}

_EXTRAS: Mapping[str, dict[str, Any]] = {"birth_date": _TELLING_APART, "language": {}}

Profile: Any = msgspec.defstruct(
    "Profile",
    [
        ("display_name", Annotated[str, Meta(description="What to call the customer.", extra=_PERSONAL)]),
        *(
            (name, Annotated[shape | None, Meta(description=text, extra=_EXTRAS.get(name, _PERSONAL))], None)
            for name, (shape, text) in _PROFILE.items()
        ),
        (
            "identifiers",
            Annotated[
                tuple[GoldenIdentifier, ...] | None,  # type: ignore[valid-type]  # made above
                Meta(
                    description="Registered numbers, one for each kind and country. Null only where they are "
                    "withheld.",
                    extra=_TELLING_APART,
                ),
            ],
            (),
        ),
        (
            "contact_points",
            Annotated[
                tuple[ContactPoint, ...] | None,
                Meta(
                    description="Every e-mail address, phone number and postal address, of each kind the "
                    "preferred one first. Null only where they are withheld.",
                    extra=_PERSONAL,
                ),
            ],
            (),
        ),
    ],
    bases=(Shape,),
    kw_only=True,
    frozen=True,
    namespace={"__doc__": "A customer's golden record: of each attribute the value that won."},
)
"""The golden profile as the graph shows it."""


class ConnectorHealth(Shape, frozen=True, kw_only=True):
    """How the requests of a connector instance went since the start of this process."""

    calls: Annotated[int, Meta(description="Requests sent to the partner.")]
    errors: Annotated[int, Meta(description="Requests that failed.")]
    latency_p50: Annotated[timedelta | None, Meta(description="Median latency of the latest requests.")]
    latency_p95: Annotated[
        timedelta | None, Meta(description="95th percentile of the latency of the latest requests.")
    ]
    last_success_at: Annotated[datetime | None, Meta(description="When a request last succeeded.")]
    last_problem_at: Annotated[datetime | None, Meta(description="When a request last failed.")]
    last_problem: Annotated[ProblemCode | None, Meta(description="What that failure was.")]
    blocked: Annotated[
        int, Meta(description="Times that its plugin held the event loop for more than 50 ms.")
    ] = 0
    longest_block: Annotated[timedelta | None, Meta(description="The longest of these.")] = None


class ConnectorBreaker(Shape, frozen=True, kw_only=True):
    """An operation of a partner that failed too often of late."""

    operation: Annotated[str, Meta(description="Method and path, the ids of customers left out.")]
    state: Annotated[BreakerState, Meta(description="Whether its calls go out.")]
    failures: Annotated[int, Meta(description="Of the latest calls, those that failed.")]
    calls: Annotated[int, Meta(description="Latest calls that are judged.")]
    retry_in: Annotated[timedelta | None, Meta(description="When it is tried again, where it is open.")] = (
        None
    )


_INSIDE = {"rule": needs(Scope.OPERATIONS_READ)}


class Connector(Shape, frozen=True, kw_only=True):
    """A connector instance: a partner, as this installation is connected to it."""

    id: Annotated[NodeId, Meta(description="Global id.")]
    instance: Annotated[NodeId, Meta(description="Its id in the settings, in `sources` and in filters.")]
    plugin: Annotated[str, Meta(description="The plugin that connects it.")]
    title: Annotated[str, Meta(description="Name for people.")]
    domain: Annotated[DomainName | None, Meta(description="Business domain; null where it is faulty.")]
    state: Annotated[InstanceState, Meta(description="Whether it takes work.")]
    lookup: Annotated[Lookup | None, Meta(description="How it finds a customer at the partner.")]
    records: Annotated[
        tuple[str, ...], Meta(description="Kinds of record it fetches, such as `banking.accounts`.")
    ]
    searchable_by: Annotated[tuple[KeyKind, ...], Meta(description="Keys it can search the partner by.")]
    feeds: Annotated[tuple[str, ...], Meta(description="Kinds of record whose changes it streams.")]
    documentation: Annotated[str | None, Meta(description="Address of the partner's published API.")]
    problem: Annotated[
        str | None, Meta(description="What is wrong with its settings or plugin.", extra=_INSIDE)
    ]
    health: Annotated[
        ConnectorHealth | None,
        Meta(description="How its requests went. Null only where it is refused.", extra=_INSIDE),
    ]
    tier: Annotated[
        Tier | None, Meta(description="Quality tier that its plugin has proven; null where it is unproven.")
    ] = None
    tier_note: Annotated[str | None, Meta(description="What to do where the tier is unproven.")] = None
    breaker: Annotated[
        BreakerState, Meta(description="Whether its calls go out: the state of the operation worst off.")
    ] = BreakerState.CLOSED
    left_alone: Annotated[
        tuple[ConnectorBreaker, ...] | None,
        Meta(
            description="Operations of which no calls go out, or only to find out whether they may again. "
            "Null only where they are refused.",
            extra=_INSIDE,
        ),
    ] = ()


class SearchSource(Shape, frozen=True, kw_only=True):
    """What became of a search at one source."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance.")]
    domain: Annotated[DomainName | None, Meta(description="Business domain it serves.")]
    status: Annotated[SourceState, Meta(description="Whether it was searched and answered.")]
    matches: Annotated[int, Meta(description="Parties found there.")]
    latency: Annotated[timedelta | None, Meta(description="From the start of the search to its answer.")] = (
        None
    )
    problem: Annotated[
        SourceProblem | None, Meta(description="Why it did not answer, or `NOT_SEARCHABLE` by such a text.")
    ] = None
