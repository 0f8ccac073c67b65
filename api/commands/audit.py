"""``python -m api audit``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from api.commands import run_async, settings_of


@click.group(help="Verify who looked at whom and who changed what, from the first entry to the last.")
def command() -> None:
    """Group of the commands."""


@command.command(
    help="Go through every chain and compare every change with its seal; exit 1 where something was altered, "
    "removed or cut off."
)
@click.option(
    "--heads",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Heads that `audit heads` wrote earlier, kept where nobody who could alter the database can alter "
    "them: without them, what was cut off the end of a chain is not missed.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def verify(ctx: click.Context, *, heads: Path | None, as_json: bool) -> int:
    """Verify."""
    from api.audit_checking import read_heads, verified

    known = read_heads(heads) if heads else ()
    report = run_async(verified(settings_of(ctx), known))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
        return 1 if report.faults else 0
    for fault in report.faults:
        click.echo(f"{fault.where}: {fault.what}", err=True)
    click.echo(
        f"{report.chains} chain(s), {report.batches} batch(es), {report.entries} entries, "
        f"{report.unsealed} change(s) not sealed yet, {len(report.faults)} fault(s)"
    )
    return 1 if report.faults else 0


@command.command(help="Verify, then write how far every chain goes, as JSON lines to keep elsewhere.")
@click.pass_context
def heads(ctx: click.Context) -> int:
    """Write the heads."""
    from api.audit_checking import verified

    report = run_async(verified(settings_of(ctx), ()))
    for fault in report.faults:
        click.echo(f"{fault.where}: {fault.what}", err=True)
    for head in report.heads:
        sys.stdout.write(msgspec.json.encode(head).decode() + "\n")
    return 1 if report.faults else 0
