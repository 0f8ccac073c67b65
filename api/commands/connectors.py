"""``python -m api connectors``."""

from __future__ import annotations

import sys

import click
import msgspec

from api.commands import run_async, settings_of


@click.command(help="List the connector instances: what each can do, and how far its feeds were read.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> int:
    """List; exit 1 where an instance is faulty."""
    from api.listing import instances

    rows = run_async(instances(settings_of(ctx)))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n")
        return 1 if any(row.problem for row in rows) else 0
    for row in rows:
        click.echo(f"{row.id:<14} {row.state:<9} {row.domain:<10} {row.lookup:<9} {row.title}")
        click.echo(f"{'':<14} fetches {', '.join(row.kinds) or 'nothing'}")
        if row.identifies:
            click.echo(f"{'':<14} searched by {', '.join(row.identifies)}")
        for feed in row.feeds:
            click.echo(f"{'':<14} feed {feed.kind}: {feed.read or 'never read'}")
        if row.problem:
            click.echo(f"{'':<14} problem: {row.problem}", err=True)
    return 1 if any(row.problem for row in rows) else 0
