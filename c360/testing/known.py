"""What an author says of a partner: customers that it knows, calls that it makes, actions that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from c360.actions import ActionState
from c360.description import KeyKind
from c360.values import Value


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A customer that the partner knows."""

    party_id: str
    """The partner's own id of the customer."""
    keys: dict[KeyKind, str] = {}
    """Keys that find the customer, normalised as :class:`~c360.contract.PartyQuery` says."""
    records: dict[str, int] = {}
    """How many records of a kind the partner holds, over the suite's whole window."""
    grant: str | None = None
    """The customer's access token, for connectors by grant; a made-up one where it is not given."""
    objects: dict[str, tuple[str, ...]] = {}
    """Ids that :class:`~c360.contract.Ref` carries for indexed kinds; read from the feed where it is not
    given."""


class SampleWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A call of the partner's as it came in, signed with the secret in the suite's config."""

    url: str
    headers: Mapping[str, str]
    content: bytes
    received_at: datetime
    """In UTC; soon enough after the call was signed."""
    event_id: str | None = None
    """The id that it carries."""


class SampleAction(msgspec.Struct, frozen=True, kw_only=True):
    """An action that the partner takes for a known customer."""

    kind: str
    party_id: str
    input: Value
    state: ActionState = ActionState.CONFIRMED
    """What becomes of it."""
