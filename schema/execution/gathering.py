"""What gathering is asked for, and what there is where nothing is gathered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from c360.contract import Need
from connectors.infos import InstanceInfo
from connectors.results import Link, SourceResult, SourceState, Target
from schema.errors import ErrorCode, InputError
from schema.inputs import LONGEST_DEADLINE, LONGEST_WINDOW, SHORTEST_DEADLINE, Gather
from store.data import CustomerData
from store.data_folders import Folder, SealedGrant


def too_wide(need: Need) -> bool:
    """Whether a need spans more days than an operation may ask for."""
    return need.since is not None and need.until is not None and need.until - need.since > LONGEST_WINDOW


def target(
    customer: CustomerData, shut: frozenset[str], grants: Mapping[tuple[str, str], SealedGrant] | None
) -> Target:
    """A customer as partners are asked about them, but for those that are shut."""
    links = tuple(
        Link(connector=link.connector, party_id=link.party_id, objects=link.objects)
        for link in customer.links
        if link.connector not in shut
    )
    return Target(customer_id=customer.id, links=links, grants=grants)


def unasked(folder: Folder, infos: Sequence[InstanceInfo]) -> Sequence[SourceResult]:
    """The sources of a customer of whom nothing was needed: the same as long as the customer is."""
    known: tuple[Sequence[InstanceInfo], Sequence[SourceResult]] | None = folder.remembered.get("unasked")
    if known is not None and known[0] is infos:
        return known[1]
    linked = {link.connector for link in folder.customer.links}
    sources = tuple(
        SourceResult(
            connector=info.id,
            domain=info.domain,
            state=SourceState.NOT_REQUESTED if info.id in linked else SourceState.NOT_LINKED,
        )
        for info in infos
    )
    folder.remembered["unasked"] = (infos, sources)
    return sources


def tightest(given: Sequence[Gather], deadline: timedelta) -> tuple[timedelta | None, timedelta]:
    """The tightest freshness and deadline of all root fields that set one."""
    if not given:
        return None, deadline
    ages = [gather.max_age for gather in given if gather.max_age is not None]
    deadlines = [gather.deadline for gather in given if gather.deadline is not None]
    return min(ages, default=None), min(deadlines, default=deadline)


def check_gather(gather: Gather | None) -> None:
    """Make sure that a root field can be gathered for as it says.

    Raises:
        InputError: its deadline is too short or too long.
    """
    if gather is None or gather.deadline is None:
        return
    if not SHORTEST_DEADLINE <= gather.deadline <= LONGEST_DEADLINE:
        message = "A deadline lies between PT0.05S and PT30S."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="gather.deadline")
