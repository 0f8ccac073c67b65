"""Links in HTTP headers (RFC 8288, section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["link_targets"]

_TARGET = re.compile(r"\s*,?\s*<([^>]*)>")
_PARAMETER = re.compile(r'\s*;\s*([!#$&+\-.^_`|~\w]+)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;,"]*)))?')


def link_targets(header: str, relation: str) -> Iterator[str]:
    """The targets of the links in a ``Link`` header that have a relation, in their order.

    Relations are compared without regard to case; of several ``rel`` of one link the first counts. What
    cannot be read ends the list.
    """
    position = 0
    wanted = relation.lower()
    while target := _TARGET.match(header, position):
        position = target.end()
        relations: str | None = None
        while parameter := _PARAMETER.match(header, position):
            position = parameter.end()
            if parameter[1].lower() == "rel" and relations is None:
                quoted = parameter[2]
                relations = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else parameter[3] or ""
        if wanted in (relations or "").lower().split():
            yield target[1].strip()
