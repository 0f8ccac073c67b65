"""``python -m api models score``."""

from __future__ import annotations

from pathlib import Path

import click

from api.commands import run_async, settings_of
from api.commands.models import progress, require_extra
from api.settings import Settings


@click.command(
    help="Apply all models to all customers of whom the store keeps figures and write one row each to a "
    "Parquet file. Interrupted, the same command goes on where it was."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="To write.")
@click.pass_context
def command(ctx: click.Context, out: Path) -> None:
    """Score."""
    require_extra()
    rows = run_async(_score(settings_of(ctx), out))
    click.echo(f"wrote {out}: {rows:,} customers")


async def _score(settings: Settings, out: Path) -> int:
    from api.models import serving_models
    from api.scoring import score_everybody
    from api.wiring import now, open_store, require_current
    from c360.access import TenantId

    require_current(settings)
    models = serving_models(settings)
    async with open_store(settings) as store:
        return await score_everybody(
            store.database, TenantId(settings.tenant), models, out, now=now(), report=progress
        )
