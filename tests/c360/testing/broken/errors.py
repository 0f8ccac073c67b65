"""Connectors that take one failure of the partner for another, or for success."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from c360.contract import Connector, Need, Ref
from c360.errors import (
    ConnectorError,
    PartnerFault,
    ProblemCode,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)
from c360.hooks import hookimpl
from c360.http import Response
from c360.records.base import Record
from tests.c360.testing.broken.case import Broken
from tests.c360.testing.good import GoodClub, WireEvent, WireMember


def says(error: Exception, *texts: str) -> bool:
    """Whether an error's message begins with one of these."""
    return str(error).startswith(texts)


class Translating(GoodClub):
    """Turns some errors of a profile into others, or into nothing."""

    async def profile(self, ref: Ref, need: Need) -> Sequence[Record]:
        try:
            return await super().profile(ref, need)
        except ConnectorError as error:
            other = self.translated(error)
            if other is None:
                return []
            raise other from None

    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return error


class RefusalIsNothing(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return None if says(error, "HTTP 401") else error


class ForbiddenIsBusy(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return RetryLater("forbidden") if says(error, "HTTP 403") else error


class UnknownIsBusy(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return RetryLater("gone") if isinstance(error, SkipCustomer) else error


class ConflictIsNothing(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return None if says(error, "HTTP 409") else error


class InvalidIsBusy(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return RetryLater("invalid") if says(error, "HTTP 422") else error


class LosesRetryAfter(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return RetryLater("wait", code=ProblemCode.RATE_LIMITED) if says(error, "HTTP 429") else error


class LimitIsFault(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return PartnerFault("refused") if says(error, "HTTP 429") else error


class DownIsFault(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return PartnerFault("down") if says(error, "HTTP 500") else error


class MaintenanceIsNothing(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return None if says(error, "HTTP 503") else error


class SlowIsNothing(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return None if says(error, "no answer in time") else error


class ResetIsConfiguration(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return Reconfigure("no connection") if says(error, "the connection broke") else error


class TooMuchIsAnyFault(Translating):
    def translated(self, error: ConnectorError) -> ConnectorError | None:
        return PartnerFault("odd") if error.code is ProblemCode.TOO_MUCH_DATA else error


class Peeking(GoodClub):
    """Looks at a profile's answer before it is decoded."""

    async def member(self, ref: Ref) -> WireMember:
        answer = await self.ctx.http.get(self.path(ref))
        return WireMember(id=ref.party_id) if self.accepted(answer) else answer.decode(WireMember)

    def accepted(self, answer: Response) -> bool:
        raise NotImplementedError


class HalfIsFine(Peeking):
    def accepted(self, answer: Response) -> bool:
        return answer.content.startswith(b"{") and not answer.content.endswith(b"}")


class PagesAreFine(Peeking):
    def accepted(self, answer: Response) -> bool:
        return answer.headers.get("content-type", "").startswith("text/html")


class TextIsFine(Peeking):
    def accepted(self, answer: Response) -> bool:
        return answer.content.startswith(b"c360-marker")


class NothingIsFine(Peeking):
    def accepted(self, answer: Response) -> bool:
        return not answer.content


class AnyJsonIsFine(Peeking):
    def accepted(self, answer: Response) -> bool:
        return answer.content.startswith(b'"')


class FallsDeep(Peeking):
    def accepted(self, answer: Response) -> bool:
        if answer.content.startswith(b"[["):
            json.loads(answer.content)
        return False


class HalfList(GoodClub):
    async def pages(self, ref: Ref, need: Need) -> list[WireEvent]:
        found: list[WireEvent] = []
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            try:
                page = await self.page(ref, need, cursor)
            except RetryLater as error:
                if cursor is None or not says(error, "HTTP 500"):
                    raise
                return found
            found += page.events
            cursor = page.next_cursor
            if not cursor:
                return found
            if cursor in seen:
                raise PartnerFault("the cursor repeats")
            seen.add(cursor)


CASES = (
    Broken(RefusalIsNothing, "status-401"),
    Broken(ForbiddenIsBusy, "status-403"),
    Broken(UnknownIsBusy, "status-404", frozenset({"unknown-customer-skipped"})),
    Broken(ConflictIsNothing, "status-409"),
    Broken(InvalidIsBusy, "status-422"),
    Broken(LosesRetryAfter, "status-429"),
    Broken(LimitIsFault, "status-429"),
    Broken(DownIsFault, "status-500"),
    Broken(MaintenanceIsNothing, "status-503"),
    Broken(SlowIsNothing, "slow"),
    Broken(ResetIsConfiguration, "reset"),
    Broken(TooMuchIsAnyFault, "oversized"),
    Broken(HalfIsFine, "truncated"),
    Broken(PagesAreFine, "wrong-content-type"),
    Broken(TextIsFine, "not-json"),
    Broken(NothingIsFine, "empty-body"),
    Broken(AnyJsonIsFine, "unexpected-json"),
    Broken(FallsDeep, "deep-json"),
    Broken(HalfList, "second-page-fails", frozenset({"status-500"})),
)


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return tuple(case.connector for case in CASES)
