"""Where events may be delivered."""

from __future__ import annotations

from api.webhooks.settings import WebhookSettings
from c360.addresses import AddressPolicy


def endpoint_addresses(settings: WebhookSettings) -> AddressPolicy:
    """Where the settings allow events to be delivered.

    Raises:
        ConfigError: an entry is neither a network nor a host name.
    """
    return AddressPolicy(settings.allowed_networks, field="webhooks.allowed_networks")
