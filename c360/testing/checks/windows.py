"""Windows are kept, both days included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from c360.contract import Need
from c360.kinds import kind as kind_of
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.driving import Answer, identity
from c360.testing.lab import Lab
from c360.testing.trials import Trial
from c360.testing.validity import moments

_ABOUT_THE_RECORD = (
    "updated",
    "created",
    "modified",
    "booked_at",
    "noted",
    "cancelled",
    "recorded",
    "synced",
)


def _windowed(lab: Lab) -> Iterator[tuple[Need, dict[str, Answer]]]:
    """Windowed kinds with what the whole window gave, by customer."""
    whole = lab.sound().result
    found = False
    for need in lab.needs:
        if kind_of(need.kind).windowed:
            found = True
            answers = {
                party: it for (party, kind), it in whole.answers.items() if kind == need.kind and it.items
            }
            if answers:
                yield need, answers
    if not found:
        raise Exempt("it fetches no kind with a window")


def _days(record: object) -> list[date]:
    """The days of what a record is about, not those of its own history."""
    found = [
        (name, moment.date() if isinstance(moment, datetime) else moment)
        for name, moment in moments(record)  # type: ignore[arg-type]  # records are structs
    ]
    about = [day for name, day in found if not name.startswith(_ABOUT_THE_RECORD)]
    return about or [day for _, day in found]


def _within(lab: Lab, need: Need, since: date, until: date) -> Trial:
    window = Need(kind=need.kind, since=since, until=until)
    return lab.trial(lab.fetching([window], lab.refs, f"fetch() of {need.kind} from {since} to {until}"))


def _days_in_use(answers: dict[str, Answer]) -> list[date]:
    return sorted({day for answer in answers.values() for record in answer.items for day in _days(record)})


@check("window-respected", "Nothing from outside the window is given", rule="windows")
def window_respected(lab: Lab) -> None:
    """Asked for a part of the suite's window, nothing comes that is wholly outside it."""
    tried = False
    for need, answers in _windowed(lab):
        days = _days_in_use(answers)
        if len(days) < 2:
            continue
        middle = days[len(days) // 2]
        trial = _within(lab, need, middle, days[-1])
        if trial.wire.unrecorded:
            tried = True  # another window is another request: the partner keeps to it
            continue
        tried = True
        if trial.result.breaches:
            raise Failed(trial.result.breaches[0], "answer for every window")
        for _, record in trial.result.records():
            mine = _days(record)
            demand(
                not mine or max(mine) >= middle - timedelta(days=1),
                f"{need.kind} has a record of before the window",
                "pass need.since to the partner, or drop what is before it",
            )
        trial = _within(lab, need, days[0], middle)
        for _, record in trial.result.records():
            mine = _days(record)
            demand(
                not mine or min(mine) <= middle + timedelta(days=1),
                f"{need.kind} has a record of after the window",
                "pass need.until to the partner, or drop what is after it",
            )
    if not tried:
        raise Exempt("no customer has records of a windowed kind on two days")


@check("window-complete", "Two windows side by side give what the whole one gives", rule="windows")
def window_complete(lab: Lab) -> None:
    """Cut after each of several days that have a record: no day is lost between."""
    tried = False
    for need, answers in _windowed(lab):
        since, until = need.since, need.until
        if since is None or until is None:
            continue
        for day in [it for it in _days_in_use(answers) if since <= it < until][:4]:
            first = _within(lab, need, since, day)
            second = _within(lab, need, day + timedelta(days=1), until)
            if first.wire.unrecorded or second.wire.unrecorded:
                continue
            tried = True
            for party, answer in answers.items():
                cell = (party, need.kind)
                parts = [trial.result.answers.get(cell, Answer()) for trial in (first, second)]
                found = {_key(it, need.kind) for part in parts for it in part.items}
                lost = [it for it in answer.items if _key(it, need.kind) not in found]
                demand(
                    not lost,
                    f"{need.kind}: {len(lost)} records are in neither of two windows side by side",
                    "include both days of a window: until lasts to the end of its day",
                )
    if not tried:
        raise Exempt("the recording holds one window alone, or no records with days")


def _key(record: object, kind: str) -> object:
    return identity(record, kind) or record  # type: ignore[arg-type]  # records are structs


CHECKS = (window_respected, window_complete)
