"""The protocol ``graphql-transport-ws`` as a state machine: messages in, what is to be done out, no I/O.

A message that the protocol does not know ends the connection with a code that says so; a mistake within
one operation ends that operation alone. What the codes mean to a front end is in ``docs/live.md``.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from api.http import MAX_DEPTH, GraphQLRequest, depth
from schema.errors import ErrorCode

SUBPROTOCOL = "graphql-transport-ws"

LONGEST_ID = 256
"""Characters of the id that a client gives an operation; every answer repeats it."""
_LONGEST_REASON = 123
"""Bytes that a close frame has for its reason."""


class CloseCode(enum.IntEnum):
    """Why the server closes a socket. Those from 44xx on are the protocol's own."""

    GOING_AWAY = 1001
    """The server stops: connect again, to another one."""
    SLOW_CONSUMER = 4008
    """The client took nothing of what was sent for too long: connect again, and go on by the cursor."""
    TOO_MANY_SOCKETS = 4029
    """The principal has as many sockets open as it may."""
    BAD_MESSAGE = 4400
    """A message is not one of the protocol's."""
    UNAUTHORIZED = 4401
    """An operation was sent before the connection was acknowledged, or nobody said who is calling."""
    FORBIDDEN = 4403
    """The token is no good, or is good no longer: connect again with a new one."""
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    """The client does not speak this protocol."""
    INITIALISATION_TIMEOUT = 4408
    """The client did not begin the connection in time."""
    SUBSCRIBER_EXISTS = 4409
    """An operation of that id is still running."""
    TOO_MANY_INITIALISATIONS = 4429
    """The connection was begun twice."""
    INTERNAL = 4500
    """Something unexpected went wrong here."""


class Send(msgspec.Struct, frozen=True):
    """Send this message."""

    text: str


class Close(msgspec.Struct, frozen=True):
    """Close the socket; nothing that comes after it counts."""

    code: CloseCode
    reason: str


class Authenticate(msgspec.Struct, frozen=True):
    """Find out who is calling, then :meth:`Protocol.acknowledge` or close."""

    payload: Mapping[str, Any]


class Start(msgspec.Struct, frozen=True):
    """Start an operation."""

    id: str
    serial: int
    """Tells operations apart that had the same id one after the other."""
    request: GraphQLRequest


class Stop(msgspec.Struct, frozen=True):
    """Stop an operation: nobody waits for it any more."""

    id: str


Action = Send | Close | Authenticate | Start | Stop


class _State(enum.Enum):
    NEW = enum.auto()
    AUTHENTICATING = enum.auto()
    READY = enum.auto()
    CLOSED = enum.auto()


_Payload = dict[str, Any] | None
_Id = Annotated[str, Meta(max_length=LONGEST_ID)]


class _Init(msgspec.Struct, tag="connection_init", frozen=True):
    payload: _Payload = None


class _Ping(msgspec.Struct, tag="ping", frozen=True):
    payload: _Payload = None


class _Pong(msgspec.Struct, tag="pong", frozen=True):
    payload: _Payload = None


class _Subscribe(msgspec.Struct, tag="subscribe", frozen=True):
    id: _Id
    payload: GraphQLRequest


class _Complete(msgspec.Struct, tag="complete", frozen=True):
    id: _Id


_Message = _Init | _Ping | _Pong | _Subscribe | _Complete
_decode = msgspec.json.Decoder(_Message).decode
_encode = msgspec.json.Encoder().encode


class Protocol:
    """One connection as the protocol sees it.

    Args:
        operations: how many may run at once; one more is answered by an error of its own.
    """

    def __init__(self, *, operations: int) -> None:
        self._most = operations
        self._state = _State.NEW
        self._running: dict[str, int] = {}
        self._serial = 0

    @property
    def is_new(self) -> bool:
        """Whether the client still has to begin the connection."""
        return self._state is _State.NEW

    @property
    def is_closed(self) -> bool:
        """Whether nothing that comes counts any more."""
        return self._state is _State.CLOSED

    @property
    def running(self) -> int:
        """Operations that run."""
        return len(self._running)

    def close(self, code: CloseCode, reason: str) -> Close | None:
        """End the connection; nothing where it has ended."""
        if self.is_closed:
            return None
        self._state = _State.CLOSED
        self._running.clear()
        short = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
        return Close(code, short)

    def bytes(self) -> Action | None:
        """Take a binary message, of which there are none."""
        return self.close(CloseCode.BAD_MESSAGE, "Invalid message: it is binary")

    def text(self, text: str) -> Action | None:
        """Take a text message: what is to be done about it, if anything."""
        if self.is_closed:
            return None
        try:
            message = _read(text)
        except ValueError as error:
            return self.close(CloseCode.BAD_MESSAGE, f"Invalid message: {error}")
        return self._take(message)

    def acknowledge(self) -> Send | None:
        """The client is known: operations may come."""
        if self._state is not _State.AUTHENTICATING:
            return None
        self._state = _State.READY
        return Send(_message("connection_ack"))

    def next(self, start: Start, body: Mapping[str, Any]) -> Send | None:
        """An answer of an operation; nothing where nobody waits for it any more."""
        if not self._runs(start):
            return None
        return Send(_message("next", id=start.id, payload=body))

    def error(self, start: Start, errors: Sequence[Mapping[str, Any]]) -> Send | None:
        """An operation was not executed, which ends it."""
        if not self._ended(start):
            return None
        return Send(_message("error", id=start.id, payload=list(errors)))

    def complete(self, start: Start) -> Send | None:
        """An operation has come to its end."""
        return Send(_message("complete", id=start.id)) if self._ended(start) else None

    def _take(self, message: _Message) -> Action | None:
        if isinstance(message, _Init):
            return self._begin(message)
        if isinstance(message, _Ping):
            return Send(_message("pong"))
        if isinstance(message, _Subscribe):
            return self._start(message)
        if isinstance(message, _Complete) and self._running.pop(message.id, None) is not None:
            return Stop(message.id)
        return None  # a pong, or the end of what has ended: nothing to do

    def _begin(self, message: _Init) -> Action | None:
        if self._state is not _State.NEW:
            return self.close(CloseCode.TOO_MANY_INITIALISATIONS, "Too many initialisation requests")
        self._state = _State.AUTHENTICATING
        return Authenticate(message.payload or {})

    def _start(self, message: _Subscribe) -> Action | None:
        if self._state is not _State.READY:
            return self.close(CloseCode.UNAUTHORIZED, "Unauthorized")
        if message.id in self._running:
            return self.close(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {message.id} already exists")
        if len(self._running) >= self._most:
            told = (
                f"At most {self._most} operations can run on one socket: complete some, or send this one "
                "on another."
            )
            error = {"message": told, "extensions": {"code": ErrorCode.LIMIT_EXCEEDED.value}}
            return Send(_message("error", id=message.id, payload=[error]))
        self._serial += 1
        self._running[message.id] = self._serial
        return Start(message.id, self._serial, message.payload)

    def _runs(self, start: Start) -> bool:
        return self._running.get(start.id) == start.serial

    def _ended(self, start: Start) -> bool:
        ended = self._runs(start)
        if ended:
            del self._running[start.id]
        return ended


def _message(kind: str, **more: Any) -> str:
    return _encode({"type": kind, **more}).decode()


def _read(text: str) -> _Message:
    """A message as it was sent.

    Raises:
        ValueError: It is none of the protocol's; says why, without the value to blame.
    """
    content = text.encode()
    if depth(content) > MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
    try:
        message: _Message = _decode(content)
    except msgspec.ValidationError as error:
        what, mark, place = str(error).partition(" - at ")
        # Of an unknown type the library quotes the value.
        raise ValueError(f"{'unknown type' if what.startswith('Invalid') else what}{mark}{place}") from None
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise ValueError("it is not valid JSON") from None
    return message
