"""Turns settled cells into results: pure, and lean, because it runs when the deadline has come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from c360.errors import ProblemCode
from c360.records.base import Record
from connectors.instances import Instance
from connectors.planning import Cell, Cells, Outcome
from connectors.problems import COPY_STANDS_IN, problem
from connectors.results import Gathered, GatherRequest, KindResult, SourceProblem, SourceResult, SourceState
from connectors.snapshots import Kept

_BETTER = (SourceState.FRESH, SourceState.KEPT, SourceState.STALE, SourceState.UNAVAILABLE)
"""Each before those that are worse."""


def wants_copy(cell: Cell) -> bool:
    """Whether a last-known copy would stand in for this cell as it is now."""
    if cell.kept or cell.looked:
        return False
    if len(cell.parts) == 1 and (outcome := cell.parts[0].outcome) is not None and outcome.answered:
        return False
    found = obstacle(cell)
    return found is not None and found.code in COPY_STANDS_IN


def obstacle(cell: Cell) -> SourceProblem | None:
    """What keeps the cell from a live answer so far; none where all of it was answered."""
    if cell.instance.obstacle is not None and not cell.parts:
        return problem(cell.instance.obstacle)
    if not cell.parts:
        return problem(ProblemCode.NOT_KEPT)
    for part in cell.parts:
        if part.outcome is None:
            return problem(ProblemCode.DEADLINE_EXCEEDED)
        if not part.outcome.answered:
            return part.outcome.problem
    return None


def assemble(
    instances: Sequence[Instance], request: GatherRequest, cells: Cells, *, at: datetime, started: float
) -> Gathered:
    """All results of a request, once nothing more is waited for."""
    sources = {}
    for customer_id, row in cells.items():
        results = []
        for instance in instances:
            mine = row.get(instance.id)
            if mine is None:
                results.append(instance.not_linked)
            elif mine:
                results.append(_source(instance, mine, started))
            elif instance.description is None and request.needs.get(customer_id):
                results.append(_unknown(instance))
            else:
                results.append(instance.not_requested)
        sources[customer_id] = tuple(results)
    return Gathered(at=at, sources=sources)


def worth_keeping(cells: Iterable[Cell]) -> Iterator[Kept]:
    """What was answered live and in full: the next last-known copies."""
    for cell in cells:
        if cell.kept or not cell.parts:
            continue
        outcomes = [part.outcome for part in cell.parts]
        if all(outcome and outcome.problem is None and not outcome.kept for outcome in outcomes):
            yield Kept(
                customer_id=cell.customer_id,
                connector=cell.instance.id,
                need=cell.parts[0].need if len(cell.parts) == 1 else cell.need,
                records=_records(outcomes),
                fetched_at=min([outcome.at for outcome in outcomes if outcome and outcome.at]),
                parties=cell.linked,
            )


def _unknown(instance: Instance) -> SourceResult:
    """Of an instance whose plugin could not be loaded, nobody knows what it would have had."""
    return SourceResult(
        connector=instance.id,
        domain=instance.domain,
        state=SourceState.UNAVAILABLE,
        problem=problem(ProblemCode.MISCONFIGURED),
    )


def _source(instance: Instance, cells: Sequence[Cell], started: float) -> SourceResult:
    worst = SourceState.FRESH
    trouble: SourceProblem | None = None
    oldest: datetime | None = None
    moment = 0.0
    kinds = {}
    for cell in cells:
        found = _kind(cell)
        reason = found.problem
        kinds[cell.need.kind] = found
        worse = found.state is not worst and _BETTER.index(found.state) > _BETTER.index(worst)
        if worse:
            worst = found.state
        if reason is not None and (worse or trouble is None):
            trouble = reason
        if found.fetched_at is not None and (oldest is None or found.fetched_at < oldest):
            oldest = found.fetched_at
        for part in cell.parts:
            if part.moment > moment and (part.outcome is None or not part.outcome.kept):
                moment = part.moment
    return SourceResult(
        connector=instance.id,
        domain=instance.domain,
        state=worst,
        kinds=kinds,
        fetched_at=oldest,
        latency=timedelta(seconds=moment - started) if moment else None,
        problem=trouble,
    )


def _kind(cell: Cell) -> KindResult:
    if cell.kept and cell.copy is not None:
        return KindResult(records=cell.copy.records, state=SourceState.KEPT, fetched_at=cell.copy.fetched_at)
    if len(cell.parts) == 1:
        outcome = cell.parts[0].outcome
        if outcome is not None and outcome.answered:
            return KindResult(
                records=outcome.records,
                state=SourceState.KEPT if outcome.kept else SourceState.FRESH,
                fetched_at=outcome.at,
                problem=outcome.problem,
            )
    reason = obstacle(cell)
    outcomes = [part.outcome for part in cell.parts]
    if reason is None:
        kept = any(outcome is not None and outcome.kept for outcome in outcomes)
        state = SourceState.KEPT if kept else SourceState.FRESH
        return KindResult(
            records=_records(outcomes),
            state=state,
            fetched_at=_oldest(outcomes),
            problem=next((outcome.problem for outcome in outcomes if outcome and outcome.problem), None),
        )
    if cell.copy is not None and reason.code in COPY_STANDS_IN:
        return KindResult(
            records=cell.copy.records,
            state=SourceState.STALE,
            fetched_at=cell.copy.fetched_at,
            problem=reason,
        )
    return KindResult(
        records=_records(outcomes),
        state=SourceState.UNAVAILABLE,
        fetched_at=_oldest(outcomes),
        problem=reason,
    )


def _records(outcomes: Sequence[Outcome | None]) -> tuple[Record, ...]:
    if len(outcomes) == 1:
        return outcomes[0].records if outcomes[0] else ()
    return tuple(record for outcome in outcomes if outcome for record in outcome.records)


def _oldest(outcomes: Sequence[Outcome | None]) -> datetime | None:
    return min((outcome.at for outcome in outcomes if outcome and outcome.at), default=None)
