"""What a customer's work orders add up to."""

from __future__ import annotations

from c360.records.workorders import OrderStatus, WorkOrder
from resolvers.groups.base import Records
from resolvers.needs import needs

_OPEN = frozenset({OrderStatus.RECEIVED, OrderStatus.IN_PROGRESS})


@needs("workorders.orders")
def open_orders(records: Records) -> int:
    """Orders that nobody has finished, rejected or withdrawn."""
    return sum(order.status in _OPEN for order in records.of("workorders.orders", WorkOrder))
