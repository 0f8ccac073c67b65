"""The subscriptions of the graph: what each follows, and what it answers when that changes."""

from __future__ import annotations

from collections.abc import Sequence

from schema.subscriptions.base import SubscriptionField
from schema.subscriptions.customer_changed import CustomerChangedField
from schema.subscriptions.interaction_started import InteractionStartedField
from schema.subscriptions.job_progress import JobProgressField
from schema.subscriptions.offers_changed import OffersChangedField

SUBSCRIPTIONS: Sequence[type[SubscriptionField]] = (
    CustomerChangedField,
    OffersChangedField,
    InteractionStartedField,
    JobProgressField,
)
"""Every subscription, in the order in which the printed schema has them."""

FOLLOWING = (
    "Each field is answered for every event that it follows, with what is selected gathered anew. Keep the "
    "`cursor` of the last answer to go on after a break."
)
