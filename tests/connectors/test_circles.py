"""What a gathering leaves behind is freed with it, and does not wait for the garbage collector."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from c360.contract import Fetched, Need, Ref
from c360.kinds import PARTY
from c360.lookups import Once
from c360.records.party import Party, PartyKind
from connectors.operation import Operation, current, during
from tests.connectors.conftest import Kit

Run = Callable[..., Any]
OURS = ("c360.", "connectors.", "tests.connectors.", "_asyncio", "_contextvars")


@contextmanager
def left_behind() -> Iterator[list[str]]:
    """Names of the types of ours of which objects made in the block were found in circles after it.

    What was there before is frozen: it is not looked at, though a thread of an earlier test, which ends
    meanwhile, lets go of it.
    """
    found: list[str] = []
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found += sorted({name for each in gc.garbage if (name := _name(each)).startswith(OURS)})
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def _name(each: object) -> str:
    return f"{type(each).__module__}.{type(each).__qualname__}"


class Asking:
    """What is made for one fetch, and asks its partner once for what two things need."""

    def __init__(self, http: Any) -> None:
        self._http = http
        self.answer = Once(self._ask)

    async def _ask(self) -> int:
        return int((await self._http.get("/")).status)


async def fetch(self: Any, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
    asking = Asking(self.ctx.http)
    await asking.answer()
    await asking.answer()
    for ref in refs:
        record = Party(party_id=ref.party_id, kind=PartyKind.PERSON)
        yield Fetched(ref=ref, kind=PARTY, records=(record,))


@pytest.mark.parametrize("size", [1, 5])
def test_a_gathering_leaves_no_circles(kit: Kit, run: Run, size: int) -> None:
    kit.base = httpx.MockTransport(lambda _: httpx.Response(200))
    kit.add("shop", fetch, fetches={PARTY: size})
    host = kit.host()

    async def scenario() -> list[str]:
        customers = ("a", "b", "c")
        await host.gather(kit.request(*customers, at=["shop"]))  # what is made once is made now
        with left_behind() as found:
            await host.gather(kit.request(*customers, at=["shop"]))
        return found

    assert run(scenario()) == []


def test_an_operation_that_waited_lets_go_of_its_context(kit: Kit, run: Run) -> None:
    async def scenario() -> list[str]:
        async def waits(operation: Operation) -> None:
            assert current() is operation
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(future.set_result, None)
            await operation.wait(future)

        with left_behind() as found:
            operation = Operation(kit.access(), asyncio.get_running_loop().time() + 30)
            with during(operation):
                await asyncio.create_task(waits(operation))
            operation.close()
            del operation
        return found

    assert run(scenario()) == []
