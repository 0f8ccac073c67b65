"""Workloads: which requests, how many at the same time, and what partners take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from benchmarks.race import documents
from benchmarks.race.load import Shot


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """What one contender after the other is given to do."""

    name: str
    title: str
    document: str
    variables: Callable[[Sequence[str]], Sequence[Mapping[str, Any]]]
    """One set for each request, from the ids of the customers."""
    concurrency: int = 16
    latency: float = 0.0
    """Seconds that every partner takes for every answer."""
    compared: bool = True
    """Whether other servers than c360 can do the same."""
    upstream: bool | None = None
    """Whether partners have to be asked, or must not be."""

    def shots(self, customers: Sequence[str], callers: Sequence[Mapping[str, str]]) -> list[Shot]:
        """The requests, each by the next caller."""
        return [
            Shot(
                msgspec.json.encode({"query": self.document, "variables": variables}),
                {"content-type": "application/json", **callers[place % len(callers)]},
            )
            for place, variables in enumerate(self.variables(customers))
        ]


def _each(**more: Any) -> Callable[[Sequence[str]], Sequence[Mapping[str, Any]]]:
    return lambda customers: [{"id": customer, **more} for customer in customers]


def _page(_: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    variables = {"first": 50, "filter": documents.SIX_PARTNERS, "gather": documents.LIVE}
    return [variables] * 8


def _whole(customers: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    return [{"by": {"id": customer}, "gather": documents.LIVE} for customer in customers[:10]]


WORKLOADS: Mapping[str, Workload] = {
    each.name: each
    for each in (
        Workload(
            name="A",
            title="profile of one customer, six partners live",
            document=documents.PROFILE,
            variables=_each(gather=documents.LIVE),
            upstream=True,
        ),
        Workload(
            name="A+",
            title="full view of one customer, every kind of record live",
            document=documents.WHOLE,
            variables=_whole,
            concurrency=4,
            compared=False,
            upstream=True,
        ),
        Workload(
            name="B",
            title="four fields of the hub's own",
            document=documents.LOCAL,
            variables=_each(),
            upstream=False,
        ),
        Workload(
            name="C",
            title="fifty customers, six partners live",
            document=documents.PAGE,
            variables=_page,
            concurrency=1,  # several would ask for the same customers, whose calls would be shared
            upstream=True,
        ),
        Workload(
            name="F",
            title="as A, hot customers within their time to live",
            document=documents.PROFILE,
            variables=_each(gather=documents.REMEMBERED),
            compared=False,
            upstream=False,
        ),
    )
}
"""By name."""
