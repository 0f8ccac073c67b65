"""The one typed settings object: a TOML file, then ``C360_*`` variables, secrets also from files.

A variable names its setting with double underscores: ``C360_SERVER__PORT=8400``,
``C360_CONNECTORS__BANKING__BASE_URL=…``. Any secret ``name`` may be given as ``name_file`` instead,
the path of a file that holds it (a relative one counts from the settings file).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from api.admission.settings import AdmissionSettings
from api.authentication.settings import Authentication
from api.browsers import Browsers
from api.bulk.settings import BulkSettings
from api.granting.settings import Grants
from api.observing.settings import Observing
from api.webhooks.settings import WebhookSettings
from c360.access import DEFAULT_TENANT
from c360.config import read_config
from c360.currencies import is_currency
from c360.errors import ConfigError
from c360.values import CurrencyCode, Secret
from resolvers.actions.machine import ActionRules
from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.offers.contact_policy import Policy
from resolvers.offers.policy_loan import Terms
from resolvers.service.appointments import AppointmentRules
from resolvers.service.appointments import check as check_hours
from resolvers.service.complaints import ComplaintRules
from resolvers.service.preferences import PreferenceRules, catalogue
from resolvers.serving import HOME
from resolvers.survivorship import AS_EVER, ProfileRules, check
from schema.permissions.settings import AccessSettings
from store.data import HUB

PREFIX = "C360_"
DEFAULT_FILE = Path("c360.toml")
TOKEN = "C360_TOKEN"  # noqa: S105  # the name of a variable
"""Variable with the token by which the command line asks a running server."""
NOT_SETTINGS = frozenset(
    {
        "C360_CONFIG",
        "C360_PARTNER_SPECS",
        "C360_REFERENCE_DATA",
        "C360_TEST_DATABASE_URL",
        "C360_THOROUGH",
        TOKEN,
    }
)


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
        Meta(description="Records that a process remembers within their time to live; 0: none", ge=0),
    ] = 200_000


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


class Settings(Section, frozen=True, kw_only=True):
    """Everything the application can be told."""

    tenant: Annotated[str, Meta(description="Tenant that this deployment serves.")] = DEFAULT_TENANT
    phone_region: Annotated[
        str, Meta(description="Country of imported phone numbers written without one.", pattern="^[A-Z]{2}$")
    ] = "AU"
    server: Server = Server()
    authentication: Authentication = Authentication()
    browsers: Browsers = Browsers()
    grants: Grants = Grants()
    live: LiveSettings = LiveSettings()
    database: DatabaseSettings = DatabaseSettings()
    security: Security
    gather: GatherSettings = GatherSettings()
    worker: WorkerSettings = WorkerSettings()
    identity: IdentitySettings = IdentitySettings()
    money: MoneySettings = MoneySettings()
    assumptions: Assumptions = Assumptions()
    logging: Logging = Logging()
    observing: Observing = Observing()
    admission: AdmissionSettings = AdmissionSettings()
    profile: ProfileRules = AS_EVER
    models: ModelSettings = ModelSettings()
    offers: Policy = Policy()
    policy_loan: Terms = Terms()
    actions: ActionRules = ActionRules()
    appointments: AppointmentRules = AppointmentRules()
    complaints: ComplaintRules = ComplaintRules()
    preferences: PreferenceRules = PreferenceRules()
    webhooks: WebhookSettings = WebhookSettings()
    privacy: PrivacySettings = PrivacySettings()
    access: AccessSettings = AccessSettings()
    bulk: BulkSettings = BulkSettings()
    connectors: dict[str, ConnectorSettings] = {}
    folder: Path = Path()
    """Folder of the settings file: relative paths count from it."""


_SECTIONS: Mapping[str, type[msgspec.Struct]] = {
    "server": Server,
    "authentication": Authentication,
    "browsers": Browsers,
    "grants": Grants,
    "live": LiveSettings,
    "database": DatabaseSettings,
    "security": Security,
    "gather": GatherSettings,
    "worker": WorkerSettings,
    "identity": IdentitySettings,
    "money": MoneySettings,
    "assumptions": Assumptions,
    "logging": Logging,
    "observing": Observing,
    "admission": AdmissionSettings,
    "profile": ProfileRules,
    "models": ModelSettings,
    "offers": Policy,
    "policy_loan": Terms,
    "actions": ActionRules,
    "appointments": AppointmentRules,
    "complaints": ComplaintRules,
    "preferences": PreferenceRules,
    "webhooks": WebhookSettings,
    "privacy": PrivacySettings,
    "access": AccessSettings,
    "bulk": BulkSettings,
}
_PLAIN = ("tenant", "phone_region")
_PASSWORD = re.compile(r"(?P<before>://[^:@/]*:).*(?=@)|(?P<name>[?&]password=)[^&]*")
"""The password in a database's address, wherever it stands; rather too much of it than too little."""


def load(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        file: the TOML file; by default ``C360_CONFIG``, else ``c360.toml`` here if there is one.
        environ: the environment; by default the process's own.

    Raises:
        ConfigError: a setting is missing, unknown or wrong.
    """
    environ = os.environ if environ is None else environ
    path = file or (Path(environ["C360_CONFIG"]) if environ.get("C360_CONFIG") else None)
    if path is None and DEFAULT_FILE.is_file():
        path = DEFAULT_FILE
    values = _read_file(path) if path else {}
    _overlay(values, environ)
    return _build(values, path.resolve().parent if path else Path.cwd())


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError("--config", f"no file {str(path)!r}", "name an existing TOML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("--config", type(error).__name__, "name a readable TOML file") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"no valid TOML ({error})", "mend that line") from None


def _overlay(values: dict[str, Any], environ: Mapping[str, str]) -> None:
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        *sections, last = name.removeprefix(PREFIX).lower().split("__")
        table = values
        for section in sections:
            inner = table.setdefault(section, {})
            if not isinstance(inner, dict):
                raise ConfigError(
                    name, "a variable below a plain setting", f"remove it or make {section} a table"
                )
            table = inner
        table[last] = environ[name]


def _build(values: dict[str, Any], folder: Path) -> Settings:
    known = {*_SECTIONS, *_PLAIN, "connectors"}
    for name in values:
        if name not in known:
            raise ConfigError(name, "an unknown setting", f"use one of {', '.join(sorted(known))}")
    if "allow_unauthenticated" in _table(values, "server"):
        raise ConfigError(
            "server.allow_unauthenticated",
            "a setting that is gone",
            "remove it, and name who is believed in [authentication.issuers.NAME]: nobody is let in without "
            "a token any more",
        )
    sections: dict[str, Any] = {}
    for name, kind in _SECTIONS.items():
        sections[name] = read_config(kind, _table(values, name), where=name, folder=folder)
    plain = {name: str(values[name]) for name in _PLAIN if name in values}
    instances = {
        name: _instance(name, _table(_table(values, "connectors"), name, f"connectors.{name}"))
        for name in _table(values, "connectors")
    }
    check(sections["profile"], instances)
    if HUB in instances:
        raise ConfigError(
            f"connectors.{HUB}", "the hub's own name as a source", "name the connector otherwise"
        )
    check_hours(sections["appointments"])
    catalogue(sections["preferences"])
    currency = sections["money"].currency
    if not is_currency(currency):
        raise ConfigError("money.currency", repr(currency), "give a code of ISO 4217, such as AUD")
    try:
        return msgspec.convert(
            {**plain, **sections, "connectors": instances, "folder": folder}, Settings, from_attributes=True
        )
    except msgspec.ValidationError as error:
        raise ConfigError("phone_region", repr(plain.get("phone_region")), str(error)) from None


def _table(values: Mapping[str, Any], name: str, where: str | None = None) -> dict[str, Any]:
    table = values.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(where or name, repr(table), "make it a table")
    return table


def _instance(name: str, values: Mapping[str, Any]) -> ConnectorSettings:
    own = {key: values[key] for key in ("plugin", "enabled", "ttl") if key in values}
    config = {key: value for key, value in values.items() if key not in own}
    return read_config(ConnectorSettings, {**own, "config": config}, where=f"connectors.{name}")


def shown(settings: Settings) -> dict[str, Any]:
    """The effective settings but for the connectors', every secret hidden."""
    tables: dict[str, Any] = {name: getattr(settings, name) for name in _PLAIN}
    return tables | {name: visible(getattr(settings, name)) for name in _SECTIONS}


def visible(section: msgspec.Struct) -> dict[str, Any]:
    """The values of a section, each secret and each password within an address as an ellipsis."""
    return {name: _visible(value) for name, value in msgspec.structs.asdict(section).items()}


def _visible(value: Any) -> Any:
    if isinstance(value, Secret):
        return "…"
    if isinstance(value, dict):  # tables within a section, none of which holds secrets
        return msgspec.to_builtins(value)
    return _PASSWORD.sub(r"\g<before>\g<name>…", value) if isinstance(value, str) else value


def database_url(settings: Settings) -> str:
    """The database's address, an SQLite file's relative path counted from the settings file."""
    url = settings.database.url
    scheme, mark, path = url.partition(":///")
    if scheme.startswith("sqlite") and mark and path and path != ":memory:" and not path.startswith("/"):
        return f"{scheme}:///{settings.folder / path}"
    return url
