"""Customers to join and to part, and all of them that can be seen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from c360.access import TenantId
from c360.contract import KeyKind
from c360.records.party import PartyKind
from c360.values import Secret
from store.data import (
    CustomerData,
    EnrolCustomer,
    EnrolGrant,
    EnrolKey,
    EnrolLink,
    FigureData,
    PartyFigures,
    SnapshotData,
    SnapshotKeyData,
    StatedValue,
)
from store.data_identity import (
    CustomerDraft,
    EvidenceData,
    HouseholdGroup,
    LinkDecision,
    PartyRef,
    ReviewRequest,
)
from store.database import Database
from store.unit import Unit

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")
STEWARD = LinkDecision(actor="steward", rule="STEWARD", reason="they called")
MACHINE = LinkDecision(
    actor="worker",
    rule="PROBABILITY",
    probability=0.995,
    model_version="m1",
    evidence=(
        EvidenceData(field="email", agreement="EXACT", weight=11.5),
        EvidenceData(field="name", agreement="DIFFERENT", weight=-4.0),
    ),
)
DRAFT = CustomerDraft(kind=PartyKind.PERSON, display_name="Somebody Else")


def ref(name: str) -> PartyRef:
    """The party of a name, at the partner that its first letter stands for: ``b1`` is at ``bank``."""
    return PartyRef({"b": "bank", "h": "hotel"}[name[0]], name)


def link(name: str, *, email: str | None = None) -> EnrolLink:
    """A party with keys, values and a grant of its own, all told by its name."""
    party = ref(name)
    address = email or f"{name}@example.com"
    return EnrolLink(
        connector=party.connector,
        party_id=party.party_id,
        keys=(EnrolKey(kind=KeyKind.EMAIL, value=address),),
        blocks=(f"1980-01-01 {name}",),
        values=(
            StatedValue(attribute="email", value=address),
            StatedValue(attribute="given_name", value=f"Given{name}"),
        ),
        grant=EnrolGrant(token=Secret(f"token-{name}")),
        linked_at=datetime(2025, 5, 1, tzinfo=UTC),
        evidence=f"imported {name}",
    )


def person(name: str, *parties: str) -> EnrolCustomer:
    """A customer with parties."""
    return EnrolCustomer(
        external_id=name,
        kind=PartyKind.PERSON,
        display_name=f"Person {name}",
        names=tuple(f"Given{each}" for each in parties),
        country="CH",
        links=tuple(link(each) for each in parties),
    )


async def enrolled(unit: Unit, *people: EnrolCustomer) -> list[str]:
    """Bring people in; their ids in the order given."""
    await unit.customers.enrol(people)
    ids = []
    for each in people:
        found = await unit.customers.search(each.display_name)
        ids.append(found.ids[0])
    return ids


async def furnish(unit: Unit, customer_id: str, now: datetime) -> None:
    """Copies and figures for each of a customer's parties, as a fetch would leave them."""
    loaded = (await unit.customers.load([customer_id]))[customer_id]
    connectors = sorted({each.connector for each in loaded.links})
    await unit.snapshots.write(
        [
            SnapshotData(
                customer_id=loaded.id,
                connector=connector,
                kind="k",
                fetched_at=now,
                content=" ".join(
                    each.party_id for each in loaded.links if each.connector == connector
                ).encode(),
            )
            for connector in connectors
        ]
    )
    await unit.summaries.put(
        [
            PartyFigures(
                customer_id=loaded.id,
                connector=each.connector,
                party_id=each.party_id,
                as_of=now,
                figures=(FigureData("HOTEL", each.party_id, 1.0),),
            )
            for each in loaded.links
        ],
        again=now + timedelta(days=1),
    )


async def seen(database: Database, asked: Iterable[str] = ()) -> dict[str, Any]:
    """All that the graph can see of all customers, and of ids that were customers once."""
    async with database.read(T) as unit:
        ids = (await unit.customers.page(first=1000)).ids
        loaded: dict[str, CustomerData] = await unit.customers.load(ids)
        parties = [(each.connector, each.party_id) for one in loaded.values() for each in one.links]
        addresses = [
            (KeyKind.EMAIL, value.value)
            for one in loaded.values()
            for value in one.values
            if value.attribute == "email"
        ]
        keys = [
            SnapshotKeyData(customer_id=each, connector=connector, kind="k")
            for each in ids
            for connector in ("bank", "hotel")
        ]
        names = sorted({token for one in loaded.values() for token in one.display_name.split()})
        given = sorted(f"Given{party}" for _, party in parties)
        return {
            "customers": loaded,
            "parties": await unit.customers.by_party_refs(parties),
            "keys": await unit.customers.by_keys(addresses),
            "names": {name: (await unit.customers.search(name)).ids for name in (*names, *given)},
            "grants": await unit.grants.tokens(
                [(each, connector, party) for each in ids for connector, party in parties]
            ),
            "copies": sorted(await unit.snapshots.read(keys), key=repr),
            "summaries": await unit.summaries.of(ids),
            "households": await unit.households.of(ids),
            "reviews": [
                (each.id, each.left_customer, each.right_customer)
                for each in (await unit.reviews.page(first=100)).reviews
            ],
            "resolved": await unit.customers.resolve([*ids, *asked]),
        }


async def two(database: Database, clock: Any) -> list[str]:
    """Two customers with everything a customer can have, and a third to tell them from."""
    async with database.unit(T) as unit:
        ids = await enrolled(unit, person("Ada", "b1", "h1"), person("Bea", "b2", "h2"), person("Cid", "b3"))
        for each in ids:
            await furnish(unit, each, clock.now)
        await unit.households.put([HouseholdGroup(members=frozenset(ids), rule="ADDRESS")])
        await unit.reviews.open([ReviewRequest(left=ref("b1"), right=ref("b2"), decision=MACHINE)])
        await unit.reviews.open([ReviewRequest(left=ref("b3"), right=ref("b2"), decision=MACHINE)])
    clock.tick(hours=1)
    return ids
