"""Rental: transport operators that speak TOMP-API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl
from plugins.rental.connector import TompRental


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors of this plugin."""
    return (TompRental,)
