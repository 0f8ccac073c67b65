"""The command line: one module a command, loaded only when it is called.

Exit codes: 0 done, 1 failed (the line on standard error says what to do), 2 wrong usage or settings,
130 interrupted.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from api.settings import Settings, load
from c360.errors import C360Error, ConfigError, place

T = TypeVar("T")

COMMANDS = {
    "config": "Print the effective settings, secrets hidden.",
    "connectors": "List the connector instances and what they can do.",
    "demo": "Start sandbox partners, server and worker on embedded defaults.",
    "identity": "Find out who is the same person, over all partners or in a file.",
    "migrate": "Bring the database to the newest (or a given) version.",
    "models": "Fit, judge and apply the models behind value, risk and offers.",
    "seed": "Import customers with their links and grants.",
    "serve": "Answer the graph over HTTP.",
    "worker": "Follow the partners' change feeds.",
}


class _Lazy(click.Group):
    """Knows every command's name and summary, imports only the one that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"api.commands.{cmd_name}").command
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    help="Settings file (TOML). Default: $C360_CONFIG, else c360.toml here.",
)
@click.pass_context
def main(ctx: click.Context, file: Path | None) -> None:
    """c360: one graph over all partners of a customer."""
    ctx.obj = file


def settings_of(ctx: click.Context) -> Settings:
    """The settings that the command line names, with logging set up by them.

    Raises:
        ConfigError: a setting is missing, unknown or wrong.
    """
    from api.logs import configure

    settings = load(ctx.find_root().obj)
    configure(settings.logging.level, json=settings.logging.json)
    return settings


def run_async(job: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end; Ctrl-C cancels it and lets it clean up."""
    return asyncio.run(job)


def run() -> int:
    """The command line's entry: known errors become one line and an exit code."""
    try:
        result = main(standalone_mode=False)
    except ConfigError as error:
        click.echo(f"settings: {error}", err=True)
        return 2
    except C360Error as error:
        click.echo(f"{error}", err=True)
        return 1
    except click.ClickException as error:
        error.show(sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 130
    except Exception as error:  # noqa: BLE001  # a traceback may hold personal data: places alone are shown
        click.echo(f"unexpected {place(error, lines=3)}; please report this line", err=True)
        return 1
    return result if isinstance(result, int) else 0
