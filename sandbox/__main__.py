"""Command line of the sandbox: ``python -m sandbox serve`` and ``python -m sandbox export``."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from sandbox.population import Population, rates

PORT = 8361
CURRENCY = "AUD"
"""That rates are given in."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 well, 1 failed, 2 wrong arguments."""
    options = _parser().parse_args(arguments)
    try:
        population = Population(
            people=options.people,
            companies=options.companies,
            seed=options.seed,
            today=options.today or _today(),
        )
    except ValueError as error:
        return _say(f"sandbox: {error}", 2)
    command = _serve if options.command == "serve" else _export
    return command(population, options)


def _serve(population: Population, options: argparse.Namespace) -> int:
    from sandbox.server import CannotListenError, listen, partners, serve

    # A day given by hand stands still; else the partners' clocks run.
    served = partners(population, live=options.today is None)
    try:
        sockets = listen(options.host, options.port, [partner.name for partner in served])
    except CannotListenError as error:
        return _say(f"sandbox: {error}", 1)

    def ready(addresses: Mapping[str, str]) -> None:
        line = {
            "ready": True,
            "partners": addresses,
            "people": options.people,
            "companies": options.companies,
            "seed": options.seed,
            "today": population.today.isoformat(),
            "rates": _rates(population.today),
            "connectors": {partner.name: partner.settings(addresses[partner.name]) for partner in served},
        }
        print(json.dumps(line), flush=True)  # noqa: T201  # the line a supervisor waits for

    # Whoever told a partner to misbehave does not want to read about it.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    asyncio.run(serve(served, sockets, ready=ready))
    return 0


def _rates(today: date) -> dict[str, object]:
    """The rates of the made-up lives, as the hub's settings take them."""
    return {
        "currency": CURRENCY,
        "source": "sandbox, made up",
        "date": today.isoformat(),
        "rates": rates.table(CURRENCY, today),
    }


def _export(population: Population, options: argparse.Namespace) -> int:
    from sandbox.export import export

    shown = 0.0

    def progress(written: int, total: int) -> None:
        nonlocal shown
        if total >= 5000 and (time.monotonic() - shown > 0.5 or written == total):
            shown = time.monotonic()
            _say(f"sandbox: {written:,} of {total:,} customers written", 0)

    try:
        written = export(population, options.out, progress=progress, back_office=options.back_office)
    except OSError as error:
        return _say(f"sandbox: cannot write {options.out}: {error.strerror}", 1)
    return _say(f"sandbox: {written:,} customers in {options.out}", 0)


def _parser() -> argparse.ArgumentParser:
    size = argparse.ArgumentParser(add_help=False)
    size.add_argument(
        "--people", type=int, default=1000, help="how many people, up to 100,000 (default 1,000)"
    )
    size.add_argument("--companies", type=int, default=50, help="how many companies (default 50)")
    size.add_argument("--seed", type=int, default=360, help="another seed makes other people (default 360)")
    size.add_argument("--today", type=date.fromisoformat, help="the population's day (default: today)")
    parser = argparse.ArgumentParser(
        prog="sandbox", description="Six partners and a back office with made-up customers."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve", parents=[size], help="serve the six partners and the back office over HTTP"
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    serve.add_argument(
        "--port",
        type=int,
        default=PORT,
        help=f"first of seven consecutive ports; 0: free ones (default {PORT})",
    )
    export = commands.add_parser("export", parents=[size], help="write the true links as JSON lines")
    export.add_argument("--out", type=Path, required=True, help="file to write")
    export.add_argument(
        "--back-office", action="store_true", help="with everybody's link to the back office as well"
    )
    return parser


def _today() -> date:
    return date.fromtimestamp(time.time())  # noqa: DTZ012  # the calendar day where this runs


def _say(text: str, code: int) -> int:
    sys.stderr.write(f"{text}{os.linesep}")
    return code


if __name__ == "__main__":
    sys.exit(main())
