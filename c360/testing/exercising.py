"""Asks a connector everything that the suite will ask, so that what a recorder hears is enough for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec

from c360.changes import Checkpoint, Upsert
from c360.contract import Connector, Description, KeyKind, Need, PartyQuery, Ref
from c360.kinds import kind as kind_of
from c360.testing import driving
from c360.testing.known import Known
from c360.values import Secret

NOBODY = {
    KeyKind.EMAIL: "nobody.c360@mail.example",
    KeyKind.PHONE: "+10000000000",
    KeyKind.NAME: "Nobody Whatsoever",
}
"""Keys that nobody has; for the others see :func:`nobody`."""


def nobody(key: KeyKind) -> str:
    """A value of a key that nobody has."""
    return NOBODY.get(key, "C360-NOBODY-0")


_MOST_RESUMES = 5
"""A feed with more checkpoints is not read from each: that would ask for everything many times over."""


async def exercise(
    connector: Connector[Any],
    customers: Sequence[Known],
    *,
    unknown: str | None = None,
    since: date,
    until: date,
    progress: Callable[[str], None] | None = None,
) -> tuple[Known, ...]:
    """Fetch, search and follow, in every way that the suite does; nothing is changed at the partner.

    Args:
        connector: over a :class:`~c360.testing.recording.Recorder`, with a clock that stands still.
        customers: whom the partner knows, with their keys and grants.
        unknown: an id that the partner does not know.
        since: first day that windowed kinds are asked for.
        until: last day.
        progress: told what is asked, before it is.

    Returns:
        The customers, with the number of records that each has of each kind and the ids that feeds told.
    """
    about = connector.configured(connector.config)
    tell = progress or (lambda _: None)
    objects = await _follow(connector, about, tell)
    refs = [_ref(customer, objects) for customer in customers]
    needs = [_need(fetch.kind, since, until) for fetch in about.fetches]
    tell("all customers together")
    whole = await driving.fetch(connector, needs, refs)
    await driving.fetch(connector, list(reversed(needs)), list(reversed(refs)))
    strangers = [] if unknown is None else [Ref(party_id=unknown, objects=dict.fromkeys(_indexed(about), ()))]
    for need in needs:
        tell(f"{need.kind}, customer by customer")
        for group in ([ref] for ref in [*refs, *strangers]):
            await driving.fetch(connector, [need], group)
        await driving.fetch(connector, [need], refs)
        if strangers:
            await driving.fetch(connector, [need], [*strangers, *refs])
    await _search(connector, about, customers, tell)
    counts = Counter((party, kind) for (party, kind), _ in whole.records())
    return tuple(
        msgspec.structs.replace(
            customer,
            records={need.kind: counts[customer.party_id, need.kind] for need in needs},
            objects=dict(ref.objects),
        )
        for customer, ref in zip(customers, refs, strict=True)
    )


async def _follow(
    connector: Connector[Any], about: Description, tell: Callable[[str], None]
) -> dict[str, list[Upsert]]:
    """Every feed to its end, and again from every checkpoint; of a long one from the last alone."""
    told: dict[str, list[Upsert]] = {}
    for feed in about.feeds:
        tell(f"the feed of {feed.kind}")
        result = await driving.changes(connector, feed.kind, None)
        changes = [it for answer in result.answers.values() for it in answer.items]
        stops = [it for it in changes if isinstance(it, Checkpoint)]
        for stop in stops if len(stops) <= _MOST_RESUMES else stops[-1:]:
            await driving.changes(connector, feed.kind, stop.cursor)
        if feed.indexed:
            told[feed.kind] = [it for it in changes if isinstance(it, Upsert)]
    return told


async def _search(
    connector: Connector[Any], about: Description, customers: Sequence[Known], tell: Callable[[str], None]
) -> None:
    for key in about.identifies:
        tell(f"searches by {key.value}")
        for value in [*(it.keys[key] for it in customers if key in it.keys), nobody(key)]:
            for limit in (20, 1):
                await driving.identify(connector, PartyQuery(key=key, value=value, limit=limit))


def _indexed(about: Description) -> list[str]:
    return [feed.kind for feed in about.feeds if feed.indexed]


def _ref(customer: Known, told: dict[str, list[Upsert]]) -> Ref:
    objects = dict(customer.objects)
    for kind, changes in told.items():
        mine = (it.object_id for it in changes if it.party_id == customer.party_id)
        objects.setdefault(kind, tuple(dict.fromkeys(mine)))
    grant = None if customer.grant is None else Secret(customer.grant)
    return Ref(party_id=customer.party_id, grant=grant, objects=objects)


def _need(kind: str, since: date, until: date) -> Need:
    return Need(kind=kind, since=since, until=until) if kind_of(kind).windowed else Need(kind=kind)
