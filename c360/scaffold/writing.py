"""Writes a new distribution into an empty folder."""

from __future__ import annotations

import keyword
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from c360.contract import KeyKind
from c360.errors import C360Error
from c360.kinds import PARTY
from c360.kinds import kind as kind_of
from c360.scaffold.templates import FILES, WINDOW
from c360.testing import Known
from c360.testing.recording import About, Exchange, Recording, save

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
"""What the made-up recording's clock says."""
PAGE = 100
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*\Z")
_JSON = {"content-type": "application/json"}
_PEOPLE = (
    {"id": "C-1", "first_name": "Ada", "last_name": "Example", "email": "ada@mail.example"},
    {"id": "C-2", "first_name": "Bo", "email": "bo@mail.example", "birth_date": "1980-05-17"},
)
_UNKNOWN = "C-404"

Json = dict[str, Any]


class ScaffoldError(C360Error):
    """The distribution cannot be written; the message says what would do."""


def domains() -> Mapping[str, Json]:
    """What the scaffold begins with, by domain."""
    found: dict[str, Json] = tomllib.loads(files("c360.scaffold").joinpath("domains.toml").read_text("utf-8"))
    return found


def write(name: str, domain: str, folder: Path) -> list[Path]:
    """Write a distribution.

    Args:
        name: of the plugin, such as ``acme_stays``; dashes become underscores.
        domain: one of :func:`domains`.
        folder: where; it must not hold anything.

    Returns:
        the files, without those of the recording.

    Raises:
        ScaffoldError: the name or the folder cannot be used. Nothing is written then.
    """
    module = _module(name)
    start = domains().get(domain)
    if start is None:
        raise ScaffoldError(f"there is no scaffold for {domain!r}; use one of {', '.join(sorted(domains()))}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ScaffoldError(f"{folder} is there already; name an empty folder with --folder")
    places = _places(module, domain, start)
    written = []
    try:
        for path, text in FILES.items():
            file = folder / Template(path).substitute(places)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(Template(text).substitute(places), encoding="utf-8")
            written.append(file)
    except OSError as error:
        raise ScaffoldError(f"{folder} cannot be written ({type(error).__name__})") from None
    save(_recording(module, start, f"https://api.{places['host']}/v1"), folder / "tests" / "recordings")
    return written


def _module(name: str) -> str:
    if not _NAME.match(name) or len(name) > 40:
        raise ScaffoldError(f"{name!r} is no name for a plugin: use lower-case letters, digits and _")
    module = name.replace("-", "_")
    if keyword.iskeyword(module) or module in sys.stdlib_module_names or module == "c360":
        raise ScaffoldError(f"{name!r} is the name of something in Python; choose another")
    return module


def _places(module: str, domain: str, start: Json) -> dict[str, str]:
    words = module.split("_")
    converters = {"day", "text", *(each.strip() for each in start["converters"].split(","))}
    windowed = kind_of(start["kind"]).windowed
    standard = start.get("standard", "")
    return {
        "name": module,
        "dashed": module.replace("_", "-"),
        "Class": "".join(word.capitalize() for word in words),
        "title": " ".join(words).title(),
        "host": f"{module.replace('_', '-')}.example",
        "domain": domain,
        "kind": start["kind"],
        "record": start["record"],
        "things": start["things"],
        "wire": start["wire"].lstrip("\n"),
        "mapping": start["mapping"].lstrip("\n"),
        "tables": f"\n{start['tables'].strip()}\n" if start["tables"] else "",
        "imports": start["imports"],
        "standard": f"\n{standard}\n" if standard else "",
        "converters": ", ".join(sorted(converters)),
        "window": WINDOW if windowed else "",
        "params": "window" if windowed else "",
    }


def _recording(module: str, start: Json, base_url: str) -> Recording:
    """What the made-up partner answers to all that the suite asks."""
    since, until = NOW.date() - timedelta(days=365), NOW.date()
    kind = start["kind"]
    windowed = kind_of(kind).windowed
    owned: dict[str, Sequence[Json]] = {"C-1": start["items"][:-1], "C-2": start["items"][-1:]}
    windows: list[tuple[date, date] | None] = [(since, until)] if windowed else [None]
    exchanges = []
    for person in _PEOPLE:
        exchanges.append(_get(f"/customers/{person['id']}", person))
        path = f"/customers/{person['id']}/{start['things']}"
        for window in windows:
            exchanges += _pages(path, owned[person["id"]], start, window)
        search = {"email": person["email"], "limit": "20"}
        exchanges.append(_get("/customers", {"customers": [person]}, search))
    for path in (f"/customers/{_UNKNOWN}", f"/customers/{_UNKNOWN}/{start['things']}"):
        params = _page_params(windows[0], None) if path.endswith(start["things"]) else {}
        exchanges.append(_get(path, {"error": "no such customer"}, params, status=404))
    about = About(
        connector=module,
        recorded_at=NOW,
        base_url=base_url,
        customers=tuple(
            Known(
                party_id=person["id"],
                keys={KeyKind.EMAIL: person["email"]},
                records={PARTY: 1, kind: len(owned[person["id"]])},
            )
            for person in _PEOPLE
        ),
        unknown=_UNKNOWN,
        since=since,
        until=until,
    )
    return Recording(about=about, exchanges=tuple(exchanges))


def _pages(path: str, items: Sequence[Json], start: Json, window: tuple[date, date] | None) -> list[Exchange]:
    """Two things a page, whatever is asked for, so that there is something to page through."""
    inside = [item for item in items if window is None or _within(item, start, window)]
    pages = [inside[place : place + 2] for place in range(0, len(inside), 2)] or [[]]
    found = []
    for number, page in enumerate(pages):
        cursor = f"after-{number}" if number else None
        more = {"next_cursor": f"after-{number + 1}"} if number + 1 < len(pages) else {}
        found.append(_get(path, {"items": page, **more}, _page_params(window, cursor)))
    return found


def _within(item: Json, start: Json, window: tuple[date, date]) -> bool:
    day = date.fromisoformat(str(item[start["day"]])[:10])
    return window[0] <= day <= window[1]


def _page_params(window: tuple[date, date] | None, cursor: str | None) -> dict[str, str]:
    params = {} if window is None else {"from": window[0].isoformat(), "to": window[1].isoformat()}
    return {**params, "limit": str(PAGE), **({"cursor": cursor} if cursor else {})}


def _get(path: str, answer: Json, params: Mapping[str, str] | None = None, *, status: int = 200) -> Exchange:
    return Exchange(
        method="GET",
        path=path,
        params=tuple((params or {}).items()),
        status=status,
        headers=_JSON,
        answer=answer,
    )
