"""Taking parties out of customers, and letting them return."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from store import names
from store.columns import new_id
from store.data_identity import (
    CustomerDraft,
    EntryKind,
    LedgerEntry,
    LinkDecision,
    PartyRef,
    SplitResult,
)
from store.errors_identity import CannotReverse, NothingToSplit, PartyUnknown
from store.models import Customer, NameToken
from store.repositories.apart import ApartRepository
from store.repositories.base import Repository
from store.repositories.entries import Entries
from store.repositories.families import Families
from store.repositories.relocation import Held, Relocation
from store.repositories.reviews import ReviewQueue


class Parting(Repository):
    """See :class:`store.repositories.ledger.LedgerRepository`."""

    async def split(
        self,
        customer_id: str,
        parties: Iterable[PartyRef],
        draft: CustomerDraft,
        decision: LinkDecision,
        *,
        apart: bool,
    ) -> SplitResult:
        """Make parties of a customer a new one."""
        source = await Families(self._scope).held(customer_id)
        return await self._leave(source, set(parties), draft, decision, kind=EntryKind.SPLIT, apart=apart)

    async def unlink(
        self,
        party: PartyRef,
        draft: CustomerDraft,
        decision: LinkDecision,
        *,
        apart: bool,
        reverses: str | None = None,
    ) -> SplitResult:
        """Make one party a customer of its own."""
        link = (await Relocation(self._scope).links_of([party])).get(party)
        if link is None:
            raise PartyUnknown(party)
        source = await Families(self._scope).held(link.customer_id)
        return await self._leave(
            source, {party}, draft, decision, kind=EntryKind.UNLINK, apart=apart, reverses=reverses
        )

    async def _leave(
        self,
        source: str,
        parties: Collection[PartyRef],
        draft: CustomerDraft,
        decision: LinkDecision,
        *,
        kind: EntryKind,
        apart: bool,
        reverses: str | None = None,
    ) -> SplitResult:
        relocation, entries = Relocation(self._scope), Entries(self._scope)
        links = await relocation.links([source])
        held = {link.party: link for link in links}
        for party in sorted(parties):
            if party not in held:
                raise PartyUnknown(party)
        if not parties or len(parties) == len(held):
            raise NothingToSplit
        created, entry_id = new_id(), new_id()
        await self.create({created: (f"{kind.value.lower()}:{entry_id}", draft)})
        await self._move(
            [held[party] for party in sorted(parties)], dict.fromkeys(parties, created), {created: created}
        )
        await relocation.drop_names(source, parties)
        await relocation.reseal([source, created])
        entry = await entries.add(
            kind,
            decision,
            (source, created),
            moved={party: (held[party].home_id, created) for party in parties},
            reverses=reverses,
            entry_id=entry_id,
        )
        if apart:
            staying = held.keys() - set(parties)
            await ApartRepository(self._scope).add(
                ((one, other) for one in parties for other in staying), entry.id
            )
        await ReviewQueue(self._scope).settle([source, created])
        return SplitResult(entry=entry, customer_id=source, created=created)

    async def restore(self, entry: LedgerEntry, decision: LinkDecision) -> LedgerEntry:
        """Let the parties of a split or an unlinking return to where they hung before.

        Those that a later decision took elsewhere stay there. The customer that the split made becomes a
        node of the one that was split, unless it has parties of its own by now.
        """
        families, relocation = Families(self._scope), Relocation(self._scope)
        before = await Entries(self._scope).moved(entry.id)
        source, created = entry.customer_id, entry.others[0]
        homes = {party: node for party, (node, _) in before.items() if node is not None}
        owners = await families.hold({source, created, *homes.values()})
        if not {source, created, *homes.values()} <= owners.keys():
            raise CannotReverse(entry.id, "a customer of it was erased")
        links = await relocation.links_of(homes.keys())
        back = [link for link in links.values() if link.home_id == created]
        if not back:
            raise CannotReverse(entry.id, "its parties were moved elsewhere since")
        await ApartRepository(self._scope).lift_entry(entry.id)
        returning = {link.party: homes[link.party] for link in back}
        await self._move(back, returning, owners)
        await relocation.add_names(returning, owners)
        restored = await Entries(self._scope).add(
            EntryKind.RESTORE,
            decision,
            (owners[source], created),
            moved={party: (created, home) for party, home in returning.items()},
            reverses=entry.id,
        )
        nobody = not any(link.home_id == created for link in await relocation.links([owners[created]]))
        if nobody and owners[created] == created and owners[source] != created:
            await families.join(owners[source], [created], restored.id)
            await relocation.whole(owners[source], [created])
        else:
            await relocation.drop_names(owners[created], returning.keys())
        await relocation.reseal(set((await families.resolve(owners)).values()))
        await ReviewQueue(self._scope).settle({source, created, *owners.values()})
        return restored

    async def create(self, drafts: dict[str, tuple[str, CustomerDraft]]) -> None:
        """Make customers by id, each with its external id and what it is called."""
        now = self._scope.clock()
        await self._scope.insert_many(
            Customer,
            [
                {
                    "id": customer_id,
                    "external_id": external_id,
                    "kind": draft.kind.value,
                    "display_name": draft.display_name,
                    "sort_name": names.sort_name(draft.sort_name or draft.display_name),
                    "country": draft.country,
                    "created_at": now,
                    "updated_at": now,
                    "erased_at": None,
                    "standing": "PRESENT",
                }
                for customer_id, (external_id, draft) in drafts.items()
            ],
        )
        await self._scope.insert_many(
            NameToken,
            [
                {"token": token, "customer_id": customer_id, "home_id": customer_id}
                for customer_id, (_, draft) in drafts.items()
                for token in sorted(names.tokens((draft.display_name, *draft.names)))
            ],
        )

    async def _move(
        self, links: Collection[Held], homes: dict[PartyRef, str], owners: dict[str, str]
    ) -> None:
        """Hang parties on other nodes, and take along what hangs on them."""
        relocation = Relocation(self._scope)
        for source in sorted({link.customer_id for link in links}):
            for target in sorted({owners[homes[link.party]] for link in links}):
                mine = [
                    link.party
                    for link in links
                    if link.customer_id == source and owners[homes[link.party]] == target
                ]
                if source != target:
                    await relocation.parties(source, target, mine)
        await relocation.rehang(tuple(links), homes, owners)
