"""Settings of an Open Insurance Brasil instance."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig


class Product(enum.Enum):
    """A policy API of Open Insurance Brasil that the connector reads."""

    AUTO = "auto"
    PERSON = "person"
    HOUSING = "housing"


class OpinConfig(ConnectorConfig, frozen=True, kw_only=True):
    """Settings of one insurer. ``base_url`` ends in ``/open-insurance``."""

    products: Annotated[
        tuple[Product, ...],
        Meta(
            description="Policy APIs to read. Leave out what the insurer does not offer or the "
            "customers' consents do not cover: a refused list fails the whole kind.",
            min_length=1,
        ),
    ] = tuple(Product)
    page_size: Annotated[
        int, Meta(description="Records asked for per page; the API allows 1000.", ge=1, le=1000)
    ] = 100
