"""Rules that stand before the weights: what links, what never does, what a person has to look at.

Every rule looks at a pair alone and gives a verdict or none. The verdicts are a set: what follows from
them does not depend on the order of the rules.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from c360.records.party import PartyKind
from resolvers.identity.comparisons import COMPARISONS
from resolvers.identity.features import Features
from resolvers.identity.identifiers import form_of, kind_of
from resolvers.identity.model import Limits, Model, digest
from resolvers.identity.scoring import FieldScore, Score, probability


class Verdict(enum.Enum):
    """What a rule says of a pair."""

    APART = "APART"
    """They are two, whatever else agrees."""
    LINK = "LINK"
    """They are one, whatever the weights say."""
    SEPARATE = "SEPARATE"
    """What agrees is no reason to take them for one."""
    REVIEW = "REVIEW"
    """What agrees is a reason to ask, not to link."""


class Outcome(enum.Enum):
    """What becomes of two parties, or of one among candidates."""

    LINK = "LINK"
    """They are one customer."""
    REVIEW = "REVIEW"
    """A person has to say."""
    NEW = "NEW"
    """They are two customers, as far as is known."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two parties of one kind, as rules see them."""

    left: Features
    right: Features
    score: Score
    limits: Limits
    link: float
    """Probability from which weights link."""
    shared: frozenset[str] = frozenset()
    """Fields that agree only by values that many customers share, such as ``phone``."""

    def own(self) -> Iterable[FieldScore]:
        """The fields that members of a household do not share, such as the birth date."""
        return (field for field in self.score.fields if field.field in _OWN[self.left.kind])

    def common(self) -> Iterable[FieldScore]:
        """The fields that they do, such as the address."""
        return (field for field in self.score.fields if field.field not in _OWN[self.left.kind])


_OWN = {
    kind: frozenset(comparison.name for comparison in comparisons if not comparison.shared)
    for kind, comparisons in COMPARISONS.items()
}


class Rule(msgspec.Struct, frozen=True):
    """A rule by its name in evidence and ledger entries."""

    name: str
    text: str
    """What it says, for people."""
    judge: Callable[[Pair], Verdict | None]


def _same_verified_id(pair: Pair) -> Verdict | None:
    if not set(pair.left.verified_ids) & set(pair.right.verified_ids):
        return None
    # A number in the wrong record (the husband's in the wife's) shows in all that is one's own.
    contrary = sum(field.agreement == "else" for field in pair.own())
    return Verdict.REVIEW if contrary > 1 else Verdict.LINK


def _different_verified_ids(pair: Pair) -> Verdict | None:
    if not (pair.left.verified_ids and pair.right.verified_ids):
        return None
    return Verdict.APART if exceeded((pair.left, pair.right), pair.limits) else None


def _household(pair: Pair) -> Verdict | None:
    own = tuple(pair.own())
    if any(field.weight > 0 for field in own) or not any(field.weight > 0 for field in pair.common()):
        return None
    return Verdict.SEPARATE if any(field.agreement == "else" for field in own) else Verdict.REVIEW


def _own_field_differs(pair: Pair) -> Verdict | None:
    return Verdict.REVIEW if any(field.agreement == "else" for field in pair.own()) else None


def _shared_value(pair: Pair) -> Verdict | None:
    if not pair.shared:
        return None
    resting = sum(max(field.weight, 0.0) for field in pair.score.fields if field.field in pair.shared)
    return Verdict.REVIEW if probability(pair.score.total - resting) < pair.link else None


def _too_little_of_ones_own(pair: Pair) -> Verdict | None:
    if pair.left.kind is PartyKind.ORGANIZATION:
        return None
    told = {field.field: field.agreement for field in pair.score.fields}
    born = told.get("birth_date") in _SAME_DAY
    named = told.get("given_name") in _SAME_NAME
    contacts = {field for field in ("email", "phone") if told.get(field) == "exact"}
    mine = contacts - pair.shared
    reached = "email" in mine or (named and ("phone" in mine or len(contacts) > 1 or (born and contacts)))
    at_home = born and named and told.get("address") in _SAME_PLACE
    return None if told.get("identifier") == "exact" or bool(reached) or at_home else Verdict.REVIEW


_SAME_NAME = frozenset({"exact", "part", "nickname", "initial", "close", "sound"})
_SAME_DAY = frozenset({"exact", "swapped", "typo"})
_SAME_PLACE = frozenset({"exact", "street", "close"})


RULES: tuple[Rule, ...] = (
    Rule(
        "same_verified_id",
        "A verified number in common links; where two fields of one's own differ entirely, a review.",
        _same_verified_id,
    ),
    Rule(
        "different_verified_ids",
        "More verified numbers of one kind and country than one customer can have: never one.",
        _different_verified_ids,
    ),
    Rule(
        "household",
        "Only what a household shares agrees (family name, address, phone, e-mail): "
        "no link, and no review where a name or a birth date differs.",
        _household,
    ),
    Rule(
        "own_field_differs",
        "A field of one's own (given name, birth date, name of an organisation, number) differs entirely: "
        "at most a review.",
        _own_field_differs,
    ),
    Rule(
        "too_little_of_ones_own",
        "Persons link by a number, an e-mail address or a phone in common that is not the household's, or by "
        "birth date and address together; else a review. Namesakes are born on one day; father and son "
        "share name and home, twins birth date and home.",
        _too_little_of_ones_own,
    ),
    Rule(
        "shared_value",
        "Without a value that many customers share (a switchboard) it would be no link: a review.",
        _shared_value,
    ),
)
"""Every rule, in no particular order."""

WEIGHTS = "weights"
"""Stands for a rule where the weights alone decided."""


class Judgement(msgspec.Struct, frozen=True):
    """What becomes of a pair, and why."""

    outcome: Outcome
    rule: str
    """The rule that decided, or :data:`WEIGHTS`."""
    spoke: tuple[str, ...] = ()
    """All rules that had something to say, by name."""
    apart: bool = False
    """The two must never be linked without a person."""


_TWO_BY_WEIGHTS = Judgement(Outcome.NEW, WEIGHTS)


def judge(pair: Pair, model: Model, rules: Iterable[Rule] = RULES) -> Judgement:
    """Rules first, then weights; the order of the rules does not matter.

    A pair that weights call two is asked only of verified numbers: all other rules hold back.
    """
    by_weights = _by_weights(pair.score, model)
    if by_weights is Outcome.NEW and not (pair.left.verified_ids and pair.right.verified_ids):
        return _TWO_BY_WEIGHTS
    found = {rule.name: verdict for rule in rules if (verdict := rule.judge(pair)) is not None}
    verdicts = frozenset(found.values())
    outcome, decisive = _combined(verdicts, by_weights)
    names = sorted(name for name, verdict in found.items() if verdict is decisive)
    return Judgement(
        outcome=outcome,
        rule=names[0] if names else WEIGHTS,
        spoke=tuple(sorted(found)),
        apart=Verdict.APART in verdicts,
    )


def _by_weights(score: Score, model: Model) -> Outcome:
    chance = score.probability
    if chance >= model.thresholds.link:
        return Outcome.LINK
    return Outcome.REVIEW if chance >= model.thresholds.review else Outcome.NEW


def _combined(verdicts: frozenset[Verdict], by_weights: Outcome) -> tuple[Outcome, Verdict | None]:
    """The outcome, and the verdict that made it so where it was not the weights."""
    if Verdict.APART in verdicts:  # two numbers, one in common and one apart: somebody mistook something
        return (Outcome.REVIEW if Verdict.LINK in verdicts else Outcome.NEW), Verdict.APART
    if Verdict.LINK in verdicts:
        return Outcome.LINK, Verdict.LINK
    if Verdict.SEPARATE in verdicts:
        return Outcome.NEW, Verdict.SEPARATE
    if Verdict.REVIEW in verdicts and by_weights is Outcome.LINK:
        return Outcome.REVIEW, Verdict.REVIEW
    return by_weights, None


def exceeded(parties: Iterable[Features], limits: Limits) -> bool:
    """Whether parties together hold more verified numbers of a kind than one customer can."""
    held: dict[str, set[str]] = {}
    for party in parties:
        for number in party.verified_ids:
            held.setdefault(form_of(number), set()).add(number)
    return any(len(numbers) > limit_of(form, limits) for form, numbers in held.items())


def limit_of(form: str, limits: Limits) -> float:
    """How many numbers of this form (:func:`~.identifiers.form_of`) a customer can have."""
    return limits.identifiers.get(kind_of(form), float("inf"))


_LISTS: Mapping[str, str] = {"email": "emails", "phone": "phones"}
"""Field → column of its values, of those that switchboards and common mailboxes share."""


def shared_fields(
    left: Features, right: Features, model: Model, seen: Mapping[str, frozenset[str]] = {}
) -> frozenset[str]:
    """The fields in which two parties agree by nothing but values that many customers share.

    Args:
        left: One party.
        right: The other.
        model: Names the values that were learnt to be shared.
        seen: By column: values that turned out to be shared just now, among candidates.
    """
    found = []
    for field, column in _LISTS.items():
        learnt = model.shared_values.get(column, frozenset())
        now = seen.get(column, frozenset())
        if not (learnt or now):
            continue
        others: Any = getattr(right, column)
        values = [value for value in getattr(left, column) if value in others]
        if values and all(value in now or digest(value) in learnt for value in values):
            found.append(field)
    return frozenset(found)
