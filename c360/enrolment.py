"""The import format for customers whose links are known: one JSON object a line.

An operator brings what other systems already know (who is the same person where, and what was
granted), the sandbox writes the same. Read by ``python -m api seed FILE``.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from c360.contract import KeyKind
from c360.records.party import Party, PartyKind


class GrantLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer's permission to read at a partner."""

    token: str
    """Access token; stored encrypted, printed nowhere."""
    scopes: tuple[str, ...] = ()
    """What it allows, as the partner names it."""
    expires_at: datetime | None = None
    """With its zone; open where it is not given."""


class KeyLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number by which a customer can be looked up, such as a policy number."""

    kind: KeyKind
    """One of ``EMAIL``, ``PHONE``, ``CUSTOMER_NUMBER``, ``POLICY_NUMBER``, ``ACCOUNT_NUMBER``,
    ``MEMBERSHIP_NUMBER`` and ``TAX_ID``."""
    value: str
    """As the partner writes it; the import normalises."""


class LinkLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer at one partner."""

    connector: str
    """Id of the connector instance."""
    party: Party
    """What the partner held when the link was made: evidence, and first profile values."""
    keys: tuple[KeyLine, ...] = ()
    """Further numbers to be found by; those of the party count by themselves."""
    grant: GrantLine | None = None
    """For connectors by grant."""
    linked_at: datetime | None = None
    """Since when it is known; the moment of the import where it is not given."""


class CustomerLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One customer with all links."""

    external_id: str
    """The caller's own id: importing the same one again changes the customer, never doubles it."""
    kind: PartyKind
    """``PERSON`` or ``ORGANIZATION``."""
    links: tuple[LinkLine, ...]
    """The customer's record at each partner."""
