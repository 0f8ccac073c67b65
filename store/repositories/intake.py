"""Takes in the rows of an upload, thousands at once, each once however often it is brought.

What a row brings has an id made of the system that it comes from and its id there: brought again, it is the
same row, and what is different in it is changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Dialect, func, literal_column, select
from sqlalchemy.dialects import postgresql

from store.columns import new_id
from store.copying import Written
from store.data_bulk import Counts, CustomerRow, OwnRow, RowProblem, RowProblemCode, Whose
from store.data_identity import Admission, AdmissionState, LinkDecision, PartyRef
from store.keyring import DataKey
from store.models import Customer
from store.models.base import Base, table
from store.repositories.admission import Admissions, link_of
from store.repositories.base import Repository, Rows, Scope
from store.repositories.families import Families
from store.repositories.interactions import InteractionRepository
from store.repositories.newcomers import Newcomer, Newcomers
from store.repositories.own import OwnRepository, plain
from store.repositories.records import BookingRepository, TouchpointRepository
from store.repositories.relocation import Relocation
from store.repositories.statements import Called, StatementRepository
from store.repositories.vault import Vault

RULE = "UPLOAD"
"""The rule of the ledger's entries by which uploads make customers."""


_FRESH = timedelta(seconds=10)
"""For which prepared rows are taken. What is noted of them says when they were prepared, and who goes through
the ledger behind it waits no longer than a minute for a transaction to end."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of rows."""

    counts: Counts
    problems: tuple[RowProblem, ...] = ()
    customers: tuple[str, ...] = ()
    """Whom they are about."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """Customers of rows as they are written where nobody knows them yet: most of a first upload."""

    at: datetime
    marks: Mapping[bytes, PartyRef]
    """Their parties, by what would be left of them after an erasure."""
    customers: tuple[str, ...]
    rows: tuple[Written, ...]


class IntakeRepository(Repository):
    """Writes rows of one kind; a fixed number of statements for any number of them."""

    @property
    def side_by_side(self) -> bool:
        """Whether two transactions can write at the same time."""
        return self._scope.postgres

    async def prepare(self, rows: Sequence[CustomerRow], *, by: str) -> Prepared:
        """Make, in a thread and without the database, what is written of customers who are new.

        Args:
            rows: no two of the same customer, and one at least.
            by: who uploads.
        """
        return await asyncio.to_thread(self._prepared, rows, by, self._scope.dialect)

    def _prepared(self, rows: Sequence[CustomerRow], by: str, dialect: Dialect) -> Prepared:
        now, admissions = self._scope.clock(), Admissions(self._scope)
        marks = admissions.marks([_party(row) for row in rows])
        newcomers = [
            Newcomer(
                customer_id=new_id(),
                external_id=external_id,
                entry_id=new_id(),
                draft=admission.draft,
                party=admission.party,
                link=link_of(admission, now),
                decision=admission.decision,
            )
            for external_id, admission in zip(
                admissions.externals(marks.values()), _admissions(rows, by), strict=True
            )
        ]
        return Prepared(
            at=now,
            marks=marks,
            customers=tuple([each.customer_id for each in newcomers]),
            rows=Newcomers(self._scope).written(newcomers, now, dialect),
        )

    async def newcomers(self, prepared: Prepared) -> Taken | None:
        """Create customers who were prepared; nothing, where one is known or they were long ago."""
        if self._scope.clock() - prepared.at >= _FRESH:
            return None
        if not await Admissions(self._scope).strangers(prepared.marks):
            return None
        await self._scope.insert_written(prepared.rows)
        return Taken(counts=Counts(created=len(prepared.customers)), customers=prepared.customers)

    async def customers(self, rows: Sequence[CustomerRow], *, by: str, called: Called) -> Taken:
        """Create customers, or bring what a system says of them up to date.

        Args:
            rows: no two of the same customer.
            by: who uploads.
            called: what a customer of whom something else is said now is called.
        """
        parties = {_party(row): row for row in rows}
        results = await Admissions(self._scope).admit(_admissions(list(parties.values()), by))
        problems = [
            RowProblem(
                number=parties[result.party].number,
                code=RowProblemCode.CUSTOMER_ERASED,
                message="The customer of this id was erased: nothing is kept of them.",
            )
            for result in results
            if result.state is AdmissionState.ERASED
        ]
        known = [
            (result.customer_id, parties[result.party])
            for result in results
            if result.state is AdmissionState.HELD and result.customer_id is not None
        ]
        kinds = await self._kinds(owner for owner, _ in known)
        same = [(owner, row) for owner, row in known if kinds.get(owner) == row.draft.kind.value]
        problems += [
            RowProblem(
                number=row.number,
                field="kind",
                code=RowProblemCode.KIND_DIFFERS,
                message="The customer of this id is of the other kind: upload it under another id.",
            )
            for owner, row in known
            if kinds.get(owner) != row.draft.kind.value
        ]
        changed = await StatementRepository(self._scope).say_many(
            [(owner, row.link) for owner, row in same], called
        )
        created = [each.customer_id for each in results if each.state is AdmissionState.CREATED]
        return Taken(
            counts=Counts(created=len(created), changed=len(changed), unchanged=len(same) - len(changed)),
            problems=tuple(problems),
            customers=tuple(dict.fromkeys([*(one for one in created if one), *changed])),
        )

    async def _kinds(self, ids: Iterable[str]) -> Mapping[str, str]:
        rows = await self._session.execute(
            select(Customer.id, Customer.kind).where(
                Customer.tenant == self._tenant, self._scope.among(Customer.id, ids)
            )
        )
        return {customer_id: kind for customer_id, kind in rows}  # noqa: C416  # rows are no pairs to mypy

    async def rows(self, rows: Sequence[OwnRow]) -> Taken:
        """Keep interactions, bookings or steps of journeys.

        Args:
            rows: all of one kind, no two of the same id in their system.
        """
        if not rows:
            return Taken(counts=Counts())
        owners = await self._owners({row.whose for row in rows})
        problems = [
            RowProblem(
                number=row.number,
                field="customer",
                code=RowProblemCode.CUSTOMER_UNKNOWN,
                message="The hub knows no customer by this: upload customers first, or name another id.",
            )
            for row in rows
            if row.whose not in owners
        ]
        kept = [row for row in rows if row.whose in owners]
        target = _TARGETS[type(rows[0].data)](self._scope)
        keys = await Vault(self._scope).ensure(
            {owners[row.whose] for row in kept if row.data.content is not None}
        )
        values = [self._values(target, row, owners[row.whose], keys) for row in kept]
        created = await _Upsert(self._scope, target.model).run(values)
        return Taken(
            counts=Counts(created=created, changed=len(values) - created),
            problems=tuple(problems),
            customers=tuple(dict.fromkeys(owners[row.whose] for row in kept)),
        )

    async def _owners(self, wanted: Iterable[Whose]) -> Mapping[Whose, str]:
        """The customers that rows name, who stay so until this unit of work ends."""
        wanted = tuple(wanted)
        parties = {PartyRef(*each.party) for each in wanted if each.party is not None}
        links = await Relocation(self._scope).links_of(parties)
        named: dict[Whose, str] = {}
        for each in wanted:
            if each.customer_id is not None:
                named[each] = each.customer_id
            elif each.party is not None and (link := links.get(PartyRef(*each.party))) is not None:
                named[each] = link.customer_id
        held = await Families(self._scope).hold(named.values(), shared=True)
        return {each: held[customer] for each, customer in named.items() if customer in held}

    def _values(
        self, target: OwnRepository[Any], row: OwnRow, owner: str, keys: Mapping[str, DataKey]
    ) -> dict[str, Any]:
        data = row.data
        name = table(target.model).name
        row_id = self._scope.keyring.lookup_hash(
            self._tenant, "UPLOADED", f"{name}/{len(data.source or '')}:{data.source}{data.external_id}"
        )[:16].hex()
        values = {each: plain(getattr(data, each)) for each in target.plain_names}
        content = data.content
        return {
            **values,
            "id": row_id,
            "customer_id": owner,
            "home_id": owner,
            "content": None if content is None else target.seal(keys, owner, row_id, content),
            "tenant": self._tenant,
        }


_TARGETS: Mapping[type, type[OwnRepository[Any]]] = {
    InteractionRepository.data: InteractionRepository,
    BookingRepository.data: BookingRepository,
    TouchpointRepository.data: TouchpointRepository,
}


def _party(row: CustomerRow) -> PartyRef:
    return PartyRef(row.link.connector, row.link.party_id)


def _admissions(rows: Sequence[CustomerRow], by: str) -> list[Admission]:
    decision = LinkDecision(actor=by, rule=RULE)
    return [Admission(party=row.link, draft=row.draft, decision=decision) for row in rows]


class _Upsert:
    """Inserts rows of one table, or changes those that are there, by one statement."""

    def __init__(self, scope: Scope, model: type[Base]) -> None:
        self._scope = scope
        self._model = model

    async def run(self, rows: Rows) -> int:
        """Write them; how many were not there before."""
        if not rows:
            return 0
        if self._scope.postgres:
            return await self._staged(rows)
        before = await self._count()
        insert = self._scope.upsert(self._model)
        changed = {name: insert.excluded[name] for name in rows[0] if name not in {"tenant", "id", "version"}}
        columns = table(self._model).c
        await self._scope.session.execute(
            insert.on_conflict_do_update(
                index_elements=["tenant", "id"], set_={**changed, "version": columns["version"] + 1}
            ),
            list(rows),
        )
        return await self._count() - before

    async def _count(self) -> int:
        statement = select(func.count()).select_from(table(self._model))
        return (await self._scope.session.execute(statement)).scalar_one()

    async def _staged(self, rows: Rows) -> int:
        """By way of a table of the transaction's own, which COPY fills faster than any INSERT."""
        target = table(self._model)
        names = list(rows[0])
        stage = await self._scope.stage(self._model, rows)
        insert = postgresql.insert(target).from_select(names, select(*stage.c))
        changed = {each: insert.excluded[each] for each in names if each not in {"tenant", "id", "version"}}
        new: ColumnElement[bool] = literal_column("(xmax = 0)")
        written = await self._scope.session.execute(
            insert.on_conflict_do_update(
                index_elements=["tenant", "id"], set_={**changed, "version": target.c["version"] + 1}
            ).returning(new)
        )
        return sum(1 for (created,) in written if created)
