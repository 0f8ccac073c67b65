"""A broken connector and the checks that have to say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from c360.contract import Connector
from c360.testing import ConnectorSuite
from tests.c360.testing.good import GoodClub
from tests.c360.testing.suites import ClubSuite


@dataclass(frozen=True)
class Broken:
    """A connector with one thing wrong."""

    connector: type[Connector[Any]]
    caught_by: str
    """The check that is about what is wrong."""
    also: frozenset[str] = frozenset()
    """Checks that see it as well, because it is their business too."""
    base: type[ConnectorSuite] = ClubSuite
    suite: Mapping[str, Any] = field(default_factory=dict)
    """What the suite says otherwise."""
    without: frozenset[str] = frozenset()
    """Checks that are left out because they would take too long."""

    @property
    def tests(self) -> type[ConnectorSuite]:
        """The suite that runs it."""
        made: type[ConnectorSuite] = type(
            f"Suite{self.connector.__name__}", (self.base,), {"connector": self.connector, **self.suite}
        )
        return made


def described(**changes: Any) -> Any:
    """The club's description with something else in it."""
    return msgspec.structs.replace(GoodClub.description, **changes)
