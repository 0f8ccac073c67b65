"""What a party is found by where no key agrees: the few who share it are worth comparing.

A block is a text that two records of one person are likely to have in common though neither an address nor a
number does: the same mailbox in another spelling, or the birth date with a word of the name. The store
keeps keyed hashes of them. Blocks decide nothing; they only say whom to compare with.
"""

from __future__ import annotations

from collections.abc import Iterator

from resolvers.identity.features import Features

_MOST = 24
"""Blocks of one party, at the most."""


def blocks(features: Features) -> tuple[str, ...]:
    """The blocks of a party, each once, the most telling first."""
    return tuple(dict.fromkeys(_all(features)))[:_MOST]


def _all(features: Features) -> Iterator[str]:
    for address in features.emails:
        yield f"mailbox {address}"
    if features.birth_date is not None:
        for word in (*features.family_tokens, *features.given_tokens):
            yield f"born {features.birth_date} {word}"
        if features.native is not None:
            yield f"born {features.birth_date} {features.native}"
    if features.name is not None and features.postcode is not None:
        yield f"lives {features.postcode} {features.name}"
    if features.company_words is not None:
        yield f"company {features.company_words}"
