"""Customers are found by a key."""

from __future__ import annotations

from c360.contract import PartyQuery
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.exercising import nobody
from c360.testing.lab import Lab
from c360.testing.validity import complaints


def _searchable(lab: Lab) -> None:
    if not lab.description.identifies:
        raise Exempt("it is not searchable")
    lab.sound()
    tried = {query.key for _, query in lab.queries()}
    for key in lab.description.identifies:
        demand(
            key in tried,
            f"no known customer of the suite has the key {key.value}",
            f"give a customer keys={{KeyKind.{key.name}: …}}, or do not declare the key",
        )


@check("identify-finds-known", "A known customer is found by each declared key", rule="identify")
def identify_finds_known(lab: Lab) -> None:
    """With the id that fetch() takes."""
    _searchable(lab)
    for customer, query, trial in lab.searches:
        if trial.wire.unrecorded:
            raise Failed(trial.wire.unrecorded[0], "record the search for each known customer")
        for breach in trial.result.breaches:
            raise Failed(breach, "return a list of Party")
        for error in trial.result.errors():
            raise Failed(f"{trial.where} ended as {type(error).__name__}: {error}", "return who was found")
        found = [it.party_id for _, it in trial.result.records()]
        demand(
            customer.party_id in found,
            f"a known customer is not found by {query.key.value}",
            "search by the key as it is given, and give parties the id that fetch() takes",
        )


@check("identify-typed", "Who is found is a valid Party", rule="identify")
def identify_typed(lab: Lab) -> None:
    """As the checks of records ask."""
    _searchable(lab)
    for _, _, trial in lab.searches:
        for _, party in trial.result.records():
            for complaint in complaints(party):
                raise Failed(
                    f"{trial.where}: {complaint.place} is {complaint.found}",
                    "map a party the same way in identify() and fetch()",
                )


@check("identify-finds-nobody", "A key that nobody has finds nobody, and is no error", rule="identify")
def identify_finds_nobody(lab: Lab) -> None:
    """An empty list is an answer."""
    _searchable(lab)
    tried = False
    for key in lab.description.identifies:
        value = nobody(key)
        trial = lab.trial(lab.identifying(PartyQuery(key=key, value=value)), taped=False)
        if trial.wire.unrecorded:
            continue
        tried = True
        for breach in trial.result.breaches:
            raise Failed(breach, "return an empty list")
        for error in trial.result.errors():
            raise Failed(
                f"searching for nobody by {key.value} ended as {type(error).__name__}", "return an empty list"
            )
        demand(
            not list(trial.result.records()),
            f"searching by {key.value} finds somebody who has another",
            "pass the key to the partner, or compare it",
        )
    if not tried:
        raise Exempt("the recording holds no search for nobody")


@check("identify-limit", "No more are returned than asked for", rule="identify")
def identify_limit(lab: Lab) -> None:
    """The caller says how many it can look at: here one, and none."""
    _searchable(lab)
    for query in {query.key: query for _, query in lab.queries()}.values():
        for limit in (1,):
            one = PartyQuery(key=query.key, value=query.value, limit=limit)
            trial = lab.trial(lab.identifying(one), fault=None)
            if trial.wire.unrecorded:
                continue  # another limit is another request: the partner keeps to it
            found = len(list(trial.result.records()))
            demand(
                found <= limit,
                f"asked for {limit} by {query.key.value}, it returned {found}",
                "pass query.limit to the partner and cut what comes: found[: query.limit]",
            )


CHECKS = (identify_finds_known, identify_typed, identify_finds_nobody, identify_limit)
