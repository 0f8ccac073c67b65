"""Work orders to the back office: the shipped connector for what no partner's API does.

Its API is our own and small; ``docs/workorders.openapi.yaml`` publishes it. A company puts it in front of
whatever its back office works with. The back office is in-house: it knows a customer by the company's own
number, the ``external_id`` of the import, so that the link to it is known from the start.

Not covered, and why:

- ``getOrder``: the list answers the same for many customers at once.
- Documents, comments and who works on an order: the back office's own business.
- What an order is asked to do in the words of its customer (``details``): written once, never read back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from c360.contract import Connector
from c360.hooks import hookimpl


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors of this plugin."""
    from plugins.workorders.connector import WorkOrders

    return (WorkOrders,)
