"""The tables of the settings file that belong to nothing smaller than the application."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from c360.values import CurrencyCode, Secret
from resolvers.serving import HOME


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the settings file."""


class Server(Section, frozen=True, kw_only=True):
    """Where and how the graph is served."""

    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port to listen on.", ge=0, le=65535)] = 8360
    body_limit: Annotated[int, Meta(description="Largest request body in bytes.", ge=1024)] = 1_048_576
    body_timeout: Annotated[float, Meta(description="Seconds a client may take to send its body.", gt=0)] = (
        10.0
    )
    header_timeout: Annotated[
        float, Meta(description="Seconds a client may take to send the headers of a request.", gt=0)
    ] = 10.0
    send_timeout: Annotated[
        float, Meta(description="Seconds a client may take nothing of its answer.", gt=0)
    ] = 30.0
    connections: Annotated[
        int,
        Meta(description="Connections of one process at once; further clients are told to come back.", ge=1),
    ] = 1000
    workers: Annotated[
        int,
        Meta(description="Processes that answer, all replaced on SIGHUP; 0: one by itself.", ge=0, le=256),
    ] = 0


class LiveSettings(Section, frozen=True, kw_only=True):
    """Sockets and event streams."""

    origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Origins beside the server's own, such as https://desk.example, whose pages may open "
            "sockets; * lets every page"
        ),
    ] = ()
    init_timeout: Annotated[
        float, Meta(description="Seconds a client may take to begin after it opened a socket.", gt=0)
    ] = 10.0
    heartbeat: Annotated[
        float,
        Meta(description="Seconds between two signs of life on a socket or stream that is quiet.", gt=0),
    ] = 15.0
    operations: Annotated[int, Meta(description="Operations at once on one socket.", ge=1)] = 100
    sockets: Annotated[int, Meta(description="Sockets and streams at once of one principal.", ge=1)] = 200
    message_limit: Annotated[int, Meta(description="Largest message on a socket in bytes.", ge=1024)] = (
        262_144
    )
    messages: Annotated[
        float,
        Meta(description="Messages a second that are taken of one socket; more have to wait.", gt=0),
    ] = 50.0
    backlog: Annotated[
        int,
        Meta(
            description="Events that a subscription holds for its client; those beyond are read again from "
            "what the hub keeps of events.",
            ge=1,
        ),
    ] = 256
    gathering: Annotated[
        float,
        Meta(description="Seconds for which events of one customer are gathered into one answer.", ge=0),
    ] = 0.05


class DatabaseSettings(Section, frozen=True, kw_only=True):
    """The hub's own store."""

    url: Annotated[
        str, Meta(description="SQLAlchemy address: sqlite+aiosqlite:///FILE or postgresql+psycopg://…")
    ] = "sqlite+aiosqlite:///var/c360.db"


class Security(Section, frozen=True, kw_only=True):
    """Keys of the store, and where partners may be."""

    master_key: Annotated[Secret, Meta(description="64 hexadecimal digits; wraps each customer's own key.")]
    lookup_pepper: Annotated[
        Secret, Meta(description="64 hexadecimal digits; keys the hashes customers are looked up by.")
    ]
    former_master_key: Annotated[
        Secret | None,
        Meta(description="The master key before, while `python -m api rekey` has not ended."),
    ] = None
    allowed_partner_networks: Annotated[
        tuple[str, ...],
        Meta(
            description="Networks and host names beyond the internet where partners may be, also by http://"
        ),
    ] = ()


class GatherSettings(Section, frozen=True, kw_only=True):
    """How long an operation waits for partners."""

    deadline: Annotated[float, Meta(description="Seconds until answering begins, by default.", gt=0)] = 2.0
    memory: Annotated[
        int,
        Meta(
            description="Records a process remembers within their time to live, of some 1.3 KB each; 0: none",
            ge=0,
        ),
    ] = 20_000


class WorkerSettings(Section, frozen=True, kw_only=True):
    """What goes on behind the requests."""

    interval: Annotated[float, Meta(description="Seconds between two rounds of the feeds.", gt=0)] = 60.0
    lease: Annotated[float, Meta(description="Seconds after which a silent leader is replaced.", gt=1)] = 30.0
    summaries: Annotated[bool, Meta(description="Keep figures of what customers do at the partners.")] = True
    summaries_after: Annotated[
        float,
        Meta(description="Hours after which the figures of a party are reckoned anew at the latest.", gt=0),
    ] = 24.0


class PrivacySettings(Section, frozen=True, kw_only=True):
    """Exports of what is known of a person."""

    export_days: Annotated[
        int, Meta(description="Days for which an export can be downloaded.", ge=1, le=90)
    ] = 7


class IdentitySettings(Section, frozen=True, kw_only=True):
    """Who is the same person."""

    automatic: Annotated[
        bool,
        Meta(description="Match parties that a feed brings and nobody has, and give each to a customer."),
    ] = True


class MoneySettings(Section, frozen=True, kw_only=True):
    """The currency of what the hub reckons."""

    currency: Annotated[
        CurrencyCode, Meta(description="ISO 4217 code of the hub's own currency: of values, profits, limits.")
    ] = HOME
    rates: Annotated[
        str,
        Meta(
            description="TOML file of exchange rates with `currency`, `source`, `date` and a table `rates`; "
            "without it amounts of other currencies are left out, and named"
        ),
    ] = ""


class Logging(Section, frozen=True, kw_only=True):
    """What is written to standard error."""

    level: Annotated[
        str, Meta(description="Lowest level written.", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    ] = "INFO"
    json: Annotated[bool, Meta(description="One JSON object a line.")] = False


class ModelSettings(Section, frozen=True, kw_only=True):
    """The models behind value, risk and offers."""

    folder: Annotated[
        str,
        Meta(
            description="Where fitted versions lie and which of them serves; without one the defaults serve."
        ),
    ] = "var/models"


class ConnectorSettings(Section, frozen=True, kw_only=True):
    """One connector instance: its plugin, its state, and what the plugin's own config says."""

    plugin: Annotated[str, Meta(description="Name of the plugin to run.")]
    enabled: Annotated[bool, Meta(description="Whether it is asked at all.")] = True
    ttl: Annotated[
        dict[str, Annotated[float, Meta(ge=0, le=86400)]],
        Meta(
            description="Times to live of what it fetches, in seconds by kind of record, instead of the "
            "kinds' own; 0: always asked live."
        ),
    ] = {}
    config: Annotated[dict[str, Any], Meta(description="What the plugin describes.")] = {}
