"""``dataExport``: how far an export is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta

from schema import ids
from schema.answers import CustomerAnswer
from schema.inputs import Arguments, NodeId
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.privacy.shapes import EXPORT, data_export
from schema.roots.base import Lookups, RootField
from store.data import CustomerData
from store.data_privacy import ExportData


class DataExportArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``dataExport``."""

    id: Annotated[NodeId, Meta(description="Id of the export.")]


class DataExportRoot(RootField):
    """Finds an export."""

    name = "dataExport"
    description = "An export that was requested, and how far it is; null where there is none, or it expired."
    arguments_type = DataExportArguments
    arguments: DataExportArguments
    rule = needs(Scope.PRIVACY_WRITE)

    def check(self) -> None:
        """Read the id."""
        self._id = ids.decode_as(EXPORT, self.arguments.id, argument="id")
        self._found: ExportData | None = None

    async def read(self, unit: Unit) -> None:
        """Read it."""
        self._found = (await unit.exports.get([self._id])).get(self._id)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # it is not looked up by a key
        """Its customer."""
        return () if self._found is None else (self._found.customer_id,)

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """Its customer, where the caller may come to them."""
        return tuple(loaded)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The export, of a customer whom the caller may come to."""
        found = self._found
        return data_export(found) if found is not None and found.customer_id in customers else None
