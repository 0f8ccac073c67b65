"""``products``: what can be offered, as the catalogue has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Annotated, Any

from msgspec import Meta

from schema.answers import CustomerAnswer
from schema.inputs import Arguments, DomainName, PageArguments
from schema.paging import connect, stretch
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from schema.scoring.offer_answers import ProductAnswer
from store.data import CustomerData
from store.data_offers import ProductState


class ProductFilter(Arguments, frozen=True, kw_only=True):
    """Which products are listed: those that meet every condition given."""

    states: Annotated[
        tuple[ProductState, ...], Meta(description="In any of these states; active ones unless told.")
    ] = ()
    domains: Annotated[tuple[DomainName, ...], Meta(description="Of any of these domains.")] = ()


class ProductsArguments(PageArguments, frozen=True, kw_only=True):
    """Arguments of ``products``."""

    filter: Annotated[ProductFilter | None, Meta(description="Which products are listed.")] = None


class ProductsRoot(RootField):
    """Lists the catalogue."""

    name = "products"
    rule = needs(Scope.CATALOGUE_READ)
    description = "The products that customers can be offered, by id; asks no partner."
    arguments_type = ProductsArguments
    arguments: ProductsArguments

    def check(self) -> None:
        """Check the page and the filter."""
        self._stretch = stretch(self.arguments)
        asked = self.arguments.filter or ProductFilter()
        self._states = asked.states or (ProductState.ACTIVE,)
        self._domains = {str(getattr(each, "value", each)) for each in asked.domains}

    async def read(self, unit: Unit) -> None:
        """Read the catalogue: it is small, and read as a whole."""
        products = await unit.products.current()
        rows = [
            ((each.id,), ProductAnswer(each))
            for each in products
            if each.state in self._states and (not self._domains or each.domain in self._domains)
        ]
        rows.sort(key=itemgetter(0))  # databases differ in what comes first
        self._page = connect(rows, self._stretch, scope="products", descending=False)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list of products needs no customer
        """Nobody."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """Nobody."""
        return ()

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page."""
        return self._page
