"""Who the parties are that a feed brings and nobody has: matched, and given to customers by the ledger.

For parties that come in one by one. A first import of millions is the work of ``python -m api identity``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from api.settings import Settings
from c360.records.party import Party
from resolvers.identity import model
from resolvers.identity.decide import Decision, Match, Matcher
from resolvers.identity.keeping import party_draft, party_link
from resolvers.identity.recognition import Recogniser, evidence_data
from resolvers.identity.rules import Outcome
from resolvers.service.statements import own_statement
from store.data import EnrolKey, EnrolLink
from store.data_identity import (
    Admission,
    AdmissionResult,
    LedgerEntry,
    LinkDecision,
    PartyRef,
    ReviewRequest,
)
from store.errors_identity import CustomerUnknown, KeptApart, KindsDiffer
from store.unit import Unit

ACTOR = "worker"
"""Who decides, as the ledger names it."""
_MOST_REVIEWS = 5
"""Customers that one party puts before a human, at the most: the likeliest."""


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """A party that belongs to nobody yet, ready to be looked for."""

    ref: PartyRef
    party: Party
    link: EnrolLink

    @property
    def found_by(self) -> frozenset[EnrolKey | str]:
        """Everything that leads to it."""
        return frozenset((*self.link.keys, *self.link.blocks))


class Matching:
    """Gives new parties to customers. Keep one per process: it takes the model apart once.

    Args:
        settings: country of phone numbers written without one, and the order of trust in the sources.
        matcher: decides; by default with the model that is shipped.
    """

    def __init__(self, settings: Settings, matcher: Matcher | None = None) -> None:
        self._region = settings.phone_region
        self._order = tuple(settings.connectors)
        self._recogniser = Recogniser(matcher or Matcher(model.load()), self._region)

    async def admit(self, unit: Unit, instance: str, parties: Iterable[Party]) -> tuple[AdmissionResult, ...]:
        """Link each party to the customer that it is, put it before a human, or make it a customer.

        Parties that may be each other are decided one after the other, the rest together.

        Args:
            unit: a unit of work; everything is done in it or nothing.
            instance: id of the connector instance that brought them.
            parties: parties that are not linked.
        """
        results: list[AdmissionResult] = []
        waiting: list[Newcomer] = []
        taken: set[EnrolKey | str] = set()
        for party in parties:
            newcomer = self._newcomer(instance, party)
            if taken & newcomer.found_by:
                results += await self._together(unit, waiting)
                waiting, taken = [], set()
            waiting.append(newcomer)
            taken |= newcomer.found_by
        return (*results, *await self._together(unit, waiting))

    async def compare(self, unit: Unit, ref: PartyRef) -> LedgerEntry | None:
        """Merge the customer of a party of the hub's own into the one that they are, or ask a human.

        Args:
            unit: a unit of work.
            ref: the party, by which the customer came.

        Returns:
            the merge; none where there was none.
        """
        owner = (await unit.customers.by_party_refs([(ref.connector, ref.party_id)])).get(
            (ref.connector, ref.party_id)
        )
        customer = (await unit.customers.load([owner])).get(owner) if owner is not None else None
        if customer is None:
            return None
        said = own_statement(customer.kind, customer.values, ref.party_id)
        link = said.link(self._region, customer.created_at)
        found = await unit.candidates.find(link.keys, link.blocks)
        others = [one for one in found.candidates if one.customer_id != customer.id]
        decision = self._recogniser.recognise(said.party, others)
        if decision.customer_id is None:
            await unit.reviews.open(list(_reviews(ref, decision)))
            return None
        try:
            done = await unit.ledger.merge(
                decision.customer_id, [customer.id], _link_decision(decision, decision.matches[0])
            )
        except (CustomerUnknown, KindsDiffer, KeptApart):
            return None  # somebody was faster, or a human has said no
        return done.entry

    async def _together(self, unit: Unit, newcomers: Sequence[Newcomer]) -> tuple[AdmissionResult, ...]:
        return await unit.ledger.admit([await self._admission(unit, each) for each in newcomers])

    async def _admission(self, unit: Unit, newcomer: Newcomer) -> Admission:
        found = await unit.candidates.find(newcomer.link.keys, newcomer.link.blocks)
        decision = self._recogniser.recognise(newcomer.party, found.candidates)
        return Admission(
            party=newcomer.link,
            draft=party_draft([newcomer.party], self._order),
            decision=_link_decision(decision, decision.matches[0] if decision.matches else None),
            customer_id=decision.customer_id,
            reviews=tuple(_reviews(newcomer.ref, decision)),
        )

    def _newcomer(self, instance: str, party: Party) -> Newcomer:
        signed = msgspec.structs.replace(party, connector=instance)
        return Newcomer(
            ref=PartyRef(instance, party.party_id),
            party=signed,
            link=party_link(signed, self._region, method=ACTOR),
        )


def _reviews(ref: PartyRef, decision: Decision) -> Iterable[ReviewRequest]:
    """The pairs that a human should see: all that are in question."""
    if decision.outcome is not Outcome.REVIEW:
        return
    asked = [match for match in decision.matches if match.outcome is not Outcome.NEW]
    for match in asked[:_MOST_REVIEWS]:
        yield ReviewRequest(
            left=ref,
            right=PartyRef(match.evidence.party.connector, match.evidence.party.party_id),
            decision=_link_decision(decision, match),
        )


def _link_decision(decision: Decision, match: Match | None) -> LinkDecision:
    """A decision as the ledger keeps it: by the pair that decided, where there was one to compare with."""
    if match is None:
        return LinkDecision(actor=ACTOR, rule=decision.rule, model_version=decision.model)
    rule = decision.rule if decision.outcome is not Outcome.REVIEW else match.rule
    return LinkDecision(
        actor=ACTOR,
        rule=rule,
        probability=match.evidence.probability,
        model_version=decision.model,
        evidence=evidence_data(match.evidence),
    )
