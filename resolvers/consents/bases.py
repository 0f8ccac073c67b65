"""On what ground data is used for each purpose, and what a customer can stop: the table that lawyers read."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from c360.access import Purpose


class LegalBasis(enum.Enum):
    """Why data may be used (GDPR, Article 6)."""

    CONSENT = "CONSENT"
    """The customer agreed, Article 6 (1) (a)."""
    CONTRACT = "CONTRACT"
    """It serves what the customer bought or asked for, Article 6 (1) (b)."""
    LEGAL_OBLIGATION = "LEGAL_OBLIGATION"
    """The law demands it, Article 6 (1) (c)."""
    LEGITIMATE_INTEREST = "LEGITIMATE_INTEREST"
    """The company has reasons that the customer can object to, Article 6 (1) (f)."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a purpose."""

    basis: LegalBasis
    refusable: bool
    """Whether a refusal or a withdrawal for the purpose is obeyed."""
    objectionable: bool
    """Whether an objection (Article 21) is obeyed."""
    survives_restriction: bool
    """Whether data is used although its processing is restricted (Article 18 (2)): for legal claims, to
    protect others, or because the customer asks for it themselves."""
    why: str
    """In a sentence, for the record of processing activities."""


TERMS: Mapping[Purpose, Terms] = {
    Purpose.SERVICE: Terms(
        basis=LegalBasis.CONTRACT,
        refusable=True,
        objectionable=False,
        survives_restriction=True,
        why="The customer asks for something that they have bought or want to; a partner can be left out.",
    ),
    Purpose.CLAIMS: Terms(
        basis=LegalBasis.CONTRACT,
        refusable=False,
        objectionable=False,
        survives_restriction=True,
        why="Claims are settled on what is true; legal claims survive objection and restriction.",
    ),
    Purpose.MARKETING: Terms(
        basis=LegalBasis.CONSENT,
        refusable=True,
        objectionable=True,
        survives_restriction=False,
        why="Nobody is offered what they have not asked for unless they agreed to it.",
    ),
    Purpose.RISK: Terms(
        basis=LegalBasis.LEGITIMATE_INTEREST,
        refusable=True,
        objectionable=True,
        survives_restriction=False,
        why="Credit is not given blindly; a customer who objects is judged by a person, without scores.",
    ),
    Purpose.FRAUD: Terms(
        basis=LegalBasis.LEGAL_OBLIGATION,
        refusable=False,
        objectionable=False,
        survives_restriction=True,
        why="The law demands that deceit and laundering are looked for, whatever the suspect wishes.",
    ),
    Purpose.ANALYTICS: Terms(
        basis=LegalBasis.LEGITIMATE_INTEREST,
        refusable=True,
        objectionable=True,
        survives_restriction=False,
        why="The company learns from many customers, none of whom is addressed; each can be left out.",
    ),
}
"""Of every purpose."""
