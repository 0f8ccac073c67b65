"""What command lines have in common: commands that load when they are called, errors that become one line.

Exit codes: 0 done, 1 failed (a line on standard error says what to do), 2 wrong usage or settings,
130 interrupted.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from c360.errors import C360Error, ConfigError, place


class LazyGroup(click.Group):
    """Knows every command's name and summary, imports only the one that runs.

    Args:
        summaries: of the commands, by name.
        module: the module of a command, with ``{}`` for its name; it holds a ``command``.
    """

    def __init__(self, *arguments: Any, summaries: Mapping[str, str], module: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._summaries = summaries
        self._module = module

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See click."""
        return sorted(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See click."""
        if cmd_name not in self._summaries:
            return None
        command: click.Command = importlib.import_module(self._module.format(cmd_name)).command
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See click."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self._summaries.items()))


def exit_code(call: Callable[[], Any]) -> int:
    """Run a command line to its exit code; what is known to go wrong becomes one line."""
    try:
        result = call()
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
