"""Types of the root fields that list what people keep of all customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schema.derive import Demand, Deriver
from schema.paging import connection_type
from schema.service import shapes


def service_lists(make: Deriver) -> Mapping[str, Any]:
    """What each root field returns, by its name."""
    counted = "counted only where it is asked for."
    return {
        "tasks": connection_type(
            make,
            make.object(shapes.QueuedTask),
            "QueuedTask",
            "tasks, the oldest first",
            counted=f"How many tasks meet the filter; {counted}",
            count_demand=Demand(count=True),
        ),
        "complaints": connection_type(
            make,
            make.object(shapes.QueuedComplaint),
            "QueuedComplaint",
            "complaints",
            counted=f"How many complaints meet the filter; {counted}",
            count_demand=Demand(count=True),
        ),
        "complaintCounts": list[make.object(shapes.ComplaintCount)],  # type: ignore[misc]  # built at run time
        "appointments": connection_type(
            make,
            make.object(shapes.QueuedAppointment),
            "QueuedAppointment",
            "appointments, the soonest first",
            counted=None,
        ),
        "preferenceKeys": list[make.object(shapes.PreferenceKey)],  # type: ignore[misc]  # built at run time
    }
