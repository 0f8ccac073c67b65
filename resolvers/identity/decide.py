"""What becomes of a party: linked to a customer, shown to a person, or a new customer.

Pure: the caller looks up the candidates and their parties and hands them in; nothing is read or kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import msgspec

from c360.records.party import IdentifierKind
from resolvers.identity.features import Features
from resolvers.identity.model import Model
from resolvers.identity.rules import (
    WEIGHTS,
    Judgement,
    Outcome,
    Pair,
    exceeded,
    judge,
    shared_fields,
)
from resolvers.identity.scoring import FieldScore, Scorer, probability

SEVERAL_CUSTOMERS = "several_customers"
"""Decides where two customers would both be linked: they may be one, which a person has to say."""
CUSTOMER_LIMIT = "customer_limit"
"""Decides where the customer would hold more numbers or records than one customer can."""


_NOTHING: frozenset[str] = frozenset()


class PartyKey(msgspec.Struct, frozen=True, order=True):
    """Which record at which partner."""

    connector: str
    """Id of the connector instance."""
    party_id: str
    """The partner's own id of the customer."""


class KnownParty(msgspec.Struct, frozen=True):
    """A partner's record with what of it is compared."""

    key: PartyKey
    features: Features


class Candidate(msgspec.Struct, frozen=True):
    """A customer that the party may be, with all of the customer's parties."""

    customer_id: str
    parties: tuple[KnownParty, ...]


class PairEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why two parties are taken for one, or not."""

    party: PartyKey
    """The candidate's party that the new one was compared with."""
    fields: tuple[FieldScore, ...]
    """What each field says, in bits."""
    prior: float
    """In bits; prior and fields, added in their order, are the total."""
    total: float
    rules: tuple[str, ...] = ()
    """Names of the rules that spoke, in alphabetical order."""

    @property
    def probability(self) -> float:
        """That of the total, from 0 to 1; a rule may have decided otherwise."""
        return probability(self.total)


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """How a candidate customer fits."""

    customer_id: str
    outcome: Outcome
    """What this candidate alone would lead to; ``NEW`` where it is not the customer."""
    rule: str
    """What decided: ``weights`` or a rule."""
    evidence: PairEvidence
    """Of the pair that decided."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a party, and why."""

    outcome: Outcome
    customer_id: str | None = None
    """Of ``LINK``: the customer."""
    rule: str
    """What decided: ``weights``, the name of a rule, or ``several_customers``."""
    model: str
    """Version of the model."""
    matches: tuple[Match, ...] = ()
    """Every candidate that was compared, best first: the one linked, those in question, the alternatives."""


class Matcher:
    """Decides by a model, which it takes apart once, for the first pair; keep one per process.

    Args:
        model: The model (:func:`resolvers.identity.model.load`).
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer(self.model)

    def compare(
        self, left: Features, right: Features, seen: Mapping[str, frozenset[str]] = {}
    ) -> tuple[Pair, Judgement]:
        """Score and judge two parties of one kind.

        Args:
            left: One party.
            right: The other; which is which does not matter.
            seen: By column of features: values that many candidates share.
        """
        score = self._scorer.score(left, right)
        link = self.model.thresholds.link
        # Only what would be linked can rest on a value that many share.
        shared = shared_fields(left, right, self.model, seen) if score.probability >= link else _NOTHING
        pair = Pair(left=left, right=right, score=score, limits=self.model.limits, link=link, shared=shared)
        return pair, judge(pair, self.model)

    def decide(self, party: KnownParty, candidates: Iterable[Candidate]) -> Decision:
        """What becomes of a party.

        The same whatever the order of the candidates and of their parties.

        Args:
            party: The new party; where it stands among a candidate's own it is not compared with itself.
            candidates: Customers found by the party's keys.
        """
        known = tuple(candidates)
        seen = self._seen(party.features, known)
        matches = sorted(
            (match for candidate in known if (match := self._match(party, candidate, seen)) is not None),
            key=_rank,
        )
        linked = [match for match in matches if match.outcome is Outcome.LINK]
        if len(linked) > 1:
            outcome, rule = Outcome.REVIEW, SEVERAL_CUSTOMERS
        elif matches:
            outcome, rule = matches[0].outcome, matches[0].rule
        else:
            outcome, rule = Outcome.NEW, WEIGHTS
        return Decision(
            outcome=outcome,
            customer_id=matches[0].customer_id if outcome is Outcome.LINK else None,
            rule=rule,
            model=self.model.version,
            matches=tuple(matches),
        )

    def _match(
        self, party: KnownParty, candidate: Candidate, seen: Mapping[str, frozenset[str]]
    ) -> Match | None:
        """How the candidate fits; ``None`` where it has no party to compare with."""
        best: Match | None = None
        for known in candidate.parties:
            if known.key == party.key or known.features.kind is not party.features.kind:
                continue
            pair, judgement = self.compare(party.features, known.features, seen)
            match = _of_pair(candidate.customer_id, known.key, pair, judgement)
            if best is None or _rank(match) < _rank(best):
                best = match
        if best is not None and best.outcome is Outcome.LINK and self._too_much(party, candidate):
            return msgspec.structs.replace(best, outcome=Outcome.REVIEW, rule=CUSTOMER_LIMIT)
        return best

    def _too_much(self, party: KnownParty, candidate: Candidate) -> bool:
        others = [known for known in candidate.parties if known.key != party.key]
        limits = self.model.limits
        here = sum(known.key.connector == party.key.connector for known in others)
        return (
            len(others) >= limits.parties
            or here >= limits.identifiers.get(IdentifierKind.CUSTOMER_NUMBER, limits.parties)
            or exceeded((party.features, *(known.features for known in others)), limits)
        )

    def _seen(self, features: Features, known: Sequence[Candidate]) -> dict[str, frozenset[str]]:
        """The party's values that more candidates share than one household would."""
        found = {}
        for column, limit in self.model.limits.shared.items():
            own = frozenset(getattr(features, column))
            if own and len(known) > limit:
                counts = Counter(value for one in known for value in own & _values(one, column))
                found[column] = frozenset(value for value, count in counts.items() if count > limit)
        return found


def _values(candidate: Candidate, column: str) -> frozenset[str]:
    return frozenset(value for known in candidate.parties for value in getattr(known.features, column))


def _of_pair(customer_id: str, key: PartyKey, pair: Pair, judgement: Judgement) -> Match:
    score = pair.score
    return Match(
        customer_id=customer_id,
        outcome=judgement.outcome,
        rule=judgement.rule,
        evidence=PairEvidence(
            party=key, fields=score.fields, prior=score.prior, total=score.total, rules=judgement.spoke
        ),
    )


_OUTCOMES = {Outcome.LINK: 0, Outcome.REVIEW: 1, Outcome.NEW: 2}


def _rank(match: Match) -> tuple[int, float, str, PartyKey]:
    """Best first; ties go by ids, so that there is always one order."""
    return (_OUTCOMES[match.outcome], -match.evidence.total, match.customer_id, match.evidence.party)
