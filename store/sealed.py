"""Which columns are sealed with a customer's data key, and what each value is bound to.

Who seals a column says so here, so that what is told of a person can open it, and so that an erasure that
has to leave some rows knows whether they still need the key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

Row = Mapping[str, Any]


class Sealing(msgspec.Struct, frozen=True):
    """How a column is sealed."""

    key_of: str
    """The column that names the customer whose key opens it."""
    bound_to: Callable[[str, Row], tuple[str, ...]]
    """What a value is bound to, by the tenant and its row."""


def _own(name: str) -> Sealing:
    """As :class:`store.repositories.own.OwnRepository` seals."""
    return Sealing("home_id", lambda tenant, row: (tenant, name, row["id"]))


SEALED: Mapping[tuple[str, str], Sealing] = {
    **{
        (name, "content"): _own(name)
        for name in (
            "appointment",
            "booking",
            "complaint",
            "emergency_access",
            "interaction",
            "note",
            "reveal",
            "task",
            "touchpoint",
        )
    },
    ("partner_action", "content"): Sealing(
        "home_id", lambda tenant, row: (tenant, row["home_id"], row["id"], "partner_action")
    ),
    ("partner_action_step", "note"): Sealing(
        "home_id", lambda tenant, row: (tenant, row["home_id"], row["action_id"], "partner_action_note")
    ),
    ("snapshot", "ciphertext"): Sealing(
        "sealed_for", lambda tenant, row: (tenant, row["sealed_for"], row["connector"], row["kind"])
    ),
    ("consent_decision", "proof"): Sealing(
        "home_id", lambda tenant, row: (tenant, row["home_id"], "consent proof", row["id"])
    ),
    ("legal_hold", "reason"): Sealing(
        "home_id", lambda tenant, row: (tenant, row["home_id"], "legal hold", row["id"])
    ),
    ("data_export_chunk", "content"): Sealing(
        "home_id", lambda tenant, row: (tenant, row["home_id"], "export", row["export_id"], str(row["place"]))
    ),
}
"""Every sealed column that a customer's own key opens, but for access tokens: nobody is told them."""
