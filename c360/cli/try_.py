"""``python -m c360 try``."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from c360.cli import live
from c360.contract import KeyKind, PartyQuery
from c360.errors import ConnectorError
from c360.testing import driving


@click.command(
    help="Ask the live partner behind PLUGIN for a customer; print the records and the calls made.\n\n"
    "PLUGIN is the plugin's module, or module:connector. The answers are personal data, shown to you "
    "alone: nothing is kept."
)
@live.options
@click.option("--party", multiple=True, metavar="ID", help="The partner's id of a customer; may be repeated.")
@click.option("--email", help="Search by an e-mail address.")
@click.option("--phone", help="Search by a phone number with its country code.")
@click.option("--name", help="Search by a name.")
@click.option("--kind", "kinds", multiple=True, help="Fetch this kind alone; may be repeated.")
@click.option(
    "--days", default=live.DAYS, show_default=True, help="How far back windowed kinds are asked for."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(
    *,
    asked: live.Asked,
    party: tuple[str, ...],
    email: str | None,
    phone: str | None,
    name: str | None,
    kinds: tuple[str, ...],
    days: int,
    as_json: bool,
) -> int:
    """Ask; exit 1 where something could not be answered."""
    keys = live.keys_of(email, phone, name)
    if not party and not keys:
        raise live.NothingToAskError("name a customer: --party ID, or --email, --phone or --name to search")
    shown = asyncio.run(_ask(asked, party, keys, kinds, days))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode() + "\n")
    else:
        _print(shown)
    return 1 if shown["problems"] else 0


async def _ask(
    asked: live.Asked, party: tuple[str, ...], keys: dict[KeyKind, str], kinds: tuple[str, ...], days: int
) -> dict[str, Any]:
    partner = live.Live(asked)
    connector = partner.connector()
    parties: dict[str, None] = dict.fromkeys(party)
    problems: list[str] = []
    try:
        description = connector.configured(connector.config)
        for key, value in keys.items():
            if key not in description.identifies:
                problems.append(f"{description.name} cannot search by {key.value}")
                continue
            found = await driving.identify(connector, PartyQuery(key=key, value=value))
            problems += [*found.breaches, *(_said(error) for error in found.errors())]
            parties |= dict.fromkeys(record.party_id for _, record in found.records())
        since, until = live.window(datetime.now(UTC), days)
        needs = live.needs(description, kinds, since, until)
        refs = [partner.ref(each, place=place) for place, each in enumerate(parties)]
        result = await driving.fetch(connector, needs, refs) if refs else driving.Result()
        problems += [*result.breaches, *(_said(error) for error in result.errors())]
    finally:
        await connector.close()
        await partner.aclose()
    records: dict[str, dict[str, Any]] = {}
    for (party_id, kind), answer in result.answers.items():
        records.setdefault(party_id, {})[kind] = _said(answer.error) if answer.error else list(answer.items)
    return {"customers": records, "problems": problems, "calls": partner.listening.calls}


def _said(error: ConnectorError) -> str:
    return f"{type(error).__name__}: {error}"


def _print(shown: dict[str, Any]) -> None:
    for party_id, kinds in shown["customers"].items():
        click.echo(f"customer {party_id}")
        for kind, found in kinds.items():
            if isinstance(found, str):
                click.echo(f"  {kind}: {found}")
                continue
            click.echo(f"  {kind}: {len(found)}")
            for record in found:
                text = msgspec.json.format(msgspec.json.encode(_known(record)), indent=2).decode()
                click.echo("    " + text.replace("\n", "\n    "))
    if not shown["customers"]:
        click.echo("nobody was found")
    click.echo(f"calls: {len(shown['calls'])}")
    for call in shown["calls"]:
        parameters = f" ?{','.join(call.parameters)}" if call.parameters else ""
        status = call.status if call.status is not None else "no answer"
        took = f"{1000 * call.seconds:.0f} ms  {call.size:,} bytes"
        click.echo(f"  {call.method} {call.path}{parameters}  {status}  {took}")
    for problem in shown["problems"]:
        click.echo(f"problem: {problem}", err=True)


def _known(record: msgspec.Struct) -> dict[str, Any]:
    """A record without what it leaves empty."""
    built: dict[str, Any] = msgspec.to_builtins(record)
    return {name: value for name, value in built.items() if value not in (None, "", (), [], {})}
