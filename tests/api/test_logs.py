"""Exceptions in the log: where they were raised, never what they say."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from api.logs import CONNECTIONS, JsonLines, Lines, configure, hide, report

FORMATTERS: dict[str, Callable[[], logging.Formatter]] = {
    "lines": lambda: Lines("%(levelname)s %(message)s"),
    "json": JsonLines,
}


@pytest.fixture(params=FORMATTERS)
def written(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """What is written to the log."""
    formatter = FORMATTERS[request.param]()
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(formatter.format(record))

    handler = Handler()
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


def fail() -> None:
    raise ValueError("ada@secret.example")


def test_an_exception_is_named_with_its_place(written: list[str]) -> None:
    try:
        fail()
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    (line,) = written
    assert "Exception in ASGI application" in line
    assert "ValueError at test_logs.py:" in line
    assert "secret" not in line


def test_what_the_graph_calls_personal_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    hide({"birthDate", "email"})
    record = logging.makeLogRecord(
        {"msg": "told", "birthDate": "1950", "birth_date": "1950", "email": "ada@", "fields": ["email"]}
    )
    line = json.loads(handler.format(record))
    assert {name: line[name] for name in ("birthDate", "birth_date", "email")} == {
        "birthDate": "…",
        "birth_date": "…",
        "email": "…",
    }
    assert (line["message"], line["fields"]) == ("told", ["email"])


def test_what_nobody_waits_for_is_reported_the_same_way(written: list[str]) -> None:
    async def forgotten() -> None:
        fail()

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(report)
        task = asyncio.create_task(forgotten())
        await asyncio.sleep(0)
        del task
        gc.collect()

    asyncio.run(scenario())
    (line,) = written
    assert "never retrieved: ValueError at test_logs.py:" in line
    assert "secret" not in line


def test_what_the_library_says_of_connections_is_not_written(written: list[str]) -> None:
    """It has their addresses, and tokens where a client puts them into one."""
    logger = logging.getLogger(CONNECTIONS)
    handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
    try:
        configure("DEBUG", json=True)
        logging.getLogger().handlers = handlers
        logger.info('%s - "WebSocket %s" [accepted]', "10.0.0.1:1", "/graphql?token=secret")
        logger.warning("Invalid HTTP request received.")
        assert written == []
        logger.error("Exception in ASGI application")
        assert len(written) == 1
    finally:
        logging.getLogger().handlers = handlers
        logging.getLogger().setLevel(level)
        logger.setLevel(logging.NOTSET)


def test_a_report_needs_no_exception(written: list[str]) -> None:
    loop = asyncio.new_event_loop()
    report(loop, {"message": "something odd"})
    loop.close()
    assert "something odd: no exception" in written[0]
