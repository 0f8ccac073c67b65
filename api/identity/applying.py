"""Gives parties to customers through the ledger: what is to change is what the store does not hold yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import msgspec

from api.settings import Settings
from api.wiring import Hub
from c360.records.party import Party
from resolvers.identity.decide import Matcher
from resolvers.identity.features import Features
from resolvers.identity.households import Household, Person, households
from resolvers.identity.keeping import party_draft, party_link
from resolvers.identity.population.engine import Report
from resolvers.identity.population.workspace import Groups, Key, Workspace
from resolvers.identity.rules import WEIGHTS
from store.data_identity import (
    Admission,
    AdmissionState,
    EvidenceData,
    HouseholdGroup,
    LinkDecision,
    PartyRef,
    ReviewRequest,
)
from store.errors_identity import CustomerUnknown, KeptApart, KindsDiffer
from store.unit import Unit

T = TypeVar("T")
ACTOR = "identity link"
"""Who decides, as the ledger names it."""
_BATCH = 200
_RULE = "SHARED_HOME"


@dataclass(frozen=True)
class Applied:
    """What was changed."""

    created: int = 0
    linked: int = 0
    merged: int = 0
    """Customers that became part of another."""
    refused: int = 0
    """Merges that somebody keeps apart, or of a person with an organisation."""
    reviews: int = 0
    """Pairs before a human: open now, those of earlier runs among them."""
    households: int = 0


class Applying:
    """Brings the store to what was found. Doing it again changes nothing.

    Args:
        hub: the store.
        settings: country of phone numbers written without one, and the order of trust in the sources.
        matcher: gives the evidence of each pair, as a request would.
        workspace: the parties.
        report: takes lines of progress.
    """

    def __init__(
        self, hub: Hub, settings: Settings, matcher: Matcher, workspace: Workspace, report: Report
    ) -> None:
        self._database, self._tenant = hub.store.database, hub.tenant
        self._region, self._order = settings.phone_region, tuple(settings.connectors)
        self._matcher = matcher
        self._workspace = workspace
        self._report = report

    async def run(self, groups: Groups) -> Applied:
        """Link, create, merge, ask, and note households."""
        counts: defaultdict[str, int] = defaultdict(int)
        partners = _partners(groups)
        grouped = {key for group in groups.groups for key in group}
        alone: Iterator[tuple[Key, ...]] = (
            (key,) for batch in self._workspace.everybody() for key in batch if key not in grouped
        )
        done = 0
        for batch in _batches((*groups.groups,), _BATCH):
            await self._apply(batch, partners, groups, counts)
            done += len(batch)
            self._report(f"{done:,} of {len(groups.groups):,} groups are in the ledger")
        for batch in _batches(alone, _BATCH):
            await self._apply(batch, partners, groups, counts)
        self._report(f"{counts['linked']:,} linked, {counts['created']:,} new customers")
        counts["reviews"] = await self._ask(groups)
        counts["households"] = await self._households()
        return Applied(**counts)

    async def _apply(
        self,
        batch: Sequence[tuple[Key, ...]],
        partners: Mapping[Key, Key],
        groups: Groups,
        counts: defaultdict[str, int],
    ) -> None:
        """Give the parties of some groups to one customer each; first what merges, then what is new."""
        keys = [key for group in batch for key in group]
        async with self._database.read(self._tenant) as unit:
            held = await unit.customers.by_party_refs(keys)
        for group in batch:
            customers = sorted({held[key] for key in group if key in held})
            if len(customers) > 1:
                theirs = [key for key in group if held.get(key) in customers[1:]]
                await self._merge(customers, theirs, partners, groups, counts=counts)
        new = [[key for key in group if key not in held] for group in batch]
        if not any(new):
            return
        async with self._database.read(self._tenant) as unit:
            held = await unit.customers.by_party_refs(keys)
        documents = self._workspace.documents(key for some in new for key in some)
        parties = {
            key: msgspec.structs.replace(msgspec.json.decode(content, type=Party), connector=key[0])
            for key, content in documents.items()
            if content
        }

        async def admit(unit: Unit) -> list[AdmissionState]:
            customers = {
                number: min(held[key] for key in group if key in held)
                for number, group in enumerate(batch)
                if any(key in held for key in group)
            }
            first = [
                (number, next(key for key in some if key in parties))
                for number, some in enumerate(new)
                if number not in customers and any(key in parties for key in some)
            ]
            made = await unit.ledger.admit([self._admission(parties[key], None, None) for _, key in first])
            customers |= {
                number: result.customer_id
                for (number, _), result in zip(first, made, strict=True)
                if result.customer_id is not None
            }
            begun = {key for _, key in first}
            rest = [
                (key, customers[number])
                for number, some in enumerate(new)
                if number in customers
                for key in some
                if key in parties and key not in begun
            ]
            decisions = self._decisions(((key, partners[key]) for key, _ in rest if key in partners), groups)
            linked = await unit.ledger.admit(
                [
                    self._admission(parties[key], customer, decisions.get((key, partners.get(key, key))))
                    for key, customer in rest
                ]
            )
            return [result.state for result in (*made, *linked)]

        for state in await self._database.retrying(self._tenant, admit):
            counts["linked"] += state is AdmissionState.LINKED
            counts["created"] += state in {AdmissionState.CREATED, AdmissionState.APART}

    async def _merge(
        self,
        customers: Sequence[str],
        theirs: Sequence[Key],
        partners: Mapping[Key, Key],
        groups: Groups,
        *,
        counts: defaultdict[str, int],
    ) -> None:
        """Make the customers of one group one; ``theirs`` are the parties that come to the first."""
        survivor, *others = customers
        pairs = [(key, partners[key]) for key in theirs if key in partners]
        decisions = self._decisions(pairs[:1], groups)
        decision = next(iter(decisions.values()), self._decision(WEIGHTS, None, ()))

        async def merge(unit: Unit) -> None:
            await unit.ledger.merge(survivor, others, decision)

        try:
            await self._database.retrying(self._tenant, merge)
        except (KeptApart, KindsDiffer, CustomerUnknown):
            counts["refused"] += 1
        else:
            counts["merged"] += len(others)

    async def _ask(self, groups: Groups) -> int:
        """Put the pairs in question before a human."""
        asked = 0
        for batch in _batches(groups.reviews, _BATCH):
            decisions = self._decisions(batch, groups)
            requests = [
                ReviewRequest(left=PartyRef(*pair[0]), right=PartyRef(*pair[1]), decision=decisions[pair])
                for pair in batch
                if pair in decisions
            ]

            async def ask(unit: Unit, requests: Sequence[ReviewRequest] = requests) -> tuple[str | None, ...]:
                return await unit.reviews.open(requests)

            found = await self._database.retrying(self._tenant, ask)
            asked += sum(each is not None for each in found)
        self._report(f"{asked:,} pairs are for a person to say")
        return asked

    async def _households(self) -> int:
        """Note who lives together."""
        persons: defaultdict[str, list[Features]] = defaultdict(list)
        for batch in self._workspace.everybody():
            async with self._database.read(self._tenant) as unit:
                held = await unit.customers.by_party_refs(batch)
            for key, features in self._workspace.features(batch).items():
                if key in held:
                    persons[held[key]].append(features)
        found = households(Person(customer, tuple(parties)) for customer, parties in sorted(persons.items()))
        for some in _batches(found, _BATCH):
            made = [_household(each) for each in some]

            async def put(unit: Unit, made: Sequence[HouseholdGroup] = made) -> None:
                await unit.households.put(made)

            await self._database.retrying(self._tenant, put)
        self._report(f"{len(found):,} households")
        return len(found)

    def _admission(self, party: Party, customer: str | None, decision: LinkDecision | None) -> Admission:
        return Admission(
            party=party_link(party, self._region, method=ACTOR),
            draft=party_draft([party], self._order),
            decision=decision or self._decision(WEIGHTS, None, ()),
            customer_id=customer,
        )

    def _decisions(
        self, pairs: Iterable[tuple[Key, Key]], groups: Groups
    ) -> dict[tuple[Key, Key], LinkDecision]:
        """Why each pair is one or in question, field by field."""
        wanted = list(pairs)
        features = self._workspace.features({key for pair in wanted for key in pair})
        found = {}
        for left, right in wanted:
            if left in features and right in features:
                pair, judgement = self._matcher.compare(features[left], features[right])
                edge = groups.edges.get((left, right)) or groups.edges.get((right, left))
                evidence = tuple(
                    EvidenceData(field=each.field, agreement=each.agreement, weight=each.weight)
                    for each in pair.score.fields
                )
                rule = edge.rule if edge else judgement.rule
                found[left, right] = self._decision(rule, pair.score.probability, evidence)
        return found

    def _decision(
        self, rule: str, probability: float | None, evidence: tuple[EvidenceData, ...]
    ) -> LinkDecision:
        return LinkDecision(
            actor=ACTOR,
            rule=rule,
            probability=probability,
            model_version=self._matcher.model.version,
            evidence=evidence,
        )


def _partners(groups: Groups) -> dict[Key, Key]:
    """For each party of a group the one of the same group that it is surest to be one with."""
    group = {key: number for number, members in enumerate(groups.groups) for key in members}
    best: dict[Key, tuple[float, Key]] = {}
    for (left, right), edge in groups.edges.items():
        if left in group and group.get(left) == group.get(right):
            for one, other in ((left, right), (right, left)):
                if one not in best or edge.total > best[one][0]:
                    best[one] = (edge.total, other)
    return {key: other for key, (_, other) in best.items()}


def _household(found: Household) -> HouseholdGroup:
    fields = sorted({field for bond in found.bonds for field in bond.fields})
    evidence = tuple(EvidenceData(field=field, agreement="exact", weight=0.0) for field in fields)
    return HouseholdGroup(members=frozenset(found.members), rule=_RULE, evidence=evidence)


def _batches(some: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(some)
    while batch := list(islice(iterator, size)):
        yield batch
