"""``python -m c360 new``."""

from __future__ import annotations

from pathlib import Path

import click

from c360.scaffold.writing import domains, write


@click.command(
    help="Write a new plugin's distribution: connector, config, mapping, recording, tests, README. "
    "Its conformance suite is green at once."
)
@click.argument("name")
@click.option(
    "--domain", required=True, help=f"Business domain of the partner: {', '.join(sorted(domains()))}."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write; c360-NAME here by default.",
)
def command(*, name: str, domain: str, folder: Path | None) -> None:
    """Write the files and say what comes next."""
    where = folder or Path(f"c360-{name.replace('_', '-')}")
    for file in write(name, domain, where):
        click.echo(f"  {file}")
    click.echo(f"\nnext: cd {where} && python -m c360 check")
