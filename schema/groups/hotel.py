"""Hotels in the graph."""

from __future__ import annotations

from resolvers.groups import hotel
from schema.groups.base import Group, RecordConnection, RecordList, Total

GROUP = Group(
    domain="hotel",
    description="Stays at every linked hotel, and what the houses noted about the guest.",
    main="hotel.stays",
    lists=(
        RecordList(
            name="preferences", kind="hotel.preferences", description="What the guest is known to like."
        ),
        RecordList(name="notes", kind="hotel.notes", description="What the houses noted."),
    ),
    connections=(
        RecordConnection(
            name="stays",
            timeline=hotel.STAYS,
            description="Reservations past and to come, by day of arrival, the latest first.",
        ),
    ),
    totals=(
        Total(name="nights", compute=hotel.nights),
        Total(name="spend", compute=hotel.spend),
        Total(name="outstanding", compute=hotel.outstanding),
    ),
)
