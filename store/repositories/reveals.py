"""Masked values that were shown to somebody, one by one, each with a reason."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from store.columns import new_id
from store.data_access import RevealData, RevealReason
from store.data_service import Text
from store.errors_access import TooOften
from store.models import Reveal
from store.repositories.own import OwnRepository

REVEALING = timedelta(hours=1)
"""Over what time reveals are counted."""


class RevealRepository(OwnRepository[RevealData]):
    """They go where the customer goes whose values they were."""

    model = Reveal
    data = RevealData

    async def note(
        self, customer_id: str, path: str, reason: RevealReason, *, note: str | None, by: str, most: int
    ) -> RevealData:
        """Note that a value is shown.

        Args:
            customer_id: whose; the survivor where the customer was merged.
            path: which value.
            reason: why.
            note: the same in the person's words; sealed with the customer's key.
            by: subject of the principal to whom it is shown.
            most: values within :data:`REVEALING` at the most.

        Raises:
            CustomerUnknown: no customer answers for the id.
            TooOften: as many were shown to the principal of late.
        """
        now = self._scope.clock()
        columns = self._columns
        lately = list(
            await self._session.scalars(
                select(columns.at)
                .where(columns.tenant == self._tenant, columns.subject == by, columns.at > now - REVEALING)
                .order_by(columns.at)
            )
        )
        if len(lately) >= most:
            raise TooOften(lately[-most] + REVEALING - now)
        shown = RevealData(
            id=new_id(),
            customer_id=await self.holder(customer_id),
            subject=by,
            path=path,
            reason=reason,
            content=None if note is None else Text(text=note),
            at=now,
        )
        await self._insert([shown])
        return shown
