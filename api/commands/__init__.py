"""The command line: one module a command, loaded only when it is called."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from api.settings import Settings, load
from c360.cli.running import LazyGroup, exit_code

T = TypeVar("T")

COMMANDS = {
    "audit": "Verify who looked at whom and who changed what.",
    "books": "Say whose customers are whose: agents' books of business.",
    "config": "Print the effective settings, secrets hidden.",
    "connectors": "List the connector instances and what they can do.",
    "consents": "Bring in what customers agreed to elsewhere.",
    "demo": "Start sandbox partners, server and worker on embedded defaults.",
    "documents": "Register the documents that clients send.",
    "identity": "Find out who is the same person, over all partners or in a file.",
    "keys": "Make, list, rotate and revoke the keys of programs.",
    "migrate": "Bring the database to the newest (or a given) version.",
    "models": "Fit, judge and apply the models behind value, risk and offers.",
    "offers": "Bring the catalogue in and out, and tell how offers go.",
    "rekey": "Wrap every key of the store by the present master key.",
    "seed": "Import customers with their links and grants.",
    "segments": "Tell customers apart by value, risk and lifecycle.",
    "serve": "Answer the graph over HTTP.",
    "token": "Make a token of the development issuer.",
    "worker": "Follow the partners' change feeds and keep figures of what customers do.",
}


@click.group(
    cls=LazyGroup,
    summaries=COMMANDS,
    module="api.commands.{}",
    context_settings={"help_option_names": ["-h", "--help"]},
)
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
    return exit_code(lambda: main(standalone_mode=False))
