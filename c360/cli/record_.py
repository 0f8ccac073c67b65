"""``python -m c360 record``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from c360.cli import live
from c360.contract import KeyKind
from c360.errors import C360Error
from c360.testing import Known
from c360.testing.exercising import exercise
from c360.testing.recording import About, Recorder, save
from c360.testing.scrubbing import config_secrets, scrub
from c360.values import Secret


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
    asked: live.Asked,
    party: tuple[str, ...],
    email: tuple[str, ...],
    phone: tuple[str, ...],
    unknown: str | None,
    days: int,
    out: Path,
) -> None:
    """Record, scrub and save."""
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
    known = [_granted(customer, partner.grant(place)) for place, customer in enumerate(customers)]
    try:
        found = await exercise(
            connector, known, unknown=unknown, since=since, until=until, progress=_progress
        )
    finally:
        await connector.close()
        await partner.aclose()
    for customer in found:
        if not any(customer.records.values()):
            raise NotRecordedError("a customer has no records of any kind; name one that the partner knows")
    about = About(
        connector=connector.configured(connector.config).name,
        recorded_at=at,
        base_url=partner.base_url,
        customers=found,
        unknown=unknown,
        since=since,
        until=until,
    )
    secrets = config_secrets(partner.config, found)
    recording = scrub(recorder.exchanges, about=about, secrets=(*secrets, *partner.grants))
    save(recording, out)
    return len(recording.exchanges)


def _granted(customer: Known, grant: Secret | None) -> Known:
    if grant is None:
        return customer
    return msgspec.structs.replace(customer, grant=grant.reveal())


def _progress(line: str) -> None:
    click.echo(f"asking: {line}", err=True)
