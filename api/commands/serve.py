"""``python -m api serve``."""

from __future__ import annotations

import gc

import click

from api.commands import settings_of


@click.command(help="Answer the graph over HTTP until interrupted.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Instead of the settings' own.")
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=None,
    help="Processes that answer, all replaced on SIGHUP; 0: this one alone. Instead of the settings' own.",
)
@click.option("--share", default=None, hidden=True, help="What a worker has from its supervisor.")
@click.pass_context
def command(ctx: click.Context, port: int | None, workers: int | None, share: str | None) -> int:
    """Serve."""
    # Most of what is made until the server answers stays: looking through it meanwhile takes a third longer.
    gc.disable()
    settings = settings_of(ctx)
    count = settings.server.workers if workers is None else workers
    if count and share is None:
        from api.supervising import supervise

        gc.enable()
        return supervise(settings, ctx.find_root().obj, count, port)
    from api.serving import serve
    from api.sharing import Shared

    return serve(settings, port, None if share is None else Shared.read(share))
