"""The hook by which every connector, shipped or a stranger's, enters the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pluggy

from c360.contract import Connector

hookspec = pluggy.HookspecMarker("c360")
hookimpl = pluggy.HookimplMarker("c360")


@hookspec
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """Return the connector classes of a plugin."""
    raise NotImplementedError
