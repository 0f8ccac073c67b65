"""Global ids: ``Type:id`` in URL-safe base64 without padding, alike in the graph's answers and in events."""

from __future__ import annotations

import base64


def encode(type_name: str, local_id: str) -> str:
    """The global id of an object.

    Args:
        type_name: name of its type in the graph.
        local_id: its id among those.
    """
    return to_base64(f"{type_name}:{local_id}".encode())


def to_base64(content: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")
