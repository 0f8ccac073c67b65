"""It ends when it is told, blocks nothing, and has no input but what it is given."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

from c360.contract import Connector
from c360.testing import driving
from c360.testing.base import Exempt, check, demand
from c360.testing.clock import VirtualLoop
from c360.testing.driving import Result
from c360.testing.lab import Lab
from c360.testing.plugin import source_of
from c360.testing.trials import at, shape
from c360.testing.watching import Watch
from c360.testing.wire import Heard

DEADLINE = 1.0
"""Seconds that an operation has in these checks; the partner takes longer."""
_LONGEST = 0.05
"""Processor seconds that one turn of the loop may take."""


async def _hang(_: Heard) -> Any:
    await asyncio.Event().wait()


@check("nothing-left-running", "When a call has ended, nothing of it is left", rule="running")
def nothing_left_running(lab: Lab) -> None:
    """No task goes on after the answer."""
    lab.sound()
    left = _left(lab, lab.fetching(lab.needs, lab.refs).run, None)
    demand(not left, f"after fetch() {left} tasks are still running", "await or cancel what it starts")


@check("cancellation-clean", "When a call is cancelled, nothing of it goes on", rule="running")
def cancellation_clean(lab: Lab) -> None:
    """At every exchange in its turn: the deadline comes while the partner thinks."""
    lab.needs_http()
    lab.sound()
    for trial, heard in lab.targets():
        left = _left(lab, trial.operation.run, heard)
        demand(
            not left,
            f"cancelled at {heard.request.method} {shape(heard.request)}, {left} of its tasks go on",
            "cancel in a finally clause what was started; c360.contract.as_completed does",
        )


def _left(lab: Lab, run: Callable[[Connector[Any]], Awaitable[Result]], hangs: Heard | None) -> int:
    """Tasks that are left, and requests that are sent, after a call ended or was cancelled."""

    async def work() -> int:
        fault = None if hangs is None else at(hangs, _hang)
        session = lab.session(fault=fault, known=lab.tape)
        before = asyncio.all_tasks()
        task = asyncio.ensure_future(run(session.connector))
        if hangs is None:
            await task
        else:
            await asyncio.wait({task}, timeout=DEADLINE)
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=DEADLINE)
            if not done:
                task.cancel()
                return 1
        session.wire.cut = True
        for _ in range(3):
            await asyncio.sleep(0)
        others = asyncio.all_tasks() - before - {task}
        left = others - session.connector.ctx.http.tokens.under_way  # a token is fetched for all callers
        late = session.wire.late
        for it in others:
            it.cancel()
        await asyncio.gather(task, *others, return_exceptions=True)
        await lab.suite.close(session.connector)
        return len(left) + late

    return lab.run(work)


@check("deadline-keeps-ready", "What is ready before the deadline is yielded before it", rule="running")
def deadline_keeps_ready(lab: Lab) -> None:
    """One exchange never ends; whatever does not follow from it has to be there in time."""
    lab.needs_http()
    lab.sound()
    tried = False
    for some, few in list(_calls(lab)):
        alone = {
            (ref.party_id, need.kind): {it.key for it in lab.trial(lab.fetching([need], [ref])).wire.heard}
            for need in some
            for ref in few
        }
        together = lab.trial(lab.fetching(some, few))
        for heard in {it.key: it for it in together.wire.heard}.values():
            free = {cell for cell, keys in alone.items() if keys and heard.key not in keys}
            touched = {cell for cell, keys in alone.items() if heard.key in keys}
            if not free or not touched:
                continue
            tried = True
            ready = _by_deadline(lab, some, few, heard)
            missing = sorted({kind for _, kind in free - ready})
            demand(
                not missing,
                f"while {heard.request.method} {shape(heard.request)} hangs, {', '.join(missing)} does not "
                "come, though it needs no answer to it",
                "yield each as soon as it is known: c360.contract.as_completed and fetch_each do",
            )
    if not tried:
        raise Exempt("all that one call fetches follows from the same exchanges")


def _calls(lab: Lab) -> Any:
    sizes: dict[int, list[Any]] = {}
    batch = {fetch.kind: fetch.batch for fetch in lab.description.fetches}
    for need in lab.needs:
        sizes.setdefault(batch[need.kind], []).append(need)
    for size, some in sizes.items():
        yield some, list(lab.refs[:size])


def _by_deadline(lab: Lab, needs: Any, refs: Any, hangs: Heard) -> set[driving.Cell]:
    async def work() -> set[driving.Cell]:
        session = lab.session(fault=at(hangs, _hang), known=lab.tape)
        result = Result()
        task = asyncio.ensure_future(
            driving.call(session.connector, needs, refs, into=result, patience=driving.PATIENCE)
        )
        await asyncio.wait({task}, timeout=DEADLINE)
        ready = {cell for cell, answer in result.answers.items() if answer.error is None}
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return ready

    return lab.run(work)


def _watched(lab: Lab) -> Watch:
    """What the plugin's code does during the baseline's operations; watched once."""
    lab.sound()
    found: Watch | None = lab.notes.get("watch")
    if found is None:
        source = source_of(lab.kind)
        if source is None:
            raise Exempt("the connector class has no source file")
        found = Watch(source)
        for trial in lab.trials:
            with found.watching():
                lab.trial(trial.operation)
        lab.notes["watch"] = found
    return found


def _unseen(places: set[str], what: str, change: str) -> None:
    demand(not places, f"it {what} at {', '.join(sorted(places)[:3])}", change)


@check("clock-from-context", "The only clock that it reads is ctx.now()", rule="running")
def clock_from_context(lab: Lab) -> None:
    """Else nobody can say what it does on another day."""
    _unseen(_watched(lab).clocks, "reads a clock of its own", "call self.ctx.now()")


@check("no-environment-reads", "It reads no environment variables", rule="running")
def no_environment_reads(lab: Lab) -> None:
    """Settings are what the operator gave."""
    _unseen(_watched(lab).environment, "reads the environment", "make it a field of the config")


@check("no-own-threads", "It starts no threads and no processes", rule="running")
def no_own_threads(lab: Lab) -> None:
    """The host owns the process."""
    lab.needs_http()
    _unseen(
        _watched(lab).threads, "starts a thread or a process", "await ctx.http; leave the rest to the host"
    )


@check("loop-not-blocked", "It never keeps the loop from turning", rule="running")
def loop_not_blocked(lab: Lab) -> None:
    """No waiting, no files, no sockets, and no turn of 50 ms on the processor."""
    lab.needs_http()
    _unseen(
        _watched(lab).blocking,
        "waits, reads a file or opens a socket",
        "await ctx.http and asyncio.sleep(); read files before, into the config",
    )
    longest = min(_longest_turn(lab), _longest_turn(lab))
    demand(
        longest < _LONGEST,
        f"one turn of the loop takes {longest * 1000:.0f} ms",
        "do less at once: let await asyncio.sleep(0) come between, or compute less",
    )


def _longest_turn(lab: Lab) -> float:
    async def work() -> float:
        session = lab.session(known=lab.tape)
        loop = asyncio.get_running_loop()
        if isinstance(loop, VirtualLoop):
            loop.longest = 0.0
        await driving.fetch(session.connector, lab.needs, lab.refs)
        return loop.longest if isinstance(loop, VirtualLoop) else 0.0

    return lab.run(work)


@check("instances-independent", "Two instances share nothing", rule="running")
def instances_independent(lab: Lab) -> None:
    """Two banks are two instances of one class; asked at once, each sends to its own address."""
    lab.needs_http()
    lab.sound()
    other = "https://another.c360.example/base"

    async def work() -> tuple[int, int]:
        first = lab.session(known=lab.tape)
        base = lab.config().base_url.rstrip("/")
        moved = functools.partial(_moved, base=base, other=other)
        second = lab.session(known=lab.tape, config=lab.config(base_url=other), rewrite=moved)
        await asyncio.gather(
            driving.fetch(first.connector, lab.needs, lab.refs),
            driving.fetch(second.connector, lab.needs, lab.refs),
        )
        for session in (first, second):
            await lab.suite.close(session.connector)
        return len(first.wire.sent), len(second.wire.sent)

    _ = lab.tape  # before the loop runs: it may have to be recorded first
    one, two = lab.run(work)
    demand(
        one == two,
        f"of two instances asked the same at once, one sends {one} requests and the other {two}",
        "keep state in self, not in the class or the module",
    )


def _moved(request: Any, *, base: str, other: str) -> Any:
    import msgspec

    return msgspec.structs.replace(request, url=base + request.url.removeprefix(other))


CHECKS = (
    nothing_left_running,
    cancellation_clean,
    deadline_keeps_ready,
    clock_from_context,
    no_environment_reads,
    no_own_threads,
    loop_not_blocked,
    instances_independent,
)
