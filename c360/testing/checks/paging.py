"""Lists are read to their end, and no further."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from c360.errors import PartnerFault, RetryLater
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.checks.errors import FAULTS
from c360.testing.lab import Lab
from c360.testing.recording import value_of
from c360.testing.trials import Trial, shape
from c360.testing.wire import Heard, Misbehave

_NEXT = frozenset(["next", "more", "cursor", "continuation"])
_ABOUT_PAGES = frozenset(
    "has page pages cursor token link url uri href offset start after number results key is there".split()  # noqa: SIM905  # a list of words
)


def _families(trial: Trial) -> list[list[Heard]]:
    """Exchanges that continue one another: they differ in what says which page alone.

    Lists that are read at the same time, such as the entries of several accounts, are one family each.
    """
    found: dict[str, list[Heard]] = {}
    for heard in trial.wire.heard:
        found.setdefault(_list_of(heard), []).append(heard)
    return [group for group in found.values() if len({it.key for it in group}) > 1]


def _paged(lab: Lab) -> list[tuple[Trial, list[Heard]]]:
    lab.needs_http()
    lab.sound()
    trials = [lab.trial(lab.fetching(lab.needs, [ref])) for ref in lab.refs]
    return [(trial, group) for trial in (*trials, *lab.trials[1:]) for group in _families(trial)]


def _list_of(heard: Heard) -> str:
    """The list that an exchange asks a page of: the request without what says which page."""
    request = heard.request
    params = [(name, value) for name, value in request.params if not _PAGE.search(name)]
    body = value_of(request.content)
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if not _PAGE.search(name)}
    return repr((request.method, request.url, params, body))


_PAGE = re.compile(
    r"(?i)(page|cursor|offset|start|skip|after|token|next|index|number|continuation|^from$|^o$|^p$)"
)


@check("paging-to-the-end", "What an answer says comes next is asked for", rule="paging")
def paging_to_the_end(lab: Lab) -> None:
    """Looks at the last answer of each list for a next page that nobody asked for."""
    lab.needs_http()
    lab.sound()
    trials = [lab.trial(lab.fetching(lab.needs, [ref])) for ref in lab.refs]
    for trial in (*trials, *lab.trials[1:]):
        groups: dict[str, list[Heard]] = {}
        for heard in trial.wire.heard:
            groups.setdefault(f"{heard.request.method} {heard.request.url}", []).append(heard)
        for group in groups.values():
            values = {str(value) for it in group for value in _asked(it)}
            for heard in group:
                for place, value in _announced(heard):
                    demand(
                        _followed(value, values, group),
                        f"{heard.request.method} {shape(heard.request)} announces a next page in {place}, "
                        "and nobody asked for it",
                        "read on until the answer announces none; c360.paging has the usual ways",
                    )
    if not _paged(lab):
        raise Exempt("no answer of the suite's partner had a second page")


def _asked(heard: Heard) -> Iterator[Any]:
    for _, value in heard.request.params:
        yield value
    body = value_of(heard.request.content)
    if isinstance(body, dict):
        yield from body.values()


def _followed(value: Any, asked: set[str], group: list[Heard]) -> bool:
    if value is True:
        return len(group) > 1
    text = str(value)
    query = urlsplit(text).query if text.startswith(("http", "/")) else ""
    if query:
        return any(part.partition("=")[2] in asked for part in query.split("&")) or any(
            query in urlsplit(it.request.url).query for it in group
        )
    return text in asked


def _announced(heard: Heard) -> Iterator[tuple[str, Any]]:
    """What an answer says of a next page."""
    if heard.response is None or heard.response.status >= 300:
        return
    body = value_of(heard.response.content)
    yield from _in_body(body, "", depth=0)
    for name, value in heard.response.headers.items():
        if "cursor" in name and "next" in name and value:
            yield f"the header {name}", value
    found = re.search(r'<([^>]+)>\s*;[^,]*rel="?next"?', heard.response.headers.get("link", ""))
    if found:
        yield "the header link", found.group(1)


def _in_body(value: Any, place: str, *, depth: int) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict) or depth > 2:
        return
    for name, inner in value.items():
        here = f"{place}.{name}" if place else name
        if isinstance(inner, dict):
            yield from _in_body(inner, here, depth=depth + 1)
        elif _is_next(name) and isinstance(inner, str | int) and inner:
            yield here, inner


def _is_next(name: str) -> bool:
    """Whether a field is named as the next page: ``next_cursor``, ``hasMore``; no ``nextPaymentDate``."""
    words = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}
    return bool(words & _NEXT) and words <= _NEXT | _ABOUT_PAGES


@check("paging-loop-ends", "Pages that repeat themselves end it", rule="paging")
def paging_loop_ends(lab: Lab) -> None:
    """The partner answers the first page again, whatever page is asked for."""
    paged = _paged(lab)
    if not paged:
        raise Exempt("no answer of the suite's partner had a second page")
    for trial, group in paged:
        first = group[0]
        if first.response is None:
            continue

        def stuck(heard: Heard, first: Heard = first) -> Misbehave | None:
            if _list_of(heard) != _list_of(first) or first.response is None:
                return None
            response = first.response
            return lambda _: response

        again = lab.trial(trial.operation, fault=stuck)
        if again.result.breaches:
            raise Failed(
                f"the first page came again and again, and {again.result.breaches[0]}",
                "raise PartnerFault where a cursor or a page repeats, and bound the number of pages",
            )
        for error in again.result.errors():
            demand(
                isinstance(error, PartnerFault | RetryLater),
                f"pages that repeat themselves ended as {type(error).__name__}",
                "raise PartnerFault",
            )


@check("second-page-fails", "A failure on a later page is an error, not a shorter list", rule="paging")
def second_page_fails(lab: Lab) -> None:
    """The first page alone looks complete and is not."""
    paged = _paged(lab)
    if not paged:
        raise Exempt("no answer of the suite's partner had a second page")
    for trial, group in paged:
        last = group[-1]

        def fault(heard: Heard, last: Heard = last) -> Misbehave | None:
            return FAULTS["status-500"] if heard.key == last.key else None

        again = lab.trial(trial.operation, fault=fault)
        demand(
            any(True for _ in again.result.errors()),
            f"a failure on a later page of {shape(last.request)} was passed over",
            "let the error through: half a list makes totals wrong",
        )


CHECKS = (paging_to_the_end, paging_loop_ends, second_page_fails)
