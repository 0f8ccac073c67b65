"""Addresses of requests, read as pyreqwest reads them: what is checked is what is connected to."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote_plus

from pyreqwest.http import Url

from c360.errors import ConnectorError, Reconfigure
from c360.http import Request

_SCHEME = len("https://")

_PLAIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?\Z")
"""What may stand before a path that is not read any closer: nothing behind it can make another of it."""

_WORD = re.compile(r"[A-Za-z0-9_.-]*\Z")
"""What stands in a query as it is."""

_MOST = 1_024
"""Addresses before a path, and queries, that are remembered: most ask for the first page."""

Place = tuple[str, str, int]
"""Scheme, host as pyreqwest writes it, and port."""


class Addresses:
    """Reads addresses; what comes before the path is read once, being the same for all of an instance."""

    def __init__(self) -> None:
        self._plain: dict[str, Place] = {}
        """By what stands before the path."""

    def read(self, request: Request) -> tuple[Url | str, Place]:
        """The whole address of a request, and where it leads.

        Raises:
            ConnectorError: it is none.
            Reconfigure: it is not one of HTTP.
        """
        url, params = request.url, request.params
        end = url.find("/", _SCHEME)
        base = url[:end]
        if end < 0 or not (base in self._plain or _PLAIN.match(base)) or "?" in url or "#" in url:
            return self._parsed(url, params)
        key = self._plain.get(base)
        if key is None:
            _, key = self._parsed(f"{base}/", ())
            if len(self._plain) >= _MOST:
                self._plain.clear()
            self._plain[base] = key
        return (f"{url}?{_query(params)}" if params else url), key

    @staticmethod
    def _parsed(url: str, params: tuple[tuple[str, str], ...]) -> tuple[Url, Place]:
        try:
            read = Url.parse_with_params(url, params) if params else Url(url)
        except ValueError:  # its message quotes what was wrong
            raise ConnectorError("the plugin made a request that cannot be written down") from None
        if read.scheme not in {"http", "https"}:
            raise Reconfigure("base_url has to begin with http:// or https://")
        return read, (read.scheme, read.host_str or "", read.port_or_known_default or 0)


@lru_cache(_MOST)
def _query(params: tuple[tuple[str, str], ...]) -> str:
    return "&".join([f"{_written(name)}={_written(value)}" for name, value in params])


def _written(text: str) -> str:
    return text if _WORD.match(text) else quote_plus(text)
