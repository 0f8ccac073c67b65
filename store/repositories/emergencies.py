"""Customers who were opened to somebody beyond their reach, in an emergency."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement

from store.columns import new_id
from store.data_access import EmergencyData, EmergencyState, EmergencyText, EmergencyVerdict
from store.data_service import OwnPage
from store.errors_access import AlreadyReviewed, FourEyes
from store.errors_service import NotThere
from store.models import EmergencyAccess
from store.repositories.own import Order, OwnRepository, Stretch


class EmergencyRepository(OwnRepository[EmergencyData]):
    """While one lasts, its customer is in sight of its subject. Their ids rise with time."""

    model = EmergencyAccess
    data = EmergencyData

    async def open(
        self, customer_id: str, *, reason: str, ticket: str, by: str, lasting: timedelta
    ) -> EmergencyData:
        """Open a customer to somebody who does not come to them otherwise.

        Args:
            customer_id: whom; the survivor where the customer was merged.
            reason: in the person's words; sealed with the customer's key.
            ticket: the case that it belongs to.
            by: subject of the principal to whom they are opened.
            lasting: for how long.

        Raises:
            CustomerUnknown: no customer answers for the id.
        """
        now = self._scope.clock()
        access = EmergencyData(
            id=new_id(),
            customer_id=await self.holder(customer_id),
            subject=by,
            ticket=ticket,
            content=EmergencyText(reason=reason),
            at=now,
            until=now + lasting,
        )
        await self._insert([access])
        return access

    async def review(
        self, access_id: str, verdict: EmergencyVerdict, *, note: str | None, by: str
    ) -> EmergencyData:
        """Say whether it was right. What was not right ends at once.

        Raises:
            NotThere: there is none of that id.
            FourEyes: it is the reviewer's own.
            AlreadyReviewed: somebody has said so already.
        """
        found = (await self.get([access_id])).get(access_id)
        if found is None:
            raise NotThere(access_id)
        if found.subject == by:
            raise FourEyes(access_id)
        if found.verdict is not None:
            raise AlreadyReviewed(access_id)
        now = self._scope.clock()
        until = found.until if verdict is EmergencyVerdict.JUSTIFIED else min(found.until, now)
        reason = "" if found.content is None else found.content.reason
        return await self._change(
            access_id,
            expected=found.version,
            content=None if note is None else EmergencyText(reason=reason, note=note),
            verdict=verdict,
            until=until,
            reviewed_at=now,
            reviewed_by=by,
        )

    async def standing(self, customer_id: str, *, by: str) -> EmergencyData | None:
        """The one by which a customer is open to somebody at this moment, if any."""
        columns = self._columns
        found = await self._read(
            columns.customer_id == customer_id,
            columns.subject == by,
            columns.until > self._scope.clock(),
            order=Order(descending=True),
            limit=1,
        )
        return found[0] if found else None

    async def page(
        self, *, state: EmergencyState = EmergencyState.OPEN, stretch: Stretch
    ) -> OwnPage[EmergencyData]:
        """A stretch of them, the oldest first.

        Raises:
            CursorError: the cursor is damaged.
        """
        return await self._page(self._stands(state), order=Order(), stretch=stretch)

    async def count(self, *, state: EmergencyState = EmergencyState.OPEN) -> int:
        """How many stand so."""
        return await self._count(self._stands(state))

    def _stands(self, state: EmergencyState) -> ColumnElement[bool]:
        unreviewed = EmergencyAccess.verdict.is_(None)
        return unreviewed if state is EmergencyState.OPEN else ~unreviewed
