"""What the leading worker does again and again beside the feeds: one line here, one module for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from api.duties.periodic import Periodic
from api.wiring import Hub


def duties(hub: Hub) -> Sequence[Periodic]:
    """Every duty of a worker over an open hub."""
    return (
        Periodic("seal the audit", timedelta(minutes=1), partial(hub.audit.seal_others, hub.tenant)),
        Periodic("go on with actions at partners", timedelta(seconds=1), partial(_act, hub)),
    )


async def _act(hub: Hub) -> None:
    await hub.performer.round(hub.tenant)
