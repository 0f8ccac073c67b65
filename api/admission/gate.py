"""Lets operations in by the settings: see :class:`schema.execution.admission.Admission`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from api.admission.budgets import Spending
from api.admission.settings import AdmissionSettings
from c360.access import Access
from schema.execution.admission import (
    Allowance,
    RateLimited,
    unknown_document,
    untrusted_document,
)


class Gate:
    """The gate of one process.

    Args:
        settings: budgets, and who may send registered documents alone.
        documents: the registered ones, by id.
    """

    def __init__(self, settings: AdmissionSettings, documents: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._documents = documents or {}
        self._texts = frozenset(self._documents.values())
        self._registered_only = frozenset(settings.registered_only)
        self._requests = Spending("requests")
        self._cost = Spending("cost")

    def document(self, access: Access, text: str | None, document_id: str | None) -> str:
        """See :class:`schema.execution.admission.Admission`."""
        known = None if document_id is None else self._documents.get(document_id)
        if known is not None:
            return known
        if text is None:
            raise unknown_document()
        # Who may send registered documents alone may send their texts, too: what counts is what is asked.
        if not self._registered_only.isdisjoint(access.principal.roles) and text not in self._texts:
            raise untrusted_document()
        return text

    def request(self, access: Access) -> Sequence[Allowance]:
        """See :class:`schema.execution.admission.Admission`."""
        return (self._spend(self._requests, access, 1),)

    def spend(self, access: Access, cost: int) -> Sequence[Allowance]:
        """See :class:`schema.execution.admission.Admission`."""
        return (self._spend(self._cost, access, cost),)

    def _spend(self, spending: Spending, access: Access, amount: int) -> Allowance:
        limit = self._limit(spending.name, access)
        # What would never fit is spent as a whole budget: it is bounded elsewhere.
        fits, allowance, wait = spending.spend(_who(access), limit, min(amount, limit))
        if not fits:
            raise RateLimited(spending.name, (allowance,), wait)
        return allowance

    def _limit(self, name: str, access: Access) -> int:
        mine = self._settings.roles
        own = [mine[role] for role in access.principal.roles if role in mine] if mine else ()
        if not own:
            return self._settings.requests if name == "requests" else self._settings.cost
        return max(each.requests if name == "requests" else each.cost for each in own)


def _who(access: Access) -> Hashable:
    principal = access.principal
    return (principal.tenant, principal.subject, principal.client)
