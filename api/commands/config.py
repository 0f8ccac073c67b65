"""``python -m api config``."""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec

from api.commands import settings_of
from api.settings import shown


@click.command(
    help="Print the effective settings, secrets hidden, and check every connector's and the models'."
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of TOML-like lines.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> int:
    """Print the settings; exit 2 where a connector or a model cannot be used."""
    from api.models import check_models
    from api.wiring import check_connectors

    settings = settings_of(ctx)
    tables = shown(settings)
    tables["connectors"], problems = check_connectors(settings)
    problems += check_models(settings)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(tables), indent=2).decode() + "\n")
    else:
        for line in _lines(tables):
            click.echo(line)
    for problem in problems:
        click.echo(f"settings: {problem}", err=True)
    return 2 if problems else 0


def _lines(table: dict[str, Any], name: str = "") -> list[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    inner = {key: value for key, value in table.items() if isinstance(value, dict)}
    lines = [f"\n[{name}]"] if name and plain else []
    lines += [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in plain.items()]
    for key, value in inner.items():
        lines += _lines(value, f"{name}.{key}" if name else key)
    return lines
