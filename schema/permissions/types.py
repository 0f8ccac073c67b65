"""The rules of whole types: what holds for every field of a type, beside the field's own rule.

A type that stands in no list here, and is no record of a domain, has no rule: each of its fields has one of
its own, or is refused to everybody. So it is with ``Query``, ``Mutation`` and ``Customer``, on purpose: a new
field of theirs is nobody's until somebody says whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from c360.access import Purpose
from c360.kinds import domains
from schema.permissions.rules import Rule, needs
from schema.permissions.scopes import Scope, domain_scope

ANYBODY = needs()
"""The rule of what carries nothing by itself: whoever came to it by a field may see it."""

ADDRESSED = frozenset(Purpose) - {Purpose.ANALYTICS}
"""Purposes that need to know who it is; of many customers, of whom none is addressed, it tells nothing."""
IDENTIFYING = frozenset({Purpose.SERVICE, Purpose.CLAIMS, Purpose.RISK, Purpose.FRAUD})
"""Purposes for which somebody has to be told apart from others of the same name."""
WORTH = frozenset({Purpose.SERVICE, Purpose.MARKETING, Purpose.RISK, Purpose.ANALYTICS})
"""What a customer is worth does not settle a claim, and makes nobody a deceiver."""
JUDGING = frozenset({Purpose.RISK, Purpose.FRAUD})
"""Who is served or addressed is not judged."""
OFFERING = frozenset({Purpose.SERVICE, Purpose.MARKETING})
"""An offer is made in a conversation that the customer began, or by approaching them."""

MONEY_MATTERS = frozenset({Purpose.SERVICE, Purpose.CLAIMS, Purpose.RISK, Purpose.FRAUD})
"""What lies at banks, custodians and insurers is kept from selling."""
LEISURE = frozenset({Purpose.SERVICE, Purpose.CLAIMS, Purpose.MARKETING, Purpose.FRAUD})
"""Where somebody travels and shops is kept from judging what they can bear."""
_PURPOSES: Mapping[str, frozenset[Purpose]] = {
    "banking": MONEY_MATTERS,
    "brokerage": MONEY_MATTERS,
    "insurance": MONEY_MATTERS,
    "loyalty": LEISURE,
    "hotel": LEISURE,
    "rental": LEISURE,
}
_OTHERWISE = frozenset({Purpose.SERVICE, Purpose.CLAIMS, Purpose.FRAUD})
"""Of a domain that nobody has said more of: what was bought is served, and settled."""


def domain_rule(domain: str) -> Rule:
    """The rule of the records of a domain, and of what they add up to."""
    return needs(domain_scope(domain), purposes=_PURPOSES.get(domain, _OTHERWISE))


_EXISTS = needs(Scope.CUSTOMERS_READ)
_PROFILE = needs(Scope.PROFILE_READ, purposes=ADDRESSED)
_IDENTITY = needs(Scope.IDENTITY_READ)
_WORTH = needs(Scope.SCORES_READ, purposes=WORTH)
_RISK = needs(Scope.RISK_READ, purposes=JUDGING)
_OFFER = needs(Scope.OFFERS_READ, purposes=OFFERING)
_GUEST = needs(Scope.HOTEL_READ, purposes=frozenset({Purpose.SERVICE, Purpose.CLAIMS}))
"""What guests ask for tells their health and their faith: it serves them, and nothing else."""
_CATALOGUE = needs(Scope.CATALOGUE_READ)
_OPERATIONS = needs(Scope.OPERATIONS_READ)

_NAMED: Mapping[Rule, str] = {
    ANYBODY: """
        Node PageInfo Money PostalAddress Identifier SourceProblem MissingSource Withheld PartyReference
        PartyPair MovedFacts HubFact Contribution ValueRank Assumption ExchangeRates ExchangeRate ModelOrigin
        ModelMetric ModelCalibration KeptFigure Product SegmentAction OfferResponse Happening CustomerChange
        InteractionStart JobProgress PossibleDuplicate EmergencyAccess RevealedValue
    """,
    _EXISTS: "SourceStatus SearchSource FormerCustomer",
    _PROFILE: """
        Profile GoldenText GoldenDate GoldenAddress GoldenLanguage GoldenIdentifier LosingText LosingDate
        LosingAddress LosingLanguage LosingIdentifier ValueSource ContactPoint Party SearchResult Identity
        Household HouseholdMember
    """,
    _IDENTITY: "Evidence LedgerEntry ProbableCustomer Review ReviewSide ComparedField",
    _WORTH: """
        Profit LineProfit CustomerSummaries SummaryLine SummaryFigure CustomerSegment SegmentReason
        CustomerStanding LifetimeValue LineValue BestCustomer
    """,
    _RISK: """
        Risk BehaviouralRisk RiskInterval RiskReason RiskFeature OptionPricing DistanceSensitivity
        BalanceItem CombinedRisk CreditLine CreditReason
    """,
    needs(Scope.RISK_READ): "ScoreContest QueuedContest",
    _OFFER: "Offer OfferReason OfferParts OfferLever PolicyLoan PolicyLoanTerms",
    _GUEST: "GuestPreferences GuestNote GuestField",
    needs(Scope.GRANTS_READ): "Grant",
    needs(Scope.CONSENTS_READ): "Consent ConsentDecision ConsentWording ConsentWordingReference",
    needs(Scope.WORKORDERS_READ): "PartnerAction PartnerActionDetail PartnerActionStep QueuedAction",
    needs(Scope.INTERACTIONS_READ): """
        Interaction PageView Note Task QueuedTask Complaint QueuedComplaint ComplaintCount Compensation
        Appointment QueuedAppointment Booking Journey Touchpoint OfferAnswer RecordReference TimelineEntry
        PartnerRecord
    """,
    needs(Scope.PROFILE_READ): "Preference",
    needs(Scope.PRIVACY_WRITE): "DataExport ErasurePreview LegalHold",
    Rule(scopes=((Scope.AUDIT_READ,), (Scope.PRIVACY_WRITE,))): """
        AccessLogEntry ErasureCertificate ErasedPlace HeldBack PartnerLeft RetentionRule RetentionReport
    """,
    needs(Scope.ACCESS_REVIEW): "QueuedEmergency",
    needs(Scope.AUDIT_READ): "AuditEntry AuditSource AuditDetail",
    needs(Scope.ENDPOINTS_WRITE): "EventEndpoint EventDelivery",
    needs(Scope.BULK_WRITE): "Job JobRows RowProblem",
    _CATALOGUE: "Connector Segment SegmentSize PreferenceKey",
    _OPERATIONS: "ConnectorHealth ConnectorBreaker",
}
TYPES: Mapping[str, Rule] = {name: rule for rule, names in _NAMED.items() for name in names.split()}
"""The rule of each type that has one, by the type's name."""

_OF_DOMAINS = ("c360.records.", "resolvers.groups.")
"""Packages with a module or a package for each domain, named like it."""
_CARRIERS = ("Connection", "Edge", "Payload", "Problem")


def type_rule(name: str, made_from: type | None) -> Rule | None:
    """The rule of a type; none where each field says for itself.

    Args:
        name: Its name in the graph.
        made_from: The record or shape that it was made from, where it was.
    """
    if name in TYPES:
        return TYPES[name]
    if name.endswith(_CARRIERS):
        return ANYBODY
    module = made_from.__module__ if made_from else ""
    found = next((module.removeprefix(each) for each in _OF_DOMAINS if module.startswith(each)), "")
    domain = found.partition(".")[0]
    return domain_rule(domain) if domain in domains() else None
