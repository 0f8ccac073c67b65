"""What decided on who is who."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from store.data_identity import EntryKind, LedgerEntry, LinkDecision
from tests.schema.identity.saying import EVIDENCE
from tests.schema.memory.clock import NOW


@pytest.fixture
def entry() -> Callable[..., LedgerEntry]:
    def make(name: str, kind: EntryKind = EntryKind.LINK, **more: Any) -> LedgerEntry:
        why = LinkDecision(
            actor="worker", rule="PROBABILITY", probability=0.995, model_version="7", evidence=EVIDENCE
        )
        return LedgerEntry(
            **{"id": name, "kind": kind, "at": NOW, "decision": why, "customer_id": "", **more}
        )

    return make
