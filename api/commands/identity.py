"""``python -m api identity``: who is the same person, over the population or a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from api.commands import run_async, settings_of
from c360.errors import C360Error

_FOLDER = "Where the population is kept between runs. Default: var/identity beside the settings file."
_MODEL = "Model to start from. Default: the one that is shipped."


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


@command.command(
    "link",
    help="Read all partners' feeds of parties, compare what changed since the last run, and give parties to "
    "customers: links, new customers, merges, reviews and households, each in the ledger. Safe to interrupt "
    "and to repeat; one run at a time.",
)
@click.option("--full", is_flag=True, help="Read feeds from their beginning and compare everything again.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help=_FOLDER)
@click.option("--model", "model_file", type=click.Path(path_type=Path, dir_okay=False), help=_MODEL)
@click.pass_context
def link(ctx: click.Context, folder: Path | None, model_file: Path | None, *, full: bool) -> int:
    """Link; exit 1 where a feed failed."""
    _require()
    from api.identity.linking import link as run
    from resolvers.identity.model import DEFAULT, load

    settings = settings_of(ctx)
    model = load(model_file or DEFAULT)
    done = run_async(
        run(settings, model, folder or settings.folder / "var" / "identity", full=full, report=_progress)
    )
    click.echo(
        f"{done.compared.parties:,} parties, {done.compared.compared:,} of {done.compared.pairs:,} pairs "
        f"compared; linked {done.applied.linked:,}, created {done.applied.created:,}, "
        f"merged {done.applied.merged:,}, for review {done.applied.reviews:,}, "
        f"households {done.applied.households:,}"
    )
    if done.applied.refused:
        click.echo(f"{done.applied.refused:,} merges were kept apart", err=True)
    for instance in done.failed:
        click.echo(f"the feed of {instance} failed; run again", err=True)
    return 1 if done.failed else 0


@command.command(
    "train",
    help="Learn weights and term frequencies without truth and write them as a model with its evaluation. "
    "FILE has customers as `seed` takes them; without it, what `link` keeps is learnt from.",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="To write.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help=_FOLDER)
@click.option("--model", "model_file", type=click.Path(path_type=Path, dir_okay=False), help=_MODEL)
@click.pass_context
def train(
    ctx: click.Context, file: Path | None, output: Path, folder: Path | None, model_file: Path | None
) -> int:
    """Train."""
    _require()
    from api.identity import training
    from resolvers.identity.model import DEFAULT, load

    before = load(model_file or DEFAULT)
    if file is not None:
        trained = training.from_file(file, before, report=_progress)
    else:
        settings = settings_of(ctx)
        trained = training.from_population(
            folder or settings.folder / "var" / "identity", before, report=_progress
        )
    training.write(trained, output)
    click.echo(f"wrote {output}: {trained.version}, {trained.engine}")
    for name, value in sorted(trained.metrics.items()):
        click.echo(f"  {name} {value:g}")
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
