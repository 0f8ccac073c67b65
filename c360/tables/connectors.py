"""What connectors of tables have in common, wherever their rows come from."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from c360.contract import Connector, Description, Feed, Fetch, Fetched, KeyKind, Ref
from c360.errors import ConnectorError, SkipCustomer
from c360.kinds import PARTY, domains, kinds
from c360.records.base import Record
from c360.tables.settings import BATCH

ConnectorT = TypeVar("ConnectorT", bound=Connector[Any])


def for_each_domain(
    base: type[ConnectorT], described: Description, *, prefix: str, about: str
) -> tuple[type[ConnectorT], ...]:
    """A connector class for each domain, named like it, with every kind of it, every key and every feed.

    Settings narrow that to what is mapped; see :func:`c360.tables.narrowed`.

    Args:
        base: what they extend.
        described: what is the same for all of them; its title is followed by the domain.
        prefix: of the classes' names.
        about: a sentence on each, with ``{}`` for the domain.
    """
    return tuple(_for(base, described, domain, prefix, about) for domain in domains())


def _for(
    base: type[ConnectorT], described: Description, domain: str, prefix: str, about: str
) -> type[ConnectorT]:
    names = (PARTY, *(kind.name for kind in kinds().values() if kind.domain == domain))
    description = msgspec.structs.replace(
        described,
        name=domain,
        title=f"{described.title} ({domain})",
        domain=domain,
        fetches=tuple(Fetch(kind=kind, batch=BATCH) for kind in names),
        identifies=tuple(KeyKind),
        feeds=tuple(Feed(kind=kind, deletions=True) for kind in names),
    )
    members = {"description": description, "__module__": base.__module__, "__doc__": about.format(domain)}
    made: type[ConnectorT] = type(f"{prefix}{domain.title()}", (base,), members)
    return made


def answered(
    ref: Ref, kind: str, found: tuple[Record, ...] | ConnectorError | None, *, absent: str
) -> Fetched:
    """What was found of one customer; a profile that was not found is a customer who is not known.

    Args:
        absent: what is said of such a one.
    """
    if isinstance(found, ConnectorError):
        return Fetched(ref=ref, kind=kind, error=found)
    if kind == PARTY and not found:
        return Fetched(ref=ref, kind=kind, error=SkipCustomer(absent))
    return Fetched(ref=ref, kind=kind, records=found or ())
