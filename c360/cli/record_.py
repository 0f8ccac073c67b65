"""``python -m c360 record``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from c360.changes import Checkpoint, Upsert
from c360.cli import live
from c360.contract import Connector, Description, KeyKind, Need, PartyQuery, Ref
from c360.errors import C360Error
from c360.testing import Known, driving
from c360.testing.recording import About, Recorder, save
from c360.testing.scrubbing import config_secrets, scrub

_NOBODY = {
    KeyKind.EMAIL: "nobody.at.all@nowhere.example",
    KeyKind.PHONE: "+12025550100",
    KeyKind.NAME: "Nobody Atall",
}
"""Searched for as well, so that a replay knows what it looks like when nothing is found."""


class NotRecordedError(C360Error):
    """The partner did not answer well enough to be recorded; the message says what it said."""


@click.command(
    help="Ask the live partner behind PLUGIN everything that the conformance suite asks, and store the "
    "exchanges without secrets and under pseudonyms.\n\nLook at the files before you commit them."
)
@live.options
@click.option(
    "--party",
    multiple=True,
    required=True,
    metavar="ID",
    help="A customer to record; two make a good recording.",
)
@click.option("--email", multiple=True, help="The e-mail address of a customer, in the order of --party.")
@click.option("--phone", multiple=True, help="The phone number of a customer, in the order of --party.")
@click.option("--unknown", help="An id that the partner does not know, written as it writes them.")
@click.option(
    "--days", default=live.DAYS, show_default=True, help="How far back windowed kinds are asked for."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("tests/recordings"),
    show_default=True,
)
def command(
    *,
    plugin: str,
    config: Path | None,
    instance: str | None,
    settings: tuple[str, ...],
    allow: tuple[str, ...],
    grant_files: tuple[Path, ...],
    party: tuple[str, ...],
    email: tuple[str, ...],
    phone: tuple[str, ...],
    unknown: str | None,
    days: int,
    out: Path,
) -> None:
    """Record, scrub and save."""
    asked = live.Asked(
        plugin=plugin,
        config=config,
        instance=instance,
        settings=settings,
        allow=allow,
        grant_files=grant_files,
    )
    customers = [
        Known(
            party_id=each,
            keys={
                **({KeyKind.EMAIL: email[place].strip().lower()} if place < len(email) else {}),
                **({KeyKind.PHONE: phone[place]} if place < len(phone) else {}),
            },
        )
        for place, each in enumerate(party)
    ]
    count = asyncio.run(_record(asked, customers, unknown, days, out))
    click.echo(f"{count} exchanges are in {out}; look at them before you commit them")


async def _record(
    asked: live.Asked, customers: Sequence[Known], unknown: str | None, days: int, out: Path
) -> int:
    at = datetime.now(UTC).replace(microsecond=0)
    partner = live.Live(asked, now=lambda: at)
    recorder = Recorder(partner.transport)
    connector = partner.connector(recorder)
    since, until = live.window(at, days)
    try:
        description = connector.configured(connector.config)
        needs = live.needs(description, (), since, until)
        objects = await _feeds(connector, description)
        known = []
        for place, each in enumerate(customers):
            ref = partner.ref(each.party_id, place=place, objects=_owned(each, objects))
            known.append(await _customer(connector, ref, each, needs))
        refs = [
            partner.ref(each.party_id, place=place, objects=each.objects) for place, each in enumerate(known)
        ]
        await driving.fetch(connector, needs, refs)  # together, as the host batches them
        await _windows(connector, needs, refs)
        if unknown is not None:
            await driving.fetch(connector, needs, [partner.ref(unknown)])
        await _searches(connector, description, known)
    finally:
        await connector.close()
        await partner.aclose()
    about = About(
        connector=description.name,
        recorded_at=at,
        base_url=partner.base_url,
        customers=tuple(known),
        unknown=unknown,
        since=since,
        until=until,
    )
    secrets = config_secrets(partner.config, known)
    recording = scrub(recorder.exchanges, about=about, secrets=(*secrets, *partner.grants))
    save(recording, out)
    return len(recording.exchanges)


def _owned(customer: Known, objects: dict[str, dict[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """Ids of a customer's records of the indexed kinds."""
    return {kind: owned.get(customer.party_id, ()) for kind, owned in objects.items()}


async def _customer(connector: Connector[Any], ref: Ref, customer: Known, needs: Sequence[Need]) -> Known:
    """Fetch everything of one customer; the customer with what there is of each kind.

    Raises:
        NotRecordedError: something could not be fetched.
    """
    result = await driving.fetch(connector, needs, [ref])
    for problem in (*result.breaches, *(f"{type(error).__name__}: {error}" for error in result.errors())):
        raise NotRecordedError(f"a customer could not be fetched: {problem}; mend it and record again")
    return Known(
        party_id=customer.party_id,
        keys=customer.keys,
        records={kind: len(answer.items) for (_, kind), answer in result.answers.items()},
        objects={kind: ids for kind, ids in ref.objects.items() if ids},
    )


async def _feeds(
    connector: Connector[Any], description: Description
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read every feed to its end, and on from there; ids by kind and customer where they are indexed."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for feed in description.feeds:
        click.echo(f"reading the feed of {feed.kind} ...", err=True)
        result = await driving.changes(connector, feed.kind, None)
        items = [item for _, item in result.records()]
        ends = [item.cursor for item in items if isinstance(item, Checkpoint)]
        if ends:
            await driving.changes(connector, feed.kind, ends[-1])
        if feed.indexed:
            owned = found.setdefault(feed.kind, {})
            for item in items:
                if isinstance(item, Upsert):
                    owned[item.party_id] = (*owned.get(item.party_id, ()), item.object_id)
    return found


async def _windows(connector: Connector[Any], needs: Sequence[Need], refs: Sequence[Ref]) -> None:
    """Ask for the halves of the window, so that a replay can tell whether windows are kept to."""
    for need in needs:
        if need.since is None or need.until is None:
            continue
        middle = need.since + (need.until - need.since) / 2
        for first, last in ((need.since, middle), (middle + timedelta(days=1), need.until)):
            await driving.fetch(connector, [Need(kind=need.kind, since=first, until=last)], refs)


async def _searches(connector: Connector[Any], description: Description, known: Sequence[Known]) -> None:
    for key in description.identifies:
        for customer in known:
            if key in customer.keys:
                await driving.identify(connector, PartyQuery(key=key, value=customer.keys[key]))
        if key in _NOBODY:
            await driving.identify(connector, PartyQuery(key=key, value=_NOBODY[key]))
