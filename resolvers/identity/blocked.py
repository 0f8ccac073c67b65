"""Values that count for nothing: what clerks type where a form insists (``none@…``, ``0000000``)."""

from __future__ import annotations

import msgspec

_SUBSCRIBER = 6
"""Last digits of a phone or a number that, being all the same, belong to nobody."""


class Blocked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which values are left out of every comparison, as a model says."""

    email_locals: frozenset[str] = frozenset()
    """Local parts at whatever host, such as ``none``."""
    email_hosts: frozenset[str] = frozenset()
    """Hosts with whatever local part, such as ``example.invalid``."""
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    """In E.164."""
    numbers: frozenset[str] = frozenset()
    """Registered numbers without separators, of whatever kind."""
    names: frozenset[str] = frozenset()
    """Words that stand where a name is not known, such as ``unknown``."""
    birth_dates: frozenset[str] = frozenset()
    """Days that stand where the day is not known, such as ``1900-01-01``."""

    def email(self, address: str) -> bool:
        """Whether an address counts for nothing."""
        local, _, host = address.rpartition("@")
        return local in self.email_locals or host in self.email_hosts or address in self.emails

    def phone(self, number: str) -> bool:
        """Whether a number in E.164 counts for nothing."""
        return len(set(number[-_SUBSCRIBER:])) == 1 or number in self.phones

    def number(self, number: str) -> bool:
        """Whether a registered number counts for nothing."""
        return len(set(number[-_SUBSCRIBER:])) == 1 or number in self.numbers


NOTHING_BLOCKED = Blocked()
"""Blocks only what is one digit all along."""
