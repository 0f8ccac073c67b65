"""``python -m api keys``."""

from __future__ import annotations

from datetime import timedelta

import click

from api.commands import run_async, settings_of

_DAYS = click.option(
    "--days", type=click.FloatRange(0.01, 366), default=90.0, show_default=True, help="How long it is good."
)


@click.group(help="Keys by which programs come in: of services, and for partners' calls.")
def command() -> None:
    """Manage keys."""


@command.command(help="Make a key and print it, once: nobody can read it again.")
@click.argument("name")
@click.option("--kind", type=click.Choice(["service", "webhook"]), default="service", show_default=True)
@click.option("--role", "roles", multiple=True, help="Name of a role; may be given again.")
@click.option("--scope", "scopes", multiple=True, help="Narrows what the roles allow; may be given again.")
@click.option("--purpose", "purposes", multiple=True, help="Narrows the purposes; may be given again.")
@click.option("--connector", "connectors", multiple=True, help="Connector instance; may be given again.")
@_DAYS
@click.pass_context
def create(
    ctx: click.Context,
    *,
    name: str,
    kind: str,
    roles: tuple[str, ...],
    scopes: tuple[str, ...],
    purposes: tuple[str, ...],
    connectors: tuple[str, ...],
    days: float,
) -> int:
    """Create one."""
    from api.keys import create
    from store.data_credentials import ApiKeyKind

    made = run_async(
        create(
            settings_of(ctx),
            name,
            kind=ApiKeyKind(kind.upper()),
            roles=roles,
            scopes=scopes,
            purposes=purposes,
            connectors=connectors,
            life=timedelta(days=days),
        )
    )
    click.echo(made.text.reveal())
    return 0


@command.command("list", help="List the keys, without their secrets.")
@click.pass_context
def list_(ctx: click.Context) -> int:
    """List them."""
    from api.keys import listed

    for key in run_async(listed(settings_of(ctx))):
        ends = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}"
        narrowed = " ".join((*(key.scopes or ()), *(key.purposes or ()), *key.connectors))
        used = f"used {key.used_on}" if key.used_on else "never used"
        click.echo(
            f"{key.name:<20} {key.id} {key.kind.value.lower():<8} {ends:<19} {used:<16} "
            f"{' '.join(key.roles)} {narrowed}".rstrip()
        )
    return 0


@command.command(help="Make a new key beside the present one, which ends after a while; print it, once.")
@click.argument("name")
@click.option(
    "--overlap",
    type=click.FloatRange(0, 720),
    default=24.0,
    show_default=True,
    help="Hours for which the present key stays good.",
)
@_DAYS
@click.pass_context
def rotate(ctx: click.Context, *, name: str, overlap: float, days: float) -> int:
    """Rotate one."""
    from api.keys import rotate

    made = run_async(
        rotate(settings_of(ctx), name, overlap=timedelta(hours=overlap), life=timedelta(days=days))
    )
    click.echo(made.text.reveal())
    return 0


@command.command(help="Take all keys of a program back; servers know within half a minute.")
@click.argument("name")
@click.pass_context
def revoke(ctx: click.Context, *, name: str) -> int:
    """Revoke them."""
    from api.keys import revoke

    count = run_async(revoke(settings_of(ctx), name))
    click.echo(f"{name}: {count} keys taken back.")
    return 0 if count else 1
