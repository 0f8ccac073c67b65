"""What to call a customer, and where the name stands in a sorted list."""

from __future__ import annotations

import re

from c360.records.party import PartyKind
from resolvers.profile import GoldenProfile, GoldenValue

_FAMILY_FIRST = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f]+"
)
"""Chinese, Japanese and Korean script, in which the family name comes first and no space follows it."""


def full_name(given: str, family: str) -> str:
    """A name in the order in which its script writes it: ``Ada Byron``, but ``王伟``."""
    if _FAMILY_FIRST.fullmatch(given) and _FAMILY_FIRST.fullmatch(family):
        return family + given
    return f"{given} {family}"


def display_name(golden: GoldenProfile, kind: PartyKind, otherwise: str = "") -> str:
    """What to call a customer of whom this is known.

    Args:
        golden: The golden profile.
        kind: Person or organisation: an organisation is never called by its contact's name.
        otherwise: What to say where the profile has no name.
    """
    given, family = _text(golden.given_name), _text(golden.family_name)
    whole = full_name(given, family) if given and family else ""
    one_piece, organization = _text(golden.full_name), _text(golden.organization_name)
    first = [organization, one_piece] if kind is PartyKind.ORGANIZATION else [whole, one_piece, organization]
    candidates = [*first, otherwise, whole, family, given]
    return next((name for name in candidates if name), "")


def sort_name(golden: GoldenProfile, kind: PartyKind, otherwise: str = "") -> str:
    """The same name as lists are sorted by it: a person's family name first."""
    given, family = _text(golden.given_name), _text(golden.family_name)
    if kind is PartyKind.PERSON and given and family:
        return f"{family} {given}"
    return display_name(golden, kind, otherwise)


def _text(golden: GoldenValue | None) -> str:
    return "" if golden is None else str(golden.value)
