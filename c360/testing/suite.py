"""The conformance suite: what an author writes, and how it runs under pytest and without it."""

from __future__ import annotations

import inspect
import time
import unittest
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar

from c360.contract import Connector, connect
from c360.errors import C360Error, place
from c360.http import Transport
from c360.testing import tiers
from c360.testing.base import Check, Exempt, Failed
from c360.testing.checks import CHECKS
from c360.testing.faults import SourceFault
from c360.testing.known import Known, SampleAction, SampleWebhook
from c360.testing.lab import Lab
from c360.testing.plugin import connector_of
from c360.testing.report import CheckReport, Outcome, Report
from c360.testing.setting import INSTANCE


class ConnectorSuite:
    """All checks for one connector.

    An author says what there is to check with::

        class TestAcme(ConnectorSuite):
            connector = AcmePoints
            config = {"base_url": "https://api.acme.example/v1", "api_key": "a-made-up-key"}
            recordings = "recordings"

    pytest finds one test for each check; :func:`run` runs them without pytest. No check needs a network
    or a credential.
    """

    __test__: ClassVar[bool] = False

    connector: ClassVar[type[Connector[Any]] | None] = None
    """The connector class. Or name the :attr:`plugin`."""
    plugin: ClassVar[str] = ""
    """The plugin's module, where it has one connector alone; of several, ``module:connector name``."""
    config: ClassVar[Mapping[str, Any]] = {}
    """Settings as an operator would write them, with made-up secrets of eight characters or more."""
    recordings: ClassVar[str | Path | None] = None
    """A folder written by ``python -m c360 record``, relative to the file of the suite. It also brings
    the customers and the clock."""
    customers: ClassVar[Sequence[Known]] = ()
    """Customers that the partner knows: one with several records of each kind, better two."""
    unknown: ClassVar[str | None] = None
    """Id of a customer that the partner does not know, as it would write one."""
    now: ClassVar[datetime | None] = None
    """What the connector's clock says, in UTC."""
    window: ClassVar[tuple[date, date] | None] = None
    """First and last day that windowed kinds are asked for; a year until ``now`` by default."""
    webhooks: ClassVar[Sequence[SampleWebhook]] = ()
    """Calls of the partner's, where the connector receives any."""
    actions: ClassVar[Sequence[SampleAction]] = ()
    """One action of each kind that the connector performs."""
    openapi: ClassVar[str | Path | Sequence[str | Path] | None] = None
    """The partner's OpenAPI file, relative to the file of the suite: generated payloads follow it."""
    ignored: ClassVar[Collection[str]] = ()
    """Parameters and top-level fields of bodies that do not count when a request is looked up in the
    recording, such as a nonce."""

    # --- what an author may replace ------------------------------------------------------------

    def partner(self) -> Transport | None:
        """A fresh fake partner, for who has one; ``None``: the recording answers."""
        return None

    def build(self, transport: Transport, config: Any, now: Callable[[], datetime]) -> Connector[Any]:
        """An instance of the connector, as the host builds it."""
        return connect(self.connector_class(), config, transport, instance=INSTANCE, now=now)

    async def close(self, connector: Connector[Any]) -> None:
        """Close an instance, as the host does; called after each use, in the loop where it was used."""
        await connector.close()

    def setup(self, folder: Path) -> Mapping[str, Any]:
        """Prepare a source in an empty folder: for connectors that read a database or files.

        Returns:
            Settings that lead there; they replace those of :attr:`config`.
        """
        return {}

    def fault(self, fault: SourceFault, folder: Path) -> Mapping[str, Any] | None:
        """Break a source that :meth:`setup` has just prepared in that folder.

        Returns:
            Settings that replace those of :meth:`setup`, or ``None`` where the source cannot break so.
        """
        return None

    def effects(self, transport: Transport) -> int | None:
        """How many actions took effect at a fake partner; ``None`` where it does not count."""
        return None

    # --- the rest is the suite's own -----------------------------------------------------------

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__test__" not in cls.__dict__:
            cls.__test__ = True  # whatever it is called, pytest collects it

    @classmethod
    def connector_class(cls) -> type[Connector[Any]]:
        """The class under test."""
        return cls.connector if cls.connector is not None else connector_of(cls.plugin)

    @classmethod
    def folder(cls) -> Path:
        """The folder of the file that defines the suite."""
        return Path(inspect.getfile(cls)).resolve().parent

    @classmethod
    def recordings_folder(cls) -> Path | None:
        """The folder of the recordings."""
        return None if cls.recordings is None else cls.folder() / cls.recordings

    @classmethod
    def openapi_files(cls) -> tuple[Path, ...]:
        """The partner's OpenAPI files."""
        if cls.openapi is None:
            return ()
        names = [cls.openapi] if isinstance(cls.openapi, str | Path) else cls.openapi
        return tuple(cls.folder() / name for name in names)

    @classmethod
    def lab(cls) -> Lab:
        """The lab that the tests of this class share."""
        found = cls.__dict__.get("_lab")
        if found is None:
            found = Lab(cls())
            cls._lab = found  # type: ignore[attr-defined]  # kept with the class that it belongs to
        return found

    @classmethod
    def teardown_class(cls) -> None:
        """Pytest calls it after the last test of the class."""
        found = cls.__dict__.get("_lab")
        if found is not None:
            found.close()
            del cls._lab  # type: ignore[attr-defined]  # see :meth:`lab`


def _test(check: Check) -> Callable[[ConnectorSuite], None]:
    def test(self: ConnectorSuite) -> None:
        __tracebackhide__ = True  # pytest shows what was found, not how
        try:
            check.run(self.lab())
        except Exempt as exempt:
            raise unittest.SkipTest(f"exempt: {exempt.reason}") from None

    test.__name__ = check.method
    test.__qualname__ = f"ConnectorSuite.{check.method}"
    test.__doc__ = check.title
    return test


for _check in CHECKS:
    setattr(ConnectorSuite, _check.method, _test(_check))


def run(
    suite: type[ConnectorSuite] | ConnectorSuite,
    *,
    only: Collection[str] = (),
    progress: Callable[[CheckReport], None] | None = None,
) -> Report:
    """Run a suite without pytest.

    Args:
        suite: the author's class, or an instance of it.
        only: ids of the checks to run; empty: all. Then the tier says what those prove alone.
        progress: called after each check.

    Raises:
        ValueError: ``only`` names a check that there is not.
    """
    unknown = set(only) - {check.id for check in CHECKS}
    if unknown:
        raise ValueError(f"no check is called {min(unknown)!r}")
    began = time.perf_counter()
    lab = Lab(suite if isinstance(suite, ConnectorSuite) else suite())
    try:
        reports = []
        for check in CHECKS:
            if only and check.id not in only:
                continue
            reports.append(_run(check, lab))
            if progress is not None:
                progress(reports[-1])
        about = lab.best_description
        standing = tiers.standing(about, reports)
        return Report(
            connector=about.name,
            checks=tuple(reports),
            standing=standing,
            seconds=time.perf_counter() - began,
        )
    finally:
        lab.close()


def _run(check: Check, lab: Lab) -> CheckReport:
    began = time.perf_counter()

    def report(outcome: Outcome, found: str = "", change: str = "") -> CheckReport:
        seconds = time.perf_counter() - began
        return CheckReport(
            id=check.id,
            title=check.title,
            rule=check.rule,
            outcome=outcome,
            found=found,
            change=change,
            seconds=seconds,
        )

    try:
        check.run(lab)
    except Exempt as exempt:
        return report(Outcome.EXEMPT, exempt.reason)
    except Failed as failed:
        return report(Outcome.FAILED, failed.found, failed.change)
    except C360Error as error:
        return report(Outcome.FAILED, str(error), "see above: it names what would do")
    except Exception as error:  # noqa: BLE001  # a connector under test may raise anything
        return report(
            Outcome.FAILED, f"it raised {place(error, 4)}", "let it raise errors of c360.errors alone"
        )
    return report(Outcome.PASSED)
