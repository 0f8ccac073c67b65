"""Names the operation of a request: its method, and its path with what belongs to one customer taken out."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote

_WORD = re.compile(r"(?:v\d{1,2}(?:\.\d{1,2})?|[A-Za-z](?:[A-Za-z]|[._-](?=[A-Za-z])){0,39})\Z")
"""A part of a path that may be a word of the partner's API: ids have digits, addresses an ``@``."""

_MOST = 4_096
"""Paths whose names are remembered."""


class OperationNames:
    """Names of one instance's operations.

    Args:
        base_url: where the partner's API starts; it is no part of the names.
    """

    def __init__(self, base_url: str) -> None:
        self._base = base_url.rstrip("/")
        self._known: dict[tuple[str, str], str] = {}

    def of(self, method: str, url: str, personal: Collection[str] = ()) -> str:
        """The operation of a request.

        Args:
            method: the request's.
            url: the request's, without its parameters.
            personal: ids of the customers of this moment, which are never a word of the API.
        """
        name = self._known.get((method, url))
        if name is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            name = self._known[method, url] = self._name(method, url, personal)
        return name

    def _name(self, method: str, url: str, personal: Collection[str]) -> str:
        path = url.removeprefix(self._base).partition("?")[0]
        parts = (
            part if _WORD.match(part) and unquote(part) not in personal else "{}"
            for part in path.split("/")
            if part
        )
        return f"{method} /{'/'.join(parts)}"
