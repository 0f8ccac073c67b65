"""``python -m api models``: one module a command, loaded only when it is called."""

from __future__ import annotations

import getpass

import click

from c360.cli.running import LazyGroup
from c360.errors import C360Error
from resolvers.registry import ModelName

NAME = click.Choice([name.value for name in ModelName])
"""A model, as commands take it."""


class ExtraMissingError(C360Error):
    """Libraries that only fitting needs are not installed."""


@click.group(
    cls=LazyGroup,
    module="api.commands.models.{}",
    summaries={
        "evaluate": "Run a model on anybody's file and print what it makes of it.",
        "fit": "Fit a model to a population and write it with its card and pictures.",
        "list": "List the versions of the models, and which of them serve.",
        "promote": "Let a version serve from the next start on, unless it does worse.",
        "rollback": "Let serve what served before.",
        "score": "Apply all models to all customers of the store.",
    },
    help="Fit, judge and apply the models behind value, risk and offers.",
)
def command() -> None:
    """The models' commands."""


def progress(line: str) -> None:
    """Say how far a command is, on standard error."""
    click.echo(line, err=True)


def user() -> str:
    """Who runs the command, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def require_extra() -> None:
    """Make sure that the libraries of fitting are there.

    Raises:
        ExtraMissingError: they are not.
    """
    from importlib.util import find_spec

    missing = [name for name in ("ibis", "sklearn", "lightgbm", "matplotlib") if find_spec(name) is None]
    if missing:
        raise ExtraMissingError(
            f"this needs {' and '.join(missing)}; install the extra with: pip install -e '.[app,models]'"
        )
