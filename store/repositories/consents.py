"""What customers agreed to and objected to, and the words that were used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, func, select

from c360.access import Purpose
from store.columns import new_id
from store.data_consents import (
    ConsentSource,
    DecisionData,
    DecisionDraft,
    DecisionKind,
    DecisionState,
    Proof,
    WordingData,
    WordingRef,
)
from store.errors_consents import WordingUnknown
from store.errors_identity import CustomerUnknown
from store.keyring import DataKey
from store.models import ConsentDecision, ConsentWording, Snapshot
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.families import Families
from store.repositories.standings import StandingRepository
from store.repositories.vault import Vault

_ABOUT = "consent proof"
"""Stands in what a proof is bound to."""
_WORDING = tuple(WordingData.__struct_fields__)
_HELD = (
    "id", "customer_id", "home_id", "others", "kind", "state", "purpose", "channel", "connector", "at",
    "recorded_at", "recorded_by", "source", "wording_id", "wording_version", "wording_language", "expires_at",
)  # fmt: skip


class ConsentRepository(Repository):
    """Decisions are added and never changed; they go where the customer goes whom they were noted for."""

    async def record(self, customer_id: str, draft: DecisionDraft, *, by: str) -> DecisionData:
        """Keep what a customer decided.

        Args:
            customer_id: who; the survivor has it where the customer was merged.
            draft: what. One with a key that was recorded before is not recorded again.
            by: who tells it.

        Raises:
            CustomerUnknown: no customer answers for the id.
            WordingUnknown: the wording was never published so.
        """
        families = Families(self._scope)
        # Alone where counts have to heed it: what is counted at this moment is written before or not at all.
        present = (await families.hold([customer_id], shared=not _stops_counting(draft))).get(customer_id)
        if present is None:
            raise CustomerUnknown(customer_id)
        made = await self.record_many({present: [draft]}, by=by)
        return made[0]

    async def record_many(
        self, drafts: Mapping[str, Sequence[DecisionDraft]], *, by: str
    ) -> list[DecisionData]:
        """Keep what customers who are held decided.

        Args:
            drafts: by the present customer's id.
            by: who tells it.

        Returns:
            the decisions as they are kept, in the order given; of those known by their keys, the old ones.

        Raises:
            WordingUnknown: a wording was never published so.
        """
        every = [(customer, draft) for customer, mine in drafts.items() for draft in mine]
        await self._check([draft.wording for _, draft in every if draft.wording is not None])
        known = await self._by_keys([draft.key for _, draft in every if draft.key is not None])
        merged = await self._merged(drafts)
        proving = {customer for customer, draft in every if draft.proof is not None}
        keys = await Vault(self._scope).ensure(proving) if proving else {}
        found: list[DecisionData] = []
        new: list[DecisionData] = []
        rows = []
        for customer, draft in every:
            before = None if draft.key is None else known.get(draft.key)
            if before is not None:
                found.append(before)
                continue
            made = self._made(customer, draft, merged.get(customer, ()), by)
            rows.append(self._row(made, draft, keys.get(customer)))
            found.append(made)
            new.append(made)
            if draft.key is not None:
                known[draft.key] = made
        await self._scope.insert_many(ConsentDecision, rows)
        for row, made in zip(rows, new, strict=True):
            if made.purpose is Purpose.SERVICE and made.state in _ENDS:
                await self._forget(row["customer_id"], made.connector)
            if _stops_counting(made):
                await StandingRepository(self._scope).drop(row["customer_id"])
        return found

    async def _forget(self, customer_id: str, connector: str | None) -> None:
        """Drop the last-known copies of what a partner may not be asked for any more."""
        here = () if connector is None else (Snapshot.connector == connector,)
        await self._scope.change(
            delete(Snapshot).where(
                Snapshot.tenant == self._tenant, Snapshot.customer_id == customer_id, *here
            )
        )

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[DecisionData, ...]]:
        """Every decision of each customer, the earliest first. One query."""
        found: dict[str, list[DecisionData]] = {}
        for each in await self._read(self._scope.among(ConsentDecision.customer_id, customer_ids)):
            found.setdefault(each.customer_id, []).append(each)
        return {customer: tuple(mine) for customer, mine in found.items()}

    async def get(self, ids: Iterable[str]) -> Mapping[str, DecisionData]:
        """Decisions by id; unknown ones are left out."""
        return {each.id: each for each in await self._read(self._scope.among(ConsentDecision.id, ids))}

    async def proofs(self, customer_ids: Iterable[str]) -> Mapping[str, Proof]:
        """The proofs of customers' decisions, by the id of the decision.

        Raises:
            KeyringError: they were sealed under another master key, or are damaged.
        """
        columns = table(ConsentDecision).c
        rows = (
            await self._session.execute(
                select(columns.id, columns.home_id, columns.proof).where(
                    columns.tenant == self._tenant,
                    self._scope.among(ConsentDecision.customer_id, customer_ids),
                    columns.proof.is_not(None),
                )
            )
        ).all()
        keys = await Vault(self._scope).keys({row.home_id for row in rows}) if rows else {}
        return {
            row.id: msgspec.json.decode(
                keys[row.home_id].open(row.proof, self._tenant, row.home_id, _ABOUT, row.id), type=Proof
            )
            for row in rows
            if row.home_id in keys
        }

    async def publish(
        self, wording_id: str, texts: Mapping[str, str], *, valid_from: Any, by: str
    ) -> tuple[WordingData, ...]:
        """Publish the next version of a wording.

        Args:
            wording_id: its name.
            texts: what it says, by language.
            valid_from: from when on it is used.
            by: who publishes it.

        Raises:
            Conflict: somebody else does at the same moment; do it again.
        """
        columns = table(ConsentWording).c
        last = await self._session.scalar(
            select(func.max(columns.version)).where(columns.tenant == self._tenant, columns.id == wording_id)
        )
        made = tuple(
            WordingData(
                id=wording_id,
                version=(last or 0) + 1,
                language=language,
                text=text,
                valid_from=valid_from,
                published_at=self._scope.clock(),
                published_by=by,
            )
            for language, text in sorted(texts.items())
        )
        await self._scope.insert_many(ConsentWording, [msgspec.structs.asdict(one) for one in made])
        return made

    async def wordings(self, ids: Iterable[str] | None = None) -> tuple[WordingData, ...]:
        """Wordings in all versions and languages, by name, the latest version first.

        Args:
            ids: of these names alone.
        """
        columns = table(ConsentWording).c
        wanted = () if ids is None else (self._scope.among(ConsentWording.id, ids),)
        rows = await self._session.execute(
            select(*(columns[name] for name in _WORDING))
            .where(columns.tenant == self._tenant, *wanted)
            .order_by(columns.id, columns.version.desc(), columns.language)
        )
        return tuple(WordingData(**row) for row in rows.mappings())

    def import_key(self, said: str) -> bytes:
        """By what an imported decision is recognised: a keyed hash of its reference, or of all it says."""
        return self._scope.keyring.lookup_hash(self._tenant, "CONSENT_IMPORT", said)

    async def _check(self, named: Sequence[WordingRef]) -> None:
        if not named:
            return
        there = {
            WordingRef(id=one.id, version=one.version, language=one.language)
            for one in await self.wordings({one.id for one in named})
        }
        if not there.issuperset(named):
            raise WordingUnknown

    async def _by_keys(self, wanted: Sequence[bytes]) -> dict[bytes, DecisionData]:
        if not wanted:
            return {}
        columns = table(ConsentDecision).c
        rows = (
            await self._session.execute(
                select(columns.import_key, columns.id).where(
                    columns.tenant == self._tenant, columns.import_key.in_(wanted)
                )
            )
        ).all()
        found = await self.get(row.id for row in rows)
        return {row.import_key: found[row.id] for row in rows}

    async def _merged(self, present: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Who is merged into each customer now."""
        found: dict[str, tuple[str, ...]] = {}
        for edge in await Families(self._scope).edges(present):
            found[edge.survivor] = (*found.get(edge.survivor, ()), edge.node)
        return {customer: tuple(sorted(nodes)) for customer, nodes in found.items()}

    def _made(self, customer: str, draft: DecisionDraft, others: tuple[str, ...], by: str) -> DecisionData:
        return DecisionData(
            id=new_id(),
            customer_id=customer,
            home_id=customer,
            others=others,
            recorded_at=self._scope.clock(),
            recorded_by=by,
            proven=draft.proof is not None,
            **{name: getattr(draft, name) for name in _SHARED},
        )

    def _row(self, made: DecisionData, draft: DecisionDraft, key: DataKey | None) -> dict[str, Any]:
        sealed = None
        if draft.proof is not None and key is not None:
            content = msgspec.json.encode(draft.proof)
            sealed = key.seal(content, self._tenant, made.home_id, _ABOUT, made.id)
        wording = made.wording
        return {
            "id": made.id,
            "customer_id": made.customer_id,
            "home_id": made.home_id,
            "others": msgspec.json.encode(made.others).decode(),
            "kind": made.kind.value,
            "state": made.state.value,
            "purpose": None if made.purpose is None else made.purpose.value,
            "channel": made.channel,
            "connector": made.connector,
            "at": made.at,
            "recorded_at": made.recorded_at,
            "recorded_by": made.recorded_by,
            "source": made.source.value,
            "wording_id": None if wording is None else wording.id,
            "wording_version": None if wording is None else wording.version,
            "wording_language": None if wording is None else wording.language,
            "expires_at": made.expires_at,
            "proof": sealed,
            "import_key": draft.key,
        }

    async def _read(self, condition: Any) -> list[DecisionData]:
        columns = table(ConsentDecision).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _HELD), columns.proof.is_not(None).label("proven"))
            .where(columns.tenant == self._tenant, condition)
            .order_by(columns.at, columns.id)
        )
        return [_decision(row) for row in rows]


_ENDS = frozenset({DecisionState.REFUSED, DecisionState.WITHDRAWN})
_PERMITS = frozenset({DecisionState.GIVEN, DecisionState.LIFTED})
_SHARED = ("kind", "state", "purpose", "channel", "connector", "at", "source", "wording", "expires_at")


def _stops_counting(decision: DecisionDraft | DecisionData) -> bool:
    """Whether where a customer stands among others is not to be kept any more."""
    restricted = decision.kind is DecisionKind.RESTRICTION and decision.state is DecisionState.RAISED
    return restricted or (decision.purpose is Purpose.ANALYTICS and decision.state not in _PERMITS)


def _decision(row: Any) -> DecisionData:
    wording = None
    if row.wording_id is not None:
        wording = WordingRef(id=row.wording_id, version=row.wording_version, language=row.wording_language)
    return DecisionData(
        id=row.id,
        customer_id=row.customer_id,
        home_id=row.home_id,
        others=tuple(msgspec.json.decode(row.others)),
        kind=DecisionKind(row.kind),
        state=DecisionState(row.state),
        purpose=None if row.purpose is None else Purpose(row.purpose),
        channel=row.channel,
        connector=row.connector,
        at=row.at,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        source=ConsentSource(row.source),
        wording=wording,
        expires_at=row.expires_at,
        proven=bool(row.proven),
    )
