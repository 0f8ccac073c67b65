"""Entries of the ledger and reviews by their ids, for every field that shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from schema.ports import Unit
from store.data_identity import LedgerEntry, ReviewData


async def read_decisions(
    unit: Unit, entries: Sequence[str], reviews: Sequence[str]
) -> tuple[Mapping[str, LedgerEntry], Mapping[str, ReviewData]]:
    """Entries and reviews by id, each kind read only where some are wanted; unknown ones are left out."""
    return (
        await unit.ledger.by_ids(entries) if entries else {},
        await unit.reviews.get(reviews) if reviews else {},
    )


def sides(reviews: Iterable[ReviewData]) -> Iterator[str]:
    """Ids of the customers on both sides of reviews."""
    for review in reviews:
        yield review.left_customer
        yield review.right_customer
