"""Brokerage: custodians that speak the OpenWealth Custody Services API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl
from plugins.brokerage.connector import OpenWealthCustody


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors of this plugin."""
    return (OpenWealthCustody,)
