"""Banks that speak the Consumer Data Right (CDR) of Australia."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl
from plugins.banking.connector import CdsAuBanking


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connector of this plugin."""
    return (CdsAuBanking,)
