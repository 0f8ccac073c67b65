"""``action`` and ``actions``: what partners were asked to do, one by one and as a list to look through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from msgspec import Meta

from schema import cursors, ids
from schema.actions.answers import partner_action
from schema.actions.reading import read_actions
from schema.actions.shapes import PARTNER_ACTION, READING, PartnerAction
from schema.answers import CustomerAnswer
from schema.identity.shapes import CustomerNode
from schema.inputs import Arguments, Gather, NodeId, PageArguments
from schema.paging import stored_page, stretch
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from schema.shapes import Shape
from store.data import CustomerData
from store.data_actions import ActionFilter, PartnerActionState
from store.errors import CursorError


class ActionArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``action``."""

    id: Annotated[NodeId, Meta(description="Global id of the action.")]


class PartnerActionFilter(Arguments, frozen=True, kw_only=True):
    """Which actions are listed: those that meet every condition given."""

    states: Annotated[
        tuple[PartnerActionState, ...] | None, Meta(description="Those that stand so; any unless told.")
    ] = None
    connector: Annotated[NodeId | None, Meta(description="At this connector instance.")] = None
    human_asked: Annotated[
        bool | None,
        Meta(description="Those that a person was asked to find out about, or those that none was."),
    ] = None


class ActionsArguments(PageArguments, frozen=True, kw_only=True):
    """Arguments of ``actions``."""

    filter: Annotated[PartnerActionFilter | None, Meta(description="Which actions are listed.")] = None
    gather: Annotated[Gather | None, Meta(description="How fresh and how long.")] = None


class QueuedAction(Shape, frozen=True, kw_only=True):
    """An action with its customer."""

    action: Annotated[PartnerAction, Meta(description="What was asked for, and where it stands.")]
    customer: Annotated[CustomerNode, Meta(description="The customer.")]


class ActionRoot(RootField):
    """Finds one action."""

    name = "action"
    description = "An action at a partner by its global id; null where there is none."
    arguments_type = ActionArguments
    arguments: ActionArguments
    rule = READING

    def check(self) -> None:
        """Read the id."""
        self._action = ids.decode_as(PARTNER_ACTION, self.arguments.id, argument="id")

    async def read(self, unit: Unit) -> None:
        """Read the action."""
        found = await unit.actions.get([self._action])
        self._kept = await read_actions(unit, found.values())

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # nothing is looked up
        """Its customer, without whom it is not told."""
        return tuple(each.data.customer_id for each in self._kept.values())

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """The customer."""
        return tuple(loaded)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The action."""
        kept = self._kept.get(self._action)
        return None if kept is None or kept.data.customer_id not in customers else partner_action(kept)


class ActionsRoot(RootField):
    """Lists actions page by page."""

    name = "actions"
    description = (
        "What partners were asked to do, the latest first, page by page, forward and backward; each with its "
        "customer. With `humanAsked` those that a person has to find out about."
    )
    arguments_type = ActionsArguments
    arguments: ActionsArguments
    rule = READING

    def check(self) -> None:
        """Check the page."""
        self._stretch = stretch(self.arguments)
        self._total: int | None = None
        asked = self.arguments.filter or PartnerActionFilter()
        self._which = ActionFilter(
            states=asked.states or (), connector=asked.connector, for_human=asked.human_asked
        )

    async def read(self, unit: Unit) -> None:
        """Read the page, and count only where the number is selected.

        Raises:
            InputError: ``INVALID_CURSOR``, a cursor was not made by this list.
        """
        asked = self._stretch
        page = partial(unit.actions.page, self._which, after=asked.after, before=asked.before)
        try:
            self._page = await (page(first=asked.size) if asked.forward else page(last=asked.size))
        except CursorError:
            raise cursors.refused("after" if asked.after is not None else "before") from None
        self._kept = await read_actions(unit, self._page.actions)
        if self.count:
            self._total = await unit.actions.count(self._which)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a list looks nothing up
        """Their customers."""
        return tuple(dict.fromkeys(one.customer_id for one in self._page.actions))

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """All of them."""
        return tuple(loaded)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """The page as a connection."""
        rows = [
            (
                QueuedAction(action=partner_action(self._kept[one.id]), customer=customers[one.customer_id]),
                cursor,
            )
            for one, cursor in zip(self._page.actions, self._page.cursors, strict=True)
            if one.customer_id in customers
        ]
        return stored_page(rows, self._page, total_count=self._total)
