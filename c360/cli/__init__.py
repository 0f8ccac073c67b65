"""The command line of the SDK: one module a command, loaded only when it is called.

Exit codes: 0 done, 1 failed (a line on standard error says what to do), 2 wrong usage or settings,
130 interrupted.
"""

from __future__ import annotations

import importlib
import sys

import click

from c360.errors import C360Error, ConfigError, place

COMMANDS = {
    "check": "Run the conformance suite of a plugin and say what to change.",
    "new": "Write a new plugin's distribution, green at once.",
    "record": "Store a live partner's answers, scrubbed, for tests to replay.",
    "try": "Ask a live partner for a customer, and show what it gave and what was called.",
}


class _Lazy(click.Group):
    """Knows every command's name and summary, imports only the one that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"c360.cli.{cmd_name}_").command
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """c360: connectors between a customer-360 graph and its partners."""


def run(arguments: list[str] | None = None) -> int:
    """The command line's entry: known errors become one line and an exit code."""
    try:
        result = main(arguments, prog_name="python -m c360", standalone_mode=False)
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
