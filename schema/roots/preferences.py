"""``preferenceKeys``: what customers can prefer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resolvers.service.preferences import catalogue
from schema.answers import CustomerAnswer
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.roots.base import Lookups, RootField
from schema.service import shapes
from store.data import CustomerData


class PreferenceKeysRoot(RootField):
    """Lists the catalogue."""

    name = "preferenceKeys"
    description = "What customers can prefer: the catalogue of keys that `setPreference` takes."
    rule = needs(Scope.CATALOGUE_READ)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # no customers
        """None."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:  # no customers
        """None."""
        return ()

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:  # no customers
        """The keys, in the order of the catalogue."""
        return [
            shapes.PreferenceKey(key=one.key, type=one.type, description=one.description, choices=one.choices)
            for one in catalogue(self.service.preferences).values()
        ]
