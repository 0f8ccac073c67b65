"""What the graph's objects are resolved from: thin views over a customer's gathered data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from c360.access import Purpose
from c360.contract import Need
from c360.records.party import Identifier
from c360.values import PostalAddress
from connectors import results
from connectors.results import SourceResult
from resolvers import contacts, names
from resolvers.contacts import contact_points
from resolvers.profile import GoldenProfile
from resolvers.timeline import Timeline
from resolvers.view import CustomerView
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.inputs import LONGEST_WINDOW, WindowArguments
from schema.paging import Connection, cut, stretch
from schema.shapes import ContactPoint, MissingSource, Profile, SourceProblem

Answer = Callable[[CustomerView], Any]


class FieldAnswers:
    """An object whose attributes are functions of one customer."""

    __slots__ = ("_answers", "view")

    def __init__(self, view: CustomerView, answers: Mapping[str, Answer]) -> None:
        self.view = view
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        try:
            answer = self._answers[name]
        except KeyError:
            raise AttributeError(name) from None
        return answer(self.view)


class CustomerAnswer(FieldAnswers):
    """A customer; its own type, so that the graph can tell nodes apart."""

    __slots__ = ("customers",)

    def __init__(
        self, view: CustomerView, answers: Mapping[str, Answer], customers: Mapping[str, CustomerAnswer]
    ) -> None:
        """Answer for a customer.

        Args:
            view: Of the customer.
            answers: By the names of the fields.
            customers: All of the operation, to whom what the hub knows of this one may lead.
        """
        super().__init__(view, answers)
        self.customers = customers


class WindowedConnection(Connection, frozen=True, kw_only=True):
    """A stretch of what happened in a window of days."""

    since: date
    until: date


def window_of(timeline: Timeline, today: date, asked: WindowArguments) -> Need:
    """The need for the window that was asked for.

    Raises:
        InputError: It ends before it begins, or is too long.
    """
    need = timeline.window(today, asked.since, asked.until)
    if need.since is not None and need.until is not None:
        if need.until < need.since:
            message = "The window ends before it begins."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="until")
        if need.until - need.since > LONGEST_WINDOW:
            message = f"A window may be {LONGEST_WINDOW.days} days long at the most."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="since")
    return need


def windowed(timeline: Timeline, view: CustomerView, asked: WindowArguments) -> WindowedConnection:
    """The stretch of a windowed kind that was asked for, newest first."""
    page = stretch(asked)
    need = window_of(timeline, view.today, asked)
    line = timeline.line(view.joined(need.kind), need)
    edges, info = cut(line.records, line, page, scope=need.kind, descending=True)
    return WindowedConnection(
        edges=edges,
        page_info=info,
        total_count=len(line.records),
        since=need.since or date.min,
        until=need.until or date.max,
    )


class SourceAnswer:
    """How a source answered, as of the operation; read by the fields' names of :class:`SourceStatus`."""

    __slots__ = ("_at", "_source", "connector", "domain", "status")

    def __init__(self, source: SourceResult, at: datetime) -> None:
        self._source = source
        self._at = at
        self.connector = source.connector
        self.domain = source.domain
        self.status = source.state

    @property
    def fetched_at(self) -> datetime | None:
        """When the oldest of its records was fetched."""
        return self._source.fetched_at

    @property
    def age(self) -> timedelta | None:
        """How old that is."""
        fetched = self._source.fetched_at
        return None if fetched is None else max(self._at - fetched, timedelta(0))

    @property
    def latency(self) -> timedelta | None:
        """How long it took."""
        return self._source.latency

    @property
    def problem(self) -> SourceProblem | None:
        """Why it did not answer in full."""
        return problem(self._source.problem)


def problem(found: results.SourceProblem | None) -> SourceProblem | None:
    """A source's problem as the graph shows it."""
    if found is None:
        return None
    retry = found.retry_after
    return SourceProblem(
        code=found.code,
        message=found.message,
        retry_after=None if retry is None else timedelta(seconds=min(max(retry, 0), 10**8)),
    )


def customer_answers(domain_of: Mapping[str, str]) -> dict[str, Answer]:
    """The fields that every customer has, by name.

    Args:
        domain_of: Domain of each configured connector instance.
    """
    return {
        "id": lambda view: ids.encode("Customer", view.customer.id),
        "kind": lambda view: view.customer.kind,
        "display_name": lambda view: view.customer.display_name,
        "country": lambda view: view.customer.country,
        "created_at": lambda view: view.customer.created_at,
        "updated_at": lambda view: view.customer.updated_at,
        "domain_of": lambda _: domain_of,
        "sources": lambda view: [SourceAnswer(source, view.at) for source in view.sources],
        "complete": lambda view: view.complete,
    }


def profile(view: CustomerView) -> Profile:
    """The golden profile with a name to call the customer by."""
    return profile_of(view.profile, view)


def profile_of(golden: GoldenProfile, view: CustomerView) -> Profile:
    """A golden profile of a customer, of now or of the past, whole or of one party, as the graph shows it."""
    customer = view.customer
    return Profile(
        display_name=names.display_name(golden, customer.kind, customer.display_name),
        contact_points=tuple(_contact_point(one) for one in reachable(golden, view)),
        **{key: getattr(golden, key) for key in golden.__struct_fields__},
    )


def reachable(golden: GoldenProfile, view: CustomerView) -> Iterator[contacts.ContactPoint]:
    """The contact points of a profile that may be used for what the operation is for."""
    for one in contact_points(golden, None if view.decisions is None else view.consents):
        if view.purpose is not Purpose.MARKETING or (one.purposes and Purpose.MARKETING in one.purposes):
            yield one


def _contact_point(found: contacts.ContactPoint) -> ContactPoint:
    postal = found.value if isinstance(found.value, PostalAddress) else None
    sources: Any = found.sources  # of the same shape
    return ContactPoint(
        kind=found.kind,
        value=in_one_line(found.value),
        address=postal,
        preferred=found.preferred,
        verified=found.verified,
        sources=sources,
        purposes=None if found.purposes is None else tuple(sorted(found.purposes, key=lambda one: one.value)),
    )


def in_one_line(value: Any) -> str:
    """A value of a profile as a person reads it."""
    if isinstance(value, PostalAddress):
        parts = (*value.lines, value.postal_code, value.city, value.region, value.country)
        return ", ".join(part for part in parts if part)
    return value.value if isinstance(value, Identifier) else str(value)


def missing(view: CustomerView, domain: str) -> list[MissingSource]:
    """What the sources of a domain did not give."""
    return [
        MissingSource(
            connector=one.source.connector,
            status=one.source.state,
            records=one.kinds,
            problem=problem(one.source.problem),
        )
        for one in view.missing(domain)
    ]
