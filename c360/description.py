"""What a connector says of itself: who it connects, what it can do, what its partner bears."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from c360.config import ConnectorConfig

CONTRACT_VERSION = 1
"""Version of this contract. A plugin written for another one is refused with what to change."""

CONTRACT_CHANGES: Mapping[int, str] = {}
"""What a plugin has to change when it moves up to a version, by that version."""


class Lookup(enum.Enum):
    """How a connector finds a customer at its partner."""

    BY_KEY = "BY_KEY"
    """By the partner's customer number or a key such as an e-mail address, with the hub's own credential."""
    BY_GRANT = "BY_GRANT"
    """By a token that the customer granted; the token *is* the customer."""


class KeyKind(enum.Enum):
    """What a customer can be looked up by."""

    EMAIL = "EMAIL"
    """E-mail address."""
    PHONE = "PHONE"
    """Phone number with its country code."""
    NAME = "NAME"
    """Name of a person or an organisation."""
    CUSTOMER_NUMBER = "CUSTOMER_NUMBER"
    """The partner's own customer number."""
    POLICY_NUMBER = "POLICY_NUMBER"
    """Number of an insurance policy."""
    ACCOUNT_NUMBER = "ACCOUNT_NUMBER"
    """Number of an account or a card."""
    MEMBERSHIP_NUMBER = "MEMBERSHIP_NUMBER"
    """Number of a loyalty membership."""
    TAX_ID = "TAX_ID"
    """Number for taxes."""


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of record the connector can fetch."""

    kind: str
    batch: int = 1
    """Customers that one call of :meth:`Connector.fetch` takes for this kind. Above 1 only where
    the partner's API answers for several customers at once."""
    cheap_days: int | None = None
    """Days of the longest window that takes few requests, where the API lists one day at a time or so:
    work in the background asks for no longer one. Any window by default."""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of record the connector can stream through :meth:`Connector.changes`."""

    kind: str
    deletions: bool = False
    """Whether the partner tells about records that went away."""
    indexed: bool = False
    """Whether :meth:`Connector.fetch` needs the ids of the records in :attr:`Ref.objects`, because the
    partner cannot list one customer's."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the partner bears."""

    concurrency: int = 8
    """Requests under way at once, over all operations."""
    requests_per_second: float | None = None
    max_records: int = 20_000
    """Records of one customer and kind beyond which the host cuts off and says so."""
    max_bytes: int = 8 * 1024 * 1024
    """Size of one answer beyond which the host refuses it."""


class Medium(enum.Enum):
    """What a connector reaches its partner through."""

    HTTP = "HTTP"
    """Requests through ``ctx.http``."""
    DATABASE = "DATABASE"
    """Statements to a database that the operator named."""
    FILES = "FILES"
    """Files that the partner drops where the operator said."""


class Effect(enum.Enum):
    """What can be promised about how often an action takes effect."""

    KEYED = "KEYED"
    """The partner honours an idempotency key: the same action may be sent again and takes effect once."""
    TRACEABLE = "TRACEABLE"
    """No key, but :meth:`Connector.trace` finds out what became of an action: sent again only where
    the partner knows of none."""
    UNTRACEABLE = "UNTRACEABLE"
    """Neither: sent at most once. Where no answer came, nobody can say, and a human has to ask."""


class ActionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of action that the partner's API has an operation for."""

    kind: str
    """Name of a registered action; see :func:`c360.kinds.actions`."""
    effect: Effect
    granted: bool = True
    """Of a connector by grant: whether it is asked under the customer's grant. Else under the hub's own
    credential, as what comes before there is a grant."""


class WebhookSpec(msgspec.Struct, frozen=True, kw_only=True):
    """That the partner calls the hub when something changes, and how its calls are known for its own."""

    kinds: tuple[str, ...]
    """Kinds of record its calls tell about."""
    signed: bool
    """Whether the partner signs them. Unsigned calls are only ever a hint to fetch again."""
    registers: Effect | None = None
    """What can be promised about registering the hub's address through the partner's API; ``None``: it has
    to be registered by hand."""
    replay_window: float | None = None
    """Seconds after which a signed call is refused as a replay; ``None``: the partner dates nothing,
    and the host recognises a replay by the id of the event alone."""


class Exemption(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the quality tiers that does not apply, because the partner's API does not offer it."""

    rule: str
    """Name of the rule; see :mod:`c360.testing.tiers`."""
    reason: str
    """Why, for whoever reads the tier: what the API lacks."""


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What a connector is and can do. Optional parts are declared here, never discovered."""

    name: str
    """Name of the plugin, as settings use it, such as ``cds_au_banking``."""
    title: str
    """Name for people."""
    domain: str
    """Business domain it serves; see :func:`c360.kinds.domains`."""
    lookup: Lookup
    fetches: tuple[Fetch, ...]
    config: type[ConnectorConfig]
    identifies: tuple[KeyKind, ...] = ()
    """Keys that :meth:`Connector.identify` searches the partner by; empty: not searchable."""
    feeds: tuple[Feed, ...] = ()
    limits: Limits = Limits()
    actions: tuple[ActionSpec, ...] = ()
    """Actions that :meth:`Connector.act` performs; empty: it only reads."""
    webhooks: WebhookSpec | None = None
    """The partner's calls that :meth:`Connector.receive` understands; ``None``: it makes none."""
    medium: Medium = Medium.HTTP
    exemptions: tuple[Exemption, ...] = ()
    documentation: str = ""
    """Address of the partner's published API."""
    contract: int = 1
    """Version of the contract that the plugin was written for. It stays 1 by default, whatever c360 is
    installed: a plugin that says nothing was written for the first."""
