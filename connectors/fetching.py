"""One call of a connector's ``fetch``: takes what it yields, and believes nothing of it unseen."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from c360.contract import Fetched
from c360.errors import ConnectorError, ProblemCode, SkipCustomer
from c360.kinds import kind
from c360.records.base import Record
from connectors.board import Settling
from connectors.complaints import said
from connectors.instances import Instance
from connectors.planning import Batch, Outcome, Part
from connectors.problems import problem, problem_of

_log = logging.getLogger(__name__)


class WrongYield(Exception):
    """A plugin yielded what the contract does not allow. The message says what, without data."""


class Call:
    """One call under way."""

    def __init__(self, instance: Instance, batch: Batch, board: Settling) -> None:
        self._instance = instance
        self._batch = batch
        self._board = board
        self._kinds = frozenset([need.kind for need in batch.needs])
        self._parts: dict[tuple[str, str], Part] = {
            (ask.ref.party_id, need.kind): ask.parts[need.kind] for ask in batch.asks for need in batch.needs
        }
        self._open = len(self._parts)
        self._max_records = instance.description.limits.max_records if instance.description else 0

    async def run(self) -> None:
        """Fetch, and settle every part of the batch, whatever the plugin does."""
        instance = self._instance
        instance.begin()
        try:
            await self._consume()
        except ConnectorError as error:
            instance.complaints.partner(f"fetch {self._names()}", error)
            self._fail_rest(self._raised(error))
        except WrongYield as wrong:
            instance.complaints.contract(wrong)
            self._fail_rest(_FAULT)
        except asyncio.CancelledError:
            self._fail_rest(_FAULT)  # ignored where the host itself cancelled: the board is closed
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a stranger's code may raise anything
            instance.complaints.fault(error)
            self._fail_rest(_FAULT)
        finally:
            instance.end()

    async def _consume(self) -> None:
        stream = self._instance.connector.fetch(self._batch.needs, [ask.ref for ask in self._batch.asks])
        try:
            async for item in stream:
                if self._board.closed:
                    return
                self._take(item)
        finally:
            close = getattr(stream, "aclose", None)  # the contract asks for an iterator only
            if close is not None:
                await close()
        if self._open:
            raise WrongYield("it ended without an answer for every customer and kind")

    def _take(self, item: object) -> None:
        if not isinstance(item, Fetched):
            raise WrongYield(f"it yielded a {type(item).__name__} instead of a Fetched")
        part = self._parts.get((item.ref.party_id, item.kind))
        if part is None:
            what = "customer" if item.kind in self._kinds else "kind"
            raise WrongYield(f"it yielded a {what} that was not asked for")
        if part.outcome is not None:
            self._settle(part, _FAULT)  # which of the two is right, nobody can say
            raise WrongYield(f"it yielded {item.kind} twice for one customer")
        self._settle(part, self._outcome(item))

    def _outcome(self, item: Fetched) -> Outcome:
        if item.error is not None:
            if not isinstance(item.error, ConnectorError):
                raise WrongYield(f"it yielded a {type(item.error).__name__} as an error")
            _log.info(
                "%s could not fetch %s of one customer: %s", self._instance.id, item.kind, said(item.error)
            )
            return Outcome(problem=problem_of(item.error), answered=isinstance(item.error, SkipCustomer))
        if not isinstance(item.records, tuple | list):
            raise WrongYield(f"it yielded a {type(item.records).__name__} as records")
        record = kind(item.kind).record
        for each in item.records:
            if type(each) is not record:
                raise WrongYield(f"it yielded {item.kind} that are no {record.__name__}")
        return Outcome(
            records=signed(item.records[: self._max_records], self._instance.id),
            problem=problem(ProblemCode.TOO_MUCH_DATA) if len(item.records) > self._max_records else None,
            at=self._board.now(),
        )

    def _settle(self, part: Part, outcome: Outcome) -> None:
        if part.outcome is None:
            self._open -= 1
        self._board.settle(part, outcome)
        if self._board.closed:
            return
        if outcome.problem is None:
            self._instance.health.succeeded(outcome.at)
        else:
            self._instance.health.failed(outcome.problem.code)

    def _fail_rest(self, outcome: Outcome) -> None:
        rest = [part for part in self._parts.values() if part.outcome is None]
        for part in rest:
            self._board.settle(part, outcome)
        if rest and outcome.problem and not self._board.closed:
            self._instance.health.failed(outcome.problem.code)

    def _raised(self, error: ConnectorError) -> Outcome:
        if not isinstance(error, SkipCustomer):
            return Outcome(problem=problem_of(error), answered=False)
        # Raised for one customer it is plain; raised for many it does not say whom it means.
        return _FAULT if len(self._batch.asks) > 1 else Outcome(problem=problem_of(error))

    def _names(self) -> str:
        return ", ".join(sorted(self._kinds))


_FAULT = Outcome(problem=problem(ProblemCode.CONNECTOR_FAULT), answered=False)


def signed(records: tuple[Record, ...] | list[Record], instance: str) -> tuple[Record, ...]:
    """The records with the instance they came from, which is the host's to say.

    One that says nothing of it yet was made for this answer, and is signed as it is. One that does is a
    plugin's that gives the same again, perhaps to another instance: that keeps it, and this one gets its own.
    """
    found = []
    for record in records:
        if not record.connector:
            msgspec.structs.force_setattr(record, "connector", instance)
        elif record.connector != instance:
            record = msgspec.structs.replace(record, connector=instance)  # noqa: PLW2901  # the signed one
        found.append(record)
    return tuple(found)
