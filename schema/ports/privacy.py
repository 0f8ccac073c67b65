"""What execution asks of the store about what customers decided, and about what is kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from store.data_consents import DecisionData, DecisionDraft, Proof, WordingData
from store.data_privacy import (
    CertificateData,
    ErasurePlan,
    ExportData,
    HoldData,
    RetentionRuleData,
    RetentionRunData,
)


class Consents(Protocol):
    """What customers agreed to; see :class:`store.repositories.consents.ConsentRepository`."""

    async def record(self, customer_id: str, draft: DecisionDraft, *, by: str) -> DecisionData:
        """Keep what a customer decided."""
        ...

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[DecisionData, ...]]:
        """Every decision of each customer, the earliest first."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, DecisionData]:
        """Decisions by id."""
        ...

    async def proofs(self, customer_ids: Iterable[str]) -> Mapping[str, Proof]:
        """The proofs of customers' decisions, by the id of the decision."""
        ...

    async def publish(
        self, wording_id: str, texts: Mapping[str, str], *, valid_from: datetime, by: str
    ) -> tuple[WordingData, ...]:
        """Publish the next version of a wording."""
        ...

    async def wordings(self, ids: Iterable[str] | None = None) -> tuple[WordingData, ...]:
        """Wordings in all versions and languages."""
        ...


class Exports(Protocol):
    """Requests to be told everything; see :class:`store.repositories.exports.ExportRepository`."""

    async def request(self, customer_id: str, *, by: str) -> ExportData:
        """Ask for everything about a customer."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, ExportData]:
        """Exports by id."""
        ...


class Erasures(Protocol):
    """Erasing persons; see :class:`store.repositories.certificates.CertificateRepository`."""

    async def plan(self, customer_id: str) -> ErasurePlan:
        """What an erasure would do."""
        ...

    async def erase(self, customer_id: str, *, reason: str, by: str) -> CertificateData:
        """Erase a customer but for what may not be deleted yet."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, CertificateData]:
        """Certificates by id."""
        ...

    def genuine(self, certificate: CertificateData) -> bool:
        """Whether a certificate says what was signed."""
        ...


class Holds(Protocol):
    """What may not be deleted, and what has to be; see :class:`store.repositories.holds.HoldRepository`."""

    async def place(
        self,
        customer_id: str,
        *,
        kind: str | None,
        basis: str,
        reason: str | None,
        until: datetime | None,
        by: str,
    ) -> HoldData:
        """Keep a customer's data from being deleted."""
        ...

    async def lift(self, hold_id: str, *, by: str) -> HoldData:
        """End a hold."""
        ...

    async def rules(self) -> tuple[RetentionRuleData, ...]:
        """How long each kind is kept."""
        ...

    async def rule(
        self, kind: str, *, days: int | None, duty_days: int | None, basis: str | None, by: str
    ) -> RetentionRuleData:
        """Say how long a kind of record is kept."""
        ...

    async def runs(self) -> Mapping[str, RetentionRunData]:
        """What the last pass over each kind did."""
        ...
