"""What the stages know of a customer: summaries, what models say, and the moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from c360.records.party import PartyKind
from resolvers.offers.situation import ANY, Situation
from resolvers.risk.bands import RiskBand
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure

LINES: Mapping[str, tuple[Line, ...]] = MappingProxyType(
    {
        "banking": (Line.CARDS, Line.DEPOSITS, Line.LENDING),
        "brokerage": (Line.BROKERAGE,),
        "hotel": (Line.HOTEL,),
        "rental": (Line.RENTAL,),
        "loyalty": (Line.LOYALTY,),
        "insurance": (Line.MOTOR, Line.LIFE, Line.PENSION, Line.HOME, Line.OTHER_INSURANCE),
    }
)
"""What partners of a domain tell of."""
_ALL_KNOWN: frozenset[Line] = frozenset()
_CONTRACTS = Measure.CONTRACTS


class Facts:
    """One customer at one moment. Age, sex and other protected attributes are left out on purpose."""

    __slots__ = (
        "_totals",
        "country",
        "holds",
        "kind",
        "lines",
        "risk_band",
        "situation",
        "summaries",
        "unknown",
        "value",
    )

    def __init__(
        self,
        summaries: Summaries,
        *,
        kind: PartyKind = PartyKind.PERSON,
        country: str | None = None,
        risk_band: RiskBand | None = None,
        value: float | None = None,
        situation: Situation = ANY,
        unknown: frozenset[Line] = _ALL_KNOWN,
    ) -> None:
        """Look at a customer.

        Args:
            summaries: what is held and done.
            kind: a person or an organisation.
            country: of residence.
            risk_band: none where no model said.
            value: lifetime value in the hub's own currency; none where no model said.
            situation: the moment.
            unknown: lines of which nothing is known, because a partner's figures are missing: not the same
                as not held.
        """
        self.summaries = summaries
        self.kind = kind
        self.country = country
        self.risk_band = risk_band
        self.value = value
        self.situation = situation
        self.unknown = unknown
        self.lines = summaries.lines
        self._totals: dict[Measure, float | None] = {}
        self.holds: dict[Line, bool | None] = dict.fromkeys(unknown)
        """Lines with figures, and whether something is held there now; none where it is not known."""
        for line, figures in self.lines.items():
            contracts = figures.get(_CONTRACTS)
            self.holds[line] = bool(figures) if contracts is None else contracts > 0

    def figure(self, line: Line, measure: Measure) -> float | None:
        """A figure: zero of a line that is not held, none where it is not known."""
        figures = self.lines.get(line)
        if figures is None:
            return None if line in self.unknown else 0.0
        found = figures.get(measure)
        return 0.0 if found is None and measure not in UNKNOWN_IF_ABSENT else found

    def total(self, measure: Measure) -> float | None:
        """A figure over all lines that are known; none where no line has it."""
        if measure not in self._totals:
            self._totals[measure] = self.summaries.total(measure)
        return self._totals[measure]


UNKNOWN_IF_ABSENT = frozenset({Measure.FIRST_ON, Measure.LAST_ON, Measure.INTEREST_RATE})
"""Figures that are no amount: that there is none does not make them zero."""


def unknown_lines(summaries: Summaries, domains: Mapping[str, str]) -> frozenset[Line]:
    """The lines of which nothing is known.

    Args:
        summaries: the customer's.
        domains: domain of each connector instance.
    """
    missing = _lines_of(domains.get(connector) for connector in summaries.missing)
    return frozenset(line for line in missing if line not in summaries.lines)


def _lines_of(domains: Iterable[str | None]) -> Iterable[Line]:
    return (line for domain in domains if domain for line in LINES.get(domain, ()))
