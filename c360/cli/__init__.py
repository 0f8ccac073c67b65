"""The command line of the SDK: one module a command, loaded only when it is called."""

from __future__ import annotations

import click

from c360.cli.running import LazyGroup, exit_code

COMMANDS = {
    "check": "Run the conformance suite of a plugin and say what to change.",
    "new": "Write a new plugin's distribution, green at once.",
    "record": "Store a live partner's answers, scrubbed, for tests to replay.",
    "try": "Ask a live partner for a customer, and show what it gave and what was called.",
}


@click.group(
    cls=LazyGroup,
    summaries=COMMANDS,
    module="c360.cli.{}_",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def main() -> None:
    """c360: connectors between a customer-360 graph and its partners."""


def run(arguments: list[str] | None = None) -> int:
    """The command line's entry: known errors become one line and an exit code."""
    return exit_code(lambda: main(arguments, prog_name="python -m c360", standalone_mode=False))
