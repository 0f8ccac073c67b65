"""A million rows: read once in the background, then asked for by customer."""

from __future__ import annotations

import asyncio
import random
import sys
import time

import duckdb
import pytest

from c360.contract import Need, Ref
from tests.plugins.files.conftest import Operator

ROWS, CUSTOMERS = 1_000_000, 200_000


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_a_million_rows_are_read_once_and_asked_for_in_milliseconds(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    """States its figures; they bound what the design promises, with room for a busy machine."""
    file = operator.folder / "bookings-2026-06-14.csv"
    duckdb.execute(
        f"COPY (SELECT 'b' || i AS id, 'c' || (hash(i) % {CUSTOMERS}) AS customer, 'A' AS state,"
        " strftime(TIMESTAMP '2024-01-01' + to_hours((i % 20000)::INT), '%Y-%m-%dT%H:%M:%SZ') AS start,"
        f" (i % 900)::VARCHAR || '.50' AS price, 'EUR' AS currency, '' AS void FROM range({ROWS}) r(i))"
        f" TO '{file}' (HEADER)"
    )
    operator.aged(file, 3600)
    made = operator.connector(poll=3600)
    pieces: list[float] = []

    async def ticking(until: asyncio.Future[bool]) -> None:
        last = time.thread_time()
        while not until.done():
            await asyncio.sleep(0.002)
            now = time.thread_time()
            pieces.append(now - last)
            last = now

    async def asked(customers: int, times: int) -> list[float]:
        spent = []
        for _ in range(times):
            refs = [Ref(party_id=f"c{number}") for number in random.sample(range(CUSTOMERS), customers)]
            started = time.perf_counter()
            found = [each async for each in made.fetch([Need(kind="rental.bookings")], refs)]
            spent.append(time.perf_counter() - started)
            assert len(found) == customers
            assert all(each.error is None for each in found)
        return sorted(spent)

    async def whole() -> tuple[float, list[float], list[float]]:
        started = time.perf_counter()
        looking = made._look()
        await ticking(looking)
        assert await looking
        built = time.perf_counter() - started
        return built, await asked(1, 300), await asked(100, 100)

    built, one, hundred = operator.within(made, whole)
    figures = (
        f"{ROWS:,} rows indexed in {built:.1f} s, longest piece on the loop {max(pieces) * 1000:.1f} ms;"
        f" one customer p50 {one[150] * 1000:.2f} ms, p99 {one[297] * 1000:.2f} ms;"
        f" 100 customers p50 {hundred[50] * 1000:.2f} ms, p99 {hundred[99] * 1000:.2f} ms"
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")
    assert max(pieces) < 0.05  # of the event loop's own time
    assert one[150] < 0.02
    assert hundred[50] < 0.1
