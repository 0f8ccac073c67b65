"""``python -m api books``."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from api.commands import run_async, settings_of


@click.group(help="Say whose customers are whose: agents' books of business.")
def command() -> None:
    """The books' commands."""


@command.command(
    "import",
    help="Bring customers into agents' books from a CSV file with the columns agent and customer_id, or "
    "agent, connector and party_id: all of it or nothing.",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Let the books of the agents named hold nobody else.")
@click.option("--by", default=None, help="Who brings it in. Default: the user who calls.")
@click.option("--dry-run", is_flag=True, help="Change nothing, only tell.")
@click.pass_context
def import_(ctx: click.Context, *, file: Path, replace: bool, by: str | None, dry_run: bool) -> None:
    """Import."""
    from api.books import bring_in

    who = by or getpass.getuser()
    done = run_async(bring_in(settings_of(ctx), file, by=who, replace=replace, dry_run=dry_run))
    for agent, change in sorted(done.items()):
        click.echo(f"{agent}: {change.assigned:,} came, {change.ended:,} left")
    click.echo("nothing is kept: this was a dry run" if dry_run else "kept")
