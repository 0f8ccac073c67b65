"""What changes is followed, from every checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from c360.changes import Checkpoint, Deletion, Upsert
from c360.contract import Feed
from c360.kinds import PARTY
from c360.kinds import kind as kind_of
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.driving import Answer, identity
from c360.testing.lab import Lab
from c360.testing.validity import complaints

_MOST_RESUMES = 12
_BUDGET = 2_000
"""What resuming one feed may cost, as :meth:`Lab.cost` counts."""


def _feeds(lab: Lab) -> Iterator[tuple[Feed, Answer]]:
    if not lab.description.feeds:
        raise Exempt("it has no feeds")
    for feed in lab.description.feeds:
        yield feed, lab.feeds[feed.kind]


@check("feed-ends", "A feed ends, and its last word is a checkpoint", rule="feeds")
def feed_ends(lab: Lab) -> None:
    """From there the worker goes on; without one it would begin again."""
    for feed, answer in _feeds(lab):
        trial = next(it for it in lab.trials if it.operation.name == lab.changing(feed.kind).name)
        if trial.wire.unrecorded:
            raise Failed(trial.wire.unrecorded[0], f"record the feed of {feed.kind} to its end")
        for breach in trial.result.breaches:
            raise Failed(breach, "yield changes, then return")
        if answer.error is not None:
            raise Failed(
                f"the feed of {feed.kind} ended as {type(answer.error).__name__}: {answer.error}",
                "read it to its end, or correct the suite's partner",
            )
        demand(
            answer.items and isinstance(answer.items[-1], Checkpoint),
            f"the feed of {feed.kind} does not end with a checkpoint",
            "yield Checkpoint(cursor=…) at the end",
        )


@check("feed-typed", "A feed tells of its own kind, with valid records and their ids", rule="feeds")
def feed_typed(lab: Lab) -> None:
    """The index finds a record again by object_id."""
    for feed, answer in _feeds(lab):
        for change in answer.items:
            if isinstance(change, Checkpoint):
                continue
            demand(
                change.kind == feed.kind,
                f"the feed of {feed.kind} tells of {change.kind}",
                "yield changes of the kind asked for",
            )
            if isinstance(change, Upsert):
                _upsert(feed, change)


def _upsert(feed: Feed, change: Upsert) -> None:
    record = kind_of(feed.kind).record
    demand(
        type(change.record) is record,
        f"the feed of {feed.kind} brings a {type(change.record).__name__}",
        f"bring {record.__name__}",
    )
    for complaint in complaints(change.record):
        raise Failed(
            f"the feed of {feed.kind}: {complaint.place} is {complaint.found}", "map it as fetch() does"
        )
    expected = change.party_id if feed.kind == PARTY else identity(change.record, feed.kind)
    demand(
        expected is None or change.object_id == expected,
        f"the feed of {feed.kind} gives a record another object_id than its own id",
        f"set object_id to the record's {kind_of(feed.kind).identity or 'party_id'}",
    )


@check("feed-tells-known", "A feed tells of the known customers", rule="feeds")
def feed_tells_known(lab: Lab) -> None:
    """Read from the beginning, it leaves nobody out."""
    for feed, answer in _feeds(lab):
        told = {it.party_id for it in answer.items if isinstance(it, Upsert)}
        known = {it.party_id for it in lab.customers if it.records.get(feed.kind, 0) or feed.kind == PARTY}
        missing = known - told
        demand(
            not missing,
            f"the feed of {feed.kind} leaves out {len(missing)} of {len(known)} known customers",
            "with since=None, tell everything from the beginning",
        )


@check("feed-resumes", "After every checkpoint, going on gives what is left of the whole", rule="feeds")
def feed_resumes(lab: Lab) -> None:
    """The worker may be killed anywhere: nothing is lost, whatever checkpoint was kept last."""
    for feed, answer in _feeds(lab):
        whole = _told(answer.items)
        stops = [index for index, it in enumerate(answer.items) if isinstance(it, Checkpoint)]
        trial = next(it for it in lab.trials if it.operation.name == lab.changing(feed.kind).name)
        most = min(_MOST_RESUMES, max(3, _BUDGET // lab.cost(trial)))
        step = max(1, len(stops) // most)
        for stop in stops[::step]:
            before, cursor = _told(answer.items[:stop]), answer.items[stop].cursor
            trial = lab.trial(lab.changing(feed.kind, cursor))
            if trial.wire.unrecorded:
                raise Exempt("the recording holds the feeds from their beginning alone")
            again = next(iter(trial.result.answers.values()), Answer())
            if trial.result.breaches or again.error is not None:
                what = trial.result.breaches[0] if trial.result.breaches else str(again.error)
                raise Failed(f"the feed of {feed.kind} cannot go on from a checkpoint: {what}", _RESUME)
            lost = whole - before - _told(again.items)
            demand(
                not lost,
                f"the feed of {feed.kind} loses {len(lost)} changes when it goes on from a checkpoint",
                _RESUME,
            )


_RESUME = "yield a checkpoint after what it covers, and let its cursor say where the rest begins"


def _told(items: tuple[Any, ...]) -> set[tuple[str, str]]:
    return {(type(it).__name__, it.object_id) for it in items if isinstance(it, Upsert | Deletion)}


@check("feed-deletions", "Deletions come where they are declared, and nowhere else", rule="feeds")
def feed_deletions(lab: Lab) -> None:
    """What is declared has to be proven: let the suite's partner have deleted something."""
    for feed, answer in _feeds(lab):
        deleted = any(isinstance(it, Deletion) for it in answer.items)
        demand(
            feed.deletions or not deleted,
            f"the feed of {feed.kind} tells of deletions and does not declare it",
            "declare Feed(deletions=True)",
        )


@check("feed-odd-cursor", "A cursor that it does not know begins anew or is a typed error", rule="feeds")
def feed_odd_cursor(lab: Lab) -> None:
    """Cursors outlive releases of a plugin."""
    for feed, _ in _feeds(lab):
        for cursor in ("c360-no-such-cursor", "", "{}", "9" * 30):
            trial = lab.trial(lab.changing(feed.kind, cursor))
            for breach in trial.result.breaches:
                demand(
                    trial.wire.unrecorded,
                    f"with a cursor that it does not know: {breach}",
                    "begin anew, or raise PartnerFault",
                )


CHECKS = (feed_ends, feed_typed, feed_tells_known, feed_resumes, feed_deletions, feed_odd_cursor)
