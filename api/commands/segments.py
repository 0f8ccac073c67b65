"""``python -m api segments``."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import msgspec

from api.commands import run_async, settings_of

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(help="Tell customers apart by value, risk and lifecycle: definitions, counts and sizes.")
def command() -> None:
    """The segments' commands."""


@command.command(
    "import",
    help="Let a definition file be the segments: all of it or nothing. What changed gets a new version, what "
    "is not in the file is defined no more, and all versions are kept.",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "day", type=_DAY, help="Day from which it is in force, in UTC. Default: now.")
@click.option("--by", default=None, help="Who brings it in. Default: the user who calls.")
@click.option("--dry-run", is_flag=True, help="Change nothing, only tell.")
@click.pass_context
def import_(ctx: click.Context, *, file: Path, day: datetime | None, by: str | None, dry_run: bool) -> None:
    """Import."""
    from api.segments.defining import bring_in

    changes = run_async(
        bring_in(
            settings_of(ctx),
            file,
            by=by or getpass.getuser(),
            active_from=None if day is None else day.replace(tzinfo=UTC),
            dry_run=dry_run,
        )
    )
    for what, names in (("added", changes.added), ("changed", changes.changed), ("ended", changes.ended)):
        for name in names:
            click.echo(f"{what:<9} {name}")
    said = "nothing is kept: this was a dry run" if dry_run else "kept"
    click.echo(f"{len(changes.unchanged):,} unchanged; {said if changes.any else 'nothing to change'}")


@command.command(help="Print the definitions in force as a file; the shipped ones where there are none.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.pass_context
def export(ctx: click.Context, *, output: Path | None) -> None:
    """Export."""
    from api.segments.defining import export as exported
    from resolvers.registry import write

    content = run_async(exported(settings_of(ctx)))
    if output is None:
        sys.stdout.write(content.decode())
    else:
        write(output, content)


@command.command("list", help="List the segments in force with their versions.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def list_(ctx: click.Context, *, as_json: bool) -> None:
    """List."""
    from api.segments.defining import defined

    found = run_async(defined(settings_of(ctx)))
    if as_json:
        click.echo(_json(found.segments))
        return
    for each in found.segments:
        click.echo(f"{each.segment.name:<26} {_version(each.version):<8} {each.segment.title}")
        click.echo(f"{'':<26} {each.segment.strategy}")


@command.command(
    help="Count how many customers are in each segment today, and what they are worth. Safe to interrupt: it "
    "goes on where it stopped. What was counted today already is not counted again."
)
@click.option("--anew", is_flag=True, help="Begin from the first customer.")
@click.pass_context
def count(ctx: click.Context, *, anew: bool) -> None:
    """Count."""
    from api.segments.counting import counted

    found = run_async(counted(settings_of(ctx), anew=anew, report=lambda line: click.echo(line, err=True)))
    click.echo(f"{found.customers:,} customers on {found.day}, in {found.currency}")
    for name, tally in sorted(found.segments.items(), key=lambda each: (-each[1].customers, each[0])):
        share = tally.customers / found.customers if found.customers else 0.0
        click.echo(
            f"{name:<26} {tally.customers:>10,} {share:>7.1%}  profit {tally.profit:>14,.0f}  "
            f"lifetime value {tally.lifetime_value:>14,.0f}"
        )


@command.command(help="Print how large segments were on the days that were counted.")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--since", type=_DAY, help="First day. Default: 30 days ago.")
@click.option("--until", type=_DAY, help="Last day. Default: today.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, sizes by name.")
@click.pass_context
def sizes(
    ctx: click.Context,
    *,
    names: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Sizes."""
    from api.segments.counting import sizes as found_sizes

    last = until.date() if until else datetime.now(UTC).date()
    first: date = since.date() if since else last - timedelta(days=30)
    found = run_async(found_sizes(settings_of(ctx), names or None, since=first, until=last))
    if as_json:
        click.echo(_json(found))
        return
    for name, rows in found.items():
        for row in rows:
            share = row.tally.customers / row.population if row.population else 0.0
            click.echo(
                f"{name:<26} {row.day} {_version(row.version):<8} {row.tally.customers:>10,} {share:>7.1%}"
            )


@command.command(help="Print how many customers had which labels of value, risk and lifecycle on a day.")
@click.option("--day", type=_DAY, help="The day. Default: the one last counted.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def cells(ctx: click.Context, *, day: datetime | None, as_json: bool) -> None:
    """Cells."""
    from api.segments.counting import cells as found_cells

    found = run_async(found_cells(settings_of(ctx), day.date() if day else None))
    if as_json:
        click.echo(_json(found))
        return
    for each in sorted(found, key=lambda each: -each.tally.customers):
        click.echo(
            f"{each.value:<8} {each.risk:<8} {each.lifecycle:<10} {each.tally.customers:>10,}  "
            f"profit {each.tally.profit:>14,.0f}  lifetime value {each.tally.lifetime_value:>14,.0f}"
        )


@command.command(help="Print the global ids of a segment's customers, as they were last counted.")
@click.argument("name")
@click.pass_context
def members(ctx: click.Context, *, name: str) -> None:
    """Members."""
    from api.segments.counting import members as found_members

    run_async(found_members(settings_of(ctx), name, click.echo))


def _version(version: int) -> str:
    return f"v{version}" if version else "shipped"


def _json(found: object) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
