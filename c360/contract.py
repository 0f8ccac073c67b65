"""The connector contract: what a plugin describes, what it is asked, what it answers."""

from __future__ import annotations

import asyncio
import enum
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import ClassVar, Generic, TypeVar

import msgspec

from c360.auth import Auth, Bearer
from c360.config import ConnectorConfig
from c360.errors import ConnectorError, ProblemCode, Reauthorise, RetryLater
from c360.http import Http, Transport
from c360.records.base import Record
from c360.records.party import Party
from c360.values import Secret

CONTRACT_VERSION = 1
"""Version of this contract. A plugin written for another one is refused with what to change."""


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
    documentation: str = ""
    """Address of the partner's published API."""
    contract: int = CONTRACT_VERSION


class Need(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A kind of record that an operation needs, for windowed kinds with its window."""

    kind: str
    since: date | None = None
    """First day of the window; ``None`` for kinds without one."""
    until: date | None = None
    """Last day of the window, included."""


class Ref(msgspec.Struct, frozen=True, kw_only=True):
    """A customer at one partner."""

    party_id: str
    """The partner's own id of the customer."""
    grant: Secret | None = None
    """The customer's access token, for connectors by grant."""
    objects: Mapping[str, tuple[str, ...]] = {}
    """Ids that the change feed has seen for this customer, by kind: what an API without a
    customer filter needs (``{"rental.bookings": ("B1", "B2")}``)."""

    def __hash__(self) -> int:
        return hash(self.party_id)

    def indexed(self, kind: str) -> tuple[str, ...]:
        """Ids of the customer's records of a kind whose feed is :attr:`Feed.indexed`.

        Raises:
            RetryLater: the feed was never read to its end, so that nothing can be said yet.
        """
        ids = self.objects.get(kind)
        if ids is None:
            raise RetryLater(f"the feed of {kind} was not read yet", code=ProblemCode.NOT_INDEXED)
        return ids

    def auth(self) -> Auth:
        """The grant as a bearer token.

        Raises:
            Reauthorise: the hub holds no grant of this customer.
        """
        if self.grant is None:
            message = "no grant is held"
            raise Reauthorise(message)
        return Bearer(self.grant)


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """All records of one kind for one customer, or the reason why there are none."""

    ref: Ref
    kind: str
    records: tuple[Record, ...] = ()
    error: ConnectorError | None = None


class PartyQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A key to search a partner by. Exactly one of the kinds the connector declared."""

    key: KeyKind
    value: str
    """Normalised: e-mail in lower case, phone in E.164, a name with single spaces."""
    limit: int = 20


class Upsert(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is new or changed at the partner."""

    kind: str
    party_id: str
    object_id: str
    """The partner's id of the record; for ``party.profile`` the party id itself."""
    record: Record


class Deletion(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is gone at the partner."""

    kind: str
    party_id: str | None
    object_id: str


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Everything up to here has been delivered; ``cursor`` continues from it, also after a restart."""

    cursor: str
    progress: float | None = None
    """Share of the present run that is done, 0 to 1, where the partner lets us know."""


Change = Upsert | Deletion | Checkpoint


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What the host gives to a connector instance."""

    instance: str
    """Id of the instance, as the settings name it."""
    http: Http
    now: Callable[[], datetime]
    """The clock, in UTC. The only one a connector uses."""


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

    def auth(self) -> Auth | None:
        """The instance's own credential, put on every request that carries no grant."""
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


def connect(
    kind: type[Connector[ConfigT]],
    config: ConfigT,
    transport: Transport,
    *,
    instance: str,
    now: Callable[[], datetime],
) -> Connector[ConfigT]:
    """Build a connector instance over a transport, as the host does.

    Its requests carry what :meth:`Connector.auth` gives, unless a call brings a customer's grant.
    """

    def own() -> Auth | None:
        return connector.auth()

    http = Http(transport, base_url=config.base_url, headers=config.headers, auth=own, timeout=config.timeout)
    connector = kind(config, Context(instance=instance, http=http, now=now))
    return connector


KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


async def as_completed(
    jobs: Mapping[KeyT, Callable[[], Awaitable[ValueT]]],
) -> AsyncGenerator[tuple[KeyT, ValueT | ConnectorError], None]:
    """Run jobs at once and yield each outcome as soon as it is there.

    A :class:`~c360.errors.ConnectorError` is an outcome; any other exception is a fault of the
    plugin and is raised. Jobs still running when the caller stops listening are cancelled.
    """
    tasks: dict[asyncio.Task[ValueT], KeyT] = {}
    try:
        for key, job in jobs.items():
            tasks[asyncio.ensure_future(_run(job))] = key
        waiting = set(tasks)
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                try:
                    yield tasks[task], task.result()
                except ConnectorError as error:
                    yield tasks[task], error
    finally:
        for task in tasks:
            task.cancel()


async def _run(job: Callable[[], Awaitable[ValueT]]) -> ValueT:
    return await job()


async def fetch_each(
    needs: Sequence[Need],
    refs: Sequence[Ref],
    fetchers: Mapping[str, Callable[[Ref, Need], Awaitable[Sequence[Record]]]],
) -> AsyncIterator[Fetched]:
    """The body of ``fetch`` for an API that is asked customer by customer, kind by kind."""

    def job(ref: Ref, need: Need) -> Callable[[], Awaitable[Sequence[Record]]]:
        return lambda: fetchers[need.kind](ref, need)

    jobs = {(ref, need): job(ref, need) for ref in refs for need in needs}
    async for (ref, need), outcome in as_completed(jobs):
        if isinstance(outcome, ConnectorError):
            yield Fetched(ref=ref, kind=need.kind, error=outcome)
        else:
            yield Fetched(ref=ref, kind=need.kind, records=tuple(outcome))
