"""Loyalty in the graph."""

from __future__ import annotations

from resolvers.groups import loyalty
from schema.groups.base import Group, RecordConnection, RecordList, Total

GROUP = Group(
    domain="loyalty",
    description="Memberships of loyalty programmes and what was earned and spent in them.",
    main="loyalty.memberships",
    lists=(
        RecordList(name="memberships", kind="loyalty.memberships", description="Accounts in programmes."),
    ),
    connections=(
        RecordConnection(
            name="activity",
            timeline=loyalty.ACTIVITY,
            description="Changes of points in all programmes, newest first.",
        ),
    ),
    totals=(Total(name="points", compute=loyalty.points),),
)
