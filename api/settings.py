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
from api.sections import (
    ConnectorSettings,
    DatabaseSettings,
    GatherSettings,
    IdentitySettings,
    LiveSettings,
    Logging,
    ModelSettings,
    MoneySettings,
    PrivacySettings,
    Security,
    Server,
    WorkerSettings,
)
from api.webhooks.settings import WebhookSettings
from c360.access import DEFAULT_TENANT
from c360.config import read_config
from c360.currencies import is_currency
from c360.errors import ConfigError
from c360.values import Secret
from resolvers.actions.machine import ActionRules
from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.offers.contact_policy import Policy
from resolvers.offers.policy_loan import Terms
from resolvers.service.appointments import AppointmentRules
from resolvers.service.appointments import check as check_hours
from resolvers.service.complaints import ComplaintRules
from resolvers.service.preferences import PreferenceRules, catalogue
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


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
