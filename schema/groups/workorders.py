"""Work orders in the graph."""

from __future__ import annotations

from resolvers.groups import workorders
from schema.groups.base import Group, RecordList, Total

GROUP = Group(
    domain="workorders",
    description="What the back office was asked to do because no partner's API does it.",
    main="workorders.orders",
    lists=(RecordList(name="orders", kind="workorders.orders", description="Work orders, open and closed."),),
    totals=(Total(name="open_orders", compute=workorders.open_orders),),
)
