"""Catalogues made ready to be weighed, each version once."""

from __future__ import annotations

import threading
from typing import Any

from cachetools import LRUCache

from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.offers.propensity import Propensities
from resolvers.offers.weighing import Catalogue
from resolvers.rates import Rates
from store.data_offers import ProductData

_MOST_SHELVES = 16
"""Catalogues that are kept ready: one for each tenant, and the one before a change."""


class Shelves:
    """Makes catalogues ready, each version once."""

    def __init__(self, *, propensities: Propensities, assumptions: Assumptions, rates: Rates) -> None:
        """Weigh by these models."""
        self._models: Any = {
            "propensities": propensities,
            "assumptions": assumptions,
            "rates": rates,
        }
        self._kept: LRUCache[tuple[ProductData, ...], Catalogue] = LRUCache(_MOST_SHELVES)
        self._lock = threading.Lock()

    def of(self, products: tuple[ProductData, ...]) -> Catalogue:
        """The catalogue of some products."""
        with self._lock:
            found = self._kept.get(products)
            if found is None:
                found = self._kept[products] = Catalogue(products, **self._models)
            return found
