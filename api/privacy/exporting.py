"""Makes what a person is told who asks for everything: what is kept, what partners hold, what is worked out.

The worker makes it, from the hub's own database and live from the partners. Nothing is half-written: the
transaction that keeps the pieces is the one that says the export is ready, so that a worker that is killed
leaves a request that still waits.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import msgspec

from api.engine import build_engine
from api.privacy.provenance import PROVENANCE
from api.settings import Settings
from api.wiring import Hub
from c360.access import Access, Principal, Purpose, Reach
from c360.contract import Need
from c360.errors import C360Error
from c360.kinds import domains, kinds
from connectors.results import GatherRequest, Link, SourceResult, SourceState, Target
from schema import ids
from schema.engine import GraphEngine
from schema.everything import selections
from schema.execution.limits import Limits
from schema.identity.answers import CUSTOMER
from schema.permissions.scopes import Scope
from store.data import CustomerData
from store.data_audit import AuditEntry, AuditFilter
from store.data_privacy import ExportData, Section
from store.repositories.dossier import Family

FORMAT, VERSION = "c360-export", 1
PATIENCE = timedelta(seconds=30)
"""For which partners are waited for."""
BACK = timedelta(days=90)
"""How far back partners are asked for what piles up over time: some tell only day by day."""
_UNBOUNDED = Limits(fields=20_000, all_fields=20_000, tokens=200_000, values=10**9, repetitions=10**6)
_MOST_READINGS = 100_000
_log = logging.getLogger(__name__)
_PURPOSES: Mapping[str, Purpose] = {"risk": Purpose.RISK}
"""Fields that are answered for another purpose than service."""


class Exporter:
    """Makes exports.

    Args:
        hub: the open hub.
        settings: the settings.
    """

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub = hub
        self._settings = settings
        self._lasting = timedelta(days=settings.privacy.export_days)

    async def round(self) -> int:
        """Make all that waits, and delete what expired; how many were made."""
        database, tenant = self._hub.store.database, self._hub.tenant
        async with database.unit(tenant) as unit:
            await unit.exports.forget(before=self._hub.clock())
        made = 0
        while True:
            async with database.read(tenant) as unit:
                waiting = await unit.exports.waiting()
            if not waiting:
                return made
            for export in waiting:
                await self._make(export)
                made += 1

    async def _make(self, export: ExportData) -> None:
        database, tenant = self._hub.store.database, self._hub.tenant
        try:
            content = await self.content(export)
        except C360Error as error:
            _log.warning("export %s could not be made (%s)", export.id, error)
            async with database.unit(tenant) as unit:
                await unit.exports.fail(export.id, type(error).__name__)
            return
        async with database.unit(tenant) as unit:
            if content is None:
                await unit.exports.fail(export.id, "CustomerUnknown")
            else:
                await unit.exports.finish(export.id, content, lasting=self._lasting)

    async def content(self, export: ExportData) -> bytes | None:
        """The JSON that an export is answered with; none where the person was erased meanwhile.

        Raises:
            C360Error: the database fails, or what is sealed does not open.
        """
        database, tenant = self._hub.store.database, self._hub.tenant
        async with database.read(tenant) as unit:
            family = await unit.dossiers.family(export.customer_id)
            if family is None:
                return None
            kept = [section async for section in unit.dossiers.sections(family)]
            customer = (await unit.customers.load([family.present])).get(family.present)
            seen = [entry async for entry in _readings(unit, family)]
        if customer is None:
            return None
        partners = await self._partners(customer)
        answers = [answer async for answer in self._answers(family.present)]
        return msgspec.json.encode(
            {
                "format": FORMAT,
                "version": VERSION,
                "export": export.id,
                "madeAt": self._hub.clock(),
                "customer": ids.encode(CUSTOMER, family.present),
                "formerCustomers": [
                    ids.encode(CUSTOMER, one) for one in sorted(family.nodes - {family.present})
                ],
                "kept": [_section(one) for one in kept if one.rows],
                "partners": [_partner(one) for one in partners],
                "partnersAskedSince": self._hub.clock().date() - BACK,
                "answers": answers,
                "lookedAtBy": [_reading(one) for one in seen],
                "missing": list(_missing(partners)),
            },
            enc_hook=str,
        )

    async def _partners(self, customer: CustomerData) -> Sequence[SourceResult]:
        """What partners hold, live or from the last-known copy."""
        today = self._hub.clock().date()
        needs = frozenset(_need(name, today) for name in kinds())
        links = tuple(
            Link(connector=one.connector, party_id=one.party_id, objects=one.objects)
            for one in customer.links
        )
        gathered = await self._hub.host.gather(
            GatherRequest(
                targets=[Target(customer_id=customer.id, links=links)],
                needs={customer.id: needs},
                access=self._access(Purpose.SERVICE),
                deadline=PATIENCE,
                keep=False,
            )
        )
        return gathered.of(customer.id)

    async def _answers(self, customer_id: str) -> Any:
        """What the graph works out, field by field, each with its explanation."""
        for field, text in self._selections.items():
            purpose = _PURPOSES.get(field, Purpose.SERVICE)
            query = f"query($by: CustomerKey!) {{ customer(by: $by) {{ {text} }} }}"
            answer = await self._engine.execute(
                query, {"by": {"id": ids.encode(CUSTOMER, customer_id)}}, access=self._access(purpose)
            )
            found = (answer.data or {}).get("customer") or {}
            codes = sorted({str((one.get("extensions") or {}).get("code")) for one in answer.errors})
            yield {"field": field, "purpose": purpose.value, "value": found.get(field), "problems": codes}

    def _access(self, purpose: Purpose) -> Access:
        """The hub itself, on behalf of the person."""
        principal = Principal(
            subject="hub:export",
            tenant=self._hub.tenant,
            purposes=frozenset(Purpose),
            scopes=frozenset(scope.value for scope in Scope),
            reach=Reach.EVERYBODY,
        )
        return Access(principal=principal, purpose=purpose)

    @cached_property
    def _engine(self) -> GraphEngine:
        """Made when first needed: most rounds of a worker make no export."""
        return build_engine(self._hub, self._settings, limits=_UNBOUNDED)

    @cached_property
    def _selections(self) -> Mapping[str, str]:
        """What is kept and what partners hold is told as it is, and not once more as the graph shows it."""
        without = frozenset(domains()) | {"sources", "complete", "accessLog"}
        return selections(self._engine.graph, CUSTOMER, without=without)


async def _readings(unit: Any, family: Family) -> Any:
    """Who looked at the person, and who changed what, the latest first."""
    for node in sorted(family.nodes):
        after = None
        count = 0
        while count < _MOST_READINGS:
            page = await unit.audit.page(AuditFilter(customer_id=node), first=500, after=after)
            for entry in page.entries:
                yield entry
            count += len(page.entries)
            if not page.has_next or not page.cursors:
                break
            after = page.cursors[-1]


def _need(name: str, today: date) -> Need:
    if not kinds()[name].windowed:
        return Need(kind=name)
    return Need(kind=name, since=today - BACK, until=today)


def _section(found: Section) -> dict[str, Any]:
    why = PROVENANCE[found.table]
    return {
        "table": found.table,
        "source": why.source,
        "purposes": [one.value for one in why.purposes],
        "legalBases": why.legal_bases,
        "rows": found.rows,
    }


def _partner(found: SourceResult) -> dict[str, Any]:
    return {
        "connector": found.connector,
        "domain": found.domain,
        "status": found.state.value,
        "fetchedAt": found.fetched_at,
        "problem": None if found.problem is None else found.problem.code.value,
        "records": {
            name: msgspec.to_builtins(result.records, enc_hook=str)
            for name, result in found.kinds.items()
            if result.records
        },
    }


def _reading(entry: AuditEntry) -> dict[str, Any]:
    """An entry of the audit, without the other customers whom it names."""
    return {
        "at": entry.at,
        "by": entry.principal,
        "application": entry.client,
        "purpose": entry.purpose,
        "kind": entry.kind.value,
        "action": entry.action,
        "fields": entry.fields,
        "partners": entry.sources,
    }


def _missing(found: Sequence[SourceResult]) -> Iterator[dict[str, Any]]:
    """What partners did not tell, and why."""
    silent = {SourceState.UNAVAILABLE, SourceState.STALE, SourceState.WITHHELD}
    for source in found:
        gone = [name for name, result in source.kinds.items() if result.state in silent]
        if gone or source.state in silent:
            yield {
                "connector": source.connector,
                "status": source.state.value,
                "problem": None if source.problem is None else source.problem.code.value,
                "records": gone,
            }
