"""Every declared kind gives complete, valid records."""

from __future__ import annotations

import functools
from collections import Counter
from datetime import timedelta

import msgspec

from c360.kinds import PARTY
from c360.kinds import kind as kind_of
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.drifting import words
from c360.testing.driving import identity
from c360.testing.lab import Lab
from c360.testing.validity import Aspect, complaints, optional


@check("every-kind-has-records", "Every declared kind has records for a known customer", rule="mapping")
def every_kind_has_records(lab: Lab) -> None:
    """A kind that never gives anything is not mapped, or not proven."""
    found = Counter(kind for (_, kind), _ in lab.sound().result.records())
    for fetch in lab.description.fetches:
        demand(
            found[fetch.kind],
            f"no known customer has records of {fetch.kind}",
            "name a customer that has some, map the kind, or do not declare it",
        )


@check("expected-records", "Known customers have as many records as the suite says", rule="mapping")
def expected_records(lab: Lab) -> None:
    """The author knows what the partner holds."""
    answers = lab.sound().result.answers
    said = [(it, kind, number) for it in lab.customers for kind, number in it.records.items()]
    if not said:
        raise Failed("no customer says how many records it has", "set records of a customer: {kind: number}")
    for customer, kind, number in said:
        answer = answers.get((customer.party_id, kind))
        found = len(answer.items) if answer else 0
        demand(
            found == number,
            f"{kind} of a known customer has {found} records, {number} were expected",
            "read lists to their end, drop none, double none; or correct the suite's number",
        )


def _valid(lab: Lab, aspect: Aspect, change: str) -> None:
    for (_, kind), record in lab.sound().result.records():
        for complaint in complaints(record):
            if complaint.aspect is aspect:
                raise Failed(f"{kind}: {complaint.place} is {complaint.found}", change)


@check("field-types", "Every field of every record has its declared type", rule="mapping")
def field_types(lab: Lab) -> None:
    """Constructors do not look: a text in the place of a number passes until somebody counts."""
    _valid(lab, Aspect.TYPE, "convert it, or leave the field empty")


@check("texts-not-empty", "A text that is there is not empty", rule="mapping")
def texts_not_empty(lab: Lab) -> None:
    """What the partner does not have is None."""
    _valid(lab, Aspect.TEXT, "give None instead")


@check("numbers-finite", "Numbers are finite", rule="mapping")
def numbers_finite(lab: Lab) -> None:
    """NaN in one amount voids a total."""
    _valid(lab, Aspect.NUMBER, "refuse it with PartnerFault, or leave the field empty")


@check("currencies-valid", "Every currency is an ISO 4217 code", rule="mapping")
def currencies_valid(lab: Lab) -> None:
    """In capitals, three letters."""
    _valid(lab, Aspect.CURRENCY, "map the partner's signs to ISO 4217 codes in capitals")


@check("countries-valid", "Every country is an ISO 3166-1 alpha-2 code", rule="mapping")
def countries_valid(lab: Lab) -> None:
    """In capitals, two letters."""
    _valid(lab, Aspect.COUNTRY, "use c360.countries.country_code")


@check("languages-valid", "Every language is a BCP 47 tag", rule="mapping")
def languages_valid(lab: Lab) -> None:
    """Such as ``pt-BR``: with a hyphen."""
    _valid(lab, Aspect.LANGUAGE, "write it as BCP 47 does, such as pt-BR, or leave it empty")


@check("moments-with-zone", "Every moment carries its zone", rule="mapping")
def moments_with_zone(lab: Lab) -> None:
    """A moment without one is a guess."""
    _valid(lab, Aspect.ZONE, "decode it with its offset, or attach the zone that the partner's API states")


@check("ids-unique", "A customer's records of a kind have ids, no two the same", rule="mapping")
def ids_unique(lab: Lab) -> None:
    """The graph finds a record again by its id."""
    for (_, kind), answer in lab.sound().result.answers.items():
        field = kind_of(kind).identity
        if field is None:
            continue
        ids = [identity(record, kind) for record in answer.items]
        if optional(kind_of(kind).record, field):
            ids = [
                it for it in ids if it is not None
            ]  # what the partner gives no id yet, such as a pending one
        demand(all(ids), f"a record of {kind} has an empty {field}", "give it the partner's id")
        twice = [it for it, number in Counter(ids).items() if number > 1]
        demand(
            not twice,
            f"{len(twice)} records of {kind} come twice for one customer",
            "drop what comes again on a later page, and build ids from what makes a record unique",
        )


@check("ids-stable", "A record keeps its id when it is fetched another time, on another day", rule="mapping")
def ids_stable(lab: Lab) -> None:
    """Ids made from a position, a clock or a hash of everything change."""
    whole = lab.sound().result
    later = lab.now + timedelta(days=1, hours=1)
    trial = lab.trial(lab.fetching(tuple(reversed(lab.needs)), lab.refs), now=lambda: later)
    if trial.wire.unrecorded or trial.result.breaches:
        raise Exempt("on another day it asks for something else, and the recording has one day alone")
    for cell, answer in whole.answers.items():
        here = {identity(it, cell[1]) for it in answer.items}
        there = {identity(it, cell[1]) for it in trial.result.answers[cell].items}
        demand(
            here == there,
            f"a day later, {cell[1]} of the same customer has other ids",
            "take the partner's own id",
        )


@check("party-id-kept", "A profile carries the id that was asked for", rule="mapping")
def party_id_kept(lab: Lab) -> None:
    """By it the hub links the customer."""
    profiles = [(cell, it) for cell, it in lab.sound().result.records() if cell[1] == PARTY]
    if not profiles:
        raise Exempt("it fetches no party.profile")
    for (party_id, _), record in profiles:
        demand(
            record.party_id == party_id,
            "a profile has another party_id than the customer asked for",
            "set party_id to ref.party_id or to the same id in the answer",
        )


@check("host-fields-empty", "Fields that the host or the graph fills are left empty", rule="mapping")
def host_fields_empty(lab: Lab) -> None:
    """The host signs records; what is joined from another kind the graph joins."""
    for (_, kind), record in lab.sound().result.records():
        demand(not record.connector, f"{kind} says which connector it is from", "leave connector empty")
        for field in _joined(type(record)):  # type: ignore[arg-type]  # a class is hashable
            demand(
                not getattr(record, field),
                f"{kind} fills {field}, which the graph joins from another kind",
                "leave it empty and fetch that kind",
            )


@check("unknown-values-borne", "A value of an enum that nobody knows yet voids nothing", rule="mapping")
def unknown_values_borne(lab: Lab) -> None:
    """Partners add statuses and types. Tried for each text of the answers that looks like one."""
    lab.needs_http()
    lab.sound()
    change = "map what is not in the table to OTHER, or to None"
    for trial in words(lab):
        what = f"a value that nobody knows ({trial.where})"
        for breach in trial.result.breaches:
            raise Failed(f"{what}: {breach}", change)
        for error in lab.errors(trial):
            raise Failed(f"{what} ended as {type(error).__name__}: {error}", change)


@functools.cache
def _joined(record: type) -> tuple[str, ...]:
    joined = []
    for field in msgspec.structs.fields(record):
        extra = getattr(msgspec.inspect.type_info(field.type), "extra", None) or {}
        if extra.get("joined"):
            joined.append(field.name)
    return tuple(joined)


CHECKS = (
    every_kind_has_records,
    expected_records,
    field_types,
    texts_not_empty,
    numbers_finite,
    currencies_valid,
    countries_valid,
    languages_valid,
    moments_with_zone,
    ids_unique,
    ids_stable,
    party_id_kept,
    host_fields_empty,
    unknown_values_borne,
)
