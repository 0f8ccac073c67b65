"""Connectors that take a broken source for another one, or for a whole one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from c360.contract import Connector
from c360.errors import PartnerFault, RetryLater
from c360.hooks import hookimpl
from tests.c360.testing.broken.case import Broken
from tests.c360.testing.register import END, GoodRegister, RegisterSuite, Row


class NoFolderIsFault(GoodRegister):
    def lines(self) -> list[str]:
        try:
            return super().lines()
        except RetryLater:
            raise PartnerFault("no folder") from None


class RefusedIsBusy(GoodRegister):
    def lines(self) -> list[str]:
        if Path(self.config.file).is_dir():
            raise RetryLater("not now")
        return super().lines()


class NoFileIsNothing(GoodRegister):
    def lines(self) -> list[str]:
        if not Path(self.config.file).exists() and Path(self.config.file).parent.is_dir():
            return [END]
        return super().lines()


class CrashesOnOtherTypes(GoodRegister):
    def row(self, line: str) -> Row:
        found = msgspec.json.decode(line)
        return Row(id=found["id"], name=found["name"].strip())


class StrictRow(Row, forbid_unknown_fields=True):
    """Takes no column that it does not know."""


class WantsTheColumnsItKnows(GoodRegister):
    def row(self, line: str) -> Row:
        try:
            return msgspec.json.decode(line, type=StrictRow)
        except msgspec.MsgspecError:
            raise PartnerFault("a line has another form") from None


class HalfAFileIsFine(GoodRegister):
    def rows(self) -> dict[str, Row]:
        return {row.id: row for row in (self.row(it) for it in self.lines() if it != END)}


CASES = (
    Broken(NoFolderIsFault, "source-unreachable", base=RegisterSuite),
    Broken(RefusedIsBusy, "source-refused", base=RegisterSuite),
    Broken(NoFileIsNothing, "source-missing", base=RegisterSuite),
    Broken(CrashesOnOtherTypes, "source-retyped", base=RegisterSuite),
    Broken(WantsTheColumnsItKnows, "source-added", base=RegisterSuite),
    Broken(HalfAFileIsFine, "source-truncated", base=RegisterSuite),
)


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return tuple(case.connector for case in CASES)
