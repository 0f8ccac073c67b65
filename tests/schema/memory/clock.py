"""The moment at which the tests of the schema are."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
