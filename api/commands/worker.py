"""``python -m api worker``."""

from __future__ import annotations

import gc

import click

from api.commands import run_async, settings_of


@click.command(
    help="Follow the partners' change feeds, and keep figures of what customers do, until interrupted; one "
    "leader at a time does the work."
)
@click.option("--once", is_flag=True, help="One round over all feeds and due figures, then end.")
@click.pass_context
def command(ctx: click.Context, *, once: bool) -> int:
    """Work."""
    # Most of what is made until the worker follows anything stays: looking through it takes a third longer.
    gc.disable()
    from api.worker import work

    return run_async(work(settings_of(ctx), once=once))
