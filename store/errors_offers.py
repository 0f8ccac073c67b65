"""Why the answer to an offer cannot be kept.

::

    StoreError
    └── OfferError
        ├── ProductUnknown      the catalogue has no such product
        └── ResponseKeyReused   an idempotency key came with another answer
"""

from __future__ import annotations

from store.errors import StoreError


class OfferError(StoreError):
    """The answer to an offer cannot be kept."""


class ProductUnknown(OfferError):
    """The catalogue has no such product.

    Args:
        product_id: the product's id.
    """

    def __init__(self, product_id: str) -> None:
        super().__init__("the catalogue has no product of this id; list the products")
        self.product_id = product_id


class ResponseKeyReused(OfferError):
    """An idempotency key came with another answer before."""

    def __init__(self) -> None:
        super().__init__("this idempotency key was used for another answer; take a new one")
