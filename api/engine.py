"""The graph's engine over an open hub."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from api.admission.documents import read_documents, warm
from api.admission.gate import Gate
from api.logs import hide
from api.models import serving_models
from api.settings import Settings
from api.webhooks.addresses import endpoint_addresses
from api.wiring import Hub
from resolvers.service.rules import ServiceRules
from schema.build import Schema, built_schema
from schema.engine import GraphEngine
from schema.execution.context import EngineSettings
from schema.execution.limits import Limits
from schema.observing import OperationObserver
from schema.permissions.introspection import EVERY_ROLE
from schema.permissions.settings import AccessSettings


def _access(settings: Settings) -> AccessSettings:
    """Who sees what; whoever develops against the graph may look at it."""
    if not settings.authentication.development:
        return settings.access
    return msgspec.structs.replace(settings.access, introspection_roles=(EVERY_ROLE,))


def build_engine(
    hub: Hub,
    settings: Settings,
    observer: OperationObserver | None = None,
    *,
    limits: Limits | None = None,
    schema: Schema | None = None,
) -> GraphEngine:
    """The engine that answers from a hub, with the defaults that the settings name.

    Args:
        hub: what it answers from.
        settings: its defaults.
        observer: watches how operations do.
        limits: bounds of a document, where they are not those of callers.
        schema: the graph, where it is not the one of the process.
    """
    documents = (
        read_documents(settings.folder / settings.admission.documents)
        if (settings.admission.documents)
        else {}
    )
    schema = schema or built_schema()
    hide({field for _, field in schema.permits.table.personal})
    engine = GraphEngine(
        schema,
        hub.store.database,
        hub.host,
        hub.clock,
        settings=EngineSettings(
            deadline=timedelta(seconds=settings.gather.deadline),
            region=settings.phone_region,
            endpoint_addresses=endpoint_addresses(settings.webhooks),
            profile=settings.profile,
            service=ServiceRules(
                appointments=settings.appointments,
                complaints=settings.complaints,
                preferences=settings.preferences,
            ),
            gathering=timedelta(seconds=settings.live.gathering),
            access=_access(settings),
        ),
        models=serving_models(settings),
        audit=hub.audit,
        observer=observer,
        performer=hub.performer,
        bus=hub.bus,
        limits=limits,
        admission=Gate(settings.admission, documents),
    )
    warm(engine, documents)
    return engine
