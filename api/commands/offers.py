"""``python -m api offers``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from api.commands import run_async, settings_of

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(help="What customers are offered: the catalogue in and out, and how offers go.")
def command() -> None:
    """The offers' commands."""


@command.command(
    "import",
    help="Import a catalogue: all of it or nothing; the same again changes nothing. A product that changed "
    "gets a new version. Without FILE, the catalogue that is shipped.",
)
@click.argument("file", type=_FILE, required=False)
@click.option("--retire", is_flag=True, help="Retire the products that are not in the file.")
@click.pass_context
def import_(ctx: click.Context, *, file: Path | None, retire: bool) -> None:
    """Import."""
    from api.offers import bring_in
    from resolvers.offers.catalogue import SHIPPED

    found = run_async(bring_in(settings_of(ctx), file or SHIPPED, retire=retire))
    for what, products in (("created", found.created), ("changed", found.changed)):
        for product in products:
            click.echo(f"{what:<8} {product}")
    click.echo(f"{len(found.unchanged):,} unchanged")


@command.command(help="Write the catalogue to a file, or to standard output, as `import` takes it.")
@click.argument("file", type=_FILE, required=False)
@click.pass_context
def export(ctx: click.Context, *, file: Path | None) -> None:
    """Export."""
    from api.offers import export as exported
    from resolvers.registry import write

    content = run_async(exported(settings_of(ctx)))
    if file is None:
        sys.stdout.write(content.decode())
    else:
        write(file, content)


@command.command("list", help="List the products with their versions and states.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List."""
    from api.offers import kept

    found = run_async(kept(settings_of(ctx)))
    if as_json:
        click.echo(_json(found))
        return
    for each in found:
        click.echo(f"{each.id:<24} v{each.version:<3} {each.state.value:<8} {each.domain:<10} {each.name}")
    if not found:
        click.echo("there are no products; to begin with those that are shipped: python -m api offers import")


@command.command(
    help="Report per product how presentations went: acceptance, lift of chosen over explored offers, and "
    "calibration of the propensities, with intervals that hold 95 of 100 times.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def report(ctx: click.Context, *, as_json: bool) -> None:
    """Report."""
    from api.offers import report as reported

    found = run_async(reported(settings_of(ctx)))
    if as_json:
        click.echo(_json(found))
        return
    if not found:
        click.echo("no presentation has a known outcome yet: a customer has 90 days to accept")
    for each in found:
        accepted = each.all
        click.echo(f"{each.product}")
        click.echo(
            f"  accepted     {accepted.successes:,} of {accepted.count:,}: {100 * accepted.rate:.1f} % "
            f"({100 * accepted.low:.1f} to {100 * accepted.high:.1f})"
        )
        if each.lift is None or each.lift_low is None or each.lift_high is None:
            click.echo("  lift         not known: chosen and explored offers have to be accepted both")
        else:
            click.echo(f"  lift         {each.lift:.2f} ({each.lift_low:.2f} to {each.lift_high:.2f})")
        if each.predicted is not None and each.ece is not None:
            click.echo(
                f"  calibration  {100 * each.predicted:.1f} % foretold, error {100 * each.ece:.1f} points"
            )


@command.command(
    help="Fit the propensities to how customers answered, beginning with what serves, and keep them as a "
    "version, to be promoted.",
)
@click.pass_context
def learn(ctx: click.Context) -> None:
    """Learn."""
    from api.commands.models import progress, require_extra
    from api.offers import learn as learnt

    require_extra()
    artefact, path = run_async(learnt(settings_of(ctx), progress))
    click.echo(f"wrote {path}")
    click.echo(f"to let it serve: python -m api models promote propensity {artefact.origin.version}")


def _json(found: object) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
