"""Connectors that answer wrongly, or map wrongly."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from itertools import zip_longest
from typing import Any

import msgspec

from c360.contract import Connector, Fetched, Need, Ref
from c360.errors import PartnerFault, SkipCustomer
from c360.hooks import hookimpl
from c360.records.base import Record
from c360.records.loyalty import LoyaltyEvent, Membership
from c360.records.party import Party
from c360.values import CountryCode, LanguageTag
from tests.c360.testing.broken.case import Broken
from tests.c360.testing.good import (
    _TYPES,
    ACCOUNTS,
    GoodClub,
    WireAccount,
    WireEvent,
    WireEvents,
    WireMember,
)

replace = msgspec.structs.replace


class Crashes(GoodClub):
    async def profile(self, ref: Ref, need: Need) -> Sequence[Record]:
        (party,) = await super().profile(ref, need)
        assert isinstance(party, Party)
        return [replace(party, phones=(party.phones[0].strip(),))]


class AnswersTwice(GoodClub):
    async def memberships(self, refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        async for fetched in super().memberships(refs):
            yield fetched
            yield fetched


class LeavesOut(GoodClub):
    async def memberships(self, refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        async for fetched in super().memberships(refs):
            if fetched.records:
                yield fetched


class WantsBirthDates(GoodClub):
    async def profile(self, ref: Ref, need: Need) -> Sequence[Record]:
        member = await self.member(ref)
        if member.born is None:
            raise PartnerFault("a member without a birth date")
        return [self.party(member)]


class UnknownIsFault(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        try:
            return await super().member(ref)
        except SkipCustomer:
            raise PartnerFault("no such member") from None


class AsksForNothing(GoodClub):
    async def memberships(self, refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        wire = await self.accounts([ref.party_id for ref in refs])
        for ref in refs:
            records = tuple(self.membership(it) for it in wire if it.member_id == ref.party_id)
            yield Fetched(ref=ref, kind=ACCOUNTS, records=records)


class NeedsCompany(GoodClub):
    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        self._alone = len(needs) == 1
        return super().fetch(needs, refs)

    def party(self, wire: WireMember) -> Party:
        party = super().party(wire)
        return replace(party, emails=()) if getattr(self, "_alone", False) else party


class Nonce(GoodClub):
    async def page(self, ref: Ref, need: Need, cursor: str | None) -> WireEvents:
        params = {"from": str(need.since), "to": str(need.until), "cursor": cursor, "nonce": uuid.uuid4().hex}
        return (await self.ctx.http.get(f"{self.path(ref)}/events", params=params)).decode(WireEvents)


class ByPosition(GoodClub):
    async def memberships(self, refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        wire = await self.accounts([ref.party_id for ref in refs]) if refs else []
        for ref, account in list(zip_longest(refs, wire))[: len(refs)]:
            records = () if account is None else (self.membership(account),)
            yield Fetched(ref=ref, kind=ACCOUNTS, records=records)


class CountsPlaces(GoodClub):
    async def memberships(self, refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        place = 0
        async for fetched in super().memberships(refs):
            place += 1
            records = tuple(replace(it, lifetime_points=place) for it in fetched.records)
            yield replace(fetched, records=records)


class NoMemberships(GoodClub):
    async def accounts(self, ids: Sequence[str]) -> list[WireAccount]:
        await super().accounts(ids)
        return []


class DropsSpending(GoodClub):
    async def pages(self, ref: Ref, need: Need) -> list[WireEvent]:
        return [it for it in await super().pages(ref, need) if it.type != "SPENT"]


class PointsAsText(GoodClub):
    def membership(self, wire: WireAccount) -> Membership:
        return replace(super().membership(wire), points=str(wire.points))


class EmptyText(GoodClub):
    def membership(self, wire: WireAccount) -> Membership:
        return replace(super().membership(wire), phone="")


class CountryByName(GoodClub):
    def party(self, wire: WireMember) -> Party:
        party = super().party(wire)
        named = tuple(replace(it, country=CountryCode("Australia")) for it in party.addresses)
        return replace(party, addresses=named)


class Underscore(GoodClub):
    def party(self, wire: WireMember) -> Party:
        return replace(super().party(wire), language=LanguageTag("en_AU"))


class NaiveMoments(GoodClub):
    def event(self, wire: WireEvent) -> LoyaltyEvent:
        event = super().event(wire)
        return replace(event, occurred_at=event.occurred_at.replace(tzinfo=None))


class Doubles(GoodClub):
    async def pages(self, ref: Ref, need: Need) -> list[WireEvent]:
        found = await super().pages(ref, need)
        return [*found, *found]


class DatedIds(GoodClub):
    def event(self, wire: WireEvent) -> LoyaltyEvent:
        return replace(super().event(wire), event_id=f"{wire.id}/{self.ctx.now():%Y%m%d}")


class OwnPartyIds(GoodClub):
    def party(self, wire: WireMember) -> Party:
        return replace(super().party(wire), party_id=f"club:{wire.id}")


class SignsRecords(GoodClub):
    def event(self, wire: WireEvent) -> LoyaltyEvent:
        return replace(super().event(wire), connector="club")


class KnowsAllTypes(GoodClub):
    def event(self, wire: WireEvent) -> LoyaltyEvent:
        if wire.type not in _TYPES:
            raise PartnerFault("an event of another type")
        return super().event(wire)


class LoopsInside(GoodClub):
    async def accounts(self, ids: Sequence[str]) -> list[WireAccount]:
        return [account for it in ids for account in await super(LoopsInside, self).accounts([it])]


class MixesCustomers(GoodClub):
    async def memberships(self, refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        if not refs:
            return
        wire = await self.accounts([ref.party_id for ref in refs])
        for ref in refs:
            yield Fetched(ref=ref, kind=ACCOUNTS, records=tuple(map(self.membership, wire)))


class SmallBatch(GoodClub):
    async def accounts(self, ids: Sequence[str]) -> list[WireAccount]:
        if len(ids) > 5:
            raise PartnerFault("the club takes five at once")
        return await super().accounts(ids)


class UnknownSpoils(GoodClub):
    async def memberships(self, refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        found = [it async for it in super().memberships(refs)]
        empty = any(not it.records for it in found)
        for it in found:
            yield replace(it, records=(), error=SkipCustomer()) if empty else it


class FirstPage(GoodClub):
    async def pages(self, ref: Ref, need: Need) -> list[WireEvent]:
        return (await self.page(ref, need, None)).events


class EndlessPages(GoodClub):
    async def pages(self, ref: Ref, need: Need) -> list[WireEvent]:
        found: list[WireEvent] = []
        cursor: str | None = None
        while True:
            page = await self.page(ref, need, cursor)
            found += page.events
            cursor = page.next_cursor
            if not cursor:
                return found


class NoWindow(GoodClub):
    async def page(self, ref: Ref, need: Need, cursor: str | None) -> WireEvents:
        return (await self.ctx.http.get(f"{self.path(ref)}/events", params={"cursor": cursor})).decode(
            WireEvents
        )


class UntilLeftOut(GoodClub):
    async def page(self, ref: Ref, need: Need, cursor: str | None) -> WireEvents:
        assert need.until is not None
        day = need.until.toordinal() - 1
        return await super().page(ref, replace(need, until=need.until.fromordinal(day)), cursor)


_TYPED = frozenset({"identify-typed", "feed-typed"})
"""Parties come by these two ways as well."""

CASES = (
    Broken(Crashes, "one-answer-each"),
    Broken(AnswersTwice, "one-answer-each"),
    Broken(LeavesOut, "unknown-customer-skipped", frozenset({"batch-partial", "batch-in-full"})),
    Broken(WantsBirthDates, "known-customers-answered", frozenset({"expected-records"})),
    Broken(UnknownIsFault, "unknown-customer-skipped"),
    Broken(AsksForNothing, "nothing-asked"),
    Broken(NeedsCompany, "one-kind-alone"),
    Broken(Nonce, "deterministic"),
    Broken(ByPosition, "batch-partial"),
    Broken(CountsPlaces, "order-independent", frozenset({"customers-kept-apart", "batch-partial"})),
    Broken(NoMemberships, "every-kind-has-records", frozenset({"expected-records"})),
    Broken(DropsSpending, "expected-records"),
    Broken(PointsAsText, "field-types"),
    Broken(EmptyText, "texts-not-empty"),
    Broken(CountryByName, "countries-valid", _TYPED),
    Broken(Underscore, "languages-valid", _TYPED),
    Broken(NaiveMoments, "moments-with-zone"),
    Broken(Doubles, "ids-unique", frozenset({"expected-records"})),
    Broken(DatedIds, "ids-stable"),
    Broken(OwnPartyIds, "party-id-kept", frozenset({"identify-finds-known", "feed-tells-known"})),
    Broken(SignsRecords, "host-fields-empty"),
    Broken(KnowsAllTypes, "unknown-values-borne"),
    Broken(LoopsInside, "batch-saves-requests", frozenset({"deadline-keeps-ready"})),
    Broken(MixesCustomers, "customers-kept-apart", frozenset({"expected-records", "order-independent"})),
    Broken(SmallBatch, "batch-in-full"),
    Broken(UnknownSpoils, "batch-partial"),
    Broken(FirstPage, "paging-to-the-end", frozenset({"expected-records"})),
    Broken(EndlessPages, "paging-loop-ends"),
    Broken(NoWindow, "window-respected"),
    Broken(UntilLeftOut, "window-complete"),
)


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return tuple(case.connector for case in CASES)
