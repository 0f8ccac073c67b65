"""Square Customers and Loyalty: the shipped loyalty connector.

Used of the API (version 2025-08-20): ``SearchCustomers``, ``BulkRetrieveCustomers``,
``SearchLoyaltyAccounts``, ``SearchLoyaltyEvents``, ``RetrieveLoyaltyAccount``, and to change things
``AdjustLoyaltyPoints``, ``CreateLoyaltyReward`` and ``RedeemLoyaltyReward``; to be called,
``CreateWebhookSubscription``, ``ListWebhookSubscriptions`` and ``DeleteWebhookSubscription``.

The specification states how many customers a search for accounts takes (30) but not how many a bulk
retrieval does; the partner's guide says 100.

Not covered, and why:

- ``RetrieveCustomer``, ``ListCustomers``, ``ListLoyaltyPrograms``, ``RetrieveLoyaltyProgram``,
  promotions and rewards: the batch and search operations above answer the same for many customers;
  the terms of the programme itself are not about a customer.
- Customer groups, segments, notes, nicknames, custom attributes and ``email_unsubscribed``: the
  records have no place for them. Square holds neither a language nor a consent date.
- Creating customers and accounts, accumulating points (the till does, with the order), promotions:
  the seller's own business.
- ``ObtainToken``: the token is a setting of the instance.
- Deletions in the feeds: Square tells about deleted customers by webhook only (``customer.deleted``).
- ``loyalty.event.created`` names the account alone, not its customer: the ``loyalty.account.updated``
  that comes with it tells that the customer's activity is outdated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors of this plugin."""
    from plugins.loyalty.connector import SquareLoyalty

    return (SquareLoyalty,)
