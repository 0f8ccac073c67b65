"""``python -m api identity``: who is the same person, over the population or a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from c360.errors import C360Error


class ExtraMissingError(C360Error):
    """Libraries that only work over the population needs are not installed."""


@click.group(help="Find out who is the same person: over all partners, or in a file with known truth.")
def command() -> None:
    """Group of commands."""


@command.command(
    "evaluate",
    help="Link the records of a CSV or Parquet file without looking at its truth, then tell pairwise and "
    "cluster precision, recall and F1. Several files are read as one.",
)
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE...")
@click.option("--truth", required=True, help="Column that says who is who; used for scoring alone.")
@click.option(
    "--threshold",
    "thresholds",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    multiple=True,
    help="Probability from which a pair is linked; may be given several times. Default: a ladder of them.",
)
@click.option("--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="What a column holds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def evaluate(
    files: tuple[Path, ...],
    truth: str,
    thresholds: tuple[float, ...],
    mapped: tuple[str, ...],
    *,
    as_json: bool,
    quiet: bool,
) -> int:
    """Evaluate."""
    _require()
    from api.identity import evaluating

    found = evaluating.run(
        files, truth, thresholds=thresholds, mapped=mapped, report=_silent if quiet else _progress
    )
    if as_json:
        sys.stdout.write(evaluating.as_json(found).decode() + "\n")
    else:
        for line in evaluating.lines(found):
            click.echo(line)
    return 0


def _progress(line: str) -> None:
    click.echo(line, err=True)


def _silent(_: str) -> None:
    pass


def _require() -> None:
    """Make sure that the libraries are there.

    Raises:
        ExtraMissingError: they are not.
    """
    from importlib.util import find_spec

    missing = [name for name in ("duckdb", "splink", "pyarrow") if find_spec(name) is None]
    if missing:
        raise ExtraMissingError(
            f"this needs {' and '.join(missing)}; install the extra with: pip install -e '.[app,population]'"
        )
