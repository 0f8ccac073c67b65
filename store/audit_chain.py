"""The chain: each batch of entries carries the hash of the one before, so that none can be altered unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from store.data_audit import ChainEntry, ReadEntry, SealEntry, WriteEntry

START = bytes(32)
"""What the first batch of a chain has in place of the hash before it."""
_encoder = msgspec.json.Encoder(order="deterministic")
_entries = msgspec.json.Decoder(list[ReadEntry | SealEntry])
_write = msgspec.json.Decoder(WriteEntry)


def linked(chain: str, number: int, previous: bytes, content: bytes) -> bytes:
    """The hash of a batch: SHA-256 over its chain, its number, the hash before it and its content."""
    head = b"\x00".join((chain.encode(), str(number).encode(), previous.hex().encode(), b""))
    return hashlib.sha256(head + content).digest()


def content_of(entries: Sequence[ChainEntry]) -> bytes:
    """The content of a batch."""
    return _encoder.encode(entries)


def entries_of(content: bytes) -> Sequence[ChainEntry]:
    """The entries of a batch.

    Raises:
        msgspec.DecodeError: it was altered.
    """
    return _entries.decode(content)


def written(entry: WriteEntry) -> bytes:
    """A change as it is stored."""
    return _encoder.encode(entry)


def write_of(content: bytes) -> WriteEntry:
    """A change as it was stored.

    Raises:
        msgspec.DecodeError: it was altered.
    """
    return _write.decode(content)


def digest(content: bytes) -> str:
    """What a seal keeps of a change: SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()
