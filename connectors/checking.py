"""Changes that a plugin tells of, in a feed or a partner's call: believed only as the contract has them."""

from __future__ import annotations

import msgspec

from c360.contract import Change, Checkpoint, Deletion, Outdated, Upsert
from c360.kinds import kind as kind_of
from connectors.fetching import WrongYield


def require(holds: object, otherwise: str) -> None:
    """Make sure that the contract is kept.

    Raises:
        WrongYield: it is not.
    """
    if not holds:
        raise WrongYield(otherwise)


def checked(change: object, kind: str, instance: str, *, source: str, deletions: bool) -> Change:
    """A change as the contract has it, its record signed with the instance it came from.

    Args:
        change: what the plugin gave.
        kind: the kind it has to be of.
        instance: id of the instance it is of.
        source: the plugin's method, for the error.
        deletions: whether it may be one.

    Raises:
        WrongYield: it is not what the contract allows.
    """
    if isinstance(change, Checkpoint):
        given = type(change.cursor).__name__
        require(isinstance(change.cursor, str), f"{source} yielded a {given} as a cursor")
        return change
    if not isinstance(change, Upsert | Deletion | Outdated):
        raise WrongYield(f"{source} yielded a {type(change).__name__} instead of a change")
    require(change.kind == kind, f"{source} yielded a kind that was not asked for")
    if isinstance(change, Outdated):
        require(change.party_id, f"{source} yielded a change without party_id")
        return change
    require(change.object_id, f"{source} yielded a change without object_id")
    if isinstance(change, Deletion):
        require(deletions, f"{source} yielded a deletion although the feed declares none")
        return change
    record = kind_of(kind).record
    require(type(change.record) is record, f"{source} yielded a record that is no {record.__name__}")
    require(change.party_id, f"{source} yielded a record without party_id")
    signed = msgspec.structs.replace(change.record, connector=instance)
    return msgspec.structs.replace(change, record=signed)
