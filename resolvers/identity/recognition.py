"""Who a partner's record probably is, among the customers that the store finds by what it has in common.

Pure: :meth:`Recogniser.keys` and :meth:`Recogniser.blocks` say what to look up, :meth:`Recogniser.recognise`
takes what was found.
"""

from __future__ import annotations

from collections.abc import Iterable

from c360.records.party import Party
from resolvers.identity import blocks
from resolvers.identity.decide import Candidate, Decision, KnownParty, Matcher, PairEvidence, PartyKey
from resolvers.identity.features import Features, block_features, party_features, stored_features
from resolvers.identity.keeping import party_keys
from store.data import EnrolKey
from store.data_identity import CandidateData, EvidenceData


class Recogniser:
    """Recognises parties by one model. Keep one per process.

    Args:
        matcher: Decides.
        region: Country of phone numbers written without one.
    """

    def __init__(self, matcher: Matcher, region: str) -> None:
        self._matcher = matcher
        self._region = region
        self._blocked = matcher.model.blocked

    def keys(self, party: Party) -> tuple[EnrolKey, ...]:
        """The keys that lead to customers who may be the party."""
        return party_keys(party, self._region)

    def blocks(self, party: Party) -> tuple[str, ...]:
        """What leads to them where no key does."""
        return blocks.blocks(block_features(party, self._blocked))

    def recognise(self, party: Party, candidates: Iterable[CandidateData]) -> Decision:
        """Who of the candidates the party is: for certain, perhaps, or nobody of them.

        Args:
            party: The party, with its connector instance.
            candidates: Customers found by what it has in common with them, and perhaps others.
        """
        known = KnownParty(PartyKey(party.connector, party.party_id), self._features(party))
        return self._matcher.decide(known, map(self._candidate, candidates))

    def _features(self, party: Party) -> Features:
        return party_features(party, region=self._region, blocked=self._blocked)

    def _candidate(self, found: CandidateData) -> Candidate:
        return Candidate(
            found.customer_id,
            tuple(
                KnownParty(
                    PartyKey(one.party.connector, one.party.party_id),
                    stored_features(found.kind, one.values, region=self._region, blocked=self._blocked),
                )
                for one in found.parties
            ),
        )


def evidence_data(evidence: PairEvidence) -> tuple[EvidenceData, ...]:
    """Evidence as the ledger keeps it: the fields that could be compared."""
    return tuple(
        EvidenceData(field=one.field, agreement=one.agreement, weight=one.weight) for one in evidence.fields
    )
