"""Uploads as the settings say."""

from __future__ import annotations

from api.bulk.comparing import Comparing
from api.bulk.working import BulkWorker
from api.matching import Matching
from api.settings import Settings
from api.wiring import Hub


def open_comparing(hub: Hub, settings: Settings) -> Comparing:
    """What compares uploaded customers with those who are there."""
    return Comparing(hub.store.database, hub.tenant, Matching(settings), hub.clock)


def open_bulk_worker(hub: Hub, settings: Settings) -> BulkWorker:
    """What takes uploads in, over an open hub."""
    return BulkWorker(
        hub.store.database,
        hub.tenant,
        settings.bulk,
        region=settings.phone_region,
        order=tuple(settings.connectors),
        rules=settings.profile,
    )
