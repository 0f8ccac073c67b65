"""Settings of a back office."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.config import ConnectorConfig
from c360.values import Secret


class WorkOrdersConfig(ConnectorConfig, frozen=True, kw_only=True):
    """How one back office is reached, and how its calls are known for its own."""

    api_key: Annotated[Secret, Meta(description="Key that the back office issued to the hub.")]
    page_size: Annotated[int, Meta(description="Orders asked for in one page.", ge=1, le=200)] = 100
    webhook_secret: Annotated[Secret, Meta(description="Secret that the back office signs its calls with.")]
