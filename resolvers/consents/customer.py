"""What follows from one customer's decisions, together with what partners say that the customer told them."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from c360.access import Purpose
from c360.records.hotel import GuestPreferences
from resolvers.consents.bases import TERMS, LegalBasis
from resolvers.consents.law import ConsentStatus, Found, Scope, scope_of, standing, strictest
from store.data_consents import DecisionData, DecisionKind


class ConsentGround(enum.Enum):
    """Why data may be used for a purpose, or may not."""

    CONSENT = "CONSENT"
    """The customer agreed."""
    NOT_NEEDED = "NOT_NEEDED"
    """It takes no consent, and the customer did not say no."""
    NOT_RECORDED = "NOT_RECORDED"
    """It takes a consent, and none is known."""
    EXPIRED = "EXPIRED"
    """It takes a consent, and that is over."""
    REFUSED = "REFUSED"
    """The customer said no."""
    WITHDRAWN = "WITHDRAWN"
    """The customer took the consent back."""
    OBJECTED = "OBJECTED"
    """The customer objects."""
    RESTRICTED = "RESTRICTED"
    """The customer had the processing restricted."""


_SAID_NO = {
    ConsentStatus.REFUSED: ConsentGround.REFUSED,
    ConsentStatus.WITHDRAWN: ConsentGround.WITHDRAWN,
    ConsentStatus.EXPIRED: ConsentGround.EXPIRED,
}
_STOPS_GATHERING = frozenset(ConsentGround) - {
    ConsentGround.CONSENT, ConsentGround.NOT_NEEDED, ConsentGround.NOT_RECORDED
}  # fmt: skip


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a customer's data may be used, and why."""

    allowed: bool
    ground: ConsentGround
    basis: LegalBasis
    status: ConsentStatus
    decision: DecisionData | None = None
    """The decision that it comes from; none where a partner says it, and where nobody does."""
    partner: str | None = None
    """The connector instance that says it, where no decision of the hub's own does."""


class Cell(msgspec.Struct, frozen=True):
    """A purpose in a scope of which a customer, or a partner, said something."""

    purpose: Purpose
    scope: Scope


class CustomerConsents:
    """One customer's decisions, asked of. Pure; computed when asked.

    What a partner holds counts for that partner alone: a refusal always, an agreement where the hub knows
    nothing of its own.
    """

    def __init__(
        self,
        decisions: Iterable[DecisionData] = (),
        *,
        at: datetime,
        partners: Iterable[GuestPreferences] = (),
    ) -> None:
        """Look at a customer.

        Args:
            decisions: all that the hub keeps of the customer.
            at: the moment that is asked about.
            partners: what partners say that the customer told them.
        """
        self.decisions = tuple(decisions)
        self.at = at
        self.partners = _said(partners)
        self._found: dict[Cell, Verdict] = {}

    @property
    def restricted(self) -> DecisionData | None:
        """The restriction of processing that holds; none where none does."""
        found = self._standing(DecisionKind.RESTRICTION, None, Scope())
        return found.decision if found.status is ConsentStatus.REFUSED else None

    def verdict(self, purpose: Purpose, channel: str | None = None, connector: str | None = None) -> Verdict:
        """Whether the customer's data may be used.

        Args:
            purpose: what for.
            channel: through what; none where it is not said.
            connector: of which partner; none for the hub as a whole.
        """
        if not self.decisions and connector not in self.partners:
            return _of_silence(purpose)
        cell = Cell(purpose, Scope(channel, connector))
        found = self._found.get(cell)
        if found is None:
            found = self._found[cell] = self._verdict(cell)
        return found

    def gathers(self, purpose: Purpose, connector: str) -> bool:
        """Whether a partner may be asked: unless the customer said no.

        Silence is no refusal here: a partner's own records may hold the consent that is missing.
        """
        if not self.decisions:
            return True
        return self.verdict(purpose, None, connector).ground not in _STOPS_GATHERING

    def cells(self) -> tuple[Cell, ...]:
        """Every purpose as a whole, and each scope of which somebody said something."""
        found = {Cell(purpose, Scope()) for purpose in Purpose}
        found |= {Cell(one.purpose, scope_of(one)) for one in self.decisions if one.purpose is not None}
        found |= {Cell(Purpose.MARKETING, Scope(None, connector)) for connector in self.partners}
        return tuple(sorted(found, key=_place))

    def _verdict(self, cell: Cell) -> Verdict:
        terms = TERMS[cell.purpose]
        consent, partner = self._consent(cell)

        def made(*, allowed: bool, ground: ConsentGround, decision: DecisionData | None) -> Verdict:
            return Verdict(
                allowed=allowed,
                ground=ground,
                basis=terms.basis,
                status=consent.status,
                decision=decision,
                partner=partner,
            )

        restriction = None if terms.survives_restriction else self.restricted
        if restriction is not None:
            return made(allowed=False, ground=ConsentGround.RESTRICTED, decision=restriction)
        objection = self._standing(DecisionKind.OBJECTION, cell.purpose, cell.scope)
        if terms.objectionable and objection.status is ConsentStatus.REFUSED:
            return made(allowed=False, ground=ConsentGround.OBJECTED, decision=objection.decision)
        needed = terms.basis is LegalBasis.CONSENT
        if consent.status in _SAID_NO and (needed or (terms.refusable and _is_act(consent.status))):
            return made(allowed=False, ground=_SAID_NO[consent.status], decision=consent.decision)
        if needed and consent.status is not ConsentStatus.GIVEN:
            return made(allowed=False, ground=ConsentGround.NOT_RECORDED, decision=None)
        ground = ConsentGround.CONSENT if needed else ConsentGround.NOT_NEEDED
        return made(allowed=True, ground=ground, decision=consent.decision)

    def _consent(self, cell: Cell) -> tuple[Found, str | None]:
        """How a consent stands, and which partner says so where the hub does not."""
        own = self._standing(DecisionKind.CONSENT, cell.purpose, cell.scope)
        connector = cell.scope.connector
        said = self.partners.get(connector) if cell.purpose is Purpose.MARKETING and connector else None
        if said is None:
            return own, None
        theirs = Found(ConsentStatus.GIVEN if said else ConsentStatus.REFUSED)
        found = strictest((own, theirs))
        return found, connector if found is theirs else None

    def _standing(self, kind: DecisionKind, purpose: Purpose | None, scope: Scope) -> Found:
        return standing(self.decisions, kind=kind, purpose=purpose, scope=scope, at=self.at)


@functools.cache
def _of_silence(purpose: Purpose) -> Verdict:
    """Of somebody who never said anything, neither to the hub nor to who is asked about: whenever it is."""
    cell = Cell(purpose, Scope())
    return CustomerConsents(at=datetime.min.replace(tzinfo=UTC))._verdict(cell)  # noqa: SLF001  # our own


def _is_act(status: ConsentStatus) -> bool:
    return status is not ConsentStatus.EXPIRED


def _said(partners: Iterable[GuestPreferences]) -> Mapping[str, bool]:
    """By connector instance, whether the customer agreed there to its marketing; of several, the stricter."""
    found: dict[str, bool] = {}
    for one in partners:
        if one.marketing_opt_in is not None:
            found[one.connector] = one.marketing_opt_in and found.get(one.connector, True)
    return found


def _place(cell: Cell) -> tuple[int, str, str]:
    return list(Purpose).index(cell.purpose), cell.scope.connector or "", cell.scope.channel or ""
