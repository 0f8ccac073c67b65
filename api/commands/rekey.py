"""``python -m api rekey``."""

from __future__ import annotations

import click

from api.commands import run_async, settings_of


@click.command(
    help="Wrap every data key and every secret of the store by security.master_key. What "
    "security.former_master_key wraps is opened until then; processes may run meanwhile. Can be interrupted "
    "and run again."
)
@click.pass_context
def command(ctx: click.Context) -> int:
    """Rewrap."""
    from api.rekeying import rekey

    done = run_async(rekey(settings_of(ctx), lambda count: click.echo(f"{count} …", err=True)))
    click.echo(f"{done} rewrapped; every process can do without security.former_master_key now")
    return 0
