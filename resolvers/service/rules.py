"""What the settings say of what people keep of customers, in one value for whoever needs it."""

from __future__ import annotations

import msgspec

from resolvers.service.appointments import AppointmentRules
from resolvers.service.complaints import ComplaintRules
from resolvers.service.preferences import PreferenceRules


class ServiceRules(msgspec.Struct, frozen=True, kw_only=True):
    """By which rules it is kept."""

    appointments: AppointmentRules = AppointmentRules()
    complaints: ComplaintRules = ComplaintRules()
    preferences: PreferenceRules = PreferenceRules()


AS_SHIPPED = ServiceRules()
"""The rules where the settings say nothing."""
