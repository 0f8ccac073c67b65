"""What the command line tells about the connector instances."""

from __future__ import annotations

from datetime import datetime

import msgspec

from api.live import LiveHealth, live_health
from api.settings import Settings
from api.wiring import open_hub, require_current


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A change feed and how far it was read."""

    kind: str
    read: datetime | None
    """When the last checkpoint was stored."""
    finished: bool
    """Whether it was ever read to its end."""


class InstanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A connector instance."""

    id: str
    plugin: str
    title: str
    domain: str
    lookup: str
    state: str
    kinds: tuple[str, ...]
    identifies: tuple[str, ...]
    feeds: tuple[FeedRow, ...]
    problem: str | None
    tier: str | None
    """The quality tier that its connector has proven."""
    tier_note: str
    live: LiveHealth | None
    """How it does in the server that runs at the address of the settings; none where none runs."""


async def instances(settings: Settings) -> list[InstanceRow]:
    """All configured instances, in the order of the settings."""
    require_current(settings)
    async with open_hub(settings) as hub:
        async with hub.store.database.read(hub.tenant) as unit:
            feeds = {(feed.connector, feed.kind): feed for feed in await unit.feeds.all()}
        live = await live_health(settings)
        rows = []
        for info in hub.host.infos():
            read = [(kind, feeds.get((info.id, kind))) for kind in info.feeds]
            rows.append(
                InstanceRow(
                    id=info.id,
                    plugin=info.plugin,
                    title=info.title,
                    domain=info.domain,
                    lookup=info.lookup.value if info.lookup else "",
                    state=info.state.value,
                    kinds=info.kinds,
                    identifies=tuple(key.value for key in info.identifies),
                    feeds=tuple(
                        FeedRow(
                            kind=kind,
                            read=feed.updated_at if feed else None,
                            finished=bool(feed and feed.finished),
                        )
                        for kind, feed in read
                    ),
                    problem=info.problem,
                    tier=info.tier.value if info.tier else None,
                    tier_note=info.tier_note,
                    live=live.get(info.id),
                )
            )
        return rows
