"""``python -m api documents``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec


@click.group(help="Register the documents that clients send, so that some may send nothing else.")
def command() -> None:
    """Group of the commands."""


@command.command(help="Write a manifest of the GraphQL documents in files, each by the SHA-256 of its text.")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def make(*, files: tuple[Path, ...]) -> int:
    """Write a manifest."""
    from api.admission.documents import manifest_of

    found = msgspec.json.encode(manifest_of(files))
    sys.stdout.write(msgspec.json.format(found, indent=2).decode() + "\n")
    return 0


@command.command(help="Check that the graph can execute every document of a manifest; exit 1 where not.")
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(*, manifest: Path) -> int:
    """Check a manifest."""
    from api.admission.documents import read_documents
    from schema.build import built_schema
    from schema.errors import RequestError
    from schema.execution.documents import Documents
    from schema.execution.limits import Limits

    documents = Documents(built_schema().graphql, Limits())
    texts = read_documents(manifest)
    bad = 0
    for name, text in texts.items():
        try:
            documents.prepare(text)
        except RequestError as refused:
            bad += 1
            for error in refused.errors:
                click.echo(f"{name}: {error.message}", err=True)
    click.echo(f"{len(set(texts.values()))} document(s), {bad} that cannot be executed")
    return 1 if bad else 0
