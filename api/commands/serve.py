"""``python -m api serve``."""

from __future__ import annotations

import click

from api.commands import settings_of


@click.command(help="Answer the graph over HTTP until interrupted.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Instead of the settings' own.")
@click.pass_context
def command(ctx: click.Context, port: int | None) -> int:
    """Serve."""
    from api.serving import serve

    return serve(settings_of(ctx), port)
