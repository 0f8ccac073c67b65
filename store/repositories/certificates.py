"""Erasing a person, with a certificate: what was deleted, what may not be yet, who else is to be asked."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import func, select, update

from store.columns import new_id
from store.data_identity import PartyRef
from store.data_privacy import CertificateData, Deleted, ErasurePlan, HeldPart, PartnerLeft
from store.errors_identity import CustomerUnknown
from store.errors_privacy import EverythingHeld
from store.models import ErasureCertificate
from store.models.base import table
from store.moving import MOVABLES
from store.repositories.base import Repository
from store.repositories.erasure import Erased, Erasure, Keep
from store.repositories.families import Families
from store.repositories.holds import HoldRepository
from store.repositories.relocation import Relocation
from store.retention import ALL, KINDS

_SIGNED = "ERASURE_CERTIFICATE"


class CertificateRepository(Repository):
    """Erases, and keeps what was done."""

    async def plan(self, customer_id: str) -> ErasurePlan:
        """What an erasure would do; changes nothing.

        Raises:
            CustomerUnknown: no customer answers for the id.
        """
        families = Families(self._scope)
        present = (await families.resolve([customer_id])).get(customer_id)
        if present is None:
            raise CustomerUnknown(customer_id)
        nodes = frozenset(await families.nodes([present]))
        held, keep = await HoldRepository(self._scope).held(present)
        parties = [link.party for link in await Relocation(self._scope).links([present])]
        return ErasurePlan(
            customer_id=present,
            former_ids=tuple(sorted(nodes - {present})),
            deleted=tuple(
                [
                    Deleted(table=movable.name, rows=rows, how="DELETED")
                    for movable in MOVABLES
                    if movable.personal
                    and (rows := await self._rows(movable.model, nodes, keep.get(movable.name), kept=False))
                ]
            ),
            held=await self._counted(held, nodes, keep),
            parties=tuple(sorted(set(parties))),
        )

    async def erase(self, customer_id: str, *, reason: str, by: str) -> CertificateData:
        """Erase a customer but for what may not be deleted yet.

        Args:
            customer_id: whom.
            reason: why, a word of a closed list.
            by: who has it done.

        Raises:
            CustomerUnknown: no customer answers for the id.
            EverythingHeld: a legal hold keeps everything.
        """
        present = (await Families(self._scope).hold([customer_id])).get(customer_id)
        if present is None:
            raise CustomerUnknown(customer_id)
        held, keep = await HoldRepository(self._scope).held(present)
        whole = next((one for one in held if one.kind == ALL), None)
        if whole is not None:
            raise EverythingHeld(whole.basis)
        nodes = frozenset(await Families(self._scope).nodes([present]))
        staying = tuple(one for one in await self._counted(held, nodes, keep) if one.rows)
        erased = await Erasure(self._scope).run(present, keep=keep if staying else {})
        if erased is None:
            raise CustomerUnknown(customer_id)
        made = CertificateData(
            id=new_id(),
            customer_id=present,
            former_ids=tuple(sorted(erased.nodes - {present})),
            reason=reason,
            at=erased.at,
            by=by,
            deleted=erased.deleted,
            held=staying,
            partners=_partners(erased.parties),
            finished_at=None if staying else erased.at,
        )
        return await self._keep(made, new=True)

    async def finish(self, certificate: CertificateData) -> CertificateData:
        """Delete what an erasure had to leave and may be deleted by now.

        What was deleted is added to the certificate, which is signed anew.
        """
        if certificate.finished_at is not None:
            return certificate
        nodes = frozenset({certificate.customer_id, *certificate.former_ids})
        held, keep = await HoldRepository(self._scope).held(certificate.customer_id)
        if any(one.kind == ALL for one in held):
            return certificate
        now = self._scope.clock()
        erased = Erased(customer_id=certificate.customer_id, nodes=nodes, parties=frozenset(), at=now)
        for one in certificate.deleted:
            if one.how != "SHREDDED":
                erased.count(one.table, one.rows, one.how)
        before = erased.deleted
        counted = await self._counted(held, nodes, keep)
        staying = tuple(one for one in counted if one.rows)
        await Erasure(self._scope).rows(nodes, keep if staying else {}, erased)
        if erased.deleted == before and staying == certificate.held:
            return certificate
        made = msgspec.structs.replace(
            certificate, deleted=erased.deleted, held=staying, finished_at=None if staying else now
        )
        return await self._keep(made, new=False)

    async def unfinished(self, *, after: str = "", limit: int = 100) -> tuple[CertificateData, ...]:
        """Certificates of erasures that had to leave something, by id."""
        return tuple(
            await self._read(
                ErasureCertificate.finished_at.is_(None), ErasureCertificate.id > after, limit=limit
            )
        )

    async def get(self, ids: Iterable[str]) -> Mapping[str, CertificateData]:
        """Certificates by id."""
        return {each.id: each for each in await self._read(self._scope.among(ErasureCertificate.id, ids))}

    def genuine(self, certificate: CertificateData) -> bool:
        """Whether a certificate says what was signed."""
        digest = _digest(certificate)
        return digest == certificate.digest and hmac.compare_digest(
            self._signature(digest), certificate.signature
        )

    async def _keep(self, made: CertificateData, *, new: bool) -> CertificateData:
        digest = _digest(made)
        signed = msgspec.structs.replace(made, digest=digest, signature=self._signature(digest))
        content = msgspec.json.encode(signed).decode()
        if new:
            row = {
                "id": signed.id,
                "node_id": signed.customer_id,
                "at": signed.at,
                "finished_at": signed.finished_at,
                "content": content,
            }
            await self._scope.insert_many(ErasureCertificate, [row])
        else:
            await self._scope.change(
                update(ErasureCertificate)
                .where(ErasureCertificate.tenant == self._tenant, ErasureCertificate.id == signed.id)
                .values(finished_at=signed.finished_at, content=content)
            )
        return signed

    def _signature(self, digest: str) -> str:
        return self._scope.keyring.lookup_hash(self._tenant, _SIGNED, digest).hex()

    async def _counted(
        self, held: Iterable[HeldPart], nodes: frozenset[str], keep: Keep
    ) -> tuple[HeldPart, ...]:
        """The held parts with how many rows of each stay."""
        found = []
        for one in held:
            rows = 0
            if one.kind in KINDS:
                model = KINDS[one.kind].model
                rows = await self._rows(model, nodes, keep.get(str(table(model).name)), kept=True)
            found.append(msgspec.structs.replace(one, rows=rows))
        return tuple(found)

    async def _rows(self, model: Any, nodes: frozenset[str], keep: Any, *, kept: bool) -> int:
        """How many rows of a person a table has that stay, or that go."""
        if keep is None:
            if kept:
                return 0
            which: tuple[Any, ...] = ()
        else:
            which = (keep,) if kept else (~func.coalesce(keep, False),)  # a value of SQL
        statement = (
            select(func.count())
            .select_from(table(model))
            .where(
                table(model).c.tenant == self._tenant,
                self._scope.among(model.customer_id, nodes),
                *which,
            )
        )
        return (await self._session.execute(statement)).scalar_one()

    async def _read(self, *conditions: Any, limit: int | None = None) -> list[CertificateData]:
        rows = await self._session.scalars(
            select(ErasureCertificate.content)
            .where(ErasureCertificate.tenant == self._tenant, *conditions)
            .order_by(ErasureCertificate.id)
            .limit(limit)
        )
        return [msgspec.json.decode(content, type=CertificateData) for content in rows]


def _partners(parties: Iterable[PartyRef]) -> tuple[PartnerLeft, ...]:
    counts = Counter(party.connector for party in parties)
    return tuple(PartnerLeft(connector=name, parties=number) for name, number in sorted(counts.items()))


def _digest(certificate: CertificateData) -> str:
    """SHA-256 of what a certificate says, its digest and signature left out, keys in order."""
    body = msgspec.structs.replace(certificate, digest="", signature="")
    return hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()
