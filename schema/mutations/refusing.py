"""Why the store does not let who is who be changed, told in terms of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from schema import ids
from schema.identity import answers
from schema.identity.answers import CUSTOMER
from schema.mutations.problems import (
    IdentityProblem,
    IdentityTakenProblem,
    KeptApartProblem,
    NotFoundProblem,
    PartyPair,
    Problem,
    ProblemCode,
)
from store import errors_identity as refusals
from store.data_identity import PartyRef

Path = tuple[str, ...]


class Paths:
    """Where an input names what a problem may be about."""

    def __init__(self) -> None:
        self._paths: dict[object, Path] = {}

    def remember(self, named: object, path: Path) -> None:
        """Remember where something was named: an id of the hub, or a party."""
        self._paths.setdefault(named, path)

    def of(self, named: object) -> Path:
        """Where it was named; empty where it was not."""
        return self._paths.get(named, ())


def told(error: refusals.IdentityError, paths: Paths) -> Problem | None:
    """The problem that a refusal of the store is; none for one that no input can lead to."""
    make = _TOLD.get(type(error))
    return None if make is None else make(error, paths)


def customer_missing(customer_id: str, paths: Paths) -> NotFoundProblem:
    """There is no such customer."""
    return _missing("There is no such customer, or no more: look it up again.", paths.of(customer_id))


def pairs(apart: Iterable[tuple[PartyRef, PartyRef]]) -> tuple[PartyPair, ...]:
    """Pairs of partner records."""
    return tuple(PartyPair(left=left, right=right) for left, right in map(answers.parties, apart))


def _missing(message: str, path: Path) -> NotFoundProblem:
    return NotFoundProblem(message=message, path=path)


def _stated(code: ProblemCode, message: str, path: Path = ()) -> IdentityProblem:
    return IdentityProblem(message=message, code=code, path=path)


_TOLD: Mapping[type[refusals.IdentityError], Callable[[Any, Paths], Problem]] = {
    refusals.CustomerUnknown: lambda error, paths: customer_missing(error.customer_id, paths),
    refusals.EntryUnknown: lambda error, paths: _missing(
        "The ledger has no such entry: list the customer's `identityHistory`.", paths.of(error.entry_id)
    ),
    refusals.ReviewUnknown: lambda error, paths: _missing(
        "There is no such review: list the queue again.", paths.of(error.review_id)
    ),
    refusals.PartyUnknown: lambda error, paths: _missing(
        "This partner record does not belong to the customer: read its identities again.",
        paths.of(error.party),
    ),
    refusals.PartyTaken: lambda error, paths: IdentityTakenProblem(
        message="This partner record belongs to another customer: merge the two, or unlink it there first.",
        path=paths.of(error.party),
        customer_id=ids.encode(CUSTOMER, error.customer_id),
    ),
    refusals.PartyErased: lambda error, paths: _stated(
        ProblemCode.IDENTITY_ERASED,
        "This partner record belonged to a person who was erased: nothing is kept of it.",
        paths.of(error.party),
    ),
    refusals.KindsDiffer: lambda _error, _paths: _stated(
        ProblemCode.KINDS_DIFFER,
        "A person and an organisation are never one customer: merge customers of one kind.",
    ),
    refusals.KeptApart: lambda error, _paths: KeptApartProblem(
        message="A person keeps partner records of them apart: overrule it where that was wrong.",
        pairs=pairs(error.pairs),
    ),
    refusals.NothingToSplit: lambda _error, _paths: _stated(
        ProblemCode.NOTHING_TO_SPLIT,
        "Some of a customer's partner records can leave: name at least one, and not all.",
    ),
    refusals.NotMerged: lambda error, paths: _stated(
        ProblemCode.NOT_MERGED,
        "This customer stands on their own: name the id of one who was merged, or the merge.",
        paths.of(error.customer_id),
    ),
    refusals.CannotReverse: lambda error, paths: _stated(
        ProblemCode.CANNOT_REVERSE, f"This cannot be taken back: {error.why}.", paths.of(error.entry_id)
    ),
    refusals.ReviewClosed: lambda error, paths: _stated(
        ProblemCode.REVIEW_CLOSED,
        "The review is closed, decided or moot by now: list the queue again.",
        paths.of(error.review_id),
    ),
}
