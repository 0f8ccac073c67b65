"""The connector and the sandbox's rental operator, every exchange compared with the published API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from c360.contract import Checkpoint, Fetched, Need, Ref, Upsert
from c360.errors import ConnectorError, PartnerFault, Reconfigure, RetryLater, SkipCustomer
from c360.records.rental import ChargeState, RentalStatus
from plugins.rental.connector import TompRental
from sandbox.framework import World
from sandbox.partners import rental
from sandbox.population.model import Event, EventKind

SPEC = "rental-tomp-v1.6.1.yaml"
BASE = "http://rental.test"
BOOKINGS = "rental.bookings"
NEEDS = [Need(kind="party.profile"), Need(kind=BOOKINGS), Need(kind="rental.charges")]
DECADE = {"history_days": 3650, "horizon_days": 730, "window_days": 120}


def rented(world: World) -> dict[str, list[Event]]:
    """Every rental of the population by its customer."""
    return {
        presence.party_id: [
            event
            for event in world.population.life(presence.member_id).at("rental")
            if event.kind in {EventKind.RENTAL, EventKind.RENTAL_CANCELLED}
        ]
        for presence in world.population.presences("rental")
    }


async def scanned(connector: TompRental, kind: str, since: str | None = None) -> list[Any]:
    return [change async for change in connector.changes(kind, since)]


async def fetched(connector: TompRental, ref: Ref) -> dict[str, Fetched]:
    return {item.kind: item async for item in connector.fetch(NEEDS, [ref])}


def refs(changes: list[Any]) -> dict[str, Ref]:
    """What the hub would remember of a scan."""
    found: dict[str, set[str]] = {}
    for change in changes:
        if isinstance(change, Upsert):
            found.setdefault(change.party_id, set()).add(change.object_id)
    return {
        party_id: Ref(party_id=party_id, objects={BOOKINGS: tuple(sorted(ids))})
        for party_id, ids in found.items()
    }


def test_a_scan_finds_all_bookings_and_whose_they_are(
    world: World, spec_http: Any, connector: Any, run: Any
) -> None:
    transport = spec_http(SPEC, rental.app(world), BASE)
    found = refs(run(scanned(connector(transport, **DECADE), BOOKINGS)))
    expected = {party_id: len(events) for party_id, events in rented(world).items() if events}
    assert expected
    assert {party_id: len(ref.objects[BOOKINGS]) for party_id, ref in found.items()} == expected


def test_everything_of_one_member(world: World, spec_http: Any, connector: Any, run: Any) -> None:
    transport = spec_http(SPEC, rental.app(world), BASE)
    plugin = connector(transport, **DECADE)
    by_party = rented(world)
    party_id = max(by_party, key=lambda key: len(by_party[key]))
    ref = refs(run(scanned(plugin, BOOKINGS)))[party_id]
    answers = run(fetched(plugin, ref))
    assert [answer.error for answer in answers.values()] == [None, None, None]

    [party] = answers["party.profile"].records
    presence = world.population.presence("rental", party_id)
    assert presence is not None
    assert (party.party_id, party.emails) == (party_id, (presence.email,) if presence.email else ())

    rentals: Any = answers[BOOKINGS].records
    events = {event.at: event for event in by_party[party_id]}
    assert {item.starts_at for item in rentals} == set(events)
    for item in rentals:
        event = events[item.starts_at]
        assert item.vehicle == event.text
        assert (item.status is RentalStatus.CANCELLED) == (event.kind is EventKind.RENTAL_CANCELLED)
        if event.amount is not None:
            assert (item.price.amount, item.price.currency) == (event.amount, event.currency)

    charges: Any = answers["rental.charges"].records
    ended = {item.booking_id for item in rentals if item.status is RentalStatus.FINISHED and item.price}
    assert {charge.booking_id for charge in charges} == ended
    assert sum(charge.amount.amount for charge in charges) == sum(
        item.price.amount for item in rentals if item.booking_id in ended
    )
    assert {charge.state for charge in charges} <= {ChargeState.INVOICED, ChargeState.TO_INVOICE}


def test_bookings_ahead_are_confirmed_and_not_charged(
    world: World, spec_http: Any, connector: Any, run: Any
) -> None:
    plugin = connector(spec_http(SPEC, rental.app(world), BASE), history_days=1, horizon_days=365)
    found = refs(run(scanned(plugin, BOOKINGS)))
    now = world.now()
    ahead = 0
    for ref in found.values():
        answers = run(fetched(plugin, ref))
        coming: Any = [item for item in answers[BOOKINGS].records if item.starts_at > now]
        charged = {charge.booking_id for charge in answers["rental.charges"].records}
        ahead += len(coming)
        assert all(item.status in {RentalStatus.CONFIRMED, RentalStatus.CANCELLED} for item in coming)
        assert not charged & {item.booking_id for item in coming}
    assert ahead


def test_the_feed_of_customers_reads_those_with_bookings(
    world: World, spec_http: Any, connector: Any, run: Any
) -> None:
    plugin = connector(spec_http(SPEC, rental.app(world), BASE), **DECADE)
    found = {
        change.party_id for change in run(scanned(plugin, "party.profile")) if isinstance(change, Upsert)
    }
    assert found == {party_id for party_id, events in rented(world).items() if events}


def test_a_scan_goes_on_after_each_checkpoint(world: World, spec_http: Any, connector: Any, run: Any) -> None:
    plugin = connector(spec_http(SPEC, rental.app(world), BASE), history_days=300, window_days=100)
    changes = run(scanned(plugin, BOOKINGS))
    for place, change in enumerate(changes[:-1]):
        if isinstance(change, Checkpoint) and change.progress != 1:
            rest = run(scanned(plugin, BOOKINGS, change.cursor))
            assert refs(changes[:place] + rest) == refs(changes)


def test_who_is_unknown_and_who_may_not_ask(world: World, spec_http: Any, connector: Any, run: Any) -> None:
    transport = spec_http(SPEC, rental.app(world), BASE)
    answers = run(fetched(connector(transport), Ref(party_id="nobody", objects={BOOKINGS: ("nobody.1",)})))
    assert isinstance(answers["party.profile"].error, SkipCustomer)
    assert (answers[BOOKINGS].error, answers[BOOKINGS].records) == (None, ())
    refused = run(fetched(connector(transport, credential="wrong"), Ref(party_id="nobody")))
    assert isinstance(refused["party.profile"].error, Reconfigure)


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("down", RetryLater),
        ("rate_limited", RetryLater),
        ("truncated", ConnectorError),
        ("wrong", ConnectorError),
    ],
)
def test_a_partner_in_trouble_ends_as_an_error(
    world: World, plain_http: Any, connector: Any, run: Any, *, mode: str, error: type[ConnectorError]
) -> None:
    party_id, events = max(rented(world).items(), key=lambda item: len(item[1]))
    ref = Ref(party_id=party_id, objects={BOOKINGS: (f"{party_id}.{events[0].id}",)})
    world.behaviour.set(mode)
    plugin = connector(plain_http(rental.app(world), BASE))
    answers = run(fetched(plugin, ref))
    assert isinstance(answers[BOOKINGS].error, error)
    assert isinstance(answers["rental.charges"].error, error)
    with pytest.raises(error):
        run(scanned(plugin, BOOKINGS))


def test_a_wrong_shape_of_the_journal_is_the_partners_fault(
    world: World, plain_http: Any, connector: Any, run: Any
) -> None:
    party_id, events = max(rented(world).items(), key=lambda item: len(item[1]))
    ref = Ref(party_id=party_id, objects={BOOKINGS: (f"{party_id}.{events[0].id}",)})
    world.behaviour.set("wrong", operations=["GET /payment/journal-entry"])
    answers = run(fetched(connector(plain_http(rental.app(world), BASE)), ref))
    assert isinstance(answers["rental.charges"].error, PartnerFault)
    assert answers[BOOKINGS].error is None


def test_windows_are_asked_for_in_the_future_too(
    world: World, spec_http: Any, connector: Any, run: Any
) -> None:
    transport = spec_http(SPEC, rental.app(world), BASE)
    run(scanned(connector(transport, history_days=1, horizon_days=20), BOOKINGS))
    last = dict(transport.calls[-1].request.params)["max-time"]
    assert last == (world.now() + timedelta(days=20)).isoformat().replace("+00:00", "Z")
