"""Giving parties that belong to nobody to customers, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from c360.records.party import PartyKind
from store import names
from store.columns import new_id
from store.data import HUB, EnrolGrant, EnrolLink, LinkData, Statement
from store.data_identity import (
    Admission,
    AdmissionResult,
    AdmissionState,
    CustomerDraft,
    EntryKind,
    LedgerEntry,
    LinkDecision,
    PartyRef,
)
from store.errors_identity import KeptApart, PartyErased, PartyTaken
from store.models import Customer, ErasedParty, NameToken
from store.repositories.apart import ApartRepository
from store.repositories.base import Repository
from store.repositories.entries import Entries
from store.repositories.families import Families
from store.repositories.grants import GrantRepository
from store.repositories.keys import ERASED, KeyRepository
from store.repositories.links import LinkRepository
from store.repositories.newcomers import Newcomer, Newcomers
from store.repositories.profiles import ProfileRepository
from store.repositories.relocation import Relocation
from store.repositories.reviews import ReviewQueue
from store.repositories.summaries import SummaryRepository

_CHUNK = 2_000
"""Parties handled together: some thirty statements for each chunk."""
_EXTERNAL = "PARTY"


@dataclass(slots=True)
class _Given:
    """A party under way, and whose it becomes."""

    admission: Admission
    customer_id: str
    entry_id: str = field(default_factory=new_id)
    new: bool = False
    state: AdmissionState = AdmissionState.LINKED

    @property
    def party(self) -> PartyRef:
        return _ref(self.admission.party)


class Admissions(Repository):
    """See :class:`store.repositories.ledger.LedgerRepository`."""

    async def admit(self, admissions: Sequence[Admission]) -> tuple[AdmissionResult, ...]:
        """Give parties to customers, in the order given."""
        results: list[AdmissionResult] = []
        for start in range(0, len(admissions), _CHUNK):
            results += await self._chunk(admissions[start : start + _CHUNK])
        return tuple(results)

    async def link(self, customer_id: str, link: EnrolLink, decision: LinkDecision) -> LedgerEntry | None:
        """Link one party to a customer."""
        party = _ref(link)
        target = await Families(self._scope).held(customer_id)
        held = (await Relocation(self._scope).links_of([party])).get(party)
        if held is not None:
            if held.customer_id == target:
                return None
            raise PartyTaken(party, held.customer_id)
        if party in await self._erased(self.marks([party])):
            raise PartyErased(party)
        apart = await self._kept_apart({party: target})
        if party in apart:
            raise KeptApart(apart[party])
        given = _Given(_of_link(link, decision), target)
        await self._write([given])
        await Relocation(self._scope).add_names({party: target}, {target: target})
        return (await Entries(self._scope).get([given.entry_id]))[given.entry_id]

    async def strangers(self, parties: Mapping[bytes, PartyRef]) -> bool:
        """Whether none of these parties belongs to anybody, or did to somebody who was erased.

        Args:
            parties: by :meth:`marks`.
        """
        linked = await Relocation(self._scope).links_of(parties.values())
        return not linked and not await self._erased(parties)

    def marks(self, parties: Iterable[PartyRef]) -> dict[bytes, PartyRef]:
        """Parties by the keyed hash that is left of one when its person is erased."""
        known = list(parties)
        hashes = KeyRepository(self._scope).party_hashes(ERASED, known)
        return dict(zip(hashes, known, strict=True))

    async def _chunk(self, admissions: Sequence[Admission]) -> list[AdmissionResult]:
        parties = [_ref(each.party) for each in admissions]
        families = Families(self._scope)
        owners = {
            party: link.customer_id
            for party, link in (await Relocation(self._scope).links_of(set(parties))).items()
        }
        erased = await self._erased(self.marks(parties))
        named = {each.customer_id for each in admissions if each.customer_id is not None}
        targets = await families.hold(named, shared=True)
        kinds = await self._kinds(targets.values())
        apart = await self._kept_apart(
            {
                party: targets[each.customer_id]
                for party, each in zip(parties, admissions, strict=True)
                if each.customer_id in targets
            }
        )
        results: dict[int, AdmissionResult] = {}
        given: dict[int, _Given] = {}
        for place, (party, admission) in enumerate(zip(parties, admissions, strict=True)):
            target = targets.get(admission.customer_id or "")
            lost = admission.customer_id is not None and target is None
            if party in owners:
                results[place] = _result(party, AdmissionState.HELD, owners[party])
                continue
            if party in erased or lost:
                results[place] = _result(party, AdmissionState.ERASED, None)
                continue
            if target is not None and party not in apart and kinds[target] == admission.draft.kind.value:
                mine = _Given(admission, target)
            else:
                state = AdmissionState.APART if party in apart else AdmissionState.CREATED
                mine = _Given(admission, new_id(), new=True, state=state)
            given[place] = mine
            owners[party] = mine.customer_id
        now = self._scope.clock()
        new = [each for each in given.values() if each.new]
        externals = self.externals([each.party for each in new])
        await Newcomers(self._scope).add(
            [
                Newcomer(
                    customer_id=each.customer_id,
                    external_id=external_id,
                    entry_id=each.entry_id,
                    draft=each.admission.draft,
                    party=each.admission.party,
                    link=link_of(each.admission, now),
                    decision=each.admission.decision,
                )
                for each, external_id in zip(new, externals, strict=True)
            ]
        )
        await self._follow(new)
        for place, each in given.items():
            results[place] = _result(each.party, each.state, each.customer_id, each.entry_id)
        await self._write([each for each in given.values() if not each.new])
        await ReviewQueue(self._scope).open([request for each in new for request in each.admission.reviews])
        return [results[place] for place in range(len(admissions))]

    async def _write(self, given: Sequence[_Given]) -> None:
        """Links, keys, values, names and entries of parties that come to customers who are there."""
        if not given:
            return
        now = self._scope.clock()
        await LinkRepository(self._scope).add(
            {(each.party.connector, each.party.party_id): link_of(each.admission, now) for each in given},
            of={(each.party.connector, each.party.party_id): each.customer_id for each in given},
        )
        await KeyRepository(self._scope).put([(each.customer_id, each.admission.party) for each in given])
        statements: dict[str, list[Statement]] = {}
        for each in given:
            link = each.admission.party
            statements.setdefault(each.customer_id, []).append(
                Statement(
                    connector=link.connector,
                    party_id=link.party_id,
                    values=link.values,
                    observed_at=link.observed_at,
                )
            )
        await ProfileRepository(self._scope).observe(statements)
        await self._scope.add_many(
            NameToken,
            [
                {"token": token, "customer_id": each.customer_id, "home_id": each.customer_id}
                for each in given
                for token in sorted(
                    names.tokens((each.admission.draft.display_name, *each.admission.draft.names))
                )
            ],
        )
        await Entries(self._scope).add_many(
            [
                (
                    LedgerEntry(
                        id=each.entry_id,
                        kind=EntryKind.LINK,
                        at=now,
                        decision=each.admission.decision,
                        customer_id=each.customer_id,
                    ),
                    {each.party: (None, each.customer_id)},
                )
                for each in given
            ]
        )
        await self._grant(given)

    async def _follow(self, new: Sequence[_Given]) -> None:
        """What newcomers have only where a partner told of them: grants, and figures that are due."""
        # What the hub says itself has no records behind it, of which figures could be reckoned.
        await SummaryRepository(self._scope).expect(
            {each.party: each.customer_id for each in new if each.party.connector != HUB}
        )
        await self._grant(new)

    async def _grant(self, given: Sequence[_Given]) -> None:
        grants: dict[tuple[str, str, str], EnrolGrant] = {
            (each.customer_id, each.party.connector, each.party.party_id): each.admission.party.grant
            for each in given
            if each.admission.party.grant is not None
        }
        await GrantRepository(self._scope).put(grants)

    async def _erased(self, marks: Mapping[bytes, PartyRef]) -> frozenset[PartyRef]:
        found = await self._session.scalars(
            select(ErasedParty.hash).where(
                ErasedParty.tenant == self._tenant, self._scope.among_bytes(ErasedParty.hash, marks)
            )
        )
        return frozenset(marks[digest] for digest in found)

    def externals(self, parties: Iterable[PartyRef]) -> list[str]:
        """The external ids of customers who are made of one of these parties each, in their order."""
        # A hash, because the external id of a customer outlives them.
        hashes = KeyRepository(self._scope).party_hashes(_EXTERNAL, parties)
        return [f"party:{digest.hex()[:40]}" for digest in hashes]

    async def _kinds(self, customer_ids: Iterable[str]) -> dict[str, str]:
        rows = await self._session.execute(
            select(Customer.id, Customer.kind).where(
                Customer.tenant == self._tenant, self._scope.among(Customer.id, customer_ids)
            )
        )
        return {customer_id: kind for customer_id, kind in rows}  # noqa: C416  # rows are no pairs to mypy

    async def _kept_apart(
        self, targets: dict[PartyRef, str]
    ) -> dict[PartyRef, tuple[tuple[PartyRef, PartyRef], ...]]:
        """The parties that are kept apart from a party of the customer they would come to."""
        pairs = await ApartRepository(self._scope).of(targets.keys())
        if not pairs:
            return {}
        links = await Relocation(self._scope).links_of({party for pair in pairs for party in pair})
        found: dict[PartyRef, tuple[tuple[PartyRef, PartyRef], ...]] = {}
        for low, high in sorted(pairs):
            for party, other in ((low, high), (high, low)):
                if party in targets and other in links and links[other].customer_id == targets[party]:
                    found[party] = (*found.get(party, ()), (low, high))
        return found


def _ref(link: EnrolLink) -> PartyRef:
    return PartyRef(link.connector, link.party_id)


def _result(
    party: PartyRef, state: AdmissionState, customer_id: str | None, entry_id: str | None = None
) -> AdmissionResult:
    return AdmissionResult(party=party, state=state, customer_id=customer_id, entry_id=entry_id)


def _of_link(link: EnrolLink, decision: LinkDecision) -> Admission:
    """A party that is linked by its values alone."""
    draft = CustomerDraft(kind=PartyKind.PERSON, display_name="")
    return Admission(party=link, draft=draft, decision=decision)


def link_of(admission: Admission, now: datetime) -> LinkData:
    """The link by which a party comes to its customer."""
    decision, link = admission.decision, admission.party
    return LinkData(
        connector=link.connector,
        party_id=link.party_id,
        method=decision.rule,
        confidence=1.0 if decision.probability is None else decision.probability,
        evidence=", ".join(f"{each.field} {each.agreement}" for each in decision.evidence),
        linked_at=link.linked_at or now,
    )
