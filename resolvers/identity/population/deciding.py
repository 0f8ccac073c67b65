"""What becomes of scored pairs: the rules of single decisions, asked once for each way to agree.

A judgement depends on the levels, on the verified numbers, on what only switchboards share and on where the
total stands to the thresholds. A million pairs have a few thousand such combinations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from c360.records.party import PartyKind
from resolvers.identity.clusters import Edge
from resolvers.identity.comparisons import COMPARISONS
from resolvers.identity.features import Features
from resolvers.identity.model import Model
from resolvers.identity.rules import Judgement, Outcome, Pair, judge
from resolvers.identity.scoring import FieldScore, Score, bits

Scored = tuple[int, int, str, Sequence[int], bool, bool, float]
"""Row ids, kind, levels, shared e-mail, shared phone, bits."""


_BORN, _BIRTH_DATE = next(
    (place, comparison)
    for place, comparison in enumerate(COMPARISONS[PartyKind.PERSON])
    if comparison.name == "birth_date"
)
_OTHER_DAY = frozenset(
    place
    for place, level in enumerate(_BIRTH_DATE.levels)
    if level.name in {"else", "other_year", "same_year"}
)
"""Places of the levels that say that two persons were born on different days."""


class Judge:
    """Judges scored pairs by a model.

    Args:
        model: the model.
        verified: the verified numbers of those parties that have any, by row id.
    """

    def __init__(self, model: Model, verified: Mapping[int, tuple[str, ...]]) -> None:
        self._model = model
        self._verified = verified
        self.apart: list[tuple[int, int]] = []
        self._known: dict[tuple[object, ...], Judgement] = {}
        self._cuts = (bits(model.thresholds.review), bits(model.thresholds.link))
        self._weights = {
            kind: [
                [0.0 if level.null else weights[level.name] for level in comparison.levels]
                for comparison, weights in zip(
                    COMPARISONS[kind],
                    (
                        {level.level: level.weight for level in each.levels}
                        for name in COMPARISONS[kind]
                        for each in model.of(kind).comparisons
                        if each.comparison == name.name
                    ),
                    strict=True,
                )
            ]
            for kind in PartyKind
        }

    def edges(self, scored: Iterable[Scored]) -> Iterator[Edge[int]]:
        """The pairs that are one, or for a person to say; pairs that are two are left out.

        Pairs that must not come together by way of others are noted in :attr:`apart`: numbers contradict
        each other, or birth dates do. A father and a son of one name are both like the record that tells
        no birth date.
        """
        for left, right, kind, levels, email, phone, total in scored:
            judgement = self.judge(
                left, right, PartyKind(kind), levels, email=email, phone=phone, total=total
            )
            if judgement.apart or (
                judgement.outcome is not Outcome.LINK and kind == "PERSON" and levels[_BORN] in _OTHER_DAY
            ):
                self.apart.append((left, right))
            if judgement.outcome is not Outcome.NEW:
                yield Edge(
                    left=left, right=right, total=total, outcome=judgement.outcome, rule=judgement.rule
                )

    def judge(
        self,
        left: int,
        right: int,
        kind: PartyKind,
        levels: Sequence[int],
        *,
        email: bool,
        phone: bool,
        total: float,
    ) -> Judgement:
        """What becomes of one pair."""
        mine, theirs = self._verified.get(left, ()), self._verified.get(right, ())
        numbers = (mine, theirs) if mine and theirs else ()
        alike = not numbers and not (email or phone)
        zone = sum(total >= cut for cut in self._cuts)
        key = (kind, tuple(levels), zone)
        if alike and key in self._known:
            return self._known[key]
        judgement = self._judge(kind, levels, numbers, email=email, phone=phone, total=total)
        if alike:
            self._known[key] = judgement
        return judgement

    def _judge(
        self,
        kind: PartyKind,
        levels: Sequence[int],
        numbers: tuple[tuple[str, ...], ...],
        *,
        email: bool,
        phone: bool,
        total: float,
    ) -> Judgement:
        mine, theirs = numbers or ((), ())
        fields = tuple(
            FieldScore(comparison.name, comparison.levels[place].name, weights[place])
            for comparison, weights, place in zip(COMPARISONS[kind], self._weights[kind], levels, strict=True)
        )
        names = (("email", email), ("phone", phone))
        pair = Pair(
            left=Features(kind=kind, verified_ids=mine),
            right=Features(kind=kind, verified_ids=theirs),
            score=Score(bits(self._model.of(kind).prior), fields, total),
            limits=self._model.limits,
            link=self._model.thresholds.link,
            shared=frozenset(name for name, shared in names if shared),
        )
        return judge(pair, self._model)
