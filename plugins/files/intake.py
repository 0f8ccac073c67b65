"""Taking files in: once each, in their order, whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime

from c360.errors import place
from c360.tables import Plan
from plugins.files.config import Drop as DropKind
from plugins.files.config import FilesConfig, FileTable
from plugins.files.drops import Found, complete
from plugins.files.index import Busy, Drop, Index, Writer
from plugins.files.reading import Reading, Unreadable, connect

_log = logging.getLogger(__name__)


class Intake:
    """Looks at the folder and brings the index up to it. Blocks: call it in a thread.

    Args:
        instance: for the log.
        config: where the files are.
        plans: what they mean.
        index: where they go.
    """

    def __init__(self, instance: str, config: FilesConfig, plans: Sequence[Plan], index: Index) -> None:
        self._instance = instance
        self._config = config
        self._plans = plans
        self._index = index

    def look(self, now: datetime, stop: Callable[[], bool]) -> bool:
        """Take in every complete file that is new; whether the index is up to the folder now.

        Args:
            now: the present.
            stop: asked now and then whether to leave off; the file under way is then read another time.

        Raises:
            Reconfigure: the folder cannot be read.
        """
        waiting = {plan.kind.name: complete(self._config, _table(plan), now) for plan in self._plans}
        try:
            with self._index.writing() as writer:
                fresh = False
                for plan in self._plans:
                    for found in waiting[plan.kind.name]:
                        if not writer.seen(plan.kind.name, found.name, found.size, found.changed):
                            fresh = True
                            self._guarded(writer, plan, found, stop)
                if fresh:
                    writer.optimise()
        except (Busy, InterruptedError):  # another process does it, or this one is to end
            return False
        return True

    def _guarded(self, writer: Writer, plan: Plan, found: Found, stop: Callable[[], bool]) -> None:
        try:
            self._take(writer, plan, found, stop)
        except OSError as error:
            if isinstance(error, InterruptedError):
                raise
            _log.warning(
                "%s: a file of %s went away while it was read (%s)",
                self._instance,
                plan.kind.name,
                place(error),
            )

    def _take(self, writer: Writer, plan: Plan, found: Found, stop: Callable[[], bool]) -> None:
        kind = plan.kind.name
        digest = found.digest()
        drop = Drop(
            kind=kind, hash=digest, name=found.name, size=found.size, changed=found.changed, stamp=found.stamp
        )
        snapshot = _table(plan).drop is DropKind.SNAPSHOT
        with writer.transaction():
            if writer.duplicate(kind, digest, snapshot=snapshot):
                writer.note(drop, "duplicate")
                return
            if snapshot and writer.superseded(kind, found.stamp):
                writer.note(drop, "late")
                return
        try:
            with closing(connect(self._config.memory)) as duckdb, writer.transaction():
                reading = Reading(duckdb, plan, found)
                number = writer.number(kind)
                good = writer.put(plan, found.stamp, number, reading.rows(), stop)
                if not found.unchanged():
                    raise FileNotFoundError("it changed while it was read")  # undoes the transaction
                if good == 0 and reading.bad:
                    raise Unreadable(f"none of its rows can be read, for {reading.blame()}")  # noqa: TRY301  # as above
                gone = 0
                if snapshot and not reading.nameless:
                    gone = writer.delete_others(plan, found.stamp, number, reading.named)
                writer.note(drop, "read", good=good, bad=reading.bad.total())
        except Unreadable as error:
            _log.error("%s: file %s of %s was left out: %s", self._instance, found.name, kind, error)
            with writer.transaction():
                writer.note(drop, "refused")
            return
        self._report(found, kind, good, reading, gone)

    def _report(self, found: Found, kind: str, good: int, reading: Reading, gone: int) -> None:
        _log.info(
            "%s: %s: %s records of %s, %s gone", self._instance, found.name, f"{good:,}", kind, f"{gone:,}"
        )
        if reading.bad:
            _log.warning(
                "%s: %s: %s rows of %s cannot be read: %s%s",
                self._instance,
                found.name,
                f"{reading.bad.total():,}",
                kind,
                reading.blame(),
                "; nothing counts as gone, for some of them name no record" if reading.nameless else "",
            )


def _table(plan: Plan) -> FileTable:
    mapping: FileTable = plan.mapping  # type: ignore[assignment]  # plans are compiled from these
    return mapping
