"""``python -m schema print [--write]``, ``diff`` and ``rules``: the printed schema, and who may see what."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from schema.build import built_schema
from schema.permissions.declared import declared, printed
from schema.permissions.printing import rules_text, unruled
from schema.sdl import COMMITTED, RULES, compare, compare_rules


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
    commands.add_parser("rules", help="print who may select each field")
    asked = parser.parse_args(arguments)
    schema = built_schema()
    text, rules = schema.as_str() + "\n", rules_text(schema.permits.table)
    file: Path = asked.file
    if asked.command == "diff":
        changed = [*_changes(file, text), *_rule_changes(file.with_name(RULES), rules)]
        if printed(text) != declared(schema.graphql):
            changed.append("the rules that are enforced are not those that are printed")
        changed += [f"refused to everybody: {one} has no rule" for one in unruled(schema.permits.table)]
        sys.stdout.write("".join(f"{line}\n" for line in changed))
        return _conclude(bool(changed))
    if asked.command == "rules":
        sys.stdout.write(rules)
    elif asked.write:
        file.write_text(text, encoding="utf-8")
        file.with_name(RULES).write_text(rules, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _changes(file: Path, text: str) -> Iterator[str]:
    if not file.exists():
        yield f"{file} does not exist"
        return
    changes = compare(file.read_text(encoding="utf-8"), text)
    for kind in changes.__struct_fields__:
        for one in getattr(changes, kind):
            yield f"{kind}: {one}"


def _rule_changes(file: Path, text: str) -> Iterator[str]:
    if not file.exists():
        yield f"{file} does not exist"
        return
    for line in compare_rules(file.read_text(encoding="utf-8"), text):
        yield f"rule: {line}"


def _conclude(changed: bool) -> int:
    if changed:
        sys.stdout.write(
            "If this is meant, run `python -m schema print --write` and commit both files. A field's rule "
            "stands beside it, that of a type in schema/permissions/types.py.\n"
        )
    return int(changed)


if __name__ == "__main__":
    sys.exit(main())
