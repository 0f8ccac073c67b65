"""What can be told about uploads."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class BulkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Uploads of many rows."""

    largest: Annotated[int, Meta(description="Bytes of one upload at the most.", ge=1024)] = 1_073_741_824
    at_once: Annotated[
        int, Meta(description="Uploads of one principal that have not come to their end, at the most.", ge=1)
    ] = 10
    idle: Annotated[
        float, Meta(description="Hours after which an upload that does not go on goes.", gt=0)
    ] = 24.0
    kept: Annotated[float, Meta(description="Days for which ended jobs are kept.", gt=0)] = 30.0
    batch: Annotated[int, Meta(description="Rows that are taken in by one transaction.", ge=1, le=20_000)] = (
        2_000
    )
    pause: Annotated[
        float, Meta(description="Seconds after which the worker looks for uploads again.", gt=0)
    ] = 1.0
