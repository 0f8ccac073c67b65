"""``python -m api demo``: the whole thing on one machine, for a first look."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from api.commands import run_async


@click.command(
    help="Start six sandbox partners, a back office, the server and the worker on embedded defaults; "
    "Ctrl-C stops all."
)
@click.option(
    "--port", default=8360, show_default=True, help="Port of the graph; the sandbox takes the next seven."
)
@click.option("--people", default=1000, show_default=True, help="People in the sandbox (up to 100,000).")
@click.option("--companies", default=50, show_default=True, help="Companies in the sandbox.")
@click.option("--seed", default=360, show_default=True, help="Seed of the population.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where the database, keys and settings of the demo are kept.",
)
def command(port: int, people: int, companies: int, seed: int, folder: Path) -> int:
    """Run the demo until it is interrupted."""
    from api.demo import Demo
    from api.logs import configure

    configure("WARNING", json=False)
    demo = Demo(
        folder=folder.resolve(),
        port=port,
        people=people,
        companies=companies,
        seed=seed,
        today=date.today(),  # noqa: DTZ011  # the sandbox lives in the user's own today
    )
    return run_async(demo.run())
