"""Switches a connector instance, for every process of the deployment."""

from __future__ import annotations

from api.settings import Settings
from api.wiring import open_hub, require_current
from c360.access import TenantId
from c360.errors import C360Error
from store.data import InstanceState


class UnknownInstanceError(C360Error):
    """There is no instance of that id."""


class SwitchedOffError(C360Error):
    """The settings switch the instance off."""


async def switch(settings: Settings, instance: str, state: str) -> None:
    """Put an instance into a state of :class:`store.data.InstanceState`.

    Raises:
        UnknownInstanceError: the settings have no such instance.
        SwitchedOffError: it is to be enabled, and the settings switch it off.
        StoreError: the database cannot be written.
    """
    configured = settings.connectors.get(instance)
    if configured is None:
        known = ", ".join(settings.connectors) or "none"
        raise UnknownInstanceError(f"there is no connector {instance!r}; the settings have {known}")
    if state == InstanceState.ENABLED.value and not configured.enabled:
        raise SwitchedOffError(f"set connectors.{instance}.enabled = true in the settings and start anew")
    require_current(settings)
    async with open_hub(settings) as hub, hub.store.database.unit(TenantId(settings.tenant)) as unit:
        if not await unit.instances.set_state(instance, InstanceState(state)):
            raise UnknownInstanceError(
                f"the plugin of {instance!r} cannot be loaded: see python -m api connectors"
            )
