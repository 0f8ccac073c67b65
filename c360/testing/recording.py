"""Record a partner's real exchanges, scrubbed, and replay them.

A recording is a folder: one JSON file for each exchange, and ``recording.json``, which says of what, when,
and which customers are in it. Secrets never enter it. Personal values are replaced by pseudonyms
(:mod:`c360.testing.pseudonyms`): the same value always by the same one, in its format, so that mapping
and paging find what they found before.

::

    recorder = Recorder(transport)
    ...  # let a connector over it do what shall be recorded
    recording = scrub(recorder.exchanges, about=About(...), secrets=config_secrets(config))
    save(recording, folder)
    Replay(load(folder))  # a Transport
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from c360.errors import C360Error
from c360.http import Request, Response, Transport
from c360.testing.known import Known
from c360.testing.pseudonyms import SCRUBBED

T = TypeVar("T")

# Amounts keep their digits: 10.10 stays 10.10.
_NUMBERS: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")

HEADER = "recording.json"
FORMAT = 1


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer, as they are kept."""

    method: str
    path: str
    """Below the base URL, encoded as it was sent."""
    params: tuple[tuple[str, str], ...] = ()
    body: Any = None
    """The request's JSON; a text where it is none; ``None`` for none."""
    status: int
    headers: dict[str, str] = {}
    """Headers of the answer that mean something to a connector; see :data:`KEPT_HEADERS`."""
    answer: Any = None
    """The answer's JSON; a text where it is none; ``None`` for none (JSON's ``null`` is the text)."""

    def response(self) -> Response:
        """The answer as a transport gives it."""
        content = b"" if self.answer is None else _bytes(self.answer, self.headers.get("content-type", ""))
        return Response(status=self.status, headers=self.headers, content=content)


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded, of whom, and when."""

    connector: str
    """Name of the connector, as it describes itself."""
    recorded_at: datetime
    """What the connector's clock said, all the time: replaying sets it to this."""
    base_url: str
    customers: tuple[Known, ...] = ()
    """Customers of whom everything was recorded."""
    unknown: str | None = None
    """Id of a customer whom the partner does not know, and was asked for."""
    since: date | None = None
    """First day that windowed kinds were asked for."""
    until: date | None = None
    """Last day that windowed kinds were asked for."""
    format: int = FORMAT


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording in memory."""

    about: About
    exchanges: tuple[Exchange, ...]


class RecordingError(C360Error):
    """A recording cannot be written or read: names the file or the field and what to do."""


class UnrecordedError(C360Error):
    """A request that the recording has no answer to. Names the nearest one that it has."""


class Recorder:
    """A :class:`~c360.http.Transport` that keeps what passes through another one.

    Give the connector a clock that stands still, or a replay cannot ask the same again.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.exchanges: list[tuple[Request, Response]] = []
        """What was answered, in the order of the answers. It holds secrets: :func:`c360.testing.scrub`."""

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`."""
        response = await self._transport.send(request)
        self.exchanges.append((request, response))
        return response

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.exchanges)} exchanges)"


def save(recording: Recording, folder: Path) -> Path:
    """Write a recording, in the place of the one that was there.

    Each file is complete or not there; what stops half-way leaves the header to be written last.

    Raises:
        RecordingError: the folder holds other files, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = [file.name for file in folder.iterdir() if not _ours(file)]
        if strangers:
            raise RecordingError(f"{folder} holds {strangers[0]!r}; name an empty folder or a recording's")
        for file in folder.iterdir():
            file.unlink()
        for number, exchange in enumerate(recording.exchanges, 1):
            (folder / _name(number, exchange)).write_bytes(_pretty(exchange))
        (folder / HEADER).write_bytes(_pretty(recording.about))
    except OSError as error:
        raise RecordingError(f"{folder} cannot be written ({type(error).__name__})") from None
    return folder


def load(folder: Path) -> Recording:
    """Read a recording.

    Raises:
        RecordingError: it is not there, or not in this format.
    """
    about = _read(folder / HEADER, About)
    if about.format != FORMAT:
        raise RecordingError(f"{folder} is of format {about.format}, this reads {FORMAT}: record it again")
    files = sorted(file for file in folder.glob("*.json") if file.name != HEADER)
    return Recording(about=about, exchanges=tuple(_read(file, Exchange) for file in files))


class Replay:
    """A :class:`~c360.http.Transport` that answers from a recording.

    A request matches by method, path, parameters in any order and body; headers count for nothing. Where
    the same was asked several times, the answers come in their order, and the last one again and again.

    Args:
        recording: the recording.
        ignore: parameters and top-level fields of bodies that do not count, such as a nonce.
    """

    def __init__(self, recording: Recording, *, ignore: Collection[str] = ()) -> None:
        self.recording = recording
        self._base = recording.about.base_url.rstrip("/")
        self._ignore = frozenset(ignore)
        self._turns: dict[int, int] = {}
        self.unanswered: list[Request] = []
        """Requests that the recording had no answer to."""

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`.

        Raises:
            UnrecordedError: the recording has no answer to it.
        """
        asked = asked_of(request, self._base)
        found = [it for it in self.recording.exchanges if matches(it, asked, self._ignore)]
        if not found:
            self.unanswered.append(request)
            raise UnrecordedError(_nearest(asked, self.recording.exchanges))
        key = self.recording.exchanges.index(found[0])
        turn = self._turns.get(key, 0)
        self._turns[key] = turn + 1
        return found[min(turn, len(found) - 1)].response()


def asked_of(request: Request, base_url: str) -> Exchange:
    """A request in the form in which it is kept; its answer is empty."""
    base = urlsplit(base_url)
    parts = urlsplit(request.url)
    inside = (parts.scheme, parts.netloc) == (base.scheme, base.netloc) and parts.path.startswith(base.path)
    path = parts.path[len(base.path) :] if inside else request.url
    return Exchange(
        method=request.method,
        path=path + (f"?{parts.query}" if inside and parts.query else ""),
        params=request.params,
        body=_value(request.content),
        status=0,
    )


def matches(kept: Exchange, asked: Exchange, ignore: Collection[str] = ()) -> bool:
    """Whether a kept exchange answers a request."""
    return (
        kept.method == asked.method
        and _wild(kept.path, asked.path)
        and _same(_params(kept, ignore), _params(asked, ignore))
        and _same(_without(kept.body, ignore), _without(asked.body, ignore))
    )


KEPT_HEADERS = re.compile(
    r"content-type|link|date|retry-after|etag|location|.*(cursor|page|next|total|count|rate-?limit|version).*"
)
"""Names of an answer's headers that are kept."""


def _params(exchange: Exchange, ignore: Collection[str]) -> list[list[str]]:
    return sorted([name, value] for name, value in exchange.params if name not in ignore)


def _without(body: Any, ignore: Collection[str]) -> Any:
    if ignore and isinstance(body, dict):
        return {name: value for name, value in body.items() if name not in ignore}
    return body


def _same(kept: Any, asked: Any) -> bool:
    """Equal, but for secrets that were scrubbed."""
    if isinstance(kept, str) and isinstance(asked, str):
        return _wild(kept, asked)
    if isinstance(kept, dict) and isinstance(asked, dict):
        return kept.keys() == asked.keys() and all(_same(kept[name], asked[name]) for name in kept)
    if isinstance(kept, list | tuple) and isinstance(asked, list | tuple):
        return len(kept) == len(asked) and all(map(_same, kept, asked))
    return bool(kept == asked)


def _wild(kept: str, asked: str) -> bool:
    if SCRUBBED not in kept:
        return kept == asked
    return re.fullmatch(".*".join(map(re.escape, kept.split(SCRUBBED))), asked, re.DOTALL) is not None


def _nearest(asked: Exchange, exchanges: Iterable[Exchange]) -> str:
    """What is missing, by the names of parameters alone: values may be personal."""
    wanted = f"{asked.method} {asked.path}"
    known = {f"{it.method} {it.path}": it for it in exchanges}
    nearest = difflib.get_close_matches(wanted, known, n=1, cutoff=0.0)
    text = f"no answer is recorded to {_shown(asked)}"
    if not nearest:
        return f"{text}; the recording is empty"
    near = known[nearest[0]]
    return f"{text}; the nearest is {_shown(near)}{_difference(near, asked)}: record it as well"


def _shown(exchange: Exchange) -> str:
    names = sorted({name for name, _ in exchange.params})
    fields = sorted(exchange.body) if isinstance(exchange.body, dict) else []
    shown = f"{exchange.method} {exchange.path}"
    shown += f" with the parameters {', '.join(names)}" if names else ""
    return shown + (f" and a body of {', '.join(fields)}" if fields else "")


def _difference(near: Exchange, asked: Exchange) -> str:
    if (near.method, near.path) != (asked.method, asked.path):
        return ""
    here, there = dict(near.params), dict(asked.params)
    other = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    if other:
        return f", which differs in {', '.join(other)}"
    return ", which differs in its body"


def value_of(content: bytes) -> Any:
    """Bytes as JSON where they are, else as a text; ``None`` for none."""
    return _value(content)


def _value(content: bytes) -> Any:
    if not content:
        return None
    try:
        found = _NUMBERS.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the last: nested too deeply
        return content.decode("utf-8", "replace")
    return "null" if found is None else found


def _bytes(value: Any, media: str) -> bytes:
    if isinstance(value, str) and ("json" not in media or value == "null"):
        return value.encode()
    return _ENCODER.encode(value)


def _pretty(value: msgspec.Struct) -> bytes:
    return msgspec.json.format(_ENCODER.encode(value), indent=2) + b"\n"


def _name(number: int, exchange: Exchange) -> str:
    words = re.findall(r"[a-z]+", exchange.path.partition("?")[0].lower())
    return "-".join([f"{number:03}", exchange.method.lower(), *words])[:80] + ".json"


def _ours(file: Path) -> bool:
    return file.name == HEADER or re.fullmatch(r"\d{3,}-[a-z-]+\.json", file.name) is not None


def _read(file: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.Decoder(kind, float_hook=Decimal).decode(file.read_bytes())
    except OSError as error:
        raise RecordingError(f"{file} cannot be read ({type(error).__name__}); record it first") from None
    except msgspec.MsgspecError as error:
        raise RecordingError(f"{file} is not a recording's: {error}") from None
