"""A model's papers, for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from resolvers.artefacts import Origin


def origin(model: str, version: str = "test") -> Origin:
    return Origin(
        model=model,
        version=version,
        fitted_at=datetime(2026, 11, 27, tzinfo=UTC),
        trained_on="a test",
        made_up=True,
        fingerprint="f",
        customers=1,
    )
