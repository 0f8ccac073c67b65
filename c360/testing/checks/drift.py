"""The partner's answers change: new, missing and retyped fields break nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from c360.testing.base import Failed, check, demand
from c360.testing.drifting import Path, mutations, replaced, retyped, rewritten, with_new_fields, without
from c360.testing.lab import Lab
from c360.testing.recording import UnrecordedError, value_of
from c360.testing.trials import Trial, at
from c360.testing.validity import STRUCTURE, Complaint, complaints

_CHANGE = "decode into typed structs with defaults for what is optional, and raise PartnerFault for the rest"


def typed(lab: Lab, trials: Iterable[Trial], what: str) -> None:
    """Fail unless there are only typed records or typed errors.

    Raises:
        Failed: something else came out; says of what change.
    """
    before = _before(lab)
    for trial in trials:
        # A changed id or number of pages may lead to where a recording has nothing.
        breaches = [it for it in trial.result.breaches if UnrecordedError.__name__ not in it]
        if breaches:
            raise Failed(f"{what} ({trial.where}): {breaches[0]}", _CHANGE)
        for (_, kind), item in trial.result.records():
            for complaint in complaints(getattr(item, "record", item)):
                if (
                    complaint.aspect in STRUCTURE and (kind, complaint) not in before
                ):  # else another check has said so
                    where = f"{what} ({trial.where}): {kind}"
                    raise Failed(f"{where}: {complaint.place} is {complaint.found}", _CHANGE)


def _before(lab: Lab) -> set[tuple[str, Complaint]]:
    """What was wrong without any change; other checks say so."""
    found: set[tuple[str, Complaint]] | None = lab.notes.get("complaints")
    if found is None:
        records = [it for trial in lab.trials for it in trial.result.records()]
        found = {
            (kind, complaint)
            for (_, kind), item in records
            for complaint in complaints(getattr(item, "record", item))  # of a change, its record
        }
        lab.notes["complaints"] = found
    return found


@check("drift-new-fields", "Fields that are new change nothing", rule="drift")
def drift_new_fields(lab: Lab) -> None:
    """Every object of every answer has a field more."""
    lab.needs_http()
    lab.sound()
    for trial, heard in lab.targets():
        if heard.response is None or not isinstance(value_of(heard.response.content), dict | list):
            continue
        again = lab.trial(trial.operation, fault=at(heard, rewritten(with_new_fields)), heard=heard)
        typed(lab, [again], "with a new field")
        original = lab.original(again)
        for cell, answer in again.result.answers.items():
            demand(
                answer.error is None or original.answers[cell].error is not None,
                f"with a new field ({again.where}), {cell[1]} ended as {type(answer.error).__name__}",
                "ignore what is not known: no forbid_unknown_fields on what a partner sends",
            )
            demand(
                len(answer.items) == len(original.answers[cell].items),
                f"with a new field ({again.where}), {cell[1]} has another number of records",
                "ignore what is not known",
            )


@check("drift-missing-fields", "A missing field gives typed records or a typed error", rule="drift")
def drift_missing_fields(lab: Lab) -> None:
    """Each field in its turn."""
    lab.needs_http()
    lab.sound()

    def pick(path: Path, _: Any) -> Iterator[Callable[[Any], Any]]:
        if path[-1] != "*":
            yield without(path)

    typed(lab, mutations(lab, pick), "with a field missing")


@check("drift-retyped-fields", "A field of another type gives typed records or a typed error", rule="drift")
def drift_retyped_fields(lab: Lab) -> None:
    """Each field in its turn, in several types, null among them."""
    lab.needs_http()
    lab.sound()

    def pick(path: Path, value: Any) -> Iterator[Callable[[Any], Any]]:
        if path[-1] != "*":
            for other in retyped(value):
                yield replaced(path, other)

    typed(lab, mutations(lab, pick, most=48), "with a field retyped")


CHECKS = (drift_new_fields, drift_missing_fields, drift_retyped_fields)
