"""The configured connectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from store.data import InstanceData, InstanceState
from store.models import ConnectorInstance
from store.repositories.base import Repository


class InstanceRepository(Repository):
    """What the settings configured, and the state an operator put it in."""

    async def sync(self, instances: Sequence[InstanceData]) -> None:
        """Bring the table in line with the settings.

        The state of an instance that is known already stays. Instances that the settings do not have stay
        too: links and copies still name them, and another process may have them.
        """
        now = self._scope.clock()
        known = {instance.id: instance for instance in await self.all()}
        changed = [
            {
                "id": instance.id,
                "plugin": instance.plugin,
                "domain": instance.domain,
                "state": known.get(instance.id, instance).state.value,
                "updated_at": now,
            }
            for instance in instances
            if instance.id not in known
            or (instance.plugin, instance.domain) != (known[instance.id].plugin, known[instance.id].domain)
        ]
        await self._scope.replace_many(ConnectorInstance, changed)

    async def all(self) -> tuple[InstanceData, ...]:
        """All instances, by id."""
        rows = await self._scope.every(
            select(ConnectorInstance)
            .where(ConnectorInstance.tenant == self._tenant)
            .order_by(ConnectorInstance.id)
        )
        return tuple(
            InstanceData(
                id=row.id,
                plugin=row.plugin,
                domain=row.domain,
                state=InstanceState(row.state),
                updated_at=row.updated_at,
            )
            for row in rows
        )

    async def set_state(self, instance_id: str, state: InstanceState) -> bool:
        """Enable, disable or drain an instance; whether it is known."""
        return bool(
            await self._scope.change(
                update(ConnectorInstance)
                .where(ConnectorInstance.tenant == self._tenant, ConnectorInstance.id == instance_id)
                .values(state=state.value, updated_at=self._scope.clock())
            )
        )

    async def of_domains(self, domains: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Instance ids by domain, for each of the domains."""
        found: dict[str, tuple[str, ...]] = dict.fromkeys(domains, ())
        for instance in await self.all():
            if instance.domain in found:
                found[instance.domain] = (*found[instance.domain], instance.id)
        return found
