"""Writes a whole answer to its connection at once.

The library writes what it is sent: an answer's head and its body each by a call of the system, in a packet
each, after looking through every header. Most answers are short, and all that is in them is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

WHOLE = "c360.whole"
"""Where a connection says in a request's scope by what a whole answer is written; to be taken from there."""
Whole = Callable[[int, Sequence[tuple[bytes, bytes]], bytes], bool]
"""Writes status, headers and content; false where it must be sent as ASGI has it."""


def write_whole(
    cycle: RequestResponseCycle, status: int, headers: Sequence[tuple[bytes, bytes]], content: bytes
) -> bool:
    """Write an answer and end with it, unless it is one of the rare ones that the library knows better.

    Those are answers to clients that do not read on, after which a connection is closed, without content, or
    with a header that would be several.

    Args:
        cycle: the request, as the library follows it.
        status: of the answer.
        headers: in lower case; one of them says how long the content is.
        content: all of it.
    """
    if cycle.response_started or cycle.disconnected or not cycle.keep_alive:
        return False
    if cycle.flow.write_paused or cycle.scope["method"] == "HEAD":
        return False
    every = [*cycle.default_headers, *headers]
    lines = [STATUS_LINE[status]]
    for name, value in every:
        if name == b"connection":
            return False
        lines += (name, b": ", value, b"\r\n")
    head = b"".join(lines)
    if not head.count(b"\n") == head.count(b"\r") == len(every) + 1:
        return False
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"".join((head, b"\r\n", content)))
    cycle.response_complete = True
    cycle.message_event.set()
    cycle.on_response()
    return True
