"""Until when complaints are to be settled, as the settings say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from store.data_service import Severity

_Hours = Annotated[int, Meta(ge=1, le=24 * 366)]


class ComplaintRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long complaints may take."""

    low: Annotated[_Hours, Meta(description="Hours until a complaint of severity `LOW` is due.")] = 30 * 24
    normal: Annotated[_Hours, Meta(description="The same of `NORMAL`.")] = 14 * 24
    high: Annotated[_Hours, Meta(description="The same of `HIGH`.")] = 5 * 24
    critical: Annotated[_Hours, Meta(description="The same of `CRITICAL`.")] = 24

    def due(self, severity: Severity, opened_at: datetime) -> datetime:
        """Until when a complaint is to be settled."""
        hours: int = getattr(self, severity.value.lower())
        return opened_at + timedelta(hours=hours)
