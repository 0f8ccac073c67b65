"""``python -m api models rollback``."""

from __future__ import annotations

import click

from api.commands import settings_of
from api.commands.models import NAME, user


@click.command(help="Let serve what served before the last promotion, from the next start on.")
@click.argument("name", type=NAME)
@click.option("--why", default="", help="The reason, kept.")
@click.option("--who", help="Who goes back. Default: the user of this machine.")
@click.pass_context
def command(ctx: click.Context, name: str, why: str, who: str | None) -> None:
    """Roll back; exit 1 where the shipped default serves already."""
    from api.models import kept_models
    from api.wiring import now
    from resolvers.promotion import rollback
    from resolvers.registry import ModelName

    registry = kept_models(settings_of(ctx))
    step = rollback(registry, ModelName(name), who=who or user(), why=why, at=now())
    click.echo(
        f"{name}: {step.version or 'the default'} serves from the next start on, instead of {step.before}"
    )
