"""``python -m api migrate``."""

from __future__ import annotations

import click

from api.commands import settings_of
from api.settings import database_url


@click.command(help="Bring the database to the newest (or a given) version; safe to repeat.")
@click.option("--to", "revision", default="head", show_default=True, help="Version to go up to.")
@click.option("--down-to", "down", default=None, help="Go down to this version instead ('base': empty).")
@click.option("--check-drift", is_flag=True, help="Compare models and migrations; needs no settings.")
@click.pass_context
def command(ctx: click.Context, revision: str, down: str | None, *, check_drift: bool) -> int:
    """Run migrations, or check that none is missing."""
    from store import migrate

    if check_drift:
        return _drift()
    url = database_url(settings_of(ctx))
    if down is not None:
        migrate.downgrade(url, down)
    else:
        migrate.upgrade(url, revision)
    click.echo(f"database is at {migrate.current(url) or 'its empty beginning'}")
    return 0


def _drift() -> int:
    import tempfile
    from pathlib import Path

    from store import migrate

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'drift.db'}"
        migrate.upgrade(url)
        differences = migrate.drift(url)
    for difference in differences:
        click.echo(f"models and migrations differ: {difference}", err=True)
    click.echo(f"{len(differences)} differences between models and migrations")
    return 1 if differences else 0
