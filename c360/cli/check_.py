"""``python -m c360 check``."""

from __future__ import annotations

import click
import msgspec

from c360.testing import CheckReport, ConnectorSuite, Outcome, Report, Tier

_ORDER = (None, *Tier)


@click.command(
    help="Run the conformance suite of PLUGIN without pytest, and say what to change.\n\n"
    "PLUGIN is a test file, a folder with some, module:Class, or a plugin's name whose suite lies in "
    "./test_*.py or ./tests/test_*.py. Without it every suite found there is run."
)
@click.argument("plugin", required=False)
@click.option("--only", multiple=True, metavar="CHECK", help="Run this check alone; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array of reports.")
@click.option("--verbose", "-v", is_flag=True, help="List the checks that passed as well.")
@click.option(
    "--tier",
    type=click.Choice([tier.value.lower() for tier in Tier]),
    help="Fail where the connector does not reach this tier.",
)
@click.option(
    "--save/--no-save",
    default=True,
    help="Keep the standing beside the plugin, where the hub reads its tier. Only of whole runs.",
)
@click.option("--list", "listing", is_flag=True, help="List the checks and end.")
def command(
    *,
    plugin: str | None,
    only: tuple[str, ...],
    as_json: bool,
    verbose: bool,
    tier: str | None,
    save: bool,
    listing: bool,
) -> int:
    """Run; exit 1 where a check failed or the tier is not reached."""
    from c360.cli.suites import find
    from c360.testing import CHECKS, run

    if listing:
        for each in CHECKS:
            click.echo(f"{each.id:<32} {each.rule:<14} {each.title}")
        return 0
    reports: list[Report] = []
    for suite in find(plugin):
        try:
            report = run(suite, only=only, progress=None if as_json else _progress)
        except ValueError as error:
            raise click.UsageError(f"--only: {error}; list them with --list") from None
        reports.append(report)
        if not as_json:
            click.echo("\r" + " " * 70 + "\r", nl=False, err=True)
            click.echo(report.text(verbose=verbose))
        if save and not only:
            _save(suite, report)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(reports), indent=2).decode())
    wanted = Tier(tier.upper()) if tier else None
    short = [report for report in reports if _ORDER.index(report.standing.tier) < _ORDER.index(wanted)]
    for report in short:
        click.echo(f"{report.connector} does not reach {tier}: see the rules marked MISSING", err=True)
    return 0 if all(report.passed for report in reports) and not short else 1


def _progress(check: CheckReport) -> None:
    mark = "F" if check.outcome is Outcome.FAILED else "."
    click.echo(f"\r{mark} {check.id:<60}", nl=False, err=True)


def _save(suite: type[ConnectorSuite], report: Report) -> None:
    from c360.testing import tiers
    from c360.testing.plugin import module_of

    kind = suite.connector_class()
    module = module_of(kind)
    if module is not None:
        tiers.store(module, kind.describe().name, report.standing)
