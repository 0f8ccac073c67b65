"""Whether the audit is what it was: every chain from its start, every change against its seal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
from sqlalchemy import select

from store import audit_chain
from store.data_audit import AuditFault, AuditReport, ChainHead, SealEntry
from store.models import AuditBatch, AuditWrite
from store.models.base import table
from store.repositories.audit import unsealed_writes
from store.repositories.base import Repository

_CHUNK = 64
_SEALS = 500
"""Changes that are compared with their seals at once."""


class AuditVerification(Repository):
    """Verifies the audit of a tenant."""

    async def verify(self, known: Iterable[ChainHead] = ()) -> AuditReport:
        """Go through every chain from its start.

        Args:
            known: heads that were kept elsewhere: a chain that ends before one was cut off.
        """
        check = _Verification()
        async for row in self._batches():
            check.batch(row)
            await self._check_seals(check)
        check.against(known)
        unsealed = len((await self._session.execute(unsealed_writes(self._tenant))).all())
        return check.report(unsealed)

    async def _check_seals(self, check: _Verification) -> None:
        """Compare the changes of the batches so far with their seals, many at once."""
        if len(check.seals) < _SEALS and not check.last:
            return
        sealed, check.seals = check.seals, {}
        rows = await self._session.execute(
            select(AuditWrite.id, AuditWrite.content).where(
                AuditWrite.tenant == self._tenant, self._scope.among(AuditWrite.id, sealed)
            )
        )
        contents = {row.id: bytes(row.content) for row in rows}
        for write_id, promised in sealed.items():
            if write_id not in contents:
                check.fault(write_id, "the change was removed")
            elif audit_chain.digest(contents[write_id]) != promised:
                check.fault(write_id, "the change was altered")

    async def _batches(self) -> AsyncIterator[Any]:
        """All batches, chain by chain, in order; the last one is none, when all were read."""
        after: tuple[str, int] = ("", 0)
        columns = table(AuditBatch).c
        while True:
            rows = (
                await self._session.execute(
                    select(columns.chain, columns.number, columns.previous, columns.hash, columns.content)
                    .where(
                        columns.tenant == self._tenant,
                        (columns.chain > after[0])
                        | ((columns.chain == after[0]) & (columns.number > after[1])),
                    )
                    .order_by(columns.chain, columns.number)
                    .limit(_CHUNK)
                )
            ).all()
            for row in rows:
                yield row
            if len(rows) < _CHUNK:
                yield None
                return
            after = (rows[-1].chain, rows[-1].number)


class _Verification:
    """One walk through the chains."""

    def __init__(self) -> None:
        self.seals: dict[str, str] = {}
        self.last = False
        self._heads: dict[str, ChainHead] = {}
        self._hashes: dict[tuple[str, int], str] = {}
        self._batches = self._entries = 0
        self._faults: list[AuditFault] = []

    def fault(self, where: str, what: str) -> None:
        self._faults.append(AuditFault(where=where, what=what))

    def batch(self, row: Any) -> None:
        """Check a batch against the one before; none after the last."""
        if row is None:
            self.last = True
            return
        self._batches += 1
        before = self._heads.get(row.chain)
        number, previous = (before.number, bytes.fromhex(before.hash)) if before else (0, audit_chain.START)
        where, content = f"{row.chain} {row.number}", bytes(row.content)
        if row.number != number + 1:
            self.fault(where, f"{row.number - number - 1} batch(es) before it were removed")
        elif bytes(row.previous) != previous:
            self.fault(where, "it does not follow the batch before it")
        hashed = audit_chain.linked(row.chain, row.number, bytes(row.previous), content)
        if hashed != bytes(row.hash):
            self.fault(where, "its content was altered")
        self._heads[row.chain] = ChainHead(chain=row.chain, number=row.number, hash=bytes(row.hash).hex())
        self._hashes[row.chain, row.number] = bytes(row.hash).hex()
        self._take(where, content)

    def _take(self, where: str, content: bytes) -> None:
        try:
            entries = audit_chain.entries_of(content)
        except msgspec.DecodeError:
            self.fault(where, "its content cannot be read")
            return
        self._entries += len(entries)
        self.seals |= {each.write_id: each.digest for each in entries if isinstance(each, SealEntry)}

    def against(self, known: Iterable[ChainHead]) -> None:
        """Compare with heads that were kept elsewhere."""
        for head in known:
            found = self._hashes.get((head.chain, head.number))
            if found is None:
                self.fault(f"{head.chain} {head.number}", "the chain was cut off before this known batch")
            elif found != head.hash:
                self.fault(f"{head.chain} {head.number}", "it is another batch than the known one")

    def report(self, unsealed: int) -> AuditReport:
        return AuditReport(
            chains=len(self._heads),
            batches=self._batches,
            entries=self._entries,
            unsealed=unsealed,
            heads=tuple(self._heads.values()),
            faults=tuple(self._faults),
        )
