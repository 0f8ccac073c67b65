"""Workloads: which requests, how many at the same time, and what partners take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from benchmarks.race import documents
from benchmarks.race.load import Shot


class Customers(msgspec.Struct, frozen=True):
    """Ids of customers, in the order of their list."""

    known_to_six: Sequence[str]
    everybody: Sequence[str]


Given = Sequence[Mapping[str, Any]]


class Workload(msgspec.Struct, frozen=True, kw_only=True):
    """What one contender after the other is given to do."""

    name: str
    title: str
    document: str
    variables: Callable[[Customers], Given]
    """One set for each request."""
    concurrency: int = 16
    latency: float = 0.0
    """Seconds that every partner takes for every answer."""
    compared: bool = True
    """Whether other servers than c360 can do the same."""
    without: frozenset[str] = frozenset()
    """Servers that cannot do it before who asked them gives up."""
    everybody: bool = False
    """Whether it asks for people whom only some partners know."""
    upstream: bool | None = None
    """Whether partners have to be asked, or must not be."""

    def shots(self, people: Customers, callers: Sequence[Mapping[str, str]]) -> list[Shot]:
        """The requests, each by the next caller."""
        return [
            Shot(
                msgspec.json.encode({"query": self.document, "variables": variables}),
                {"content-type": "application/json", **callers[place % len(callers)]},
            )
            for place, variables in enumerate(self.variables(people))
        ]


def _each(**more: Any) -> Callable[[Customers], Given]:
    return lambda people: [{"id": customer, **more} for customer in people.known_to_six]


def _everybody(people: Customers) -> Given:
    return [{"id": customer, "gather": documents.LIVE} for customer in people.everybody]


def _page(size: int) -> Callable[[Customers], Given]:
    return lambda _: [{"first": size, "filter": documents.SIX_PARTNERS, "gather": documents.LIVE}]


def _year(_: Customers) -> Given:
    since = (datetime.now(UTC).date() - timedelta(days=365)).isoformat()
    page = {"first": 60, "filter": documents.SIX_PARTNERS, "gather": documents.REMEMBERED}
    return [{**page, "since": since}]


def _whole(people: Customers) -> Given:
    return [{"by": {"id": customer}, "gather": documents.LIVE} for customer in people.known_to_six[:10]]


def _notes(people: Customers) -> Given:
    text = "Asked when the next payment is due, and was told."
    return [{"input": {"customerId": customer, "text": text}} for customer in people.known_to_six]


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
            name="A64",
            title="as A, 64 at the same time, each of another customer",
            document=documents.PROFILE,
            variables=_each(gather=documents.LIVE),
            concurrency=64,
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
            variables=_page(50),
            concurrency=1,  # several would ask for the same customers, whose calls would be shared
            upstream=True,
        ),
        Workload(
            name="C10",
            title="as C, ten customers: what a customer costs does not depend on how many are listed",
            document=documents.PAGE,
            variables=_page(10),
            concurrency=1,
            compared=False,
            upstream=True,
        ),
        Workload(
            name="D",
            title="5,000 transactions of sixty customers, from memory",
            document=documents.TRANSACTIONS,
            variables=_year,
            concurrency=1,
            compared=False,
            upstream=False,
        ),
        Workload(
            name="E",
            title="as A of people whom some partners know, 20 ms a partner, 512 at the same time",
            document=documents.PROFILE,
            variables=_everybody,
            concurrency=512,
            without=frozenset({"strawberry"}),
            everybody=True,
            latency=0.02,
            upstream=True,
        ),
        Workload(
            name="E1",
            title="as A, 20 ms a partner, one at a time",
            document=documents.PROFILE,
            variables=_each(gather=documents.LIVE),
            concurrency=1,
            latency=0.02,
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
        Workload(
            name="G",
            title="a note on a customer",
            document=documents.NOTE,
            variables=_notes,
            compared=False,
            upstream=False,
        ),
    )
}
"""By name."""


def recorded(everybody: bool) -> list[Workload]:
    """The workloads that partners are asked for, be it only once before something is remembered.

    Args:
        everybody: whether those are among them that ask for people whom only some partners know.
    """
    asking = [each for each in WORKLOADS.values() if each.upstream is not False or not each.compared]
    return [each for each in asking if each.everybody <= everybody]
