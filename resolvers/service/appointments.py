"""When customers can meet sales people: hours, days and lengths, as the settings say."""

from __future__ import annotations

import enum
import zoneinfo
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from c360.errors import ConfigError
from resolvers.service.zones import is_time_zone


class Weekday(enum.Enum):
    """A day of the week."""

    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"


_WEEKDAYS = tuple(Weekday)
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class WorkingHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When somebody works."""

    days: Annotated[tuple[Weekday, ...], Meta(description="Days of the week on which customers are met.")] = (
        _WEEKDAYS[:5]
    )
    opens: Annotated[str, Meta(description="From when on, by the clock of `time_zone`.", pattern=_CLOCK)] = (
        "09:00"
    )
    closes: Annotated[str, Meta(description="Until when, by the same clock.", pattern=_CLOCK)] = "17:00"
    time_zone: Annotated[str, Meta(description="Time zone of the hours, such as Europe/Zurich.")] = "UTC"


class AppointmentRules(WorkingHours, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When sales people meet customers."""

    longest: Annotated[int, Meta(description="Minutes an appointment may last.", ge=5, le=1440)] = 240
    ahead: Annotated[int, Meta(description="Days ahead that can be booked.", ge=1, le=1096)] = 366
    employees: Annotated[
        dict[str, WorkingHours],
        Meta(description="Other hours of single sales people, by their ids: `days`, `opens`, `closes`, …"),
    ] = {}

    def hours(self, employee: str) -> WorkingHours:
        """When a sales person works."""
        return self.employees.get(employee, self)


def check(rules: AppointmentRules, where: str = "appointments") -> None:
    """Refuse hours that nobody can keep.

    Raises:
        ConfigError: a time zone is none, or a day closes before it opens.
    """
    every = {where: rules, **{f"{where}.employees.{one}": hours for one, hours in rules.employees.items()}}
    for name, hours in every.items():
        if not is_time_zone(hours.time_zone):
            raise ConfigError(f"{name}.time_zone", repr(hours.time_zone), "name one of the IANA's time zones")
        if hours.closes <= hours.opens:
            raise ConfigError(f"{name}.closes", repr(hours.closes), "close later than you open")


def refused(
    rules: AppointmentRules, employee: str, starts_at: datetime, ends_at: datetime, now: datetime
) -> str | None:
    """Why a sales person cannot be booked then, in words for a caller; none where they can.

    Args:
        rules: what the settings say.
        employee: the sales person.
        starts_at: when it would begin.
        ends_at: when it would end.
        now: the present.
    """
    step = timedelta(minutes=5)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    if (starts_at - epoch) % step or (ends_at - epoch) % step:
        return "An appointment begins and ends at a multiple of 5 minutes."
    if ends_at <= starts_at:
        return "An appointment ends after it begins."
    if starts_at < now:
        return "An appointment begins in the future."
    if ends_at - starts_at > timedelta(minutes=rules.longest):
        return f"An appointment lasts {rules.longest} minutes at the most."
    if starts_at - now > timedelta(days=rules.ahead):
        return f"Appointments can be booked {rules.ahead} days ahead at the most."
    return _closed(rules.hours(employee), starts_at, ends_at)


def _closed(hours: WorkingHours, starts_at: datetime, ends_at: datetime) -> str | None:
    zone = zoneinfo.ZoneInfo(hours.time_zone)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    if _WEEKDAYS[start.weekday()] not in hours.days:
        return f"The sales person works on {', '.join(day.value for day in hours.days)}."
    opens, closes = time.fromisoformat(hours.opens), time.fromisoformat(hours.closes)
    if start.date() != end.date() or start.time() < opens or end.time() > closes:
        return f"The sales person works from {hours.opens} to {hours.closes} ({hours.time_zone})."
    return None
