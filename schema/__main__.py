"""``python -m schema print [--write]`` and ``python -m schema diff``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from schema.build import build_schema
from schema.sdl import COMMITTED, compare


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0, or 1 where the schema differs from the committed one.
    """
    parser = argparse.ArgumentParser(prog="python -m schema", description="The printed schema.")
    parser.add_argument("--file", type=Path, default=COMMITTED, help="the committed schema")
    commands = parser.add_subparsers(dest="command", required=True)
    printing = commands.add_parser("print", help="print the schema as it is now")
    printing.add_argument("--write", action="store_true", help="into the file instead of the screen")
    commands.add_parser("diff", help="say what changed since the committed schema, and how bad it is")
    asked = parser.parse_args(arguments)
    text = build_schema().as_str() + "\n"
    if asked.command == "diff":
        return _diff(asked.file, text)
    if asked.write:
        asked.file.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _diff(file: Path, text: str) -> int:
    if not file.exists():
        sys.stdout.write(f"{file} does not exist; write it with `python -m schema print --write`.\n")
        return 1
    changes = compare(file.read_text(encoding="utf-8"), text)
    for kind in changes.__struct_fields__:
        for one in getattr(changes, kind):
            sys.stdout.write(f"{kind}: {one}\n")
    if changes:
        sys.stdout.write("If this is meant, run `python -m schema print --write` and commit the file.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
