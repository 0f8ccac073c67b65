"""``python -m api consents``."""

from __future__ import annotations

from pathlib import Path

import click

from api.commands import run_async, settings_of


@click.group(help="What customers agreed to: bring consents in from another system.")
def command() -> None:
    """The consents' commands."""


@command.command(
    "import",
    help="Import consents from FILE (.csv or .jsonl). Rows that cannot be taken are listed and the others "
    "recorded; exit code 1 where there were any. The same file again records nothing twice, and one that was "
    "interrupted goes on.",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def import_(ctx: click.Context, *, file: Path) -> None:
    """Import."""
    from api.privacy.importing import bring_in

    found = run_async(bring_in(settings_of(ctx), file))
    if found.resumed_at:
        click.echo(f"{found.resumed_at:,} rows were done before")
    for problem in found.problems:
        click.echo(f"row {problem.number}: {problem.message}", err=True)
    click.echo(f"{found.recorded:,} recorded, {found.known:,} known, {len(found.problems):,} with problems")
    if found.problems:
        ctx.exit(1)
