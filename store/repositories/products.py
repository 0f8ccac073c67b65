"""The products that can be offered."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import select, update

from store.data_offers import CatalogueChange, ProductData, ProductDraft, ProductState
from store.models import Product
from store.models.base import table
from store.repositories.base import Repository

_DRAFTED = tuple(field.name for field in msgspec.structs.fields(ProductDraft))


class ProductRepository(Repository):
    """The catalogue of one tenant. A change makes a new version; earlier ones are kept."""

    async def put(self, products: Sequence[ProductDraft]) -> CatalogueChange:
        """Keep products as they are given; those that are not given stay as they are.

        Doing it again with the same products changes nothing.

        Raises:
            ValueError: a product is given twice.
            Conflict: somebody else changes the same product at the same moment.
        """
        given = {each.id: each for each in products}
        if len(given) != len(products):
            raise ValueError("a product is given twice")
        before = {each.id: each for each in await self._current(given)}
        changed = [each for key, each in given.items() if key in before and not _same(each, before[key])]
        created = [each for key, each in given.items() if key not in before]
        await self._end([each.id for each in changed])
        now = self._scope.clock()
        await self._scope.insert_many(
            Product,
            [
                {name: getattr(each, name) for name in _DRAFTED}
                | {
                    "state": each.state.value,
                    "version": before[each.id].version + 1 if each.id in before else 1,
                    "current": True,
                    "since": now,
                }
                for each in sorted((*created, *changed), key=lambda one: one.id)
            ],
        )
        written = {each.id for each in (*created, *changed)}
        return CatalogueChange(
            created=tuple(each.id for each in created),
            changed=tuple(each.id for each in changed),
            unchanged=tuple(key for key in given if key not in written),
        )

    async def current(self) -> tuple[ProductData, ...]:
        """All products as they are now, by id. One query."""
        return tuple(await self._current(None))

    async def _current(self, ids: Collection[str] | None) -> list[ProductData]:
        columns = table(Product).c
        conditions = [columns.tenant == self._tenant, columns.current]
        if ids is not None:
            conditions.append(self._scope.among(Product.id, ids))
        rows = await self._session.execute(
            select(*(columns[name] for name in (*_DRAFTED, "version", "since")))
            .where(*conditions)
            .order_by(columns.id)
        )
        return [ProductData(**{**row, "state": ProductState(row["state"])}) for row in rows.mappings()]

    async def _end(self, ids: Collection[str]) -> None:
        if ids:
            await self._scope.change(
                update(Product)
                .where(Product.tenant == self._tenant, self._scope.among(Product.id, ids), Product.current)
                .values(current=False)
            )


def _same(draft: ProductDraft, kept: ProductData) -> bool:
    return all(getattr(draft, name) == getattr(kept, name) for name in _DRAFTED)
