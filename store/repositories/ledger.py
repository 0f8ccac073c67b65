"""Who is who: every operation on identities, each an entry in an append-only ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from store.data import EnrolLink
from store.data_identity import (
    Admission,
    AdmissionResult,
    CustomerDraft,
    EntryKind,
    LedgerEntry,
    LedgerPage,
    LinkDecision,
    MergePlan,
    MergeResult,
    PartyRef,
    PastProfile,
    Redirect,
    SplitResult,
    UnmergeResult,
)
from store.errors_identity import PartyUnknown
from store.repositories.admission import Admissions
from store.repositories.apart import ApartRepository, ordered
from store.repositories.base import Repository
from store.repositories.customers import CustomerRepository
from store.repositories.entries import Entries
from store.repositories.families import Families, path
from store.repositories.merging import Merging
from store.repositories.parting import Parting
from store.repositories.profiles import ProfileRepository
from store.repositories.relocation import Relocation
from store.repositories.undoing import Undoing


class LedgerRepository(Repository):
    """Links, merges, splits, and taking them back.

    Every id of a customer may be an old one: it stands for the customer that answers for it now. Each
    operation locks the customers it concerns, in the order of their ids, until the unit of work ends; run
    a unit with several operations through :meth:`store.database.Database.retrying`, because two of them
    may lock each other out.
    """

    async def admit(self, admissions: Sequence[Admission]) -> tuple[AdmissionResult, ...]:
        """Give parties that belong to nobody yet to customers, in the order given.

        For the worker and for runs over the population: many at once, a fixed number of statements for
        each chunk of them. What somebody else did in between is not overridden, see
        :class:`~store.data_identity.AdmissionState`. A party that is admitted again changes nothing.

        Returns:
            what became of each, in the order given.

        Raises:
            KeyringError: the database was opened without a keyring.
        """
        return await Admissions(self._scope).admit(admissions)

    async def link(self, customer_id: str, party: EnrolLink, decision: LinkDecision) -> LedgerEntry | None:
        """Link a party that belongs to nobody to a customer.

        Returns:
            the entry; ``None`` where it is linked to this customer already.

        Raises:
            CustomerUnknown: there is no such customer, or it was erased.
            PartyTaken: the party belongs to another customer: merge the two, or unlink it there first.
            PartyErased: the party belonged to an erased person.
            KeptApart: a human said that the party never belongs to this customer.
        """
        return await Admissions(self._scope).link(customer_id, party, decision)

    async def unlink(
        self, party: PartyRef, draft: CustomerDraft, decision: LinkDecision, *, apart: bool = True
    ) -> SplitResult:
        """Take a party out of its customer: it becomes a customer of its own, so that nothing is lost.

        Args:
            party: the party.
            draft: what the new customer is called.
            decision: who says so, and why.
            apart: keep it apart from the parties that stay, so that linking does not bring it back.

        Raises:
            PartyUnknown: the party belongs to nobody.
            NothingToSplit: it is the only party of its customer.
        """
        return await Parting(self._scope).unlink(party, draft, decision, apart=apart)

    async def split(
        self,
        customer_id: str,
        parties: Iterable[PartyRef],
        draft: CustomerDraft,
        decision: LinkDecision,
        *,
        apart: bool = True,
    ) -> SplitResult:
        """Take parties out of a customer: together they become a new one.

        Raises:
            CustomerUnknown: there is no such customer, or it was erased.
            PartyUnknown: one of the parties does not belong to the customer.
            NothingToSplit: none or all of its parties were named.
        """
        return await Parting(self._scope).split(customer_id, parties, draft, decision, apart=apart)

    async def plan_merge(self, survivor: str, others: Iterable[str]) -> MergePlan:
        """What :meth:`merge` would do. Changes nothing; runs in a reading unit too.

        Raises:
            CustomerUnknown: one of them does not exist or was erased.
            KindsDiffer: a person and an organisation are never one.
        """
        return await Merging(self._scope).plan(survivor, others)

    async def merge(
        self, survivor: str, others: Iterable[str], decision: LinkDecision, *, overrule: bool = False
    ) -> MergeResult:
        """Make customers one. The ids of the others lead to the survivor from now on.

        The survivor keeps its name and dates. Those of the others that are the survivor already are left
        out; where none is left, nothing changes.

        Args:
            survivor: the customer that remains.
            others: the customers that become part of it.
            decision: who says so, and why.
            overrule: merge even what a human keeps apart, and no longer keep it apart. For humans only.

        Raises:
            CustomerUnknown: one of them does not exist or was erased.
            KindsDiffer: a person and an organisation are never one.
            KeptApart: a human keeps parties of them apart.
        """
        return await Merging(self._scope).merge(survivor, others, decision, overrule=overrule)

    async def unmerge(
        self,
        decision: LinkDecision,
        *,
        entry_id: str | None = None,
        customer_id: str | None = None,
        apart: bool = False,
    ) -> UnmergeResult:
        """Take back a merge, whatever was merged before and after it.

        What was merged stands on its own again, with exactly what it had. What a partner said since goes
        with its party; parties that a later decision moved stay where that put them; what the hub itself
        noted since stays with the survivor, and is listed.

        Args:
            decision: who says so, and why.
            entry_id: the merge, with all customers it made one; or
            customer_id: an old id, which alone stands on its own again.
            apart: keep the two sides apart from now on, so that linking does not merge them again.

        Raises:
            EntryUnknown: there is no such entry.
            CannotReverse: it is no merge or was taken back already, or a customer of it was erased.
            NotMerged: ``customer_id`` is not an old id.
        """
        merging = Merging(self._scope)
        if entry_id is not None:
            return await merging.unmerge_entry(entry_id, decision, apart=apart)
        if customer_id is not None:
            return await merging.unmerge_customer(customer_id, decision, apart=apart)
        raise ValueError("an unmerge names an entry or an old id")

    async def undo(
        self, entry_id: str, decision: LinkDecision, *, draft: CustomerDraft | None = None
    ) -> tuple[LedgerEntry, ...]:
        """Take back an entry, by what is the opposite of it.

        A merge is unmerged; an unmerge is merged again; after a split or an unlinking the parties return;
        a link is ended, the party becoming a customer of its own; keeping apart ends; the decision of a
        review is taken back with the merge it led to, and the review is open again.

        Args:
            entry_id: the entry.
            decision: who says so, and why.
            draft: what a party is called whose link is ended; not needed for anything else.

        Returns:
            the entries that this made, the one that reverses first.

        Raises:
            EntryUnknown: there is no such entry.
            CannotReverse: there is no opposite, or it was taken back already; the message says which.
        """
        return await Undoing(self._scope).undo(entry_id, decision, draft)

    async def keep_apart(
        self, pairs: Iterable[tuple[PartyRef, PartyRef]], decision: LinkDecision
    ) -> LedgerEntry | None:
        """Say that the parties of each pair are never one customer; ``None`` where that is said already.

        Raises:
            PartyUnknown: a party belongs to nobody.
        """
        wanted = {ordered(pair) for pair in pairs if pair[0] != pair[1]}
        repository = ApartRepository(self._scope)
        links = await Relocation(self._scope).links_of({party for pair in wanted for party in pair})
        for party in sorted({party for pair in wanted for party in pair}):
            if party not in links:
                raise PartyUnknown(party)
        new = wanted - await repository.of(links.keys())
        if not new:
            return None
        customers = sorted({links[party].customer_id for pair in new for party in pair})
        entry = await Entries(self._scope).add(EntryKind.APART, decision, customers)
        await repository.add(new, entry.id)
        return entry

    async def apart(self, pairs: Iterable[tuple[PartyRef, PartyRef]]) -> frozenset[tuple[PartyRef, PartyRef]]:
        """Those pairs that a human keeps apart, as given. One query."""
        wanted = tuple(pairs)
        found = await ApartRepository(self._scope).of({party for pair in wanted for party in pair})
        return frozenset(pair for pair in wanted if ordered(pair) in found)

    async def apart_from(
        self, parties: Iterable[PartyRef] | None = None
    ) -> tuple[tuple[PartyRef, PartyRef], ...]:
        """All pairs kept apart that one of these parties is in, each once and sorted; ``None``: all."""
        repository = ApartRepository(self._scope)
        return tuple(sorted(await (repository.all() if parties is None else repository.of(set(parties)))))

    async def entry(self, entry_id: str) -> LedgerEntry | None:
        """One entry."""
        return (await Entries(self._scope).get([entry_id])).get(entry_id)

    async def by_ids(self, ids: Iterable[str]) -> Mapping[str, LedgerEntry]:
        """Entries by id; unknown ones are left out. As many queries as for one."""
        return await self._told(await Entries(self._scope).get(ids))

    async def former(self, ids: Iterable[str]) -> Mapping[str, tuple[Redirect, ...]]:
        """The old ids that customers answer for, by their present ids, the latest merge first. One query.

        The opposite of :meth:`redirects`; customers who answer for none are left out.
        """
        found: dict[str, list[Redirect]] = {}
        for edge in await Families(self._scope).edges(ids):
            redirect = Redirect(
                customer_id=edge.node, survivor=edge.survivor, entry_id=edge.entry_id, at=edge.merged_at
            )
            found.setdefault(edge.survivor, []).append(redirect)
        return {
            survivor: tuple(sorted(mine, key=lambda each: (each.at, each.entry_id), reverse=True))
            for survivor, mine in found.items()
        }

    async def entries(self, customer_id: str, *, first: int = 20, after: str | None = None) -> LedgerPage:
        """What was decided about a customer and everything that was ever merged into it, newest first.

        Raises:
            CursorError: the cursor is damaged.
        """
        nothing = LedgerPage(entries=(), cursors=(), has_next=False, has_previous=False)
        return (await self.entries_of([customer_id], first=first, after=after)).get(customer_id, nothing)

    async def entries_of(
        self, ids: Iterable[str], *, first: int = 20, after: str | None = None
    ) -> Mapping[str, LedgerPage]:
        """The same of several customers, by the ids asked for; unknown ones are left out. Seven queries.

        Raises:
            CursorError: the cursor is damaged.
        """
        families = Families(self._scope)
        present = await families.resolve(ids)
        pages = await Entries(self._scope).pages(await families.nodes(present.values()), first, after)
        told = await self._told({one.id: one for page in pages.values() for one in page.entries})
        return {asked: _of_those(pages[customer], told) for asked, customer in present.items()}

    async def deciding(self, parties: Iterable[PartyRef]) -> Mapping[PartyRef, tuple[LedgerEntry, ...]]:
        """The entries by which each party is with its present customer, newest first.

        The one that linked it or moved it there, and the merges since. Parties that were imported with
        their customer and never moved have none. Three queries, however many parties.
        """
        links = await Relocation(self._scope).links_of(set(parties))
        edges = await Families(self._scope).edges({link.customer_id for link in links.values()})
        placing = await Entries(self._scope).placing(links.keys())
        ids = {
            party: [
                *([placing[party]] if party in placing else []),
                *(edge.entry_id for edge in path(edges, link.home_id)),
            ]
            for party, link in links.items()
        }
        found = await self.by_ids({each for mine in ids.values() for each in mine})
        return {
            party: tuple(found[each] for each in sorted(set(mine), reverse=True) if each in found)
            for party, mine in ids.items()
        }

    async def redirects(self, ids: Iterable[str]) -> Mapping[str, Redirect]:
        """Where old ids went; ids that stand on their own or are unknown are left out. One query."""
        return await Families(self._scope).redirects(ids)

    async def past(
        self, ids: Iterable[str], *, valid_at: datetime, recorded_at: datetime | None = None
    ) -> Mapping[str, PastProfile]:
        """What ids stood for in the past: who answered for them, with which parties, saying what.

        Customers that were merged since are separate in it, and those that were split since are one.

        Args:
            ids: ids of customers, old ones too.
            valid_at: the moment at which the values held.
            recorded_at: what the hub took for true then, of values and of who is who; ``None``: what it
                takes for true now.

        Returns:
            by the id asked for; ids that were no customers then are left out.
        """
        return await ProfileRepository(self._scope).past(ids, valid_at=valid_at, recorded_at=recorded_at)

    async def _told(self, entries: Mapping[str, LedgerEntry]) -> Mapping[str, LedgerEntry]:
        """Entries as they may be shown: of customers in sight, and without the others.

        Decisions are made of the records of several partners, so that a single one is told none.
        """
        sight = self._scope.sight
        if sight.whole or not entries:
            return entries
        if sight.partial:
            return {}
        ids = {each for one in entries.values() for each in (one.customer_id, *one.others)}
        seen = set(await CustomerRepository(self._scope).resolve(ids))
        return {
            entry_id: one if seen.issuperset(one.others) else _without(one, seen)
            for entry_id, one in entries.items()
            if one.customer_id in seen
        }


def _without(entry: LedgerEntry, seen: Collection[str]) -> LedgerEntry:
    """An entry without the customers out of sight, and without whose records went to or came from them."""
    others = tuple(each for each in entry.others if each in seen)
    return msgspec.structs.replace(entry, others=others, parties=())


def _of_those(page: LedgerPage, told: Mapping[str, LedgerEntry]) -> LedgerPage:
    """A page without the entries that are not told."""
    if all(told.get(one.id) is one for one in page.entries):
        return page
    rows = [
        (told[one.id], cursor)
        for one, cursor in zip(page.entries, page.cursors, strict=True)
        if one.id in told
    ]
    return msgspec.structs.replace(
        page, entries=tuple(one for one, _ in rows), cursors=tuple(cursor for _, cursor in rows)
    )
