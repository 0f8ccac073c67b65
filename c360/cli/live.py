"""A connector over a live partner, as ``try`` and ``record`` use it."""

from __future__ import annotations

import functools
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from c360.addresses import AddressPolicy, AddressRefused
from c360.cli.suites import see_here
from c360.config import read_config
from c360.contract import Connector, Description, KeyKind, Lookup, Need, Ref, connect
from c360.errors import C360Error, ConfigError
from c360.http import Request, Response, Transport
from c360.kinds import kind as kind_of
from c360.pools import Pools
from c360.sending import Sending
from c360.testing.plugin import connector_of
from c360.values import Secret

DAYS = 365
"""Of the window that windowed kinds are asked for."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line said."""

    plugin: str
    config: Path | None
    instance: str | None
    settings: tuple[str, ...]
    allow: tuple[str, ...]
    grant_files: tuple[Path, ...]


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that both commands have, handed to the function as one ``asked``."""

    @functools.wraps(function)
    def packed(**given: Any) -> Any:
        names = Asked.__struct_fields__
        rest = {name: value for name, value in given.items() if name not in names}
        return function(asked=Asked(**{name: given[name] for name in names}), **rest)

    for option in reversed(
        (
            click.argument("plugin"),
            click.option(
                "--config",
                type=click.Path(path_type=Path, exists=True, dir_okay=False),
                help="Settings file (TOML) with the instance's table [connectors.ID].",
            ),
            click.option("--instance", help="Id of the instance in it; needed where it has several."),
            click.option(
                "--set", "settings", multiple=True, metavar="NAME=VALUE",
                help="A setting; secrets better as NAME_file=PATH.",
            ),
            click.option(
                "--allow", multiple=True, metavar="NETWORK",
                help="A private network or host that may be reached, such as 127.0.0.1.",
            ),
            click.option(
                "--grant-file", "grant_files", multiple=True,
                type=click.Path(path_type=Path, exists=True, dir_okay=False),
                help="File with a customer's access token, for connectors by grant, in the order of --party.",
            ),
        )
    ):  # fmt: skip
        packed = option(packed)
    return packed


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """One request that was sent. Without parameters' values, headers and bodies: they may be secret."""

    method: str
    path: str
    parameters: tuple[str, ...]
    status: int | None
    seconds: float
    size: int


class Listening:
    """A transport that notes what passes."""

    def __init__(self, inner: Transport, base_url: str) -> None:
        self._inner = inner
        self._base = base_url.rstrip("/")
        self.calls: list[Called] = []

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`."""
        began = time.perf_counter()
        response: Response | None = None
        try:
            response = await self._inner.send(request)
        finally:
            self.calls.append(
                Called(
                    method=request.method,
                    path=request.url.removeprefix(self._base).partition("?")[0],
                    parameters=tuple(dict.fromkeys(name for name, _ in request.params)),
                    status=None if response is None else response.status,
                    seconds=time.perf_counter() - began,
                    size=0 if response is None else len(response.content),
                )
            )
        return response


class Live:
    """A connector instance over its partner, and what was called."""

    def __init__(self, asked: Asked, *, now: Callable[[], datetime] | None = None) -> None:
        """Build the instance.

        Raises:
            C360Error: the plugin, a setting or the address cannot be used.
        """
        see_here()
        kind = connector_of(asked.plugin)
        values, folder = settings_of(asked)
        self.config = read_config(kind.describe().config, values, where="settings", folder=folder)
        policy = AddressPolicy(asked.allow, field="--allow")
        try:
            policy.check_url(self.config.base_url)
        except AddressRefused as refused:
            reason = str(refused).partition(";")[0]
            raise ConfigError(
                "base_url", f"an address that is refused ({reason})", "name it with --allow if it is meant"
            ) from None
        self._pools = Pools(policy)
        self.base_url = self.config.base_url
        self.grants = _grants(asked, kind.describe())
        """Access tokens, in the order of the customers."""
        limits = kind.describe().limits
        self.listening = Listening(Sending(self._pools, limits.max_bytes), self.base_url)
        self.transport: Transport = self.listening
        self._kind: type[Connector[Any]] = kind
        self._now = now or (lambda: datetime.now(UTC))

    def connector(self, transport: Transport | None = None) -> Connector[Any]:
        """The instance, over its partner or over something that stands before it."""
        return connect(self._kind, self.config, transport or self.transport, instance="try", now=self._now)

    def ref(
        self, party_id: str, *, place: int = 0, objects: Mapping[str, tuple[str, ...]] | None = None
    ) -> Ref:
        """A customer, by the id and the place among those that were named."""
        return Ref(party_id=party_id, grant=self.grant(place), objects=objects or {})

    def grant(self, place: int) -> Secret | None:
        """The access token of the customer at a place.

        Raises:
            ConfigError: fewer were given.
        """
        if not self.grants:
            return None
        if place >= len(self.grants):
            raise ConfigError(
                "--grant-file", f"{len(self.grants)}", "give one for each --party, in their order"
            )
        return self.grants[place]

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pools.aclose()


def settings_of(asked: Asked) -> tuple[dict[str, Any], Path]:
    """Raw settings, and the folder that paths of secrets' files count from.

    Raises:
        ConfigError: the file or a setting cannot be read.
    """
    values: dict[str, Any] = {}
    folder = Path()
    if asked.config is not None:
        values, folder = _table(asked.config, asked.instance), asked.config.parent
    for text in asked.settings:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError("--set", repr(name), "write it as NAME=VALUE")
        values[name.strip()] = str(Path(value).resolve()) if name.endswith("_file") else value
    return {name: value for name, value in values.items() if name not in {"plugin", "enabled"}}, folder


def _table(file: Path, instance: str | None) -> dict[str, Any]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8")).get("connectors", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("--config", f"{file} ({type(error).__name__})", "give a file in TOML") from None
    if instance is None and len(tables) == 1:
        instance = next(iter(tables))
    if instance is None or instance not in tables:
        names = ", ".join(sorted(tables)) or "none"
        raise ConfigError("--instance", repr(instance), f"name one of the file's connectors: {names}")
    table: dict[str, Any] = dict(tables[instance])
    return table


def _grants(asked: Asked, description: Description) -> tuple[Secret, ...]:
    if not asked.grant_files and description.lookup is Lookup.BY_GRANT:
        raise ConfigError("--grant-file", "nothing", "name a file with the customer's access token")
    return tuple(Secret(file.read_text(encoding="utf-8").strip()) for file in asked.grant_files)


def needs(description: Description, kinds: Iterable[str], since: date, until: date) -> list[Need]:
    """What is asked for: the kinds named, or all that are declared.

    Raises:
        C360Error: the connector does not fetch one of them.
    """
    declared = [fetch.kind for fetch in description.fetches]
    wanted = list(kinds) or declared
    for name in wanted:
        if name not in declared:
            raise ConfigError("--kind", repr(name), f"use one of {', '.join(declared)}")
    return [
        Need(kind=name, since=since, until=until) if kind_of(name).windowed else Need(kind=name)
        for name in wanted
    ]


def window(now: datetime, days: int) -> tuple[date, date]:
    """The days that windowed kinds are asked for."""
    return now.date() - timedelta(days=days), now.date()


class NothingToAskError(C360Error):
    """Nobody was named to ask for."""


def keys_of(email: str | None, phone: str | None, name: str | None) -> dict[KeyKind, str]:
    """Keys as the contract wants them."""
    found = {KeyKind.EMAIL: email and email.strip().lower(), KeyKind.PHONE: phone, KeyKind.NAME: name}
    return {key: value for key, value in found.items() if value}
