"""Calls, messages, visits: how customers and the company met."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from store.columns import new_id
from store.data_service import (
    Direction,
    InteractionChannel,
    InteractionContent,
    InteractionData,
    OwnPage,
    PageView,
    Reference,
    Sentiment,
)
from store.errors_service import NotNow
from store.models import Interaction
from store.repositories.own import Order, OwnRepository, Stretch

NEWEST = Order(columns=("started_at", "id"), descending=True)
MOST_PAGES = 500
"""Pages of a web session that are kept: the latest."""


class InteractionRepository(OwnRepository[InteractionData]):
    """They go where the customer goes."""

    model = Interaction
    data = InteractionData

    async def record(
        self,
        customer_id: str,
        channel: InteractionChannel,
        direction: Direction,
        *,
        by: str,
        started_at: datetime,
        ended_at: datetime | None = None,
        agent: str | None = None,
        sentiment: Sentiment | None = None,
        content: InteractionContent | None = None,
    ) -> InteractionData:
        """Keep an interaction, under way or over.

        Args:
            customer_id: with whom; the survivor has it where the customer was merged.
            channel: through what.
            direction: who began.
            by: who says so.
            started_at: when it began.
            ended_at: when it ended; ``None``: it is under way.
            agent: who of the company took part.
            sentiment: how the customer seemed to feel.
            content: what it was about; sealed with the customer's key.

        Raises:
            CustomerUnknown: no customer answers for the id.
        """
        made = InteractionData(
            id=new_id(),
            customer_id=await self.holder(customer_id),
            channel=channel,
            direction=direction,
            started_at=started_at,
            ended_at=ended_at,
            agent=agent,
            sentiment=sentiment,
            content=content,
            recorded_at=self._scope.clock(),
            recorded_by=by,
        )
        await self._insert([made])
        return made

    async def amend(
        self,
        interaction_id: str,
        *,
        expected: int | None = None,
        ended_at: datetime | None = None,
        sentiment: Sentiment | None = None,
        subject: str | None = None,
        summary: str | None = None,
        pages: Collection[PageView] = (),
        references: Collection[Reference] = (),
    ) -> InteractionData:
        """Add to an interaction what became of it. What is not given stays; pages and references are added.

        Args:
            interaction_id: which.
            expected: the version that was read; ``None``: whichever.
            ended_at: when it ended; can be said once.
            sentiment: how the customer seemed to feel.
            subject: what it was about, in a few words.
            summary: what was said.
            pages: what else the customer looked at.
            references: records that it was about.

        Raises:
            ServiceError: it is not there, over already, or of another version.
        """

        def added(before: InteractionContent | None) -> InteractionContent:
            old = before or InteractionContent()
            seen = sorted((*old.pages, *pages), key=lambda page: page.at)
            return msgspec.structs.replace(
                old,
                subject=old.subject if subject is None else subject,
                summary=old.summary if summary is None else summary,
                pages=tuple(seen[-MOST_PAGES:]),
                references=tuple(dict.fromkeys((*old.references, *references))),
            )

        before = await self._held(interaction_id)
        if ended_at is not None and before.ended_at is not None:
            raise NotNow(interaction_id, "ENDED", ("UNDER_WAY",))
        said = subject is not None or summary is not None or pages or references
        values: dict[str, Any] = {"ended_at": ended_at, "sentiment": sentiment}
        return await self._change(
            interaction_id,
            expected=expected,
            content=added if said else None,
            **{name: value for name, value in values.items() if value is not None},
        )

    async def of(
        self,
        customer_ids: Iterable[str],
        *,
        channels: Collection[InteractionChannel] = (),
        stretch: Stretch,
    ) -> Mapping[str, OwnPage[InteractionData]]:
        """The interactions of each customer, the newest first.

        Raises:
            CursorError: the cursor is damaged.
        """
        column = self._columns.channel
        which = (column.in_(sorted(each.value for each in channels)),) if channels else ()
        return await self._pages(set(customer_ids), *which, order=NEWEST, stretch=stretch)
