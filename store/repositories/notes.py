"""What people write down of customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from store.columns import new_id
from store.data_service import NoteData, OwnPage, Text
from store.models import Note
from store.repositories.own import Order, OwnRepository, Stretch


class NoteRepository(OwnRepository[NoteData]):
    """They go where the customer goes. Their ids rise with time."""

    model = Note
    data = NoteData

    async def write(self, customer_id: str, text: str, *, by: str) -> NoteData:
        """Keep a note of a customer, sealed with their key.

        Raises:
            CustomerUnknown: no customer answers for the id.
        """
        note = NoteData(
            id=new_id(),
            customer_id=await self.holder(customer_id),
            content=Text(text=text),
            written_at=self._scope.clock(),
            written_by=by,
        )
        await self._insert([note])
        return note

    async def rewrite(self, note_id: str, text: str, *, by: str, expected: int | None = None) -> NoteData:
        """Let a note say something else.

        Raises:
            ServiceError: it is not there, or of another version.
        """
        return await self._change(
            note_id,
            expected=expected,
            content=Text(text=text),
            changed_at=self._scope.clock(),
            changed_by=by,
        )

    async def remove(self, note_id: str, *, expected: int | None = None) -> NoteData:
        """Delete a note; what it was.

        Raises:
            ServiceError: it is not there, or of another version.
        """
        return await self._delete(note_id, expected=expected)

    async def of(self, customer_ids: Iterable[str], *, stretch: Stretch) -> Mapping[str, OwnPage[NoteData]]:
        """The notes of each customer, the latest first.

        Raises:
            CursorError: the cursor is damaged.
        """
        return await self._pages(set(customer_ids), order=Order(descending=True), stretch=stretch)
