"""Batches hold what was asked, customer by customer."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from c360.contract import Fetch, Ref
from c360.errors import SkipCustomer
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.driving import same
from c360.testing.lab import Lab
from c360.testing.trials import Trial


def _batched(lab: Lab) -> list[Fetch]:
    found = [fetch for fetch in lab.description.fetches if fetch.batch > 1]
    if not found:
        raise Exempt("it takes one customer a call")
    return found


def _alone(lab: Lab, fetch: Fetch) -> Iterator[tuple[str, Trial]]:
    for ref in lab.refs:
        trial = lab.trial(lab.fetching([lab.need(fetch.kind)], [ref]), taped=False)
        if trial.wire.unrecorded:
            raise Failed(trial.wire.unrecorded[0], "record each known customer alone as well")
        yield ref.party_id, trial


@check("customers-kept-apart", "A customer's records are the same alone and among others", rule="batches")
def customers_kept_apart(lab: Lab) -> None:
    """No record is given to the wrong customer."""
    lab.sound()
    if len(lab.refs) < 2:
        raise Failed("the suite names one known customer alone", "name two customers with different records")
    for fetch in lab.description.fetches:
        whole = lab.trial(lab.fetching([lab.need(fetch.kind)], lab.refs)).result
        for party, trial in _alone(lab, fetch):
            for cell, answer in trial.result.answers.items():
                demand(
                    cell in whole.answers and same(answer.items, whole.answers[cell].items),
                    f"{fetch.kind} of a customer among others is not what it is alone",
                    "give each record to the customer that it names",
                )
                demand(cell[0] == party, f"{fetch.kind} came for somebody else", "answer for who was asked")


@check("batch-partial", "One unknown customer leaves the others of a batch answered", rule="batches")
def batch_partial(lab: Lab) -> None:
    """The unknown one is SkipCustomer, or has nothing."""
    whole = lab.sound().result
    for fetch in _batched(lab):
        if lab.unknown is None:
            raise Failed("the suite names no unknown customer", "set unknown")
        refs = [lab.unknown, *lab.refs][: fetch.batch]
        trial = lab.trial(lab.fetching([lab.need(fetch.kind)], refs), taped=False)
        if trial.wire.unrecorded:
            raise Failed(trial.wire.unrecorded[0], "record the known customers together with the unknown one")
        if trial.result.breaches:
            raise Failed(f"with an unknown customer in it: {trial.result.breaches[0]}", _PARTIAL)
        for cell, answer in trial.result.answers.items():
            if cell[0] == lab.unknown.party_id:
                demand(
                    answer.error is None or isinstance(answer.error, SkipCustomer),
                    f"{fetch.kind} of the unknown one of a batch ended as {type(answer.error).__name__}",
                    _PARTIAL,
                )
            else:
                demand(
                    same(answer.items, whole.answers[cell].items) and answer.error is None,
                    f"{fetch.kind}: an unknown customer in the batch spoils the others",
                    _PARTIAL,
                )


_PARTIAL = "yield SkipCustomer for who is missing in the answer, and the records of the others"


@check("batch-saves-requests", "A batch takes fewer requests than its customers one by one", rule="batches")
def batch_saves_requests(lab: Lab) -> None:
    """A batch that is a loop inside only makes customers wait for each other."""
    lab.needs_http()
    lab.sound()
    batched = _batched(lab)
    if len(lab.refs) < 2:
        raise Exempt("the suite names one known customer alone")
    for fetch in batched:
        need = lab.need(fetch.kind)
        together = lab.trial(lab.fetching([need], lab.refs))
        alone = sum(len(trial.wire.sent) for _, trial in _alone(lab, fetch))
        demand(
            len(together.wire.sent) < alone,
            f"{fetch.kind} of {len(lab.refs)} customers takes {len(together.wire.sent)} requests together, "
            f"{alone} one by one",
            "ask for all in one request where the API can, else declare a batch of 1",
        )


@check("batch-in-full", "A batch of the declared size is answered", rule="batches")
def batch_in_full(lab: Lab) -> None:
    """Filled up with ids that nobody has; each is answered."""
    lab.sound()
    for fetch in _batched(lab):
        if lab.replayed:
            raise Exempt("a recording knows no batch of the declared size")
        like = lab.unknown or lab.refs[0]
        filler = [_numbered(like, number) for number in range(fetch.batch - len(lab.refs[: fetch.batch]))]
        refs = [*lab.refs[: fetch.batch], *filler]
        trial = lab.trial(lab.fetching([lab.need(fetch.kind)], refs), taped=False)
        if trial.result.breaches:
            raise Failed(f"{fetch.kind} for {len(refs)} customers: {trial.result.breaches[0]}", _PARTIAL)
        for error in trial.result.errors():
            demand(
                isinstance(error, SkipCustomer),
                f"{fetch.kind} for {len(refs)} customers ended as {type(error).__name__}: {error}",
                "declare the batch that the partner takes",
            )


def _numbered(ref: Ref, number: int) -> Ref:
    return msgspec.structs.replace(ref, party_id=f"{ref.party_id}{number}")


CHECKS = (customers_kept_apart, batch_partial, batch_saves_requests, batch_in_full)
