"""What there is to check a connector with: what its author said in the suite, and what follows from it."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.config import read_config
from c360.contract import Description, Medium, Need
from c360.errors import C360Error, ConfigError
from c360.http import Request, Response, Transport
from c360.kinds import kind as kind_of
from c360.testing.base import Exempt, Failed, Unjudged
from c360.testing.known import Known
from c360.testing.recording import Recording, Replay, load

if TYPE_CHECKING:
    from c360.testing.suite import ConnectorSuite


INSTANCE = "suite"
"""Id of the instances that the suite makes."""


class SuiteError(C360Error):
    """The suite itself is written wrong: names the attribute and what to give."""


DEFAULT_NOW = datetime.fromisoformat("2026-06-15T12:00:00+00:00")
"""The connector's clock where nothing else is said."""


class Setting:
    """What the author of a suite said of a connector and its partner, typed, with what follows from it.

    Args:
        suite: an instance of the author's class.
    """

    def __init__(self, suite: ConnectorSuite) -> None:
        self.suite = suite
        self.kind = suite.connector_class()
        self._prepared: Mapping[str, Any] | None = None
        self._source: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Remove what was prepared."""
        if self._source is not None:
            self._source.cleanup()

    @functools.cached_property
    def stated(self) -> Description:
        """What the connector's class says of itself."""
        found = self.kind.describe()
        if not isinstance(found, Description):
            raise Failed(f"describe() returned a {type(found).__name__}", "return a Description")
        return found

    @functools.cached_property
    def description(self) -> Description:
        """What the instance says of itself, which settings may have narrowed."""
        return self.kind.configured(self.config())

    @property
    def best_description(self) -> Description:
        """What the instance says of itself; where the config keeps it from that, what its class says."""
        try:
            return self.description
        except Unjudged:
            return self.stated

    @property
    def http(self) -> bool:
        """Whether the connector speaks HTTP; else time is real and no faults are put on a wire."""
        return self.stated.medium is Medium.HTTP

    def needs_http(self) -> None:
        """Exempt what is about requests, for a connector that sends none."""
        if not self.http:
            raise Exempt(f"it speaks no HTTP: its medium is {self.stated.medium.value}")

    @functools.cached_property
    def recording(self) -> Recording | None:
        """The author's recorded exchanges."""
        folder = self.suite.recordings_folder()
        return None if folder is None else load(folder)

    @functools.cached_property
    def customers(self) -> tuple[Known, ...]:
        """Customers that the partner knows."""
        found = tuple(self.suite.customers)
        if not found and self.recording is not None:
            found = self.recording.about.customers
        if not found:
            raise SuiteError("customers: found none; name at least one that the partner knows")
        return found

    @functools.cached_property
    def now(self) -> datetime:
        """What the connector's clock says."""
        if self.suite.now is not None:
            return self.suite.now
        return self.recording.about.recorded_at if self.recording else DEFAULT_NOW

    @functools.cached_property
    def window(self) -> tuple[date, date]:
        """First and last day that windowed kinds are asked for."""
        if self.suite.window is not None:
            return self.suite.window
        about = self.recording.about if self.recording else None
        if about is not None and about.since is not None and about.until is not None:
            return about.since, about.until
        return self.now.date() - timedelta(days=365), self.now.date()

    @functools.cached_property
    def values(self) -> dict[str, Any]:
        """The raw config, as settings would say it."""
        values = dict(self.suite.config)
        if self._prepared is None and not self.http:
            self._source = tempfile.TemporaryDirectory(prefix="c360-source-")
            self._prepared = self.suite.setup(Path(self._source.name))
        values.update(self._prepared or {})
        if "base_url" not in values and self.recording is not None:
            values["base_url"] = self.recording.about.base_url
        return values

    def config(self, **other: Any) -> Any:
        """The typed config, with some values replaced.

        Raises:
            ConfigError: the replaced values will not do.
            Unjudged: nor will those that the suite gives; the check ``config-accepted`` says so.
        """
        return self.read({**self.values, **other}) if other else self._config

    @functools.cached_property
    def _config(self) -> Any:
        try:
            return self.read(self.values)
        except ConfigError:
            raise Unjudged("config-accepted") from None

    def read(self, values: Mapping[str, Any]) -> Any:
        """Raw settings as the typed config.

        Raises:
            ConfigError: they will not do.
        """
        return read_config(self.stated.config, values, where=f"connectors.{INSTANCE}")

    def partner(self) -> Transport:
        """A fresh partner: the author's, or the recording."""
        found = self.suite.partner()
        if found is not None:
            return found
        if self.recording is not None:
            return Replay(self.recording, ignore=self.suite.ignored)
        if not self.http:
            return _Nobody()
        raise SuiteError("recordings: found none; name a folder, or return a transport from partner()")

    @property
    def replayed(self) -> bool:
        """Whether the partner is a recording, which knows what was asked and nothing else."""
        return self.recording is not None and self.suite.partner() is None

    @functools.cached_property
    def needs(self) -> tuple[Need, ...]:
        """Every declared kind, with the suite's window."""
        return tuple(self.need(fetch.kind) for fetch in self.description.fetches)

    def need(self, kind: str, window: tuple[date, date] | None = None) -> Need:
        """One kind, with a window where it has one."""
        if not kind_of(kind).windowed:
            return Need(kind=kind)
        since, until = window or self.window
        return Need(kind=kind, since=since, until=until)


class _Nobody:
    """The transport of a connector that should send nothing."""

    async def send(self, request: Request) -> Response:
        raise SuiteError("medium: found HTTP requests; declare Medium.HTTP")
