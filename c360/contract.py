"""The connector contract: what a plugin describes, what it is asked, what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

import msgspec

from c360.actions import Action, ActionKind, ActionOutcome, ActionState, RejectionCode, Unfit
from c360.auth import Auth
from c360.auth.grants import CodeFlow
from c360.changes import Change, Checkpoint, Deletion, Outdated, Upsert
from c360.config import ConnectorConfig
from c360.description import (
    CONTRACT_VERSION,
    ActionSpec,
    Description,
    Effect,
    Exemption,
    Feed,
    Fetch,
    KeyKind,
    Limits,
    Lookup,
    Medium,
    WebhookSpec,
)
from c360.http import Http, Transport
from c360.lookups import as_completed, fetch_each
from c360.needs import Fetched, Need, PartyQuery, Ref
from c360.records.party import Party
from c360.webhooks import Receipt, Registration, Subscription, Webhook

__all__ = [
    "CONTRACT_VERSION",
    "Action",
    "ActionKind",
    "ActionOutcome",
    "ActionSpec",
    "ActionState",
    "Change",
    "Checkpoint",
    "CodeFlow",
    "Connector",
    "Context",
    "Deletion",
    "Description",
    "Effect",
    "Exemption",
    "Feed",
    "Fetch",
    "Fetched",
    "KeyKind",
    "Limits",
    "Lookup",
    "Medium",
    "Need",
    "Outdated",
    "PartyQuery",
    "Receipt",
    "Ref",
    "Registration",
    "RejectionCode",
    "Subscription",
    "Unfit",
    "Upsert",
    "Webhook",
    "WebhookSpec",
    "as_completed",
    "connect",
    "fetch_each",
    "unbounded",
]


def unbounded() -> float | None:
    """The time left where nothing ends it."""
    return None


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What the host gives to a connector instance."""

    instance: str
    """Id of the instance, as the settings name it."""
    http: Http
    now: Callable[[], datetime]
    """The clock, in UTC. The only one a connector uses."""
    remaining: Callable[[], float | None] = unbounded
    """Seconds left until the deadline of the operation under way; ``None`` where there is none, as in the
    worker. ``ctx.http`` keeps to it by itself; a statement to a database has to be told."""


ConfigT = TypeVar("ConfigT", bound=ConnectorConfig)


class Connector(ABC, Generic[ConfigT]):
    """One instance of a plugin: a partner, its address and its credential.

    A plugin implements :meth:`describe` and :meth:`fetch`, and those of the other methods whose
    capability it declares.
    """

    description: ClassVar[Description]

    def __init__(self, config: ConfigT, ctx: Context) -> None:
        self.config = config
        self.ctx = ctx

    @classmethod
    def describe(cls) -> Description:
        """What the connector is and can do. Pure: no I/O, the same answer every time."""
        return cls.description

    @classmethod
    def configured(cls, config: ConfigT) -> Description:  # noqa: ARG003  # for those that override it
        """What an instance with this config is and can do: what :meth:`describe` says, or less of it.

        For connectors whose settings say which kinds there are, as those of tables and files do. Domain
        and look-up stay; kinds, feeds, keys and actions may be left out. Pure, like :meth:`describe`.

        Raises:
            ConfigError: the config contradicts itself; says which field, what stands there, what would do.
        """
        return cls.describe()

    def auth(self) -> Auth | None:
        """The instance's own credential, put on every request that carries no grant."""
        return None

    def grant_flow(self, redirect_uri: str) -> CodeFlow | None:
        """How a customer is asked to grant access; ``None``: grants are only imported. Pure.

        For connectors ``BY_GRANT``, whose config extends :class:`c360.granting.GrantConfig`.

        Args:
            redirect_uri: where the partner sends the customer back to, as it is registered there.
        """
        return None

    @abstractmethod
    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """Fetch records for many customers at once.

        ``needs`` are of kinds declared with the same batch size, ``refs`` no more than that size.
        Yields exactly one :class:`Fetched` per need's kind and ref, each as soon as it is known, so
        that what was ready before a deadline is kept. A failure that concerns one customer or kind
        is yielded as its ``error``; one that concerns all may be raised.
        """

    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        """The partner's parties that match a key. Only with ``Description.identifies``."""
        raise NotImplementedError

    def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        """Records of a declared feed that changed since a cursor (``None``: from the beginning).

        Yields a :class:`Checkpoint` now and then and at the end. Ends; the worker calls again.
        """
        raise NotImplementedError

    async def act(self, action: Action) -> ActionOutcome:
        """Perform an action of a declared kind. Only with ``Description.actions``.

        Raises:
            OutcomeUnknown: it was sent, and no answer tells what became of it.
            ConnectorError: any other one means that it has no effect.
        """
        raise NotImplementedError

    async def trace(self, action: Action) -> ActionOutcome | None:
        """What became of an action that was sent; ``None``: the partner knows of none.

        For actions whose effect is ``TRACEABLE``, and for those that may end as ``PENDING``.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Let go of what the instance holds, such as connections and threads. The host's last call.

        Only connectors that reach their partner by another medium than ``ctx.http`` hold anything.
        """

    def receive(self, webhook: Webhook) -> Receipt:
        """Verify a partner's call and read it. Only with ``Description.webhooks``. Pure: no I/O.

        Raises:
            WebhookRefused: it is not the partner's, too old, or not what the partner's API sends.
        """
        raise NotImplementedError

    async def register(self, subscription: Subscription) -> Registration:
        """Have the partner call the hub. Only with ``WebhookSpec.registers``, as the next two.

        Raises:
            OutcomeUnknown: it was sent, and no answer tells what became of it.
            ConnectorError: any other one means that the partner does not call.
        """
        raise NotImplementedError

    async def registrations(self) -> Sequence[Registration]:
        """The addresses that the partner calls, whoever registered them."""
        raise NotImplementedError

    async def deregister(self, references: Sequence[str]) -> None:
        """Have the partner call no more by these of its ids; those that it does not know are done with.

        Raises:
            ConnectorError: the partner may go on calling.
        """
        raise NotImplementedError


def connect(
    kind: type[Connector[ConfigT]],
    config: ConfigT,
    transport: Transport,
    *,
    instance: str,
    now: Callable[[], datetime],
    remaining: Callable[[], float | None] = unbounded,
) -> Connector[ConfigT]:
    """Build a connector instance over a transport, as the host does.

    Its requests carry what :meth:`Connector.auth` gives, unless a call brings a customer's grant.
    """

    def own() -> Auth | None:
        return connector.auth()

    http = Http(transport, base_url=config.base_url, headers=config.headers, auth=own, timeout=config.timeout)
    connector = kind(config, Context(instance=instance, http=http, now=now, remaining=remaining))
    return connector
