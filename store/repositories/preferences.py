"""What customers like best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import delete, select

from store.data_service import PreferenceData
from store.errors_identity import CustomerUnknown
from store.models import Preference
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.families import Families

_COLUMNS = PreferenceData.__struct_fields__


class PreferenceRepository(Repository):
    """One value for each key and node. Where a merge brought two together, the one set later holds."""

    async def put(self, customer_id: str, key: str, value: str | None, *, by: str) -> str:
        """Set a preference, or forget it.

        Args:
            customer_id: whose; the survivor has it where the customer was merged.
            key: of the catalogue.
            value: as the catalogue writes it; ``None``: none any more.
            by: who says so.

        Returns:
            the id of the customer that has it.

        Raises:
            CustomerUnknown: no customer answers for the id.
        """
        present = (await Families(self._scope).hold([customer_id], shared=True)).get(customer_id)
        if present is None:
            raise CustomerUnknown(customer_id)
        if value is None:
            columns = table(Preference).c
            await self._scope.change(
                delete(table(Preference)).where(
                    columns.tenant == self._tenant, columns.customer_id == present, columns.key == key
                )
            )
            return present
        made = PreferenceData(
            customer_id=present, key=key, value=value, set_at=self._scope.clock(), set_by=by
        )
        row = {"home_id": present, **msgspec.structs.asdict(made)}
        await self._scope.replace_many(Preference, [row])
        return present

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[PreferenceData, ...]]:
        """The preferences of each customer, by key."""
        columns = table(Preference).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _COLUMNS))
            .where(columns.tenant == self._tenant, self._scope.among(Preference.customer_id, customer_ids))
            .order_by(columns.key, columns.set_at, columns.home_id)
        )
        found: dict[str, dict[str, PreferenceData]] = {}
        for row in rows.mappings():
            each = PreferenceData(**row)
            found.setdefault(each.customer_id, {})[each.key] = each
        return {customer: tuple(mine.values()) for customer, mine in found.items()}
