"""``python -m api seed``."""

from __future__ import annotations

from pathlib import Path

import click

from api.commands import run_async, settings_of


@click.command(help="Import customers with their links and grants; safe to repeat and to interrupt.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def command(ctx: click.Context, file: Path) -> int:
    """Import a file of JSON lines in the format of ``c360/enrolment.py``."""
    from api.seeding import seed

    result = run_async(seed(settings_of(ctx), file, report=click.echo))
    click.echo(f"created {result.created:,}, changed {result.changed:,}, unchanged {result.unchanged:,}")
    for connector, party_id in result.conflicts[:20]:
        click.echo(f"left out: {party_id} at {connector} belongs to another customer", err=True)
    if len(result.conflicts) > 20:
        click.echo(f"… and {len(result.conflicts) - 20:,} more", err=True)
    return 1 if result.conflicts else 0
