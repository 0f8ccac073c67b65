"""The folder: which files there are, which of them are complete, and how each is recognised again."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from c360.errors import Reconfigure
from plugins.files.config import FilesConfig, FileTable

_MAGIC = b"PAR1"
"""How a Parquet file begins and, once it is complete, ends."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A complete file as the folder shows it."""

    path: Path
    size: int
    changed: int
    """Nanoseconds since 1970."""
    stamp: str
    """What files are ordered by: the date in the name, or that of the last change."""

    @property
    def name(self) -> str:
        """Name within the folder."""
        return self.path.name

    @property
    def parquet(self) -> bool:
        """Whether it is Parquet rather than CSV."""
        return self.path.suffix.lower() == ".parquet"

    def unchanged(self) -> bool:
        """Whether it is still the file that was found."""
        try:
            now = self.path.stat()
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == (self.size, self.changed)

    def digest(self) -> str:
        """What the content is recognised by, whatever it is called."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


def complete(config: FilesConfig, table: FileTable, now: datetime) -> list[Found]:
    """The complete files of one kind, the oldest first.

    Args:
        config: where they are and how a complete one is told.
        table: which of them.
        now: the present.

    Raises:
        Reconfigure: the folder cannot be read.
    """
    try:
        found = list(_found(config, table, now))
    except OSError as error:
        raise Reconfigure(
            f"the folder cannot be read ({type(error).__name__}); correct folder, or its rights"
        ) from None
    return sorted(found, key=lambda each: (each.stamp, each.name))


def _found(config: FilesConfig, table: FileTable, now: datetime) -> Iterator[Found]:
    with os.scandir(config.folder) as entries:
        listed = {entry.name: entry for entry in entries}
    for name, entry in listed.items():
        if not fnmatch.fnmatchcase(name, table.files) or not entry.is_file():
            continue
        try:
            state = entry.stat()
        except OSError:  # gone since it was listed
            continue
        changed = datetime.fromtimestamp(state.st_mtime, UTC)
        if config.marker is not None:
            if name.endswith(config.marker) or name + config.marker not in listed:
                continue
        elif (now - changed).total_seconds() < config.settle:
            continue
        stamp = _stamp(name, table.dated) or changed.isoformat()
        one = Found(path=Path(entry.path), size=state.st_size, changed=state.st_mtime_ns, stamp=stamp)
        if not one.parquet or _ended(one.path):
            yield one


def _stamp(name: str, dated: str | None) -> str | None:
    found = re.search(dated, name) if dated else None
    return found[1] if found else None


def _ended(path: Path) -> bool:
    """Whether a Parquet file has its footer."""
    with path.open("rb") as stream:
        if stream.read(4) != _MAGIC:
            return True  # none at all: reading it says so
        stream.seek(-4, os.SEEK_END)
        return stream.read(4) == _MAGIC
