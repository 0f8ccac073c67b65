"""What partners tell of changes, by their feeds and by their calls, as the hub keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from api.matching import Matching
from c360.contract import Change, Checkpoint, Deletion, Outdated, Upsert
from c360.kinds import PARTY
from c360.records.party import Party
from resolvers.events.catalogue import drafted
from resolvers.events.customers import Aspect, CustomerChanged
from resolvers.identity.keeping import party_link, stated
from store.data import EnrolLink, RecordRef, Statement
from store.unit import Unit


async def keep(
    unit: Unit,
    instance: str,
    changes: Sequence[Change],
    *,
    region: str,
    matching: Matching | None = None,
    indexed: bool = True,
) -> None:
    """Store what one feed delivered: which records belong to whom, and what parties say of themselves.

    The figures of parties whose records changed are due.

    Args:
        unit: the unit of work.
        instance: id of the connector instance.
        changes: what it delivered.
        region: country of phone numbers written without one.
        matching: says who the parties are that nobody has; ``None``: they are passed over.
        indexed: whether the ids of the records are kept, because the partner cannot list one party's.
    """
    parties = [
        change.record for change in changes if isinstance(change, Upsert) and isinstance(change.record, Party)
    ]
    # Of several changes of a record the last one counts.
    latest = {change.object_id: change for change in changes if isinstance(change, Upsert | Deletion)}
    refs = [
        RecordRef(connector=instance, party_id=each.party_id, kind=each.kind, object_id=each.object_id)
        for each in latest.values()
        if isinstance(each, Upsert) and not isinstance(each.record, Party)
    ]
    gone = [each for each in latest.values() if isinstance(each, Deletion)]
    if refs and indexed:
        await unit.index.add(refs)
    if gone and indexed:
        await unit.index.remove(instance, gone[0].kind, [each.object_id for each in gone])
    changed = {ref.party_id for ref in refs} | {each.party_id for each in gone if each.party_id}
    changed |= {each.party_id for each in changes if isinstance(each, Outdated)}
    if changed:
        await unit.summaries.mark(instance, changed)
    if parties:
        await _keep_parties(unit, instance, parties, region, matching)


async def tell(unit: Unit, instance: str, changes: Iterable[Change]) -> None:
    """Make what was known of the customers concerned untrue, and tell those who follow them.

    Actions that wait for the partner are looked after at once: it may have told what became of them.

    Their last-known copies of the kinds that changed go: a copy that is known to be untrue is worse than
    none. What processes remember goes when they hear of it; see :mod:`api.webhooks.forgetting`.
    """
    kinds: dict[str, set[str]] = {}
    for change in changes:
        if not isinstance(change, Checkpoint) and change.party_id:
            kinds.setdefault(change.party_id, set()).add(change.kind)
    owners = await unit.customers.by_party_refs([(instance, party) for party in kinds])
    for (_, party), customer in owners.items():
        await unit.snapshots.drop(instance, [customer], kinds[party])
        aspect = Aspect.PROFILE if kinds[party] == {PARTY} else Aspect.RECORDS
        unit.outbox.add([drafted(CustomerChanged(aspects=(aspect,), connector=instance), [customer])])
    if kinds:
        await unit.actions.wake(instance, kinds)


async def _keep_parties(
    unit: Unit, instance: str, parties: Sequence[Party], region: str, matching: Matching | None
) -> None:
    linked = await unit.customers.by_party_refs([(instance, party.party_id) for party in parties])
    statements: dict[str, list[Statement]] = {}
    links: list[EnrolLink] = []
    for party in parties:
        customer = linked.get((instance, party.party_id))
        if customer is not None:
            statements.setdefault(customer, []).append(_statement(instance, party))
            links.append(party_link(msgspec.structs.replace(party, connector=instance), region))
    await unit.profiles.observe(statements)
    # Behind what observing locked: whose they are does not change any more.
    await unit.keys.add(links)
    new = {party.party_id: party for party in parties if (instance, party.party_id) not in linked}
    if matching is not None and new:
        await matching.admit(unit, instance, new.values())


def _statement(instance: str, party: Party) -> Statement:
    return Statement(
        connector=instance, party_id=party.party_id, values=stated(party), observed_at=party.updated_at
    )
