"""What people keep of customers, by the types and ids of its objects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from schema.bulk.jobs import JOB, job
from schema.ports import Unit
from schema.service import answers
from schema.service.reading import settled

_Find = Callable[[Unit, Collection[str], datetime], Awaitable[Mapping[str, Any]]]


def _by_id(repository: Callable[[Unit], Any], show: Callable[[Any], Any]) -> _Find:
    async def find(unit: Unit, ids: Collection[str], _at: datetime) -> Mapping[str, Any]:
        return {row_id: show(found) for row_id, found in (await repository(unit).get(ids)).items()}

    return find


async def _complaints(unit: Unit, ids: Collection[str], at: datetime) -> Mapping[str, Any]:
    found = await unit.complaints.get(ids)
    return {one.complaint.id: answers.complaint(one, at) for one in await settled(unit, list(found.values()))}


_FINDERS: Mapping[str, _Find] = {
    answers.TASK: _by_id(lambda unit: unit.tasks, answers.task),
    answers.INTERACTION: _by_id(lambda unit: unit.interactions, answers.interaction),
    answers.NOTE: _by_id(lambda unit: unit.notes, answers.note),
    answers.COMPLAINT: _complaints,
    JOB: _by_id(lambda unit: unit.uploads, job),
    answers.APPOINTMENT: _by_id(lambda unit: unit.appointments, answers.appointment),
}


async def read_rows(
    unit: Unit, wanted: Iterable[tuple[str, str]], at: datetime
) -> Mapping[tuple[str, str], Any]:
    """Objects by type and local id, as the graph shows them at a moment; what is gone is left out."""
    by_type: dict[str, list[str]] = {}
    for type_name, row_id in wanted:
        by_type.setdefault(type_name, []).append(row_id)
    return {
        (type_name, row_id): shown
        for type_name, ids in by_type.items()
        for row_id, shown in (await _FINDERS[type_name](unit, ids, at)).items()
    }
