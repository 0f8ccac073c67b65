"""What the leading worker does again and again beside the feeds: one line here, one module for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol

from api.bulk.opening import open_bulk_worker, open_comparing
from api.duties.periodic import Periodic
from api.duties.retention import Retention
from api.granting.duties import GrantDuties
from api.privacy.exporting import Exporter
from api.settings import Settings
from api.webhooks.duty import DeliverEvents, forget_old
from api.wiring import Hub
from resolvers.actions.registering import Registrar


class Duty(Protocol):
    """Something that goes on as long as a worker leads."""

    name: str
    """What it does, for the log."""

    async def run(self) -> None:
        """Do it until cancelled."""
        ...


def duties(hub: Hub, settings: Settings) -> Sequence[Duty]:
    """Every duty of a worker over an open hub."""
    comparing = (
        (Periodic("compare uploaded customers", timedelta(seconds=30), open_comparing(hub, settings).round),)
        if settings.identity.automatic
        else ()
    )
    return (
        *comparing,
        Periodic("seal the audit", timedelta(minutes=1), partial(hub.audit.seal_others, hub.tenant)),
        Periodic("delete what is kept long enough", timedelta(hours=1), Retention(hub).round),
        Periodic("make exports", timedelta(seconds=5), Exporter(hub, settings).round),
        Periodic("look after customers' grants", timedelta(seconds=5), GrantDuties(hub).round),
        Periodic(
            "go on with actions at partners", timedelta(seconds=1), partial(hub.performer.drain, hub.tenant)
        ),
        Periodic(
            "go on with registering webhooks",
            timedelta(seconds=5),
            Registrar(hub.store.database, hub.tenant, hub.host, hub.clock, settings.actions).round,
        ),
        DeliverEvents(hub, settings.webhooks),
        Periodic("forget old events", timedelta(hours=1), partial(forget_old, hub, settings.webhooks)),
        Periodic(
            "take uploads in", timedelta(seconds=settings.bulk.pause), open_bulk_worker(hub, settings).round
        ),
    )
