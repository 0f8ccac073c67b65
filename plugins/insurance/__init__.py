"""Insurance by Open Insurance Brasil (OPIN): motor, person and housing policies of one insurer group.

See :mod:`plugins.insurance.connector` for what is read, and what of the API is not, and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connector of this plugin."""
    from plugins.insurance.connector import OpinBrInsurance

    return (OpinBrInsurance,)
