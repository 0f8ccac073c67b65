"""A request that was watched leaves nothing behind that only the garbage collector could free."""

from __future__ import annotations

import asyncio
import gc

from starlette.types import Message

from api.attendance import PATIENCE, Attendance, Visit


def test_a_visit_that_was_watched_is_freed_at_its_end() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def go() -> None:
        attendance = Attendance(body_timeout=10)
        visit = attendance.enter(receive)
        visit.body_is_there()
        visit.look(asyncio.get_running_loop().time() + PATIENCE)
        await asyncio.sleep(0)
        assert [task.get_name() for task in asyncio.all_tasks()].count("attendance") == 1
        attendance.leave(visit)

    gc.collect()
    gc.disable()
    try:
        asyncio.run(go())
        assert [each for each in gc.get_objects() if isinstance(each, Visit)] == []
    finally:
        gc.enable()
