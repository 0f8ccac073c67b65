"""``startInteraction``, ``updateInteraction``, ``endInteraction`` and ``recordInteraction``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from resolvers.events.catalogue import drafted
from resolvers.events.customers import CustomerAccessChanged
from resolvers.events.kinds import is_actor, is_name
from resolvers.events.work import InteractionStarted
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.inputs import Arguments, NodeId
from schema.mutations.service.base import (
    LONGEST_LINE,
    LONGEST_TEXT,
    OnCustomer,
    ReferenceInput,
    RowMutation,
    RowOutcome,
    RowPayload,
    Versioned,
    line,
    maybe_line,
    maybe_text,
    references,
    text,
)
from schema.ports import Unit
from schema.service.answers import INTERACTION
from schema.service.shapes import Interaction
from store.data_events import EventDraft
from store.data_service import (
    Direction,
    InteractionChannel,
    InteractionContent,
    InteractionData,
    PageView,
    Sentiment,
)

MOST_PAGES = 100
"""Pages in one mutation."""
_LONGEST_URL = 2_000
_AHEAD = dt.timedelta(minutes=5)
"""How far another machine's clock may be ahead."""


class PageViewInput(Arguments, frozen=True, kw_only=True):
    """A page that a customer looked at."""

    url: Annotated[
        str,
        Meta(description=f"Its address, or path on the site; up to {_LONGEST_URL:,} characters."),
    ]
    title: Annotated[str | None, Meta(description="Its title.")] = None
    at: Annotated[dt.datetime | None, Meta(description="When; now unless told.")] = None


_SUBJECT = Annotated[
    str | None, Meta(description=f"What it is about; up to {LONGEST_LINE} characters on one line.")
]
_SUMMARY = Annotated[str | None, Meta(description=f"What was said; up to {LONGEST_TEXT:,} characters.")]
_SENTIMENT = Annotated[Sentiment | None, Meta(description="How the customer seemed to feel.")]
_PAGES = Annotated[
    tuple[PageViewInput, ...], Meta(description=f"Of a web session: pages seen; up to {MOST_PAGES} at once.")
]
_REFERENCES = Annotated[
    tuple[ReferenceInput, ...], Meta(description="Records that it is about: a policy, a flight, a stay.")
]
_AGENT = Annotated[str | None, Meta(description="Who of the company takes part; you unless told.")]


class NewInteractionInput(OnCustomer, frozen=True, kw_only=True):
    """An interaction."""

    channel: Annotated[InteractionChannel, Meta(description="Through what they meet.")]
    direction: Annotated[Direction, Meta(description="Who began.")] = Direction.INBOUND
    started_at: Annotated[dt.datetime | None, Meta(description="When it began; now unless told.")] = None
    agent: _AGENT = None
    subject: _SUBJECT = None
    pages: _PAGES = ()
    references: _REFERENCES = ()


class StartInteractionInput(NewInteractionInput, frozen=True, kw_only=True):
    """An interaction that begins."""

    queue: Annotated[
        str | None,
        Meta(
            description="Name of the queue that it comes by: letters, digits and `._/-`, up to 100. Told to "
            "those who subscribe, and not kept."
        ),
    ] = None


class UpdateInteractionInput(Versioned, frozen=True, kw_only=True):
    """What becomes of an interaction. What is not given stays; pages and references are added."""

    id: Annotated[NodeId, Meta(description="Id of the interaction.")]
    subject: _SUBJECT = None
    summary: _SUMMARY = None
    sentiment: _SENTIMENT = None
    pages: _PAGES = ()
    references: _REFERENCES = ()


class EndInteractionInput(UpdateInteractionInput, frozen=True, kw_only=True):
    """That an interaction ended, and what became of it."""

    ended_at: Annotated[dt.datetime | None, Meta(description="When; now unless told.")] = None


class RecordInteractionInput(NewInteractionInput, frozen=True, kw_only=True):
    """An interaction that is over."""

    ended_at: Annotated[dt.datetime | None, Meta(description="When it ended; when it began unless told.")] = (
        None
    )
    summary: _SUMMARY = None
    sentiment: _SENTIMENT = None


class _InteractionPayload(RowPayload, frozen=True, kw_only=True):
    interaction: Annotated[Interaction | None, Meta(description="The interaction as it is now.")] = None


class StartInteractionPayload(_InteractionPayload, frozen=True, kw_only=True):
    """What starting an interaction did."""


class UpdateInteractionPayload(_InteractionPayload, frozen=True, kw_only=True):
    """What changing an interaction did."""


class EndInteractionPayload(_InteractionPayload, frozen=True, kw_only=True):
    """What ending an interaction did."""


class RecordInteractionPayload(_InteractionPayload, frozen=True, kw_only=True):
    """What recording an interaction did."""


class _InteractionMutation(RowMutation):
    row_type = INTERACTION
    field = "interaction"

    def _moment(self, given: dt.datetime | None, argument: str) -> dt.datetime | None:
        if given is not None and given > self.at + _AHEAD:
            message = "This lies in the future."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=f"input.{argument}")
        return given

    def _pages(self) -> tuple[PageView, ...]:
        given: tuple[PageViewInput, ...] = self.asked.pages
        if len(given) > MOST_PAGES:
            message = f"Give at most {MOST_PAGES} pages at once."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="input.pages")
        return tuple(
            PageView(
                url=text(page.url, f"pages.{place}.url", longest=_LONGEST_URL),
                title=maybe_text(page.title, f"pages.{place}.title", longest=LONGEST_LINE),
                at=self._moment(page.at, f"pages.{place}.at") or self.at,
            )
            for place, page in enumerate(given)
        )


class _NewInteraction(_InteractionMutation):
    def check(self) -> None:
        """Read the id, the texts and the moments."""
        asked = self.asked
        self._customer = self.customer_id()
        self._agent = self.actor if asked.agent is None else line(asked.agent, "agent")
        self._started = self._moment(asked.started_at, "startedAt") or self.at
        self._ended = self._end()
        if self._ended is not None and self._ended < self._started:
            message = "An interaction ends after it begins."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.endedAt")
        self._content = InteractionContent(
            subject=maybe_line(asked.subject, "subject"),
            summary=maybe_text(getattr(asked, "summary", None), "summary"),
            pages=self._pages(),
            references=references(asked.references, "references"),
        )

    def _end(self) -> dt.datetime | None:
        """When it ended; none while it goes on."""
        return None

    async def decide(self, unit: Unit) -> RowOutcome:
        """Keep it."""
        made = await unit.interactions.record(
            self._customer,
            self.asked.channel,
            self.asked.direction,
            by=self.actor,
            started_at=self._started,
            ended_at=self._ended,
            agent=self._agent,
            sentiment=getattr(self.asked, "sentiment", None),
            content=self._content if self._content != InteractionContent() else None,
        )
        return RowOutcome(customer=made.customer_id, row=made.id)


class StartInteraction(_NewInteraction):
    """Starts an interaction."""

    name = "startInteraction"
    description = (
        "Says that a customer and the company meet now: a call comes in, a web session begins. Whoever "
        "subscribes to `interactionStarted` is told at once."
    )
    input_type = StartInteractionInput
    payload_type = StartInteractionPayload

    def check(self) -> None:
        """Read the queue as well."""
        super().check()
        if self.asked.queue is not None and not is_name(self.asked.queue):
            message = "A queue's name has letters, digits and `._/-`, up to 100 characters."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.queue")

    def events(self, outcome: RowOutcome) -> Sequence[EventDraft]:
        """That they meet, beside that something is kept of the customer."""
        interaction = ids.encode(INTERACTION, outcome.row)
        agent = self._agent if is_actor(self._agent) else None
        facts = InteractionStarted(interaction=interaction, agent=agent, queue=self.asked.queue)
        started = drafted(facts, (outcome.customer,))
        return (started, *super().events(outcome))


class RecordInteraction(_NewInteraction):
    """Records an interaction."""

    name = "recordInteraction"
    description = "Keeps an interaction that is over: an e-mail, a letter, a call of yesterday."
    input_type = RecordInteractionInput
    payload_type = RecordInteractionPayload

    def _end(self) -> dt.datetime | None:
        return self._moment(self.asked.ended_at, "endedAt") or self._started


class _AmendedInteraction(_InteractionMutation):
    def check(self) -> None:
        """Read the id and the texts."""
        asked = self.asked
        self._interaction = self.row_id()
        self._content = InteractionContent(
            subject=maybe_line(asked.subject, "subject"),
            summary=maybe_text(asked.summary, "summary"),
            pages=self._pages(),
            references=references(asked.references, "references"),
        )
        self._ended = self._end()

    def _end(self) -> dt.datetime | None:
        """When it ended, where that is to be said."""
        return None

    async def decide(self, unit: Unit) -> RowOutcome:
        """Add it."""
        made = await unit.interactions.amend(
            self._interaction,
            expected=self.expected,
            ended_at=self._ended,
            sentiment=self.asked.sentiment,
            **msgspec.structs.asdict(self._content),
        )
        await self._follow(unit, made)
        return RowOutcome(customer=made.customer_id, row=made.id)

    async def _follow(self, unit: Unit, made: InteractionData) -> None:
        """Do what follows from how it is now: nothing, unless it is over."""


class UpdateInteraction(_AmendedInteraction):
    """Adds to an interaction."""

    name = "updateInteraction"
    description = "Adds to an interaction what becomes of it, under way or over: pages seen, what was said."
    input_type = UpdateInteractionInput
    payload_type = UpdateInteractionPayload


class EndInteraction(_AmendedInteraction):
    """Ends an interaction."""

    name = "endInteraction"
    description = (
        "Says that an interaction ended, and what became of it. It ends what was verified of the customer "
        "with its id as the session, and what its agent verified since it began without a session."
    )
    input_type = EndInteractionInput
    payload_type = EndInteractionPayload
    _masked: tuple[str, ...] = ()

    async def _follow(self, unit: Unit, made: InteractionData) -> None:
        """Mask the customer again."""
        self._masked = await unit.verifications.end_of(
            ids.encode(INTERACTION, made.id),
            customer_id=made.customer_id,
            agent=made.agent,
            since=made.started_at,
        )

    def events(self, outcome: RowOutcome) -> Sequence[EventDraft]:
        """That somebody sees less of the customer, beside that something is kept of them."""
        masked = (drafted(CustomerAccessChanged(), self._masked),) if self._masked else ()
        return (*masked, *super().events(outcome))

    def _end(self) -> dt.datetime | None:
        return self._moment(self.asked.ended_at, "endedAt") or self.at
