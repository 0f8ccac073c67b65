"""``python -m api connectors``."""

from __future__ import annotations

import sys

import click
import msgspec

from api.commands import run_async, settings_of

_NO_SERVER = (
    "nothing is known of its health: no server answers at the address of the settings, or C360_TOKEN holds "
    "no token that it takes"
)


@click.group(
    help="List the connector instances: what each can do, how it does, and how far its feeds were read; "
    "or switch one.",
    invoke_without_command=True,
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> int:
    """List; exit 1 where an instance is faulty."""
    if ctx.invoked_subcommand is not None:
        return 0
    from api.listing import InstanceRow, instances

    rows = run_async(instances(settings_of(ctx)))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n")
        return 1 if any(row.problem for row in rows) else 0

    def show(row: InstanceRow) -> None:
        click.echo(f"{row.id:<14} {row.state:<9} {row.domain:<10} {row.lookup:<9} {row.title}")
        click.echo(f"{'':<14} tier {row.tier or f'unproven ({row.tier_note})'}")
        click.echo(f"{'':<14} {row.live or _NO_SERVER}")
        click.echo(f"{'':<14} fetches {', '.join(row.kinds) or 'nothing'}")
        if row.identifies:
            click.echo(f"{'':<14} searched by {', '.join(row.identifies)}")
        for feed in row.feeds:
            click.echo(f"{'':<14} feed {feed.kind}: {feed.read or 'never read'}")
        if row.problem:
            click.echo(f"{'':<14} problem: {row.problem}", err=True)

    for row in rows:
        show(row)
    return 1 if any(row.problem for row in rows) else 0


def _switch(ctx: click.Context, instance: str, state: str, means: str) -> int:
    from api.switching import switch

    run_async(switch(settings_of(ctx), instance, state))
    click.echo(f"{instance}: {means} Processes that run know within seconds.")
    return 0


@command.command(help="Let an instance take work again.")
@click.argument("instance", metavar="ID")
@click.pass_context
def enable(ctx: click.Context, *, instance: str) -> int:
    """Switch on."""
    return _switch(ctx, instance, "ENABLED", "takes work.")


@command.command(help="Let an instance take no more work, at once. Last-known copies stand in.")
@click.argument("instance", metavar="ID")
@click.pass_context
def disable(ctx: click.Context, *, instance: str) -> int:
    """Switch off."""
    return _switch(ctx, instance, "DISABLED", "takes no more work.")


@command.command(help="Let an instance end what is under way and take no more work.")
@click.argument("instance", metavar="ID")
@click.pass_context
def drain(ctx: click.Context, *, instance: str) -> int:
    """Switch off gently."""
    return _switch(ctx, instance, "DRAINING", "ends what is under way and takes no more work.")


@command.group(
    help="The hub's address at partners whose API takes it: these call the hub when something changes.",
)
def webhooks() -> None:
    """The commands for addresses at partners."""


_MEANS = {
    ("CALL", "CONFIRMED"): "its partner calls {url}",
    ("CALL", "REJECTED"): "its partner was not reached in time and does not call; register it again",
    ("CALL_NO_MORE", "CONFIRMED"): "its partner calls no more",
    ("CALL_NO_MORE", "REJECTED"): "its partner was not reached in time and calls on; remove it again",
}
_OPEN = "{state}: the worker goes on, until it is known what became of it"


def _told(instance: str, wish: str, state: str, url: str, problem: str | None) -> str:
    means = _MEANS.get((wish, state), _OPEN).format(url=url, state=state)
    return f"{instance}: {means}" + (f" (last problem: {problem})" if problem else "")


@webhooks.command(
    help="Have the partner of instance ID call the hub; the secret that it gives is kept encrypted."
)
@click.argument("instance", metavar="ID")
@click.option("--url", help="Where the partner is to call; by default webhooks.public_url and /webhooks/ID.")
@click.pass_context
def register(ctx: click.Context, *, instance: str, url: str | None) -> int:
    """Register; exit 1 where it is not known yet to have taken effect."""
    from api.webhooks.registering import register as do

    made = run_async(do(settings_of(ctx), instance, url))
    click.echo(_told(instance, made.wish.value, made.state.value, made.url, made.problem))
    return 0 if made.state.value == "CONFIRMED" else 1


@webhooks.command(help="Have the partner of instance ID call no more.")
@click.argument("instance", metavar="ID")
@click.pass_context
def remove(ctx: click.Context, *, instance: str) -> int:
    """Remove; exit 1 where it is not known yet to have taken effect."""
    from api.webhooks.registering import remove as do

    made = run_async(do(settings_of(ctx), instance))
    if made is None:
        click.echo(f"{instance}: its partner was never asked to call")
        return 0
    click.echo(_told(instance, made.wish.value, made.state.value, made.url, made.problem))
    return 0 if made.state.value == "CONFIRMED" else 1


@webhooks.command("list", help="What the hub asked partners for, and which addresses they say they call.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List."""
    from api.webhooks.registering import rows

    found = run_async(rows(settings_of(ctx)))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
        return
    for row in found:
        if row.wish is None or row.state is None:
            click.echo(f"{row.id}: its partner was never asked to call")
        else:
            click.echo(_told(row.id, row.wish, row.state, row.url or "", row.problem))
        for each in row.at_partner:
            whose = "the hub's" if each.ours else "not the hub's"
            click.echo(f"{'':<4}at the partner: {each.url} ({whose}; {', '.join(each.references)})")
        if row.unlisted:
            click.echo(f"{'':<4}the partner did not say which addresses it calls: {row.unlisted}", err=True)
