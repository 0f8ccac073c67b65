"""``python -m api models promote``."""

from __future__ import annotations

import click

from api.commands import settings_of
from api.commands.models import NAME, user


@click.command(
    help="Let VERSION of a model serve, from the next start of serve and worker on. One that does worse than "
    "what serves is refused, unless --force says so; who did it and why is kept."
)
@click.argument("name", type=NAME)
@click.argument("version")
@click.option("--why", default="", help="The reason, kept with the promotion; needed with --force.")
@click.option("--who", help="Who promotes it. Default: the user of this machine.")
@click.option("--force", is_flag=True, help="Also where it does worse.")
@click.pass_context
def command(ctx: click.Context, name: str, version: str, why: str, who: str | None, *, force: bool) -> None:
    """Promote; exit 1 where it does worse."""
    from api.models import kept_models
    from api.wiring import now
    from resolvers.kinds import KINDS
    from resolvers.promotion import promote
    from resolvers.registry import ModelName

    if force and not why:
        raise click.UsageError("--force needs --why: the reason is kept")
    model = ModelName(name)
    step = promote(
        kept_models(settings_of(ctx)),
        model,
        version,
        KINDS[model],
        who=who or user(),
        why=why,
        at=now(),
        force=force,
    )
    click.echo(
        f"{name}: {step.version} serves from the next start on; before: {step.before or 'the default'}"
    )
    click.echo(step.verdict)
