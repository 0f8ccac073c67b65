"""Global ids: ``Type:id`` in URL-safe base64 without padding, alike in the graph's answers and in events."""

from __future__ import annotations

import binascii

_IN_URLS = bytes.maketrans(b"+/", b"-_")


def encode(type_name: str, local_id: str) -> str:
    """The global id of an object.

    Args:
        type_name: name of its type in the graph.
        local_id: its id among those.
    """
    return to_base64(f"{type_name}:{local_id}".encode())


def to_base64(content: bytes) -> str:
    """URL-safe base64 without padding."""
    return binascii.b2a_base64(content, newline=False).translate(_IN_URLS).rstrip(b"=").decode()
