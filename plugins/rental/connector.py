"""Connector to transport operators that speak TOMP-API 1.6.1.

The API lists bookings by time window only, never by customer. So the worker walks through the windows
(:meth:`TompRental.changes`), the hub remembers which booking belongs to whom, and a request reads the
bookings it knows of. ``GET /bookings`` is optional in the API; an operator without it can serve
``party.profile``, and bookings only as far as their ids were brought otherwise.

Not covered, and why:

- Planning (offers of which the traveller chooses one), trip execution, support and payment claims: the
  traveller's own app does these. What is known exactly can be booked in one go, and a booking be called off.
- ``/operator/...`` (stations, assets, prices, hours): it says nothing about a customer.
- Legs' progress (positions of people), tickets, photos, licences and payment cards: not the hub's business.
- ``externalId``, initials, middle names and titles of customers: without a place in the hub's profile.
- Fares per kilometre, hour or percent: what they come to stands in the journal, not in the booking.
- Journal entries whose ``journalId`` is no leg's id: nothing says to whom they belong.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from operator import itemgetter
from typing import ClassVar, TypeVar

from c360.auth import Auth, credential_in
from c360.contract import (
    Action,
    ActionOutcome,
    ActionSpec,
    Change,
    Connector,
    Context,
    Description,
    Effect,
    Exemption,
    Feed,
    Fetch,
    Fetched,
    Limits,
    Lookup,
    Need,
    Ref,
    Upsert,
    fetch_each,
)
from c360.errors import SkipCustomer
from c360.kinds import PARTY
from c360.lookups import Once, together
from c360.records.party import Party
from c360.records.rental import RentalBooking, RentalCharge
from c360.windows import Plan, Scan
from plugins.rental import actions, mapping
from plugins.rental.client import Client
from plugins.rental.config import RentalConfig
from plugins.rental.payloads import WireBooking
from plugins.rental.window import charged_within, rented_within

T = TypeVar("T")

BOOKINGS = "rental.bookings"
CHARGES = "rental.charges"


class TompRental(Connector[RentalConfig]):
    """An operator of rented vehicles, asked booking by booking."""

    description: ClassVar[Description] = Description(
        name="tomp_rental",
        title="TOMP transport operator",
        domain="rental",
        lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind=PARTY), Fetch(kind=BOOKINGS), Fetch(kind=CHARGES)),
        feeds=(Feed(kind=BOOKINGS, indexed=True), Feed(kind=PARTY)),
        config=RentalConfig,
        actions=(
            ActionSpec(kind="rental.book", effect=Effect.TRACEABLE),
            ActionSpec(kind="rental.cancel_booking", effect=Effect.TRACEABLE),
        ),
        limits=Limits(concurrency=16),
        exemptions=(
            Exemption(
                rule="identify",
                reason="The API reads a customer by the operator's own id and has no search.",
            ),
            Exemption(
                rule="webhooks",
                reason="Calls are optional, subscribed to booking by booking; scans are read instead.",
            ),
            Exemption(
                rule="rate-limit",
                reason="The API states no rate of requests, and no status for too many of them.",
            ),
        ),
        documentation="https://github.com/TOMP-WG/TOMP-API",
    )

    def __init__(self, config: RentalConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        self._client = Client(ctx.http, config)
        self._auth = credential_in(config.credential_header, config.credential)

    def auth(self) -> Auth:
        """The hub's credential, as a key in a header or as a bearer token."""
        return self._auth

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """Profile, bookings and charges, all at once."""
        known = {ref: Once(partial(self._bookings, ref)) for ref in refs}

        async def rentals(ref: Ref, need: Need) -> list[RentalBooking]:
            return _rentals(await known[ref](), need)

        async def charges(ref: Ref, need: Need) -> list[RentalCharge]:
            return await self._charges(await known[ref](), need)

        return fetch_each(needs, refs, {PARTY: self._profile, BOOKINGS: rentals, CHARGES: charges})

    async def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        """Bookings, or the customers who have any, window by window; see :mod:`c360.windows`.

        A booking that spans windows comes with each. What the operator attributes to no customer is
        left out.

        Raises:
            PartnerFault: the operator does not offer ``GET /bookings``.
        """
        plan = _plan(self.config)
        run = Scan.begin(since, self.ctx.now(), plan)
        known: set[str] = set()
        for start, end, checkpoint in run.windows(plan.step):
            bookings = await self._client.bookings(start, end)
            if kind == PARTY:
                owners = {owner for booking in bookings if (owner := _owner(booking))} - known
                upserts = await self._parties(owners)
                known |= owners
            else:
                upserts = _upserts(bookings)
            for upsert in upserts:
                yield upsert
            yield checkpoint
        yield run.finished()

    async def act(self, action: Action) -> ActionOutcome:
        """Book a vehicle, or call off a booking."""
        return await actions.perform(self._client, action)

    async def trace(self, action: Action) -> ActionOutcome | None:
        """Whether a vehicle was booked, or a booking called off."""
        return await actions.trace(self._client, action)

    async def _profile(self, ref: Ref, _need: Need) -> list[Party]:
        return [mapping.party(await self._client.customer(ref.party_id), ref.party_id)]

    async def _charges(self, found: Mapping[str, WireBooking], need: Need) -> list[RentalCharge]:
        """Journal entries of a customer's bookings: the journal can be asked for one leg at a time."""
        legs = {
            leg_id: mapping.booking(wire, booking_id)
            for booking_id, wire in found.items()
            for leg_id in mapping.leg_ids(wire, booking_id)
        }
        journal = await _known({leg_id: partial(self._client.journal, leg_id) for leg_id in legs})
        charges = (
            (mapping.charge(entry, rental.booking_id, leg_id), rental)
            for leg_id, rental in legs.items()
            for entry in journal.get(leg_id, ())
        )
        return [charge for charge, rental in charges if charged_within(need, charge, rental)]

    async def _bookings(self, ref: Ref) -> dict[str, WireBooking]:
        """The customer's known bookings by id; those that are gone, or someone else's, are left out."""
        ids = tuple(dict.fromkeys(ref.indexed(BOOKINGS)))
        found = await _known({booking_id: partial(self._client.booking, booking_id) for booking_id in ids})
        return {
            booking_id: found[booking_id]
            for booking_id in ids
            if booking_id in found and _owner(found[booking_id]) in (ref.party_id, None)
        }

    async def _parties(self, customer_ids: Iterable[str]) -> list[Upsert]:
        """The accounts of customers; one who is gone is left out."""
        jobs = {customer_id: partial(self._client.customer, customer_id) for customer_id in customer_ids}
        return [
            Upsert(kind=PARTY, party_id=party_id, object_id=party_id, record=mapping.party(wire, party_id))
            for party_id, wire in sorted((await _known(jobs)).items(), key=itemgetter(0))
        ]


def _plan(config: RentalConfig) -> Plan:
    """How far bookings are scanned; their state changes in the recent past and in the future."""
    return Plan(
        history=timedelta(days=config.history_days),
        ahead=timedelta(days=config.horizon_days),
        again=timedelta(days=config.rescan_days),
        step=timedelta(days=config.window_days),
    )


def _rentals(found: Mapping[str, WireBooking], need: Need) -> list[RentalBooking]:
    rentals = [mapping.booking(wire, booking_id) for booking_id, wire in found.items()]
    return [rental for rental in rentals if rented_within(need, rental)]


def _upserts(bookings: Iterable[WireBooking]) -> list[Upsert]:
    return [
        Upsert(kind=BOOKINGS, party_id=owner, object_id=wire.id, record=mapping.booking(wire, wire.id))
        for wire in bookings
        if wire.id and (owner := _owner(wire))
    ]


def _owner(booking: WireBooking) -> str | None:
    return booking.customer.id if booking.customer else None


async def _known(jobs: Mapping[str, Callable[[], Awaitable[T]]]) -> dict[str, T]:
    """Outcomes of jobs done at once, without those whose object the operator does not know (any more).

    Raises:
        ConnectorError: the first other failure; the jobs still running are cancelled.
    """
    found = await together([partial(_if_known, job) for job in jobs.values()])
    return {key: outcome for key, outcomes in zip(jobs, found, strict=True) for outcome in outcomes}


async def _if_known(job: Callable[[], Awaitable[T]]) -> tuple[T, ...]:
    """The outcome of a job, if the operator knows its object."""
    try:
        return (await job(),)
    except SkipCustomer:
        return ()
