"""Tables and views of a partner's database as records."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, exc

from c360.contract import (
    Change,
    Connector,
    Context,
    Description,
    Exemption,
    Feed,
    Fetched,
    Limits,
    Lookup,
    Medium,
    Need,
    PartyQuery,
    Ref,
    as_completed,
)
from c360.errors import ConnectorError, PartnerFault, ProblemCode
from c360.kinds import PARTY
from c360.records.base import Record
from c360.records.party import Party
from c360.tables import BadCell, Plan, answered, compile_plans, for_each_domain, narrowed
from plugins.sql import feeds
from plugins.sql.config import SqlConfig
from plugins.sql.database import Database
from plugins.sql.failures import unknown_name
from plugins.sql.statements import Layout, layout

T = TypeVar("T")
Rows = Sequence[Sequence[Any]]
Results = Mapping[str, tuple[Record, ...] | ConnectorError]
"""By the customer's id: the records, or why they cannot be read. Who has no rows is left out."""

_AT_ONCE = 100
"""Rows that are made into records where they are; more of them in a thread."""


class _LayoutChanged(Exception):
    """A table has lost a column or was renamed since it was looked up."""


_ABSENT = "no row of the profile table has this id"


class SqlConnector(Connector[SqlConfig]):
    """One partner's database. Made for one domain by :func:`connectors`."""

    def __init__(self, config: SqlConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        plans = compile_plans(config.tables, domain=self.description.domain)
        self._plans = {plan.kind.name: plan for plan in plans}
        self._layouts: dict[str, Layout] = {}
        self._database = Database(config.url, connections=config.connections)

    @classmethod
    def configured(cls, config: SqlConfig) -> Description:
        """What is mapped, is served."""
        compile_plans(config.tables, domain=cls.description.domain)
        told = [
            Feed(kind=table.kind, deletions=table.deleted is not None)
            for table in config.tables
            if table.changed is not None
        ]
        return narrowed(cls.describe(), config.tables, told)

    async def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """One statement for each kind, over all customers."""
        ids = [ref.party_id for ref in refs]
        jobs = {need: functools.partial(self._records, need, ids) for need in needs}
        async for need, outcome in as_completed(jobs):
            for ref in refs:
                found = outcome if isinstance(outcome, ConnectorError) else outcome.get(ref.party_id)
                yield answered(ref, need.kind, found, absent=_ABSENT)

    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        """Customers with that value in one of the columns declared for the key."""
        ids: dict[str, None] = {}
        for kind, plan in self._plans.items():
            if query.key in plan.mapping.keys and len(ids) < query.limit:
                rows = await self._search(kind, query)
                ids |= dict.fromkeys(str(row[0]) for row in rows if row[0] is not None)
        if not ids:
            return []
        wanted = list(ids)[: query.limit]
        if PARTY not in self._plans:
            return [Party(party_id=each) for each in wanted]
        profiles = await self._records(Need(kind=PARTY), wanted)
        found: list[Party] = []
        for each in wanted:
            records = profiles.get(each, ())
            if isinstance(records, ConnectorError):
                raise records
            found += [record for record in records if isinstance(record, Party)]
        return found

    def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        """Rows by their ``changed`` column, a page at a time."""
        return feeds.changes(since, functools.partial(self._page, kind))

    async def close(self) -> None:
        """Close the connections."""
        await self._database.close()

    async def _records(self, need: Need, ids: Sequence[str]) -> Results:
        plan, limit = self._plans[need.kind], self.config.max_rows
        rows = await self._read(need.kind, lambda table: table.fetch(need, ids, limit + 1))
        if len(rows) > limit:
            raise PartnerFault(f"more than {limit} rows of {need.kind}", code=ProblemCode.TOO_MUCH_DATA)
        work = functools.partial(_by_party, plan, rows)
        return work() if len(rows) <= _AT_ONCE else await self._database.aside(work)

    async def _search(self, kind: str, query: PartyQuery) -> Rows:
        return await self._read(kind, lambda table: table.search(query.key, query.value, query.limit))

    async def _page(self, kind: str, place: feeds.Place | None) -> feeds.Page:
        def statement(table: Layout) -> Select[Any]:
            if place is None:
                return table.changed(None, self.config.page)
            if place.identity is not None:
                return table.changed((place.change, place.identity), self.config.page)
            return table.changed((table.earlier(place.change, self.config.overlap), None), self.config.page)

        rows = await self._read(kind, statement)
        return await self._database.aside(
            functools.partial(feeds.made, self._plans[kind], rows, self.config.page)
        )

    async def _read(self, kind: str, statement: Callable[[Layout], Select[Any]]) -> Rows:
        plan = self._plans[kind]
        left = self.ctx.remaining()
        seconds = self.config.timeout if left is None else min(left, self.config.timeout)
        work = functools.partial(self._rows, plan, statement)
        try:
            return await self._database.read(work, seconds=seconds, zone=plan.mapping.zone)
        except _LayoutChanged:
            # The table is not what it was when it was looked up: what it lacks now is said by name.
            return await self._database.read(work, seconds=seconds, zone=plan.mapping.zone)

    def _rows(self, plan: Plan, statement: Callable[[Layout], Select[Any]], connection: Connection) -> Rows:
        known = self._layouts.get(plan.kind.name)
        try:
            return self._execute(plan, statement, connection)
        except exc.DBAPIError as error:
            if known is None or not unknown_name(error):
                raise
        self._layouts.pop(plan.kind.name, None)
        raise _LayoutChanged

    def _execute(
        self, plan: Plan, statement: Callable[[Layout], Select[Any]], connection: Connection
    ) -> Rows:
        kind = plan.kind.name
        if kind not in self._layouts:
            self._layouts[kind] = layout(connection, plan)
        return connection.execute(statement(self._layouts[kind])).fetchall()


def _by_party(plan: Plan, rows: Rows) -> Results:
    """The rows as records by customer. A cell that cannot be read voids its own customer's alone."""
    found: dict[str, list[Record]] = {}
    failed: dict[str, ConnectorError] = {}
    for row in rows:
        party = plan.party_of(row)
        mine = found.setdefault(party, [])
        try:
            if not plan.deleted(row):
                mine.append(plan.record(row))
        except BadCell as error:
            failed[party] = error
    return {party: failed.get(party, tuple(records)) for party, records in found.items()}


@functools.cache
def connectors() -> tuple[type[SqlConnector], ...]:
    """A connector for each domain, named like it: ``sql/hotel``."""
    described = Description(
        name="",
        title="Database",
        domain="",
        lookup=Lookup.BY_KEY,
        fetches=(),
        config=SqlConfig,
        limits=Limits(concurrency=8),
        medium=Medium.DATABASE,
        exemptions=(
            Exemption(rule="actions", reason="The hub reads a partner's tables and never writes in them."),
            Exemption(rule="webhooks", reason="A database makes no calls; a changed column makes a feed."),
        ),
        documentation="https://docs.sqlalchemy.org/en/21/dialects/",
    )
    return for_each_domain(
        SqlConnector, described, prefix="Sql", about="A partner's database of the domain {}."
    )
