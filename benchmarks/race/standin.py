"""The stand-in for the partners: a process that answers what the sandbox answered once.

``python -m benchmarks.race.standin SPEC`` listens on a port for each partner. At first it passes on what it
does not know to the sandbox and remembers the answer; once it is sealed, a request that it does not know is
answered with 500 and fails the run. A bare ASGI application under uvicorn with uvloop and httptools.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec
import uvicorn

from benchmarks.race.recording import (
    KEPT_HEADERS,
    Answer,
    Kept,
    Recording,
    Request,
    UnknownRequestError,
    length,
)
from sandbox.server import listen

CONTROL = "/_standin"
SINK = f"{CONTROL}/v1/traces"
"""Takes spans and forgets them: where the gateway's collector would be."""
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """What a stand-in stands in for."""

    partners: Mapping[str, str]
    """Base address of each partner in the sandbox; of a sealed one, the path alone matters."""
    recording: str
    """File of what was answered, with which it starts sealed; where there is none, sealing writes it."""
    core: int | None = None
    """Processor core that it keeps to."""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What it says, on a line of standard output, when it listens."""

    partners: Mapping[str, str]
    control: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the control route tells."""

    calls: Mapping[str, int]
    """Calls of each partner since they were forgotten."""
    unknown: Sequence[str]
    recorded: int


class StandIn:
    """The application: one for all ports, which tell the partners apart."""

    def __init__(self, origins: Mapping[int, tuple[str, str]], file: Path) -> None:
        """Open the recording, if there is one.

        Args:
            origins: name of the partner, and origin of its sandbox, by port.
            file: where the recording is kept.
        """
        self._origins = origins
        self._file = file
        kept = msgspec.msgpack.decode(file.read_bytes(), type=Kept) if file.exists() else None
        self._recording = Recording(kept)
        self._client = httpx.AsyncClient(trust_env=False, timeout=30)
        self._sealed = kept is not None
        self._latency = 0.0
        self._calls: Counter[str] = Counter()
        self._unknown: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        body = await _body(receive)
        path: str = scope["path"]
        if path.startswith(CONTROL):
            answer = self._control(scope["method"], path.removeprefix(CONTROL), body)
        else:
            answer = await self._partner(scope, body)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _partner(self, scope: Scope, body: bytes) -> Answer:
        partner, origin = self._origins[scope["server"][1]]
        headers = scope["headers"]
        authorization = next((value for name, value in headers if name == b"authorization"), b"")
        request = Request(
            partner, scope["method"], scope["path"], scope["query_string"], body, authorization.decode()
        )
        self._calls[partner] += 1
        if self._latency:
            await asyncio.sleep(self._latency)
        try:
            return self._recording.find(request)
        except UnknownRequestError as error:
            if not self._sealed:
                return await self._recorded(request, origin, headers)
            self._unknown.append(str(error))
            sys.stderr.write(f"the stand-in does not know {error}\n")
            return _json(500, {"unknown": str(error)})

    async def _recorded(
        self, request: Request, origin: str, headers: Sequence[tuple[bytes, bytes]]
    ) -> Answer:
        kept = [(name, value) for name, value in headers if name not in {b"host", b"accept-encoding"}]
        url = httpx.URL(f"{origin}{request.path}", query=request.query)
        told = await self._client.request(request.method, url, headers=kept, content=request.body)
        answer = Answer(
            told.status_code,
            (
                *(
                    (name.encode(), told.headers[name].encode())
                    for name in KEPT_HEADERS
                    if name in told.headers
                ),
                length(told.content),
            ),
            told.content,
        )
        if told.status_code < 500:
            self._recording.keep(request, answer)
        return answer

    def _control(self, method: str, what: str, body: bytes) -> Answer:
        if what == "/v1/traces":
            return Answer(200, (length(b""),), b"")
        if method == "POST":
            if what == "/seal":
                self._seal()
            elif what == "/forget":
                self._calls.clear()
            elif what == "/latency":
                self._latency = msgspec.json.decode(body, type=float)
        told = Told(calls=dict(self._calls), unknown=self._unknown[:20], recorded=len(self._recording))
        return _json(200, msgspec.to_builtins(told))

    def _seal(self) -> None:
        self._sealed = True
        half = self._file.with_suffix(".half")
        half.write_bytes(msgspec.msgpack.encode(self._recording.kept()))
        half.replace(self._file)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


def _json(status: int, value: object) -> Answer:
    body = msgspec.json.encode(value)
    return Answer(status, ((b"content-type", b"application/json"), length(body)), body)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to :func:`main`."""
        yield


async def _serve(spec: Spec) -> None:
    sockets = listen("127.0.0.1", 0, list(spec.partners))
    ports = [sock.getsockname()[1] for sock in sockets]
    parts = {name: urlsplit(address) for name, address in spec.partners.items()}
    origins = {
        port: (name, f"{parts[name].scheme}://{parts[name].netloc}")
        for name, port in zip(spec.partners, ports, strict=True)
    }
    config = uvicorn.Config(
        StandIn(origins, Path(spec.recording)),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        backlog=4096,
        timeout_keep_alive=600,  # a connection closed while a client reaches for it would fail the run
    )
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, setattr, server, "should_exit", True)
    addresses = {
        name: urlunsplit(("http", f"127.0.0.1:{port}", parts[name].path, "", ""))
        for name, port in zip(spec.partners, ports, strict=True)
    }
    ready = Ready(partners=addresses, control=f"http://127.0.0.1:{ports[0]}{CONTROL}")
    sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
    sys.stdout.flush()
    await server.serve(sockets=sockets)


def main() -> None:
    """Serve until told to end."""
    import uvloop

    spec = msgspec.json.decode(sys.argv[1], type=Spec)
    if spec.core is not None:
        os.sched_setaffinity(0, {spec.core})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(spec))


if __name__ == "__main__":
    main()
