"""What clients' changes did: counted, and each idempotency key once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class KeyReusedError(Exception):
    """An idempotency key came again with another request."""


class Effects:
    """The truth that a client's idea of what happened is compared with."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._done: dict[tuple[str, str], tuple[bytes, Any]] = {}

    def count(self, name: str) -> None:
        """Something took effect, such as ``adjust_points``."""
        self._counts[name] += 1

    def once(self, name: str, key: str, body: Any, effect: Callable[[], T]) -> T:
        """Let something take effect, or give what it gave when the same key came before.

        An effect that raises has not happened: the key stays free.

        Args:
            name: what it is counted as.
            key: the client's idempotency key.
            body: the request that the key stands for.
            effect: does it and returns the answer.

        Raises:
            KeyReusedError: the key stands for another request.
        """
        mark = hashlib.sha256(msgspec.json.encode(body)).digest()
        done = self._done.get((name, key))
        if done is not None:
            before, answer = done
            if before != mark:
                raise KeyReusedError(name)
            kept: T = answer
            return kept
        answer = effect()
        self._done[name, key] = (mark, answer)
        self.count(name)
        return answer

    def as_dict(self) -> dict[str, int]:
        """How often each thing took effect, by name."""
        return dict(sorted(self._counts.items()))
