"""Where what is told to a person comes from, and what it is used for: one line for each table."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from c360.access import Purpose
from resolvers.consents.bases import TERMS

S, C, M, R, F, A = (
    Purpose.SERVICE, Purpose.CLAIMS, Purpose.MARKETING, Purpose.RISK, Purpose.FRAUD, Purpose.ANALYTICS
)  # fmt: skip
PARTNERS = "the partners named in each row"
PEOPLE = "you, or somebody who served you"
HUB = "worked out here"
LAW = "kept because the law wants it shown"


class Provenance(msgspec.Struct, frozen=True):
    """Where the rows of a table come from, and what for they are used."""

    source: str
    purposes: tuple[Purpose, ...]

    @property
    def legal_bases(self) -> tuple[str, ...]:
        """On what ground, for each purpose once."""
        return tuple(dict.fromkeys(TERMS[one].basis.value for one in self.purposes))


PROVENANCE: Mapping[str, Provenance] = {
    "customer": Provenance(PARTNERS, (S, C)),
    "identity_link": Provenance(PARTNERS, (S, C)),
    "name_token": Provenance(HUB, (S, C)),
    "lookup_key": Provenance(HUB, (S, C)),
    "profile_value": Provenance(PARTNERS, (S, C, M)),
    "grant": Provenance(PEOPLE, (S,)),
    "grant_duty": Provenance(HUB, (S,)),
    "grant_flow": Provenance(PEOPLE, (S,)),
    "snapshot": Provenance(PARTNERS, (S, C)),
    "summary": Provenance(HUB, (S, M, R, A)),
    "record_index": Provenance(PARTNERS, (S, C)),
    "customer_key": Provenance(HUB, (S,)),
    "customer_score": Provenance(HUB, (A,)),
    "segment_member": Provenance(HUB, (M, A)),
    "household_member": Provenance(HUB, (S, R)),
    "household": Provenance(HUB, (S, R)),
    "redirect": Provenance(HUB, (S,)),
    "identity_entry": Provenance(HUB, (S, F)),
    "entry_customer": Provenance(HUB, (S, F)),
    "entry_party": Provenance(HUB, (S, F)),
    "evidence": Provenance(HUB, (S, F)),
    "review": Provenance(HUB, (S, F)),
    "apart": Provenance(PEOPLE, (S, F)),
    "offer_response": Provenance(PEOPLE, (M,)),
    "score_contest": Provenance(PEOPLE, (R,)),
    "partner_action": Provenance(PEOPLE, (S, C)),
    "partner_action_step": Provenance(HUB, (S, C)),
    "task": Provenance(PEOPLE, (S, C)),
    "interaction": Provenance(PEOPLE, (S, C)),
    "note": Provenance(PEOPLE, (S, C)),
    "preference": Provenance(PEOPLE, (S,)),
    "complaint": Provenance(PEOPLE, (C,)),
    "compensation": Provenance(PEOPLE, (C,)),
    "appointment": Provenance(PEOPLE, (S,)),
    "booking": Provenance(PEOPLE, (S,)),
    "touchpoint": Provenance(PEOPLE, (S, A)),
    "book": Provenance(PEOPLE, (S,)),
    "verification": Provenance(PEOPLE, (S, F)),
    "answer_check": Provenance(PEOPLE, (S, F)),
    "reveal": Provenance(PEOPLE, (S, F)),
    "emergency_access": Provenance(PEOPLE, (S, F)),
    "consent_decision": Provenance(PEOPLE, (S, M)),
    "data_export": Provenance(PEOPLE, (S,)),
    "data_export_chunk": Provenance(HUB, (S,)),
    "legal_hold": Provenance(LAW, (C,)),
}
"""By table. A test fails for one that is told of and has no line here."""
