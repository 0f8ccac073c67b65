"""``addNote``, ``changeNote`` and ``removeNote``."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from schema.inputs import NodeId
from schema.mutations.service.base import (
    LONGEST_TEXT,
    OnCustomer,
    RowMutation,
    RowOutcome,
    RowPayload,
    Versioned,
    text,
)
from schema.ports import Unit
from schema.service.answers import NOTE
from schema.service.shapes import Note

_TEXT = Annotated[
    str,
    Meta(
        description=f"What is written down; up to {LONGEST_TEXT:,} characters. Kept sealed with the "
        "customer's own key, and unreadable once they are erased."
    ),
]


class AddNoteInput(OnCustomer, frozen=True, kw_only=True):
    """Something to be written down."""

    text: _TEXT


class ChangeNoteInput(Versioned, frozen=True, kw_only=True):
    """What a note says instead."""

    id: Annotated[NodeId, Meta(description="Id of the note.")]
    text: _TEXT


class RemoveNoteInput(Versioned, frozen=True, kw_only=True):
    """A note that is not to be kept."""

    id: Annotated[NodeId, Meta(description="Id of the note.")]


class _NotePayload(RowPayload, frozen=True, kw_only=True):
    note: Annotated[Note | None, Meta(description="The note as it is now.")] = None


class AddNotePayload(_NotePayload, frozen=True, kw_only=True):
    """What adding a note did."""


class ChangeNotePayload(_NotePayload, frozen=True, kw_only=True):
    """What changing a note did."""


class RemoveNotePayload(_NotePayload, frozen=True, kw_only=True):
    """What removing a note did: the note is null, because it is gone."""


class _NoteMutation(RowMutation):
    row_type = NOTE
    field = "note"


class AddNote(_NoteMutation):
    """Adds a note."""

    name = "addNote"
    description = "Writes something down of a customer, for whoever serves them next."
    input_type = AddNoteInput
    payload_type = AddNotePayload

    def check(self) -> None:
        """Read the id and the text."""
        self._customer = self.customer_id()
        self._text = text(self.asked.text, "text")

    async def decide(self, unit: Unit) -> RowOutcome:
        """Write it."""
        made = await unit.notes.write(self._customer, self._text, by=self.actor)
        return RowOutcome(customer=made.customer_id, row=made.id)


class ChangeNote(_NoteMutation):
    """Changes a note."""

    name = "changeNote"
    description = "Lets a note say something else."
    input_type = ChangeNoteInput
    payload_type = ChangeNotePayload

    def check(self) -> None:
        """Read the id and the text."""
        self._note = self.row_id()
        self._text = text(self.asked.text, "text")

    async def decide(self, unit: Unit) -> RowOutcome:
        """Change it."""
        made = await unit.notes.rewrite(self._note, self._text, by=self.actor, expected=self.expected)
        return RowOutcome(customer=made.customer_id, row=made.id)


class RemoveNote(_NoteMutation):
    """Removes a note."""

    name = "removeNote"
    description = "Deletes a note for good."
    input_type = RemoveNoteInput
    payload_type = RemoveNotePayload

    def check(self) -> None:
        """Read the id."""
        self._note = self.row_id()

    async def decide(self, unit: Unit) -> RowOutcome:
        """Delete it."""
        gone = await unit.notes.remove(self._note, expected=self.expected)
        return RowOutcome(customer=gone.customer_id, row=gone.id)
