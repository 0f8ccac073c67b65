"""Settings of an Open Insurance Brasil instance."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig
from c360.values import Secret


class Product(enum.Enum):
    """A policy API of Open Insurance Brasil that the connector reads."""

    AUTO = "auto"
    PERSON = "person"
    HOUSING = "housing"


class OpinConfig(ConnectorConfig, frozen=True, kw_only=True):
    """Settings of one insurer. ``base_url`` ends in ``/open-insurance``."""

    token_url: Annotated[
        str,
        Meta(
            description="Address of the insurer's token endpoint, for consents that the hub asks for; empty: "
            "it asks for none."
        ),
    ] = ""
    client_id: Annotated[str, Meta(description="The hub's id there.")] = ""
    client_secret: Annotated[
        Secret | None, Meta(description="Its secret there; without one a certificate has to prove it.")
    ] = None

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
