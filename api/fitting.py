"""What the store keeps of all customers, as something to fit models to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np

from api.scoring import PAGE, everybody
from c360.access import TenantId
from c360.errors import C360Error
from resolvers.consents.population import ANALYSED, usable
from resolvers.serving import Models
from resolvers.summaries.population import Population, joined
from resolvers.training.learning import About, Learning, fingerprint, is_aside
from store.database import Database


class EmptyStoreError(C360Error):
    """The store keeps figures of nobody; the message says what would."""


async def read_store(
    database: Database,
    tenant: TenantId,
    models: Models,
    *,
    now: datetime,
    report: Callable[[str], None],
    page: int = PAGE,
) -> Learning:
    """Read the figures of every customer. What became of them the store does not tell.

    Args:
        database: the store.
        tenant: whose customers.
        models: by whose rates amounts become the hub's own currency.
        now: the present.
        report: takes a line of progress.
        page: customers at once.

    Raises:
        EmptyStoreError: there are none.
    """
    parts: list[Population] = []
    kinds: list[str] = []
    after: str | None = None
    while True:
        async with database.read(tenant) as unit:
            found = await unit.summaries.everybody(after, page)
            used = usable(found, await unit.consents.of(found), ANALYSED, now)
            known = await unit.customers.kinds(used)
        if not found:
            break
        after = max(found)
        # Who was erased between the readings is nobody's customer.
        parts.append(everybody({one: used[one] for one in sorted(known)}, models, now=now))
        kinds += [known[one].value for one in sorted(known)]
        report(f"{len(kinds):,} customers read")
    if not kinds:
        raise EmptyStoreError(
            "the store keeps figures of nobody; let python -m api worker run until it has followed the feeds"
        )
    population = joined(parts)
    return Learning(
        population=population,
        kinds=kinds,
        outcomes={},
        groups={},
        aside=np.array([is_aside(customer) for customer in population.customers]),
        about=About(
            day=now.date(),
            currency=population.currency,
            source=f"the store, {len(kinds):,} customers",
            made_up=False,
        ),
        fingerprint=fingerprint(population, {}, {}),
    )
