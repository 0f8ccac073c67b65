"""``offersChanged``: a customer's offers anew, whenever what decides on them changes."""

from __future__ import annotations

from resolvers.events.customers import Aspect
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.subscriptions.customer_changed import CustomerChangedField
from store.data_events import EventData

_DECIDING = frozenset(
    {Aspect.IDENTITY.value, Aspect.RECORDS.value, Aspect.OFFERS.value, Aspect.SCORES.value, Aspect.OWN.value}
)
"""Of what a customer is: all that an offer's conditions, ranking and stops look at."""


class OffersChangedField(CustomerChangedField):
    """Follows what decides on the offers to a customer."""

    name = "offersChanged"
    description = (
        "The customer anew whenever its offers may be others: an answer to one, a consent, a score, a "
        "record at a partner. Select `customer { offers { … } }`."
    )
    rule = needs(Scope.EVENTS_READ, Scope.OFFERS_READ)

    def wants(self, event: EventData) -> bool:
        """Not where all that changed is something that offers do not look at."""
        aspects = event.data.get("aspects") or _DECIDING
        return not _DECIDING.isdisjoint(aspects)
