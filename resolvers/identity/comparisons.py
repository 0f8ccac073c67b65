"""The comparisons of two parties, field by field, each an ordered list of levels of agreement.

The first level that holds is the level of a pair. How much a level weighs is not said here but in a
model (:mod:`resolvers.identity.model`), which is trained; what a level *is* is said here alone, for
the request path (Python) and for work over the population (DuckDB) at once.

Sources: I. P. Fellegi and A. B. Sunter, A Theory for Record Linkage, JASA 64 (1969); levels and term
frequencies as in Splink (R. Linacre et al., IJPDS 7 (2022)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from c360.records.party import PartyKind
from resolvers.identity.agreement import (
    Test,
    any_common,
    any_similar,
    any_within,
    both,
    compiled,
    differ,
    either,
    either_is,
    equal,
    equal_part,
    missing,
    missing_list,
    negate,
    similar,
    transposed_date,
    within,
)
from resolvers.identity.features import Features

OTHERWISE = Test("True", "ELSE")
"""The last level of every comparison: nothing agrees."""


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """One degree of agreement in a field."""

    name: str
    """Its name in evidence and models, such as ``exact``."""
    label: str
    """What it means, for people."""
    test: Test
    term: str | None = None
    """Column whose term frequency adjusts the weight: a rare name that agrees says more than a common one."""
    null: bool = False
    """Nothing can be said: the level has no weight."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """How one field of two parties is compared."""

    name: str
    levels: tuple[Level, ...]
    """The null level first, then from the fullest agreement to none."""
    shared: bool = False
    """Members of one household agree on this too, so that it alone makes nobody the same person."""

    def level(self, left: Features, right: Features) -> Level:
        """The first level that holds; the last one always does."""
        return self.levels[self.places()(left, right)]

    def places(self) -> Callable[[Features, Features], int]:
        """What gives the place of the level that two parties have, 0 being the null level; made once."""
        return compiled(tuple(level.test for level in self.levels[:-1]))

    def sql(self) -> str:
        """The place of the level that holds, 0 being the null level, as a DuckDB expression."""
        cases = " ".join(
            f"WHEN {level.test.sql} THEN {place}" for place, level in enumerate(self.levels[:-1])
        )
        return f"CASE {cases} ELSE {len(self.levels) - 1} END"

    @property
    def terms(self) -> tuple[str, ...]:
        """The columns whose term frequencies adjust a level."""
        return tuple(dict.fromkeys(level.term for level in self.levels if level.term))


def _null(test: Test) -> Level:
    return Level(name="null", label="not comparable", test=test, null=True)


def _exact(column: str, label: str) -> Level:
    return Level(name="exact", label=label, test=equal(column), term=column)


def _level(name: str, label: str, test: Test, term: str | None = None) -> Level:
    return Level(name=name, label=label, test=test, term=term)


_ELSE = _level("else", "nothing of it agrees", OTHERWISE)
_SWAPPED = _level("swapped", "the same names in another order", equal("name"))


def _name_null(column: str) -> Level:
    """Neither are two scripts comparable whose readings differ: a reading not known is no disagreement."""
    alike = either(equal("name"), similar(column, 0.8), equal(f"{column}_sound"))
    return _null(either(missing(column), both(differ("script"), negate(alike))))


def _spelling(column: str) -> tuple[Level, ...]:
    return (
        _level("close", "nearly the same spelling", similar(column, 0.92)),
        _level("sound", "the same consonants, other vowels", equal(f"{column}_sound")),
        _level("similar", "a similar spelling", similar(column, 0.8)),
        _ELSE,
    )


_GIVEN_NAME = Comparison(
    name="given_name",
    levels=(
        _name_null("given"),
        _exact("given", "the same given names"),
        _SWAPPED,
        _level("part", "one of several given names is the same", any_common("given_tokens")),
        _level("nickname", "one is a short form of the other", any_common("given_forms")),
        _level("initial", "an initial that fits", both(equal("initial"), either_is("initial_only"))),
        *_spelling("given"),
    ),
)

_FAMILY_NAME = Comparison(
    name="family_name",
    shared=True,
    levels=(
        _name_null("family"),
        _exact("family", "the same family name"),
        _SWAPPED,
        _level("part", "one part of a double family name is the same", any_common("family_tokens")),
        *_spelling("family"),
    ),
)

_BIRTH_DATE = Comparison(
    name="birth_date",
    levels=(
        _null(missing("birth_date")),
        _exact("birth_date", "the same day"),
        _level("swapped", "day and month the other way round", transposed_date("birth_date")),
        _level("typo", "one keystroke apart", within("birth_date", 1)),
        _level("other_year", "the same day of another year", equal_part("birth_date", 6, 10)),
        _level("same_year", "another day of the same year", equal_part("birth_date", 1, 4)),
        _ELSE,
    ),
)

_EMAIL = Comparison(
    name="email",
    shared=True,
    levels=(
        _null(missing_list("emails")),
        _level("exact", "an address in common", any_common("emails")),
        _level("local", "the same name at another host", any_common("email_locals")),
        _level("close", "addresses that are nearly the same", any_similar("emails", 0.92)),
        _ELSE,
    ),
)

_PHONE = Comparison(
    name="phone",
    shared=True,
    levels=(
        _null(missing_list("phones")),
        _level("exact", "a number in common", any_common("phones")),
        _level("typo", "numbers one keystroke apart", any_within("phones", 1)),
        _ELSE,
    ),
)

_ADDRESS = Comparison(
    name="address",
    shared=True,
    levels=(
        _null(missing_list("addresses")),
        _level("exact", "a street, number and place in common", any_common("addresses")),
        _level("street", "a street and number in common, another place", any_common("streets")),
        _level("close", "nearly the same spelling", any_similar("addresses", 0.92)),
        _level("postcode", "the same postal code", equal("postcode"), term="postcode"),
        _level("city", "the same town", equal("city"), term="city"),
        _ELSE,
    ),
)

_IDENTIFIER = Comparison(
    name="identifier",
    levels=(
        _null(negate(any_common("id_kinds"))),
        _level("exact", "a number of the same kind and country in common", any_common("ids")),
        _level("typo", "numbers one keystroke apart", any_within("ids", 1)),
        _ELSE,
    ),
)

_ORGANIZATION_NAME = Comparison(
    name="organization_name",
    levels=(
        _null(missing("company")),
        _exact("company", "the same name but for its legal form"),
        _level("words", "the same words in another order", equal("company_words")),
        _level("close", "nearly the same spelling", similar("company", 0.92)),
        _level("similar", "a similar spelling", similar("company", 0.8)),
        _level("part", "a telling word in common", any_common("company_tokens")),
        _ELSE,
    ),
)

_ORGANIZATION_EMAIL = Comparison(
    name="email",
    levels=(
        _null(missing_list("emails")),
        _level("exact", "an address in common", any_common("emails")),
        _level("host", "a mail host of their own in common", any_common("email_hosts")),
        _ELSE,
    ),
)

COMPARISONS: Mapping[PartyKind, tuple[Comparison, ...]] = MappingProxyType(
    {
        PartyKind.PERSON: (
            _GIVEN_NAME,
            _FAMILY_NAME,
            _BIRTH_DATE,
            _EMAIL,
            _PHONE,
            _ADDRESS,
            _IDENTIFIER,
        ),
        PartyKind.ORGANIZATION: (_ORGANIZATION_NAME, _ORGANIZATION_EMAIL, _PHONE, _ADDRESS, _IDENTIFIER),
    }
)
"""The comparisons of two persons, and of two organisations. Parties of different kinds are not compared."""
