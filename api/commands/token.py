"""``python -m api token``."""

from __future__ import annotations

import click

from api.commands import settings_of


@click.command(
    help="Make a token of the development issuer, for one's own machine; the server takes it while "
    "authentication.development is true."
)
@click.option("--role", "roles", multiple=True, required=True, help="Name of a role; may be given again.")
@click.option("--subject", default="", help="Whose it is; by default the name of the first role.")
@click.option("--scope", "scopes", multiple=True, help="Narrows what the roles allow; may be given again.")
@click.option("--purpose", "purposes", multiple=True, help="Narrows the purposes; may be given again.")
@click.option("--customer", default="", help="Id of the customer who it is, for the role customer.")
@click.option(
    "--connector", "connectors", multiple=True, help="A partner's connector instance, for the role partner."
)
@click.option("--hours", type=click.FloatRange(0.01, 168), default=12.0, show_default=True, help="How long.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    roles: tuple[str, ...],
    subject: str,
    scopes: tuple[str, ...],
    purposes: tuple[str, ...],
    customer: str,
    connectors: tuple[str, ...],
    hours: float,
) -> int:
    """Print one."""
    from api.authentication.development import DevelopmentIssuer
    from schema.permissions.roles import ROLES

    for role in roles:
        if role not in ROLES:
            raise click.BadParameter(
                f"{role!r} is no role; use some of {', '.join(ROLES)}", param_hint="--role"
            )
    settings = settings_of(ctx)
    issuer = DevelopmentIssuer(settings.authentication, settings.folder)
    more = ({"customer_id": customer} if customer else {}) | (
        {"connectors": list(connectors)} if connectors else {}
    )
    token = issuer.token(
        *roles, subject=subject, hours=hours, scopes=scopes or None, purposes=purposes or None, **more
    )
    click.echo(token)
    return 0
