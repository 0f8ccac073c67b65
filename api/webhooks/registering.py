"""The hub's address at partners, for the command line: registered, listed, removed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import msgspec

from api.settings import Settings
from api.wiring import Hub, open_hub, require_current
from c360.access import Access, Principal, Purpose
from c360.contract import Registration
from c360.errors import ConfigError
from connectors.results import SourceProblem
from resolvers.actions.registering import Registrar
from store.data_registrations import RegistrationData

PATH = "/webhooks/"
_OPERATOR = "operator"
"""Who is said to have asked for it: whoever may run commands with the settings."""


class AtPartner(msgspec.Struct, frozen=True, kw_only=True):
    """An address that a partner says it calls."""

    url: str
    references: tuple[str, ...]
    ours: bool
    """Whether it is what the hub keeps of its own."""


class WebhookRow(msgspec.Struct, frozen=True, kw_only=True):
    """An instance whose partner can be asked to call."""

    id: str
    wish: str | None
    """``CALL`` or ``CALL_NO_MORE``; none where nothing was ever asked for."""
    state: str | None
    """Where that stands, as of an action."""
    url: str | None
    signed: bool
    """Whether a secret is kept, encrypted, that its calls are verified with."""
    since: datetime | None
    problem: str | None
    """Code of what stood in the way last."""
    at_partner: tuple[AtPartner, ...]
    unlisted: str | None
    """Code of why the partner did not say which addresses it calls."""


async def register(settings: Settings, instance: str, url: str | None = None) -> RegistrationData:
    """Have a partner call the hub.

    Args:
        settings: the settings.
        instance: id of the connector instance.
        url: where; by default ``webhooks.public_url`` says it.

    Raises:
        ConfigError: nothing says where the partner is to call.
        NotRegistrable: its API does not offer that.
        InTheWay: another address is registered, or it is being removed.
    """
    public = settings.webhooks.public_url.rstrip("/")
    if url is None and not public:
        raise ConfigError(
            "webhooks.public_url", "nothing", "set the address at which partners reach the hub, or give --url"
        )
    async with _registrar(settings) as (_, registrar):
        return await registrar.register(instance, url or f"{public}{PATH}{instance}", by=_OPERATOR)


async def remove(settings: Settings, instance: str) -> RegistrationData | None:
    """Have a partner call no more; none where it was never asked to.

    Raises:
        NotRegistrable: its API does not offer that.
        InTheWay: it is being asked to call just now.
    """
    async with _registrar(settings) as (_, registrar):
        return await registrar.remove(instance, by=_OPERATOR)


async def rows(settings: Settings) -> Sequence[WebhookRow]:
    """Every instance whose partner can be asked to call, in the order of the settings."""
    async with _registrar(settings) as (hub, registrar):
        async with hub.store.database.read(hub.tenant) as unit:
            kept = {each.connector: each for each in await unit.registrations.all()}
        principal = Principal(subject=_OPERATOR, tenant=hub.tenant, purposes=frozenset({Purpose.SERVICE}))
        access = Access(principal=principal, purpose=Purpose.SERVICE)
        deadline = timedelta(seconds=registrar.rules.timeout)
        found = []
        for info in hub.host.infos():
            if info.registers is None:
                continue
            said = await hub.host.registered_webhooks(info.id, access=access, deadline=deadline)
            found.append(_row(info.id, kept.get(info.id), said))
        return found


def _row(
    instance: str, mine: RegistrationData | None, said: Sequence[Registration] | SourceProblem
) -> WebhookRow:
    return WebhookRow(
        id=instance,
        wish=None if mine is None else mine.wish.value,
        state=None if mine is None else mine.state.value,
        url=None if mine is None else mine.url,
        signed=mine is not None and mine.signed,
        since=None if mine is None else mine.settled_at or mine.requested_at,
        problem=None if mine is None else mine.problem,
        at_partner=()
        if isinstance(said, SourceProblem)
        else tuple(
            AtPartner(
                url=each.url,
                references=each.references,
                ours=mine is not None and set(each.references) <= set(mine.references),
            )
            for each in said
        ),
        unlisted=said.code.value if isinstance(said, SourceProblem) else None,
    )


@asynccontextmanager
async def _registrar(settings: Settings) -> AsyncIterator[tuple[Hub, Registrar]]:
    require_current(settings)
    async with open_hub(settings) as hub:
        yield hub, Registrar(hub.store.database, hub.tenant, hub.host, hub.clock, settings.actions)
