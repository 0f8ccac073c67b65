"""How customers answered offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import and_, or_, select

from store.columns import new_id
from store.data_offers import Contact, OfferEvent, OfferEventDraft, OfferEventKind
from store.errors_identity import CustomerUnknown
from store.errors_offers import ProductUnknown, ResponseKeyReused
from store.models import OfferResponse, Product
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.families import Families

_DRAFTED = tuple(field.name for field in msgspec.structs.fields(OfferEventDraft))
_ASKED = ("customer_id", "product_id", "event", "channel", "doing", "reason")
"""What the caller said; the rest is what the hub knew then."""


class OfferResponseRepository(Repository):
    """Presentations, acceptances and refusals. They go where the customer goes whom they were noted for."""

    async def record(self, draft: OfferEventDraft, *, key: str | None = None) -> OfferEvent:
        """Keep what became of an offer.

        Args:
            draft: what; of a customer who was merged, the survivor has it.
            key: chosen by the agent: the same event under the same key is kept once, however often and
                late it is told.

        Returns:
            what is kept: with a key that was used, what was kept then.

        Raises:
            CustomerUnknown: no customer answers for the id.
            ProductUnknown: the catalogue has no such version of the product.
            ResponseKeyReused: the agent used the key for something else.
            KeyringError: a key was given and the database was opened without a keyring.
        """
        held = await Families(self._scope).hold([draft.customer_id], shared=True)
        present = held.get(draft.customer_id)
        if present is None:
            raise CustomerUnknown(draft.customer_id)
        draft = msgspec.structs.replace(draft, customer_id=present)
        await self._require(draft.product_id, draft.product_version)
        event_id = new_id() if key is None else self._id(draft.agent, key)
        row = {name: getattr(draft, name) for name in _DRAFTED} | {
            "tenant": self._tenant,
            "id": event_id,
            "home_id": present,
            "event": draft.event.value,
            "at": self._scope.clock(),
        }
        await self._session.execute(self._scope.upsert(OfferResponse).values(row).on_conflict_do_nothing())
        (kept,) = await self._events(table(OfferResponse).c.id == event_id)
        if any(getattr(kept, name) != getattr(draft, name) for name in _ASKED):
            raise ResponseKeyReused
        return kept

    async def contacts(
        self, customer_ids: Iterable[str], *, within: timedelta
    ) -> dict[str, tuple[Contact, ...]]:
        """What became of offers to each customer within some time up to now, the oldest first. One query."""
        columns = table(OfferResponse).c
        rows = await self._session.execute(
            select(columns.customer_id, columns.product_id, columns.event, columns.at, columns.channel)
            .where(
                columns.tenant == self._tenant,
                self._scope.among(OfferResponse.customer_id, customer_ids),
                columns.at >= self._scope.clock() - within,
            )
            .order_by(columns.customer_id, columns.at, columns.id)
        )
        found: dict[str, list[Contact]] = {}
        for customer_id, product_id, event, at, channel in rows:
            contact = Contact(product_id=product_id, event=OfferEventKind(event), at=at, channel=channel)
            found.setdefault(customer_id, []).append(contact)
        return {customer_id: tuple(mine) for customer_id, mine in found.items()}

    async def get(self, ids: Iterable[str]) -> dict[str, OfferEvent]:
        """Events by id; unknown ones are left out."""
        found = await self._events(self._scope.among(OfferResponse.id, ids))
        return {each.id: each for each in found}

    async def read(self, *, after: OfferEvent | None = None, limit: int = 1_000) -> Sequence[OfferEvent]:
        """All events, the oldest first, so many at a time.

        Args:
            after: the last one read before; ``None``: from the beginning.
            limit: how many at the most.
        """
        columns = table(OfferResponse).c
        if after is None:
            return await self._events(limit=limit)
        behind = or_(columns.at > after.at, and_(columns.at == after.at, columns.id > after.id))
        return await self._events(behind, limit=limit)

    async def _events(self, *conditions: Any, limit: int | None = None) -> list[OfferEvent]:
        columns = table(OfferResponse).c
        rows = await self._session.execute(
            select(*(columns[name] for name in (*_DRAFTED, "id", "at")))
            .where(columns.tenant == self._tenant, *conditions)
            .order_by(columns.at, columns.id)
            .limit(limit)
        )
        return [OfferEvent(**{**row, "event": OfferEventKind(row["event"])}) for row in rows.mappings()]

    async def _require(self, product_id: str, version: int) -> None:
        found = await self._session.scalar(
            select(Product.id).where(
                Product.tenant == self._tenant, Product.id == product_id, Product.version == version
            )
        )
        if found is None:
            raise ProductUnknown(product_id)

    def _id(self, agent: str, key: str) -> str:
        # The length tells where the one ends and the other begins.
        text = f"{len(agent)}:{agent}{key}"
        return self._scope.keyring.lookup_hash(self._tenant, "OFFER_RESPONSE", text)[:16].hex()
