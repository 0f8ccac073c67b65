"""What is said of customers whose identity is looked at."""

from __future__ import annotations

from store.data import ProfileValueData
from store.data_identity import EvidenceData, PartyRef
from tests.schema.memory.clock import NOW

BANK, INN = PartyRef("bank", "B1"), PartyRef("inn", "I1")

EVIDENCE = (
    EvidenceData(field="email", agreement="exact", weight=11.5),
    EvidenceData(field="family_name", agreement="else", weight=-3.25),
)


def value(attribute: str, text: str, party: PartyRef = BANK) -> ProfileValueData:
    return ProfileValueData(
        attribute=attribute,
        value=text,
        connector=party.connector,
        party_id=party.party_id,
        observed_at=NOW,
    )
